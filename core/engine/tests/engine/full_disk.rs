//! A disk that is full at any write: said in words, nothing lost, and all goes on when there is room.
//!
//! Shown on a file system of a few megabytes, which takes the right to mount one; elsewhere these tests say so and end.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use satchel::{AddOptions, Config, Error, Outbox};
use satchel_testkit::liar::LyingTus;

use super::world::{Place, add, aim, all, at_once, open, run_out, within};

/// A small disk, gone when it is dropped.
pub(crate) struct Disk(PathBuf);

impl Disk {
    pub(crate) fn mount(at: &Path, bytes: u64) -> Option<Self> {
        fs::create_dir_all(at).unwrap();
        let size = format!("size={bytes}");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "satchel-test"]).arg(at).output();
        if mounted.is_ok_and(|m| m.status.success()) {
            return Some(Self(at.to_owned()));
        }
        eprintln!("not shown here: no file system may be mounted");
        None
    }

    /// Takes all the room but about so many bytes.
    pub(crate) fn fill(&self, but: u64) {
        let mut file = fs::File::create(self.0.join("filler")).unwrap();
        let block = [0; 4096];
        while file.write_all(&block).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(but)).unwrap();
    }

    pub(crate) fn free(&self) {
        fs::remove_file(self.0.join("filler")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // Lazily: a thread may still be closing the database.
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

fn is_full(error: &Error) -> bool {
    matches!(error, Error::StorageFull) && error.to_string().contains("free some space")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_does_not_fit_is_refused_and_the_rest_goes_on() {
    let place = Place::new();
    let Some(_disk) = Disk::mount(&place.folder, 4 << 20) else { return };
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 8 << 20, 1);
    let copied = AddOptions { copy: true, ..AddOptions::default() };
    let error = outbox.add(&photo.path, &copied).await.unwrap_err();
    assert!(is_full(&error), "{error}");
    let spooled = fs::read_dir(place.folder.join("spool"))
        .unwrap()
        .filter(|e| e.as_ref().unwrap().path().metadata().unwrap().len() > 0);
    assert_eq!(spooled.count(), 0, "half a copy was left");
    add(&outbox, &photo.path).await;
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn with_no_room_at_all_what_was_accepted_stays_and_goes_later() {
    for but in [0, 4_096, 20_000, 60_000, 150_000] {
        let place = Place::new();
        let Some(disk) = Disk::mount(&place.folder, 6 << 20) else { return };
        let tus = LyingTus::start().await.unwrap();
        let outbox = place.open().await;
        aim(&outbox, &tus).await;
        let mut accepted = Vec::new();
        for n in 0..3 {
            let photo = place.photo(&format!("{n}.jpg"), 5_000, n);
            accepted.push((add(&outbox, &photo.path).await, photo));
        }
        disk.fill(but);
        for n in 3..40 {
            let photo = place.photo(&format!("{n}.jpg"), 5_000, n);
            match outbox.add(&photo.path, &AddOptions::default()).await {
                Ok(outcome) => accepted.push((outcome.id(), photo)),
                Err(error) => assert!(is_full(&error), "{but}: {error}"),
            }
        }
        match within(outbox.run(at_once(), Default::default())).await {
            Ok(_) => {}
            Err(error) => assert!(is_full(&error), "{but}: {error}"),
        }
        drop(outbox);
        // It may not open for want of room, but it is never taken for damaged.
        match Outbox::open(place.config()).await {
            Ok(_) => {}
            Err(error) => assert!(is_full(&error) || matches!(error, Error::Storage(_)), "{but}: {error}"),
        }
        disk.free();
        let outbox = open(Config { folder: place.folder.clone(), ..place.config() }).await;
        let names = fs::read_dir(&place.folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
        assert!(names.into_iter().all(|n| !n.contains("damaged") && !n.contains("suspect")), "{but}: taken for damage");
        let found = all(&outbox).await;
        for (id, photo) in &accepted {
            assert!(found.iter().any(|a| a.id == *id), "{but}: {:?} is lost", photo.path.file_name());
        }
        let report = run_out(&outbox).await;
        assert_eq!(report.counts.needs_person(), 0, "{but}: {:?}", super::world::states(&outbox).await);
        for (_, photo) in &accepted {
            assert_eq!(tus.completions_of(&photo.hash), 1, "{but}");
        }
    }
}
