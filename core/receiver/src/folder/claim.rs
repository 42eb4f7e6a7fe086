//! Which names an asset's files get in the newsroom's folder.
//!
//! The first free number. The two files of a live photo get the same one, since what opens the folder knows them for one by
//! their names: `IMG_1-2.HEIC` and `IMG_1-2.MOV`. So the name of the one that has not come is kept free for it.

use super::{Work, names, same};
use crate::store::StoreError;
use crate::store::assets::{AssetView, PartView};
use crate::store::laid::{self, Laid, Place};
use crate::times;

/// What of an asset is to lie in the folder, and where.
pub(super) struct Wanted<'a> {
    asset: i64,
    shelf: String,
    /// With the names that they get, but for a number.
    pub(super) originals: Vec<(&'a PartView, String)>,
}

impl<'a> Wanted<'a> {
    pub(super) fn of(asset: &'a AssetView) -> Self {
        let originals = asset.parts.iter().filter(|p| p.rendition == "original");
        Self {
            asset: asset.id,
            shelf: format!("{}/{}", names::safe(&asset.contributor), times::day(asset.taken)),
            originals: originals.map(|p| (p, names::safe(&p.name))).collect(),
        }
    }

    /// The number under which this part lies there.
    fn number(&self, laid: &Laid, part: &PartView, name: &str) -> Option<u32> {
        names::number_of(&laid.path, &self.shelf, name).filter(|_| laid.hash == Some(part.hash))
    }

    pub(super) fn fits(&self, laid: &Laid, part: &PartView, name: &str) -> bool {
        self.number(laid, part, name).is_some()
    }

    pub(super) fn fits_any(&self, laid: &Laid) -> bool {
        self.originals.iter().any(|(part, name)| self.fits(laid, part, name))
    }

    fn path(&self, name: &str, number: u32) -> String {
        format!("{}/{}", self.shelf, names::numbered(name, number))
    }
}

impl Work {
    /// Gives up names that were kept for what a later revision does not speak of any more.
    pub(super) fn release_kept(&self, wanted: &Wanted<'_>) -> Result<(), StoreError> {
        self.store.write_now(|tx| {
            for kept in laid::of_asset(tx, wanted.asset)?.iter().filter(|l| l.place == Place::Kept) {
                if !wanted.fits_any(kept) {
                    laid::release(tx, &kept.path)?;
                }
            }
            Ok(())
        })
    }

    /// True when this part's file may be made where it has a path. A name that was kept free is free no more when
    /// someone else put a file there meanwhile; it is given up then.
    pub(super) fn may_use(&self, laid: &Laid, part: &PartView) -> Result<bool, StoreError> {
        if laid.place != Place::Kept {
            return Ok(true);
        }
        let free = self.is_free(&laid.path, part);
        self.store.write_now(|tx| match free {
            true => laid::set_place(tx, &laid.path, Place::Begun),
            false => laid::release(tx, &laid.path),
        })?;
        Ok(free)
    }

    /// Takes the first free name. One that someone else's file has is not free.
    pub(super) fn claim(
        &self,
        wanted: &Wanted<'_>,
        before: &[Laid],
        part: &PartView,
        name: &str,
    ) -> Result<String, StoreError> {
        let mates: Vec<&(&PartView, String)> =
            wanted.originals.iter().filter(|(_, other)| names::are_mates(name, other)).collect();
        let beside = |(mate, other): &(&PartView, String)| before.iter().find_map(|l| wanted.number(l, mate, other));
        let known = mates.iter().find_map(|mate| beside(mate));
        for number in known.into_iter().chain(1..) {
            let mut paths = vec![(wanted.path(name, number), part.hash, Place::Begun)];
            let mut free = self.is_free(&paths[0].0, part);
            for (mate, other) in mates.iter().filter(|mate| beside(mate).is_none()) {
                let path = wanted.path(other, number);
                // One name is kept for one of them; who comes to a name that is taken gets the next free number.
                if paths.iter().any(|(taken, ..)| taken.eq_ignore_ascii_case(&path)) {
                    continue;
                }
                free &= self.is_free(&path, mate);
                paths.push((path, mate.hash, Place::Kept));
            }
            if free && self.store.write_now(|tx| laid::claim(tx, wanted.asset, &paths))? {
                return Ok(paths.swap_remove(0).0);
            }
        }
        unreachable!("numbers do not end")
    }

    fn is_free(&self, path: &str, part: &PartView) -> bool {
        let file = self.dir.join(path);
        file.symlink_metadata().is_err() || same(&file, &part.hash, part.length)
    }
}
