//! Records from and to the engine's types. Each takes its source apart whole, so that a field that is new there is missed
//! here.

use satchel::kernel::time::Now;

use crate::SatchelError;
use crate::error::source_code;
use crate::http::stage_id;
use crate::records::{
    AddKind, AddOptions, Added, Asset, CheckReport, Counts, Delivery, FolderFault, FolderReport, LedgerRow,
    LibraryItem, Motion, MotionView, Place, Post, PostEdit, RunOptions, RunReport, Source, Target,
};
use crate::states::{AssetState, Proof};

impl From<Place> for satchel::Place {
    fn from(Place { latitude, longitude, name }: Place) -> Self {
        Self { latitude, longitude, name }
    }
}

impl From<satchel::Place> for Place {
    fn from(satchel::Place { latitude, longitude, name }: satchel::Place) -> Self {
        Self { latitude, longitude, name }
    }
}

impl From<satchel::Post> for Post {
    fn from(satchel::Post { caption, tags, place, author, time }: satchel::Post) -> Self {
        Self { caption, tags, place: place.map(Into::into), author, time }
    }
}

impl From<PostEdit> for satchel::PostEdit {
    fn from(PostEdit { caption, tags, place, author, time }: PostEdit) -> Self {
        Self { caption, tags, place: place.map(Into::into), author, time }
    }
}

impl From<satchel::Source> for Source {
    fn from(source: satchel::Source) -> Self {
        match source {
            satchel::Source::File(path) => Self::File { path: path.to_string_lossy().into_owned() },
            satchel::Source::Library(id) => Self::Library { id },
        }
    }
}

impl From<LibraryItem> for satchel::LibraryItem {
    fn from(LibraryItem { id, name }: LibraryItem) -> Self {
        Self { id, name }
    }
}

impl TryFrom<Motion> for satchel::Motion {
    type Error = SatchelError;
    fn try_from(motion: Motion) -> Result<Self, SatchelError> {
        Ok(match motion {
            Motion::File { path } => Self::File(path.into()),
            Motion::Item { item } => Self::Item(item.into()),
            Motion::Staged { stage, name } => Self::Staged { stage: stage_id(&stage)?, name },
        })
    }
}

impl TryFrom<AddOptions> for satchel::AddOptions {
    type Error = SatchelError;
    fn try_from(AddOptions { post, urgent, album, copy, motion }: AddOptions) -> Result<Self, SatchelError> {
        Ok(Self { post: post.into(), urgent, album, copy, motion: motion.map(TryInto::try_into).transpose()? })
    }
}

impl From<satchel::AddOutcome> for Added {
    fn from(outcome: satchel::AddOutcome) -> Self {
        use satchel::AddOutcome as O;
        let kind = match outcome {
            O::Added(_) => AddKind::Added,
            O::Revised(_) => AddKind::Revised,
            O::Unchanged(_) => AddKind::Unchanged,
        };
        Self { id: outcome.id().to_string(), kind }
    }
}

impl From<satchel::FolderReport> for FolderReport {
    fn from(report: satchel::FolderReport) -> Self {
        let satchel::FolderReport { added, revised, unchanged, skipped, failed, faults } = report;
        let fault = |satchel::FolderFault { path, fault }: satchel::FolderFault| FolderFault {
            path: path.to_string_lossy().into_owned(),
            code: source_code(fault).into(),
            words: fault.to_string(),
        };
        Self { added, revised, unchanged, skipped, failed, faults: faults.into_iter().map(fault).collect() }
    }
}

impl Asset {
    /// When it goes is told as seen from `now`.
    pub(crate) fn seen(view: satchel::AssetView, now: &Now) -> Self {
        let satchel::AssetView {
            id,
            seq,
            kind,
            source,
            name,
            hash,
            bytes,
            motion,
            urgent,
            added_utc_ms,
            post,
            revision,
            state,
            sent,
            acknowledged,
            deliveries,
        } = view;
        Self {
            id: id.to_string(),
            seq,
            kind: kind.into(),
            source: source.into(),
            name,
            hash: hash.map(|h| h.to_string()),
            bytes,
            motion: motion.map(Into::into),
            urgent,
            added_utc_ms,
            post: post.into(),
            revision,
            state: AssetState::seen(state, now),
            sent,
            acknowledged,
            deliveries: deliveries.into_iter().map(|delivery| Delivery::seen(delivery, now)).collect(),
        }
    }
}

impl From<satchel::MotionView> for MotionView {
    fn from(satchel::MotionView { source, name, hash, bytes }: satchel::MotionView) -> Self {
        Self { source: source.into(), name, hash: hash.map(|h| h.to_string()), bytes }
    }
}

impl Delivery {
    fn seen(view: satchel::DeliveryView, now: &Now) -> Self {
        let satchel::DeliveryView { target, rendition, state, bytes, sent, acknowledged, receipt, redacted } = view;
        let (rendition, state) = (rendition.into(), AssetState::seen(state, now));
        Self { target: target.0, rendition, state, bytes, sent, acknowledged, receipt, redacted }
    }
}

impl From<satchel::Counts> for Counts {
    fn from(counts: satchel::Counts) -> Self {
        let satchel::Counts {
            unread,
            unreadable,
            open,
            open_bytes,
            parked,
            delivered,
            delivered_bytes,
            posts_open,
            posts_parked,
            posts_delivered,
        } = counts;
        Self {
            unread,
            unreadable,
            open,
            open_bytes,
            parked,
            delivered,
            delivered_bytes,
            posts_open,
            posts_parked,
            posts_delivered,
        }
    }
}

impl From<satchel::LedgerRow> for LedgerRow {
    fn from(row: satchel::LedgerRow) -> Self {
        let satchel::LedgerRow { day, link, target, sent, acknowledged, wasted, received } = row;
        Self { day, link, target: target.0, sent, acknowledged, wasted, received }
    }
}

impl From<satchel::TargetView> for Target {
    fn from(satchel::TargetView { id, url, receiver, redact, rest }: satchel::TargetView) -> Self {
        let (due, trouble) = rest.unzip();
        Self {
            id: id.0,
            url,
            receiver,
            redact: redact.into(),
            rests_until_utc_ms: due.map(|due| due.utc_ms),
            trouble: trouble.map(Into::into),
        }
    }
}

impl From<satchel::Report> for RunReport {
    fn from(satchel::Report { counts, wake, stopped }: satchel::Report) -> Self {
        Self { counts: counts.into(), wake: wake.into(), stopped }
    }
}

impl From<satchel::CheckReport> for CheckReport {
    fn from(satchel::CheckReport { confirmed, missing, unknown }: satchel::CheckReport) -> Self {
        Self { confirmed, missing, unknown }
    }
}

impl From<RunOptions> for satchel::RunOptions {
    fn from(RunOptions { deadline_ms, linger_ms, targets }: RunOptions) -> Self {
        let ms = std::time::Duration::from_millis;
        Self {
            deadline: deadline_ms.map(ms),
            linger: ms(linger_ms),
            targets: targets.map(|ids| ids.into_iter().map(satchel::TargetId).collect()),
        }
    }
}

/// The proof that allows an original to be deleted (law 5).
#[uniffi::export]
pub fn is_safe_to_free(proof: Proof) -> bool {
    satchel::Proof::from(proof).safe_to_free()
}
