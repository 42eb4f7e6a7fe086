//! The ways to a target, and how they fare.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use satchel_kernel::health::{self, Block, Contrast, Evidence, Fares, Finding, Health};
use satchel_kernel::ids::{DeliveryId, EndpointId, TargetId};
use satchel_kernel::link::{Link, LinkKind};
use satchel_kernel::planner::{EndpointView, Store, TargetView};
use satchel_kernel::state::Trouble;
use satchel_kernel::time::{Due, Now};
use serde::{Deserialize, Serialize};
use url::Url;

use super::targets::{Spec, Target};
use super::uploads::MAY_BE_WHOLE;
use super::{blocks, rows, settings};
use crate::error::Result;
use crate::sight::Sight;

/// The setting that names the network of the last run.
const HERE: &str = "last_network";

/// A further endpoint of a target, as it was set up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Further {
    /// A receiver's address, or where a tus server creates uploads: the same kind as its target's first endpoint.
    pub url: Url,
    /// The certificate's key, where it is pinned.
    pub pin: Option<String>,
    /// Where it is reached when its name is not answered, or answered wrongly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
}

/// One way to a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Endpoint {
    pub id: EndpointId,
    /// As it was named.
    pub url: String,
    /// What its uploads are kept under; the same for endpoints that share a store.
    pub store: String,
    pub create: Url,
    pub receiver: Option<Url>,
    pub pin: Option<String>,
    /// Where it is reached, its name not being asked for; empty: by its name.
    pub addresses: Vec<IpAddr>,
    pub fares: Fares,
}

impl Endpoint {
    pub(crate) fn is_by_address(&self) -> bool {
        !self.addresses.is_empty()
    }
}

/// All ways to a target, in order, as its document says; none of them fares in any way yet.
pub(super) fn of_spec(url: &str, spec: &Spec) -> Vec<Endpoint> {
    let first = Endpoint {
        id: EndpointId(0),
        url: url.to_owned(),
        store: url.to_owned(),
        create: spec.create.clone(),
        receiver: spec.receiver.clone(),
        pin: spec.pin.clone(),
        addresses: spec.addresses.clone(),
        fares: Fares::default(),
    };
    let further = spec.further.iter().map(|further| {
        let store = if spec.shared_store { url.to_owned() } else { further.url.to_string() };
        let below = |base: &Url| crate::http::calls::below(base, satchel_kernel::protocol::FILES_PATH);
        let receiver = spec.receiver.as_ref().map(|_| further.url.clone());
        let create = receiver.as_ref().map_or_else(|| further.url.clone(), below);
        let (pin, addresses) = (further.pin.clone(), further.addresses.clone());
        Endpoint { url: further.url.to_string(), store, create, receiver, pin, addresses, ..first.clone() }
    });
    let all: Vec<_> = std::iter::once(first.clone()).chain(further).collect();
    // By its name first; the addresses are for when that leads nowhere, or elsewhere.
    all.into_iter()
        .flat_map(|endpoint| {
            let by_name = Endpoint { addresses: vec![], ..endpoint.clone() };
            let by_address = endpoint.is_by_address().then_some(endpoint);
            std::iter::once(by_name).chain(by_address)
        })
        .collect()
}

/// The ways to a target, with how they fare.
pub(super) fn load(conn: &Connection, target: TargetId, url: &str, spec: &Spec) -> rusqlite::Result<Vec<Endpoint>> {
    let mut query =
        conn.prepare_cached("SELECT id, fares FROM endpoint WHERE target = ?1 AND url = ?2 AND by_address = ?3")?;
    let mut all = of_spec(url, spec);
    for endpoint in &mut all {
        let found = query.query_row(params![target.0, endpoint.url, endpoint.is_by_address()], |row| {
            Ok((EndpointId(row.get(0)?), rows::maybe_json::<Fares>(row, 1).unwrap_or_default()))
        });
        // Without its row, as in a damaged database, it is one of which nothing is known.
        let (id, fares) = found.optional()?.unwrap_or_default();
        (endpoint.id, endpoint.fares) = (id, fares.unwrap_or_default());
    }
    Ok(all)
}

/// Makes a target's rows be those that its document names. What is known of one that stays is kept.
pub(super) fn set(tx: &Transaction<'_>, target: i64, url: &str, spec: &Spec) -> Result<()> {
    let all = of_spec(url, spec);
    let mut made = tx.prepare_cached("INSERT OR IGNORE INTO endpoint (target, url, by_address) VALUES (?1, ?2, ?3)")?;
    for endpoint in &all {
        made.execute(params![target, endpoint.url, endpoint.is_by_address()])?;
    }
    let mut query = tx.prepare_cached("SELECT id, url, by_address FROM endpoint WHERE target = ?1")?;
    let rows: Vec<(i64, String, bool)> = query
        .query_map([target], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
        .collect::<rusqlite::Result<_>>()?;
    for (id, url, by_address) in rows {
        if !all.iter().any(|endpoint| endpoint.url == url && endpoint.is_by_address() == by_address) {
            tx.execute("DELETE FROM endpoint WHERE id = ?1", [id])?;
        }
    }
    if !has_several_stores(&all) {
        // What another store was asked about, this one was not.
        if asked_store(tx, TargetId(target), url)? != url {
            tx.execute(UNASK, [target])?;
        }
        tx.execute("UPDATE target SET checked_store = NULL WHERE id = ?1", [target])?;
    }
    if spec.shared_store {
        // They were apart, and are said to be one.
        for endpoint in &spec.further {
            tx.execute(
                "UPDATE upload SET endpoint = ?2 WHERE endpoint = ?3 AND ended_utc_ms IS NULL
                   AND delivery IN (SELECT id FROM delivery WHERE target = ?1)",
                params![target, url, endpoint.url.as_str()],
            )?;
        }
    }
    Ok(())
}

/// The stores of these endpoints, as the planner numbers them.
fn stores(endpoints: &[Endpoint]) -> Vec<&str> {
    let mut stores = Vec::new();
    for endpoint in endpoints {
        if !stores.contains(&endpoint.store.as_str()) {
            stores.push(&endpoint.store);
        }
    }
    stores
}

fn has_several_stores(endpoints: &[Endpoint]) -> bool {
    stores(endpoints).len() > 1
}

/// As the planner sees them. `names_only`: whoever carries the requests asks for names by itself.
pub(super) fn views(endpoints: &[Endpoint], names_only: bool) -> Vec<EndpointView> {
    let stores = stores(endpoints);
    let seen = endpoints.iter().filter(|endpoint| !names_only || !endpoint.is_by_address());
    let view = |one: &Endpoint| EndpointView {
        id: one.id,
        store: number(&stores, &one.store).unwrap_or(0),
        proves: one.create.scheme() == "https",
        fares: one.fares,
    };
    seen.map(view).collect()
}

/// A store, as the planner numbers it.
fn number(stores: &[&str], store: &str) -> Option<Store> {
    stores.iter().position(|one| *one == store).and_then(|at| Store::try_from(at).ok())
}

/// Has a target asked anew about what it was asked about. What is not made yet has no name to ask by.
const UNASK: &str = "UPDATE delivery SET checked = 0
     WHERE target = ?1 AND checked = 1 AND stage IN ('waiting', 'resting', 'sending')
       AND EXISTS (SELECT 1 FROM payload y WHERE y.id = delivery.payload AND y.hash IS NOT NULL)";

/// The store that a target was asked about; the one of its first endpoint, which is its address, unless another was.
fn asked_store(conn: &Connection, target: TargetId, url: &str) -> Result<String> {
    let mut query = conn.prepare_cached("SELECT checked_store FROM target WHERE id = ?1")?;
    let asked: Option<String> = query.query_row([target.0], |row| row.get(0))?;
    Ok(asked.unwrap_or_else(|| url.to_owned()))
}

/// The store to which a delivery belongs: bytes of it were sent there. A receiver that was asked and does not have it may get it
/// from the start all the same, unless the whole of it was sent: that may have arrived.
pub(super) fn store_of(conn: &Connection, target: &Target, delivery: DeliveryId) -> Result<Option<Store>> {
    let stores = stores(&target.endpoints);
    if stores.len() < 2 {
        return Ok(None);
    }
    let mut query = conn.prepare_cached(&format!(
        "SELECT u.endpoint, u.sent > 0, {MAY_BE_WHOLE} FROM upload u WHERE u.delivery = ?1 AND u.ended_utc_ms IS NULL",
    ))?;
    let found: Option<(String, bool, bool)> =
        query.query_row([delivery.0], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).optional()?;
    let Some((store, sent, whole)) = found else { return Ok(None) };
    let bound = whole || sent && !target.is_receiver();
    Ok(if bound { number(&stores, &store) } else { None })
}

/// The targets with several stores, where there are any among those that a view shows.
pub(super) fn apart(conn: &Connection, views: &[TargetView]) -> Result<Vec<Target>> {
    if !views.iter().any(|view| view.endpoints.windows(2).any(|two| two[0].store != two[1].store)) {
        return Ok(vec![]);
    }
    let all = super::all_targets(conn)?;
    Ok(all.into_iter().filter(|target| has_several_stores(&target.endpoints)).collect())
}

/// Where a target's traffic goes to another store than before: what it was asked about there says nothing of this one. Whatever
/// may have arrived there whole stays there.
pub(crate) fn follow_store(tx: &Transaction<'_>, target: &Target, view: &TargetView, now: &Now) -> Result<()> {
    if !target.is_receiver() || !has_several_stores(&target.endpoints) {
        return Ok(());
    }
    let way = view.way(now, None).and_then(|way| target.endpoints.iter().find(|endpoint| endpoint.id == way.id));
    let Some(way) = way else { return Ok(()) };
    if asked_store(tx, target.id, &target.url)? == way.store {
        return Ok(());
    }
    let unless_there = format!(
        "{UNASK} AND NOT EXISTS (SELECT 1 FROM upload u
         WHERE u.delivery = delivery.id AND u.ended_utc_ms IS NULL AND u.endpoint <> ?2 AND {MAY_BE_WHOLE})",
    );
    tx.execute(&unless_there, params![target.id.0, way.store])?;
    tx.execute("UPDATE target SET checked_store = ?2 WHERE id = ?1", params![target.id.0, way.store])?;
    Ok(())
}

/// Whether the word of the endpoint by which a target was asked counts for a delivery: of one that belongs to a store, that
/// store's alone. `asked`: it leads to where traffic goes.
pub(crate) fn may_settle(conn: &Connection, target: &Target, delivery: DeliveryId, asked: bool) -> Result<bool> {
    let Some(store) = store_of(conn, target, delivery)? else { return Ok(asked) };
    Ok(number(&stores(&target.endpoints), &target.via.store) == Some(store))
}

/// Whether what this endpoint says of what it has counts for the store to which traffic goes.
pub(crate) fn is_asked(conn: &Connection, target: &Target) -> Result<bool> {
    Ok(!has_several_stores(&target.endpoints) || asked_store(conn, target.id, &target.url)? == target.via.store)
}

/// What a request made of the endpoint that it went by.
pub(crate) struct Saw {
    /// Set when it is the endpoint that stands in the way, and rests.
    pub rest: Option<(Due, Trouble)>,
    /// It fares otherwise than before.
    pub changed: bool,
}

/// Records what a request that ended tells of the endpoint that it went by. None where it tells nothing.
pub(crate) fn saw(tx: &Transaction<'_>, target: &Target, sight: &Sight, now: &Now, seed: u64) -> Result<Option<Saw>> {
    let (id, seen) = (target.via.id, sight.seen);
    let Some(before) = fares(tx, id)? else { return Ok(None) };
    let other_way = target.endpoints.iter().find(|other| other.id != id && other.url == target.via.url);
    let other_way = match other_way {
        Some(other) => fares(tx, other.id)?.map(|fares| (other, fares)),
        None => None,
    };
    let by_address_open = |(other, fares): &(&Endpoint, Fares)| other.is_by_address() && fares.health == Health::Open;
    let evidence = Evidence {
        open_by_address: other_way.as_ref().is_some_and(by_address_open),
        known: before.known,
        contrast: if before.portal && seen.contrast == Contrast::Unknown { Contrast::Portal } else { seen.contrast },
        in_a_row: sight.cut.map_or(0, |cut| before.in_a_row_with(cut, sight.times)),
        ..seen
    };
    let Some(finding) = health::find(&evidence) else { return Ok(None) };
    let mut fares = before.after(finding, &sight.met(), now, seed ^ id.0.unsigned_abs());
    match seen.contrast {
        Contrast::Portal => fares = Fares { portal: true, ..fares.captive(now) },
        Contrast::Works => fares.portal = false,
        Contrast::Unknown | Contrast::Nothing => {}
    }
    if fares != before {
        keep(tx, id, &fares)?;
    }
    if let Finding::Health(Health::Blocked(by)) = finding {
        blocks::note(tx, target, by.as_str(), sight, now)?;
    }
    if finding == Finding::Health(Health::Captive) {
        blocks::note(tx, target, "captive", sight, now)?;
    }
    // The same server answers at its own address: what the name led to was not it.
    if let Some((other, name)) = other_way.filter(|_| target.via.is_by_address() && fares.health == Health::Open) {
        let elsewhere = matches!(name.health, Health::Blocked(_) | Health::Down | Health::Slow)
            && !matches!(name.trouble, Some(Trouble::NoLink | Trouble::WrongClock | Trouble::Blocked(Block::Name)));
        if elsewhere {
            let by = Trouble::Blocked(Block::Name);
            let due = name.due.or(Some(now.after(0)));
            let renamed = Fares { health: Health::Blocked(Block::Name), trouble: Some(by), due, ..name };
            keep(tx, other.id, &renamed)?;
            blocks::rename(tx, target, Block::Name, sight.network.as_deref(), name.since_utc_ms, now)?;
        }
    }
    Ok(Some(Saw {
        rest: fares.trouble.filter(|_| !fares.cleared).map(|trouble| (fares.due.unwrap_or(now.after(0)), trouble)),
        changed: (fares.health, fares.trouble) != (before.health, before.trouble),
    }))
}

fn fares(conn: &Connection, id: EndpointId) -> Result<Option<Fares>> {
    let mut query = conn.prepare_cached("SELECT fares FROM endpoint WHERE id = ?1")?;
    let found = query.query_row([id.0], |row| Ok(rows::maybe_json::<Fares>(row, 0).unwrap_or_default())).optional()?;
    Ok(found.map(Option::unwrap_or_default))
}

fn keep(tx: &Transaction<'_>, id: EndpointId, fares: &Fares) -> Result<()> {
    tx.prepare_cached("UPDATE endpoint SET fares = ?2 WHERE id = ?1")?.execute(params![id.0, rows::text(fares)])?;
    Ok(())
}

/// Leaves an endpoint alone until then.
pub(crate) fn wait(tx: &Transaction<'_>, id: EndpointId, due: Due) -> Result<()> {
    match fares(tx, id)? {
        Some(fares) => keep(tx, id, &Fares { due: Some(due), suspect: false, ..fares }),
        None => Ok(()),
    }
}

fn each(tx: &Transaction<'_>, change: impl Fn(Fares) -> Fares) -> Result<()> {
    let ids: Vec<i64> = tx
        .prepare_cached("SELECT id FROM endpoint")?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    for id in ids.into_iter().map(EndpointId) {
        if let Some(before) = fares(tx, id)? {
            let after = change(before);
            if after != before {
                keep(tx, id, &after)?;
            }
        }
    }
    Ok(())
}

/// There is another network now: nothing that was seen holds there.
fn other_network(tx: &Transaction<'_>, now: &Now) -> Result<()> {
    each(tx, |fares| if fares.health == Health::Unknown { fares } else { fares.elsewhere(now) })
}

/// The link changed. Where it may be the same network again, a block there is as it was: a Wi-Fi that comes and goes is no
/// reason to ask again.
pub(crate) fn link_changed(tx: &Transaction<'_>, link: &Link, now: &Now) -> Result<()> {
    came_to(tx, link, now)?;
    if link.kind != LinkKind::None && link.network.is_none() {
        // Nobody can tell whether it is the same.
        return other_network(tx, now);
    }
    let captive = link.captive == Some(true);
    each(tx, |fares| match fares.health {
        Health::Blocked(_) | Health::Captive if captive => fares.captive(now),
        Health::Unknown | Health::Blocked(_) => fares,
        _ => fares.elsewhere(now),
    })
}

/// Whether what is known of endpoints was seen on this network.
pub(crate) fn is_here(conn: &Connection, (kind, network): &(LinkKind, Option<String>)) -> Result<bool> {
    Ok(settings::get(conn, HERE)?.is_none_or(|here| here == rows::text(&(kind, network))))
}

/// Before a run: whether it is over another network than the one before, which may have been long ago.
pub(crate) fn came_to(tx: &Transaction<'_>, link: &Link, now: &Now) -> Result<()> {
    if link.kind == LinkKind::None {
        return Ok(());
    }
    let here = rows::text(&(link.kind, &link.network));
    if settings::get(tx, HERE)?.as_deref() == Some(&here) {
        return Ok(());
    }
    settings::put(tx, HERE, &here)?;
    other_network(tx, now)
}

/// A person wants it tried now.
pub(super) fn try_now(tx: &Transaction<'_>) -> Result<()> {
    each(tx, |fares| Fares { due: None, failures: 0, suspect: false, ..fares })
}
