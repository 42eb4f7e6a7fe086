//! Records from and to the engine's types. Each takes its source apart whole, so that a field that is new there is missed
//! here.

use satchel::kernel::planner;

use crate::error::source_code;
use crate::records::{
    AddKind, AddOptions, Added, Asset, CheckReport, Counts, Delivery, FolderFault, FolderReport, LedgerRow,
    LibraryItem, Link, LinkKind, LinkNeed, Links, Order, Place, Policy, Post, PostEdit, RunOptions, RunReport, Source,
    Target, Wake,
};
use crate::states::Proof;

impl From<Policy> for satchel::Policy {
    fn from(Policy { links, order, uploads_at_once }: Policy) -> Self {
        let links = match links {
            Links::Unmetered => satchel::Links::Unmetered,
            Links::Any => satchel::Links::Any,
        };
        let order = match order {
            Order::Newest => satchel::Order::Newest,
            Order::Oldest => satchel::Order::Oldest,
        };
        Self { version: Self::VERSION, links, order, uploads_at_once }
    }
}

impl From<Link> for satchel::Link {
    fn from(Link { kind, metered, roaming, constrained, validated, captive, network }: Link) -> Self {
        use satchel::LinkKind as K;
        let kind = match kind {
            LinkKind::None => K::None,
            LinkKind::Wifi => K::Wifi,
            LinkKind::Cellular => K::Cellular,
            LinkKind::Ethernet => K::Ethernet,
            LinkKind::Hotspot => K::Hotspot,
            LinkKind::Other => K::Other,
            LinkKind::Unknown => K::Unknown,
        };
        Self { kind, metered, roaming, constrained, validated, captive, network }
    }
}

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

impl From<AddOptions> for satchel::AddOptions {
    fn from(AddOptions { post, urgent, copy }: AddOptions) -> Self {
        Self { post: post.into(), urgent, copy }
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

impl From<satchel::AssetView> for Asset {
    fn from(view: satchel::AssetView) -> Self {
        let satchel::AssetView {
            id,
            seq,
            kind,
            source,
            name,
            hash,
            bytes,
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
            urgent,
            added_utc_ms,
            post: post.into(),
            revision,
            state: state.into(),
            sent,
            acknowledged,
            deliveries: deliveries.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<satchel::DeliveryView> for Delivery {
    fn from(view: satchel::DeliveryView) -> Self {
        let satchel::DeliveryView { target, rendition, state, bytes, sent, acknowledged, receipt } = view;
        Self { target: target.0, rendition: rendition.into(), state: state.into(), bytes, sent, acknowledged, receipt }
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
    fn from(satchel::TargetView { id, url, receiver, rest }: satchel::TargetView) -> Self {
        let (due, trouble) = rest.unzip();
        Self {
            id: id.0,
            url,
            receiver,
            rests_until_utc_ms: due.map(|due| due.utc_ms),
            trouble: trouble.map(Into::into),
        }
    }
}

impl From<planner::Wake> for Wake {
    fn from(planner::Wake { at_utc_ms, needs }: planner::Wake) -> Self {
        let need = |need| match need {
            planner::LinkNeed::Any => LinkNeed::Any,
            planner::LinkNeed::Unmetered => LinkNeed::Unmetered,
        };
        Self { at_utc_ms, needs: needs.map(need) }
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
    match proof {
        Proof::Unproven => satchel::Proof::Unproven,
        Proof::Size => satchel::Proof::Size,
        Proof::Checksum => satchel::Proof::Checksum,
        Proof::Receipt => satchel::Proof::Receipt,
    }
    .safe_to_free()
}
