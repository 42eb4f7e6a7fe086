//! Whether something may go now, and if not, why and when: rules, budgets and grants together.

use super::{LinkNeed, Wake, World};
use crate::ids::GrantId;
use crate::link::{Link, LinkKind};
use crate::money::budget::BudgetView;
use crate::money::price::{expected, payload_within};
use crate::policy::{Item, Policy, Way, way};
use crate::state::WaitReason;
use crate::time::Now;

/// Leave to send, over the link that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Permit {
    /// By a grant, not by the rules.
    pub grant: Option<GrantId>,
    /// After so many milliseconds it is to be asked for anew; none when time alone does not end it.
    pub ends_in_ms: Option<u64>,
}

/// No leave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// Why.
    pub reason: WaitReason,
    /// When it will go.
    pub goes: Wake,
}

/// Whether a link leads anywhere.
pub(super) fn has_way_out(link: &Link) -> bool {
    link.kind != LinkKind::None && link.captive != Some(true)
}

/// Whether so many payload bytes of this may go now. `grant` is one that was given for it.
///
/// # Errors
/// With the reason, and when it will go.
pub fn permit(
    now: &Now,
    item: &Item<'_>,
    bytes: u64,
    grant: Option<GrantId>,
    world: &World,
    policy: &Policy,
) -> Result<Permit, Refused> {
    let World { link, power, grants, .. } = world;
    if !has_way_out(link) {
        let reason = if link.captive == Some(true) { WaitReason::SignIn } else { WaitReason::NoLink };
        return Err(Refused {
            reason,
            goes: Wake::first_of(policy.ways(item).iter().filter_map(|way| elsewhere(way, bytes))),
        });
    }
    let given = grants.iter().find(|view| Some(view.id) == grant && view.holds(link));
    if let Some(view) = given.filter(|view| expected(bytes) <= view.left) {
        return Ok(Permit { grant, ends_in_ms: Some(view.ends_in_ms) });
    }
    let covering = || world.budgets.iter().filter(|view| view.budget.covers(link));
    let (mut nearest, mut alternatives) = (None::<(u8, WaitReason)>, Vec::new());
    let mut open: Option<Option<u64>> = None;
    for way in policy.ways(item) {
        let (reason, goes) = match way.is_open(link, power, covering().any(|view| view.budget.allows(link)), now) {
            Err(refused) => {
                let goes = closed(way, &refused.1, bytes);
                // What is too large for it does not wait for its hours.
                let too_large = way.up_to_bytes.filter(|most| bytes > *most && refused.0 >= way::LINK_TAKEN);
                (too_large.map_or(refused, |most| (7, WaitReason::TooLargeHere { most })), goes)
            }
            Ok(()) => match fits(way, bytes, covering(), now) {
                Ok(()) => {
                    let ends = way.hours.map(|hours| hours.closes_in_ms(now));
                    // Of several open ways, the one that is open longest.
                    open = Some(match open {
                        None => ends,
                        Some(other) => other.zip(ends).map(|(a, b)| a.max(b)),
                    });
                    continue;
                }
                Err(refused) => refused,
            },
        };
        alternatives.extend(goes);
        if nearest.as_ref().is_none_or(|(place, _)| reason.0 > *place) {
            nearest = Some(reason);
        }
    }
    if let Some(ends_in_ms) = open {
        return Ok(Permit { grant: None, ends_in_ms });
    }
    let reason = nearest.map_or(WaitReason::Never, |(_, reason)| reason);
    let goes = Wake { bytes, ..Wake::first_of(alternatives.into_iter()) };
    Err(Refused { reason, goes: if goes.is_never() { Wake::default() } else { goes } })
}

/// Whether what was begun may go on: its bytes were reserved when it began. Returns after how many milliseconds that is to
/// be asked anew.
///
/// # Errors
/// With the reason.
pub fn still(
    now: &Now,
    item: &Item<'_>,
    bytes: u64,
    grant: Option<GrantId>,
    world: &World,
    policy: &Policy,
) -> Result<Option<u64>, Refused> {
    let mut world = world.clone();
    world.budgets.iter_mut().for_each(|view| view.left = view.budget.bytes.max(expected(bytes)));
    world.budgets.iter_mut().for_each(|view| view.budget.bytes = view.left);
    world.grants.iter_mut().for_each(|view| view.left = u64::MAX);
    permit(now, item, bytes, grant, &world, policy).map(|permit| permit.ends_in_ms)
}

/// The most payload bytes of this that may go now by the rules; none when nothing may.
pub fn most(now: &Now, item: &Item<'_>, world: &World, policy: &Policy) -> Option<u64> {
    let World { link, power, budgets, .. } = world;
    if !has_way_out(link) {
        return None;
    }
    let covering = || budgets.iter().filter(|view| view.budget.covers(link));
    let left = covering().map(|view| view.left).min().unwrap_or(u64::MAX);
    let by_budget = payload_within(left)?;
    let open = |way: &&Way| way.is_open(link, power, covering().any(|view| view.budget.allows(link)), now).is_ok();
    let most = policy.ways(item).iter().filter(open).map(|way| way.up_to_bytes.unwrap_or(u64::MAX)).max()?;
    Some(most.min(by_budget))
}

/// Whether an open way takes something of this size, by its own limit and by the budgets.
fn fits<'a>(
    way: &Way,
    bytes: u64,
    covering: impl Iterator<Item = &'a BudgetView>,
    now: &Now,
) -> Result<(), ((u8, WaitReason), Option<Wake>)> {
    if let Some(most) = way.up_to_bytes.filter(|most| bytes > *most) {
        return Err(((7, WaitReason::TooLargeHere { most }), None));
    }
    let cost = expected(bytes);
    // The one that is filled again last has the say.
    let short = covering.filter(|view| cost > view.left).max_by_key(|view| match view.refills_in_ms {
        _ if cost > view.budget.bytes => (2, 0),
        None => (1, 0),
        Some(ms) => (0, ms),
    });
    let Some(view) = short else { return Ok(()) };
    let budget = view.budget.name.clone();
    let free = Wake::with(LinkNeed::Unmetered);
    if cost > view.budget.bytes {
        return Err(((9, WaitReason::BudgetTooSmall { budget }), Some(free)));
    }
    let at_utc_ms = view.refills_in_ms.map(|ms| now.utc_ms.saturating_add_unsigned(ms));
    let reason = WaitReason::BudgetSpent { budget, at_utc_ms };
    let goes = match at_utc_ms {
        Some(at) => Wake {
            needs: Some(way.needs()),
            charging: way.only_while_charging,
            sooner: Some(LinkNeed::Unmetered),
            ..Wake::at(at)
        },
        None => free,
    };
    Err(((8, reason), Some(goes)))
}

/// When a way that is closed for this reason opens.
fn closed(way: &Way, reason: &WaitReason, bytes: u64) -> Option<Wake> {
    let usual = elsewhere(way, bytes)?;
    Some(match reason {
        WaitReason::OutsideHours { at_utc_ms } => Wake { at_utc_ms: Some(*at_utc_ms), ..usual },
        // A link like this one would be refused again.
        WaitReason::SavingData | WaitReason::NoBudget | WaitReason::RoamingUnknown => {
            Wake { needs: usual.needs.max(Some(LinkNeed::Unmetered)), ..usual }
        }
        _ => usual,
    })
}

/// What a way asks for, of whatever link comes.
fn elsewhere(way: &Way, bytes: u64) -> Option<Wake> {
    let takes = way.up_to_bytes.is_none_or(|most| bytes <= most);
    takes.then(|| Wake { charging: way.only_while_charging, bytes, ..Wake::with(way.needs()) })
}
