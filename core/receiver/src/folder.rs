//! The newsroom's folder: contributor/day/original-name, each file with an XMP sidecar.
//!
//! A copy (a reflink where the disk can), so that editing a file there never touches the blob that a receipt
//! speaks of. The database names a path before the file is made and says when it was there: a kill in between
//! is made good at the next start, and what an editor moved away stays away. An asset whose blob is lost is set
//! aside, and holds up no other.

mod claim;
mod names;
mod xmp;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use satchel_kernel::ids::BlobHash;
use tokio::sync::broadcast::error::RecvError;

use crate::blobs::{Blobs, hash_file};
use crate::files;
use crate::hub::Event;
use crate::server::App;
use crate::store::assets::{self, AssetView, PartView};
use crate::store::laid::{self, Laid, Place};
use crate::store::{Store, StoreError, blocking};
use claim::Wanted;

const BATCH: u32 = 50;
/// Prefix of a file that is not whole yet.
const UNFINISHED: &str = ".satchel-";

/// Keeps the folder up to date until the receiver stops.
pub(crate) async fn keep(app: Arc<App>, dir: PathBuf) {
    let mut news = app.hub.listen();
    if let Err(error) = app.store.write(|tx| laid::redo(tx).and_then(|()| laid::resume_all(tx))).await {
        tracing::error!(%error, "the folder's state could not be read");
    }
    loop {
        if let Err(error) = catch_up(&app, &dir).await {
            let kind = kind(&error);
            tracing::error!(
                kind,
                "the folder could not be brought up to date; it is tried again with the next arrival"
            );
        }
        loop {
            tokio::select! {
                () = app.stop.cancelled() => return,
                event = news.recv() => match event {
                    Ok(Event::Asset(_)) | Err(RecvError::Lagged(_)) => break,
                    Err(RecvError::Closed) => return,
                    Ok(_) => {}
                },
            }
        }
    }
}

/// A path would name people: the error's kind must do.
fn kind(error: &StoreError) -> String {
    if let StoreError::Io(e) = error { e.kind().to_string() } else { error.to_string() }
}

/// Lays out all that is to be. What fails holds up nothing that comes after it: it stays begun until the others are done.
async fn catch_up(app: &Arc<App>, dir: &Path) -> Result<(), StoreError> {
    let mut failed = false;
    loop {
        let todo = app.store.read(|c| laid::unlaid(c, BATCH)).await?;
        if todo.is_empty() {
            return if failed { app.store.write(laid::redo).await } else { Ok(()) };
        }
        for id in todo {
            if app.stop.is_cancelled() {
                return Ok(());
            }
            app.store.write(move |tx| laid::begin(tx, id)).await?;
            let (mut contributor, mut whole) = (String::new(), true);
            if let Some(view) = app.store.read(move |c| assets::one(c, id)).await? {
                contributor.clone_from(&view.contributor);
                let work = Work { dir: dir.to_owned(), store: app.store.clone(), blobs: app.blobs.clone() };
                match blocking(move || work.lay_out(&view)).await {
                    Ok(all) => whole = all,
                    Err(error) => {
                        let kind = kind(&error);
                        tracing::error!(
                            asset = id,
                            kind,
                            "this asset could not be laid in the folder; it is tried again with the next arrival"
                        );
                        failed = true;
                        continue;
                    }
                }
            }
            if !whole {
                tracing::warn!(asset = id, "a blob of this asset is not on disk; the folder gets it when it comes");
            }
            app.store.write(move |tx| laid::done(tx, id, &contributor, whole)).await?;
        }
    }
}

struct Work {
    dir: PathBuf,
    store: Store,
    blobs: Blobs,
}

impl Work {
    /// Lays out what is here; false when a blob that should be on disk is not.
    fn lay_out(&self, asset: &AssetView) -> Result<bool, StoreError> {
        let mut whole = true;
        let wanted = Wanted::of(asset);
        self.release_kept(&wanted)?;
        for &(part, ref name) in &wanted.originals {
            let Some(stored) = part.stored else { continue };
            let before = self.store.write_now(|tx| laid::of_asset(tx, asset.id))?;
            let (fitting, misplaced): (Vec<&Laid>, Vec<&Laid>) =
                before.iter().filter(|l| l.hash == Some(part.hash)).partition(|l| wanted.fits(l, part, name));
            let was_placed = fitting.first().is_some_and(|l| l.place == Place::Placed);
            if !was_placed && !self.blobs.holds(&part.hash, stored)? {
                whole = false;
                continue;
            }
            let path = match fitting.first() {
                Some(laid) if self.may_use(laid, part)? => laid.path.clone(),
                _ => self.claim(&wanted, &before, part, name)?,
            };
            if let Err(error) = self.place(part, &path, was_placed, asset) {
                // It went while it was copied.
                if was_placed || self.blobs.holds(&part.hash, stored)? {
                    return Err(error);
                }
                whole = false;
                continue;
            }
            for old in misplaced.into_iter().filter(|old| !wanted.fits_any(old)) {
                self.take_away(old, part)?;
            }
        }
        Ok(whole)
    }

    fn place(&self, part: &PartView, path: &str, was_placed: bool, asset: &AssetView) -> Result<(), StoreError> {
        let file = self.dir.join(path);
        if was_placed && !file.exists() {
            return Ok(());
        }
        let shelf = file.parent().unwrap_or(&self.dir);
        fs::create_dir_all(shelf)?;
        if !was_placed && !same(&file, &part.hash, part.length) {
            let fresh = shelf.join(format!("{UNFINISHED}{}", &part.hash.to_string()[..16]));
            let copied = fs::copy(self.blobs.path(&part.hash), &fresh)
                .and_then(|_| fs::File::open(&fresh)?.sync_all())
                .and_then(|()| fs::rename(&fresh, &file));
            if let Err(error) = copied {
                // Room for what fits still.
                let _ = fs::remove_file(&fresh);
                return Err(error.into());
            }
        }
        write_whole(&sidecar(&file), xmp::sidecar(asset).as_bytes())?;
        files::sync_dir(shelf)?;
        self.store.write_now(|tx| laid::set_place(tx, path, Place::Placed))
    }

    /// Removes what lies at a place that a later revision made wrong, if it is still what was laid there.
    fn take_away(&self, old: &Laid, part: &PartView) -> Result<(), StoreError> {
        let file = self.dir.join(&old.path);
        if same(&file, &part.hash, part.length) {
            files::remove_if_there(&file)?;
            files::remove_if_there(&sidecar(&file))?;
            // Fails, as it should, while the day holds anything else.
            let _ = file.parent().map(fs::remove_dir);
        }
        self.store.write_now(|tx| laid::release(tx, &old.path))
    }
}

fn sidecar(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".xmp");
    PathBuf::from(name)
}

fn same(file: &Path, hash: &BlobHash, length: u64) -> bool {
    file.symlink_metadata().is_ok_and(|m| m.is_file() && m.len() == length)
        && hash_file(file).is_ok_and(|(h, _)| h == *hash)
}

fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digest: String = BlobHash::of(name.as_bytes()).to_string()[..16].to_owned();
    let fresh = path.with_file_name(format!("{UNFINISHED}{digest}"));
    fs::write(&fresh, bytes)?;
    fs::File::open(&fresh)?.sync_all()?;
    fs::rename(&fresh, path)
}
