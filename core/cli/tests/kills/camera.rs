//! What a traveller does: takes photos, adds them one way or another, and takes the card out.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use satchel_testkit::Chance;
use serde_json::Value;

use crate::foreign::outbox::{Photo, photo};

/// Lengths of photos, in bytes.
const SHORTEST: f64 = 1_000.0;
const LONGEST: f64 = 600_000.0;
/// A day in October 2026, in seconds since 1970: when the first was taken.
const TAKEN: u64 = 1_791_500_000;

/// A photo, and what `add` was asked and said about it.
#[derive(Debug)]
pub(crate) struct Shot {
    pub(crate) photo: Photo,
    taken: SystemTime,
    seed: String,
    /// `add` said that it has it.
    pub(crate) accepted: bool,
    /// It is added with `--copy`, so that it need not stay.
    copy: bool,
    /// The card was taken out after `add` accepted the copy.
    ejected: bool,
    /// What its caption may be now: an `add` that was killed may have left its own.
    pub(crate) captions: BTreeSet<Option<String>>,
}

/// One `satchel add`.
#[derive(Debug)]
pub(crate) struct Adding {
    pub(crate) shots: Vec<usize>,
    paths: Vec<PathBuf>,
    copy: bool,
    caption: Option<String>,
    urgent: bool,
}

/// All photos, on a card for each adding.
pub(crate) struct Camera {
    folder: PathBuf,
    pub(crate) shots: Vec<Shot>,
    cards: u32,
}

impl Camera {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, shots: Vec::new(), cards: 0 }
    }

    /// Takes a few photos and says how they are to be added: as files or as a folder, sometimes with what a killed `add`
    /// left unaccepted.
    pub(crate) fn shoot(&mut self, chance: &mut Chance) -> Adding {
        let copy = chance.below(5) < 2;
        let as_folder = chance.below(3) == 0;
        let card = self.card();
        let mut shots: Vec<usize> = (0..1 + chance.below(4)).map(|n| self.take(&card, n, copy, chance)).collect();
        let mut paths = if as_folder { vec![card] } else { self.paths(&shots) };
        if chance.below(2) == 0 {
            let left = self.left_over(copy);
            paths.extend(self.paths(&left));
            shots.extend(left);
        }
        if chance.below(4) == 0 {
            // Something new is said of one that is there already.
            let known = |n: &usize| self.shots[*n].accepted && !self.shots[*n].ejected && self.shots[*n].copy == copy;
            let known: Vec<usize> = (0..self.shots.len()).filter(known).collect();
            let again: Vec<usize> = known.get(chance.below(known.len() as u64) as usize).copied().into_iter().collect();
            paths.extend(self.paths(&again));
            shots.extend(again);
        }
        let caption = (chance.below(5) < 3).then(|| format!("Seen on card {}", self.cards));
        Adding { shots, paths, copy, caption, urgent: chance.below(10) == 0 }
    }

    /// Two photos, no twins.
    #[cfg_attr(not(debug_assertions), expect(dead_code, reason = "for crash points, which debug builds have"))]
    pub(crate) fn pair(&mut self, chance: &mut Chance, copy: bool) -> Adding {
        let card = self.card();
        let shots: Vec<usize> = (0..2).map(|n| self.single(&card, n, copy, chance)).collect();
        let paths = if copy { self.paths(&shots) } else { vec![card] };
        Adding { shots, paths, copy, caption: Some("Both".into()), urgent: false }
    }

    /// Adds again all that was not accepted.
    pub(crate) fn rest(&self, copy: bool) -> Option<Adding> {
        let shots = self.left_over(copy);
        let paths = self.paths(&shots);
        (!shots.is_empty()).then_some(Adding { shots, paths, copy, caption: None, urgent: false })
    }

    fn card(&mut self) -> PathBuf {
        self.cards += 1;
        let card = self.folder.join(format!("card {}", self.cards));
        fs::create_dir_all(&card).unwrap();
        card
    }

    /// A photo, or one in seven times a copy of another one under its own name.
    fn take(&mut self, card: &Path, n: u64, copy: bool, chance: &mut Chance) -> usize {
        if self.shots.is_empty() || chance.below(7) != 0 {
            return self.single(card, n, copy, chance);
        }
        let of = &self.shots[chance.below(self.shots.len() as u64) as usize];
        let (length, seed) = (of.photo.length as usize, of.seed.clone());
        self.write(card, n, copy, length, seed)
    }

    fn single(&mut self, card: &Path, n: u64, copy: bool, chance: &mut Chance) -> usize {
        let length = chance.between(SHORTEST.ln(), LONGEST.ln()).exp() as usize;
        let seed = format!("{:016x}", chance.bits());
        self.write(card, n, copy, length, seed)
    }

    fn write(&mut self, card: &Path, n: u64, copy: bool, length: usize, seed: String) -> usize {
        let photo = photo(card, &format!("IMG_{n:04}.JPG"), length, &seed);
        let taken = UNIX_EPOCH + Duration::from_secs(TAKEN + self.shots.len() as u64);
        File::options().write(true).open(&photo.path).unwrap().set_modified(taken).unwrap();
        let captions = BTreeSet::new();
        self.shots.push(Shot { photo, taken, seed, accepted: false, copy, ejected: false, captions });
        self.shots.len() - 1
    }

    fn left_over(&self, copy: bool) -> Vec<usize> {
        (0..self.shots.len()).filter(|n| !self.shots[*n].accepted && self.shots[*n].copy == copy).collect()
    }

    fn paths(&self, shots: &[usize]) -> Vec<PathBuf> {
        shots.iter().map(|n| self.shots[*n].photo.path.clone()).collect()
    }

    /// Notes what an `add` said: a line for each file or folder that it has, and no line that says otherwise.
    pub(crate) fn note(&mut self, adding: &Adding, said: &[Value], all: bool) {
        let accepted: Vec<&str> = said
            .iter()
            .map(|line| {
                let well = match line.get("outcome") {
                    Some(outcome) => ["added", "revised", "unchanged"].iter().any(|well| outcome == well),
                    None => line["failed"] == 0 && line["skipped"] == 0,
                };
                assert!(well, "add refused: {line}");
                line["path"].as_str().unwrap()
            })
            .collect();
        for n in &adding.shots {
            let shot = &mut self.shots[*n];
            let said = accepted.iter().any(|path| shot.photo.path.starts_with(path));
            assert!(said || !all, "{} is in no line of {said:?}, and add said 0", shot.photo.path.display());
            shot.captions.extend(adding.caption.as_ref().map(|caption| Some(caption.clone())));
            match (&adding.caption, said) {
                (Some(caption), true) => shot.captions = BTreeSet::from([Some(caption.clone())]),
                // No caption takes none away: one that a killed add left may be there.
                (None, _) if !shot.accepted => drop(shot.captions.insert(None)),
                _ => {}
            }
            shot.accepted |= said;
        }
    }

    /// Takes cards out: some photos that were copied are gone from where they were.
    pub(crate) fn eject(&mut self, adding: &Adding, chance: &mut Chance) {
        for n in &adding.shots {
            let shot = &mut self.shots[*n];
            if shot.copy && shot.accepted && !shot.ejected && chance.below(3) == 0 {
                shot.ejected = true;
                fs::remove_file(&shot.photo.path).unwrap();
            }
        }
    }

    /// Every original that was not taken out is what it was, to the byte and to the second.
    pub(crate) fn assert_untouched(&self) {
        for Shot { photo, taken, .. } in self.shots.iter().filter(|shot| !shot.ejected) {
            let hash = blake3::hash(&fs::read(&photo.path).unwrap());
            assert_eq!(hash.to_hex().as_str(), photo.hash, "an original changed: {photo:?}");
            assert_eq!(fs::metadata(&photo.path).unwrap().modified().unwrap(), *taken, "{photo:?}");
        }
    }
}

impl Adding {
    /// The command.
    pub(crate) fn command(&self, outbox: &Path) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_satchel"));
        command.args(["add", "--json", "--outbox"]).arg(outbox);
        if let Some(caption) = &self.caption {
            command.args(["--caption", caption]);
        }
        command.args(self.copy.then_some("--copy")).args(self.urgent.then_some("--urgent")).args(&self.paths);
        command
    }
}
