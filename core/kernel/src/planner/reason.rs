//! Why a delivery is where it is, and when it goes: a pure function, called for a page of a list at a time.

use serde::{Deserialize, Serialize};

use super::{LinkNeed, Store, Wake, World, permit};
use crate::ids::{GrantId, TargetId};
use crate::policy::{Item, Policy};
use crate::state::{AssetState, ParkReason, Proof, Trouble, WaitReason};
use crate::time::{Due, Now};

/// A delivery as it is stored: enough to say what its state is and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery<'a> {
    /// Where to.
    pub target: TargetId,
    /// Where it stands.
    pub stage: Stage,
    /// What rules decide about.
    pub item: Item<'a>,
    /// Payload bytes that the server has not said it kept.
    pub todo: u64,
    /// A grant that was given for it.
    pub grant: Option<GrantId>,
    /// The store that it belongs to, where bytes of it were sent.
    pub store: Option<Store>,
}

/// Where a delivery stands, as it is stored. What `waiting` waits for is not stored but computed: it changes with the world.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stage {
    /// May go; or rests until a time, after trouble of its own.
    Waiting(Option<(Due, Trouble)>),
    /// An upload is leased.
    Sending,
    /// There.
    Delivered(Proof),
    /// Needs a person.
    Parked(ParkReason),
}

/// The state of a delivery, with its reason.
pub fn reason(now: &Now, delivery: &Delivery<'_>, world: &World, policy: &Policy) -> AssetState {
    let Delivery { target, stage, item, todo, grant, store } = delivery;
    let rest = match stage {
        Stage::Sending => return AssetState::Sending,
        Stage::Delivered(proof) => return AssetState::Delivered { proof: *proof },
        Stage::Parked(reason) => return AssetState::Parked { reason: reason.clone() },
        Stage::Waiting(rest) => rest.filter(|(due, _)| !due.is_over(now)),
    };
    if world.paused {
        return AssetState::Waiting { reason: WaitReason::Paused, goes: Wake::default() };
    }
    if let Err(permit::Refused { reason, goes }) = permit::permit(now, item, *todo, *grant, world, policy) {
        return AssetState::Waiting { reason, goes };
    }
    let at = |due: Due| now.utc_ms.saturating_add_unsigned(due.remaining_ms(now));
    let target_rest = world.targets.iter().find(|t| t.id == *target).and_then(|t| t.rests(now, *store));
    let reason = if let Some((due, trouble)) = target_rest {
        WaitReason::TargetRests { at_utc_ms: at(due), trouble }
    } else if let Some((due, trouble)) = rest {
        WaitReason::Retry { at_utc_ms: at(due), trouble }
    } else {
        WaitReason::Turn
    };
    let goes = match reason {
        WaitReason::TargetRests { at_utc_ms, .. } | WaitReason::Retry { at_utc_ms, .. } => Wake::at(at_utc_ms),
        _ => Wake::default(),
    };
    AssetState::Waiting { reason, goes }
}

impl WaitReason {
    /// When it will go, for a person, in local time.
    pub fn when(&self, goes: &Wake, now: &Now) -> String {
        match self {
            Self::Turn => return "goes when those before it are through".into(),
            Self::NoTarget => return "goes once a server is set up".into(),
            Self::Paused => return "goes when you end the pause".into(),
            Self::Never => return "change your rules, or grant it".into(),
            Self::SignIn => return "goes when you have signed in, or over another network".into(),
            Self::SourceBusy => return "goes when the file is complete".into(),
            Self::SourceAway => return "goes when the original can be opened".into(),
            Self::InCloud => return "goes when the original is on this phone, or may be fetched".into(),
            Self::Retry { trouble: Trouble::NeedsToken, .. }
            | Self::TargetRests { trouble: Trouble::NeedsToken, .. } => {
                return "goes once the server accepts this device again".into();
            }
            Self::Other if goes.is_never() => return "goes by itself".into(),
            _ => {}
        }
        let needs = |need: LinkNeed| format!("there is {}", need.words());
        let link = goes.needs.filter(|_| goes.at_utc_ms.is_none()).map(needs);
        let charging = goes.charging.then(|| "the phone is charging".to_owned());
        let asks = [link, charging].into_iter().flatten().collect::<Vec<_>>().join(" and ");
        let mut words = match goes.at_utc_ms {
            Some(at) if asks.is_empty() => format!("goes {}", clock(at, now)),
            Some(at) => format!("goes {} if {asks}", clock(at, now)),
            None if asks.is_empty() => return "goes when you change your rules or budgets, or grant it".into(),
            None => format!("goes when {asks}"),
        };
        if let Some(sooner) = goes.sooner {
            words.push_str(&format!(", or before if {}", needs(sooner)));
        }
        words
    }
}

/// An instant as a person says it, seen from now: `in 5 minutes`, `at 06:00`, `tomorrow at 06:00`, `in 3 days`.
pub fn clock(at_utc_ms: i64, now: &Now) -> String {
    let left = at_utc_ms.saturating_sub(now.utc_ms).max(0);
    let zone = i64::from(now.zone_min) * 60_000;
    // The nearest minute: a midnight that comes a moment early or late by another clock is still midnight.
    let local = at_utc_ms.saturating_add(zone).saturating_add(30_000);
    let days = local.div_euclid(86_400_000) - now.utc_ms.saturating_add(zone).div_euclid(86_400_000);
    let minute = local.rem_euclid(86_400_000) / 60_000;
    let time = format!("{:02}:{:02}", minute / 60, minute % 60);
    match (left, days) {
        (0..1_500, _) => "in a moment".into(),
        (1_500..90_000, _) => format!("in {} seconds", (left + 999) / 1000),
        (90_000..3_600_000, _) => format!("in {} minutes", (left + 59_999) / 60_000),
        (_, 0) => format!("at {time}"),
        (_, 1) if time == "00:00" => "after midnight".into(),
        (_, 1) => format!("tomorrow at {time}"),
        (_, days) => format!("in {days} days"),
    }
}
