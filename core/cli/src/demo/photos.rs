//! Where the day's photos come from, how they go into the outbox, and which of them the story is about.

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use satchel::{AddOptions, AssetId, AssetKind, AssetView, BlobHash, Filter, FolderReport, Outbox, Place, PostEdit};
use satchel_testkit::samples::{self, Kind, Made, SampleSet};

use super::Failure;
use super::stage::SEED;
use crate::output::{plural, shown};

/// What is said of the photos that the demo makes: the place, a caption, tags.
const SAID: [(&str, &str, &[&str]); 5] = [
    ("Haneda", "First light over the water", &["morning", "water"]),
    ("Lake Ashi", "The ferry is late again", &["lake", "ferry"]),
    ("Gotemba", "The mountain, at last without clouds", &["mountain"]),
    ("Yokohama", "The harbour at dusk", &["harbour", "evening"]),
    ("Shibuya", "Rain lights", &["night", "town"]),
];

/// The day's photos.
pub(super) struct Photos {
    folder: PathBuf,
    /// Made here; none where they are the person's own.
    made: Vec<Made>,
}

/// What the story follows.
pub(super) struct Cast {
    /// Cannot wait, and goes over the worst link.
    pub(super) urgent: Role,
    /// The largest of the others: under way when the process is killed.
    pub(super) large: Role,
    /// Photos of which something was said.
    pub(super) captioned: u64,
}

/// One asset in the story.
#[derive(Debug, Clone)]
pub(super) struct Role {
    pub(super) id: AssetId,
    pub(super) path: PathBuf,
    pub(super) name: String,
    pub(super) bytes: u64,
    hash: Option<BlobHash>,
}

impl Role {
    fn of(asset: &AssetView) -> Self {
        let AssetView { id, source, name, bytes, hash, .. } = asset.clone();
        let path = source.path().map(Path::to_owned).unwrap_or_default();
        Self { id, path, name: shown(name.as_ref()), bytes, hash }
    }
}

impl Photos {
    /// The person's own, which are only read.
    pub(super) fn in_folder(folder: &Path) -> Result<Self, Failure> {
        match std::fs::metadata(folder) {
            Ok(meta) if meta.is_dir() => Ok(Self { folder: folder.to_owned(), made: vec![] }),
            Ok(_) => Err(Failure::Told(format!("{} is no folder; give --photos a folder with photos", shown(folder)))),
            Err(e) => {
                let folder = shown(folder);
                Err(Failure::Told(format!(
                    "cannot use the folder {folder}: {e}; give --photos a folder with photos, or leave it out"
                )))
            }
        }
    }

    /// A set of the demo's own.
    pub(super) async fn made(folder: &Path, fast: bool) -> Result<Self, Failure> {
        let set = if fast { SampleSet::Small } else { SampleSet::Full };
        let into = folder.to_owned();
        let made = tokio::task::spawn_blocking(move || samples::make(&into, SEED, set)).await;
        let made = made.map_err(Failure::because("drawing the photos was interrupted"))?;
        Ok(Self { folder: folder.to_owned(), made: made.map_err(|e| Failure::Told(e.to_string()))? })
    }

    /// Whether they are the demo's own.
    pub(super) fn are_made(&self) -> bool {
        !self.made.is_empty()
    }

    /// Puts them into the outbox: what is said of a photo goes in with it, the rest by their folder.
    pub(super) async fn add(&self, outbox: &Outbox) -> Result<FolderReport, Failure> {
        let mut said = 0;
        for made in &self.made {
            if matches!(made.kind, Kind::Other) {
                continue;
            }
            let caption = SAID.iter().find(|(place, ..)| made.place == Some(place));
            let post = PostEdit {
                caption: caption.map(|(_, caption, _)| (*caption).to_owned()),
                tags: caption.map(|(.., tags)| tags.iter().map(|&tag| tag.to_owned()).collect()),
                place: made.place.map(|name| Place { name: Some(name.to_owned()), ..Place::default() }),
                author: Some("Mika".into()),
                time: made.taken.as_deref().and_then(local_time),
            };
            outbox.add(&made.path, &AddOptions { post, ..AddOptions::default() }).await?;
            said += 1;
        }
        let mut report = outbox.add_folder(&self.folder, &AddOptions::default(), |_| ControlFlow::Continue(())).await?;
        report.added += said;
        report.unchanged = report.unchanged.saturating_sub(said);
        if report.added + report.unchanged + report.revised == 0 {
            let empty = report.failed;
            let folder = shown(&self.folder);
            let why = if empty > 0 {
                format!(
                    "nothing in {folder} could be taken ({} without content or not readable)",
                    plural(empty, "photo")
                )
            } else {
                format!("there is no photo and no video in {folder}")
            };
            return Err(Failure::Told(format!(
                "{why}; give --photos another folder, or leave it out and the demo makes its own"
            )));
        }
        Ok(report)
    }

    /// Chooses the story's photos, once all were read, and says something of a few that nothing is
    /// said of.
    pub(super) async fn cast(&self, outbox: &Outbox) -> Result<Cast, Failure> {
        let page = outbox.list(Filter { before: None, limit: 1000 }).await?;
        let mut different: Vec<&AssetView> = Vec::new();
        // The oldest first: of twins it is the first one that names their upload.
        for asset in page.iter().rev().filter(|asset| asset.hash.is_some()) {
            if different.iter().all(|other| other.hash != asset.hash) {
                different.push(asset);
            }
        }
        different.sort_by_key(|asset| (asset.bytes, asset.seq));
        let Some(&largest) = different.last() else {
            return Err(Failure::Told("none of the photos could be read; give --photos another folder".into()));
        };
        // News: a photo of the larger ones, so that there is something to see of its way.
        let others: Vec<&&AssetView> = different.iter().filter(|asset| asset.id != largest.id).collect();
        let photos: Vec<&&AssetView> = others.iter().copied().filter(|asset| asset.kind == AssetKind::Photo).collect();
        let among = if photos.is_empty() { &others } else { &photos };
        let urgent = among.get(among.len() * 3 / 4).map_or(largest, |asset| **asset);
        let mut captioned = page.iter().filter(|asset| asset.post.caption.is_some()).count() as u64;
        if !self.are_made() {
            for (asset, caption) in page.iter().rev().zip(["The first of the day", "Seen on the way", "For the album"])
            {
                let edit =
                    PostEdit { caption: Some(caption.into()), tags: Some(vec!["demo".into()]), ..PostEdit::default() };
                outbox.edit_post(asset.id, edit).await?;
                captioned += 1;
            }
        }
        Ok(Cast { urgent: Role::of(urgent), large: Role::of(largest), captioned })
    }
}

impl Cast {
    /// One content only: the chapters share it.
    pub(super) fn is_alone(&self) -> bool {
        self.urgent.hash == self.large.hash
    }
}

/// The same path again, now urgent.
pub(super) async fn make_urgent(outbox: &Outbox, path: &Path) -> Result<(), Failure> {
    outbox.add(path, &AddOptions { urgent: true, ..AddOptions::default() }).await?;
    Ok(())
}

/// `2026:10:17 05:41:12` as RFC 3339, in the samples' zone.
fn local_time(exif: &str) -> Option<String> {
    let (day, time) = exif.split_once(' ')?;
    Some(format!("{}T{time}+09:00", day.replace(':', "-")))
}
