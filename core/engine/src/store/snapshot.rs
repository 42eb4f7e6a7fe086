//! The planner's snapshot: bounded, whatever the outbox holds.

use std::collections::HashMap;
use std::hash::Hash;

use rusqlite::{Connection, Transaction, params};
use satchel_kernel::ids::{DeliveryId, GrantId, PartId, TargetId};
use satchel_kernel::link::Link;
use satchel_kernel::planner::permit::most;
use satchel_kernel::planner::{CANDIDATES, Candidate, Group, Making, PREVIEW, Snapshot, TargetView, Unchecked, World};
use satchel_kernel::policy::{Order, Policy};
use satchel_kernel::power::Power;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::{Due, MAX_WAIT_MS, Now};

use super::deliveries::UNIT_LEFT;
use super::{endpoints, grants, making, money, previews, rows, targets};
use crate::error::Result;

/// How many of a group are looked at in their order, for those that rules let through by their size; where none of these is
/// small enough, the smallest go first.
const LOOKED_AT: i64 = 4096;
/// How many deliveries come along of which a target was not asked: four questions' worth.
const UNCHECKED: usize = 4 * crate::http::calls::HASHES_PER_CALL;

/// What the runner knows and the database does not.
#[derive(Debug, Clone, Default)]
pub(crate) struct Around {
    pub link: Link,
    pub power: Power,
    /// Targets that are being sent to, and under which grant.
    pub entered: Vec<(TargetId, Option<GrantId>)>,
    /// Only these targets are served.
    pub targets: Vec<TargetId>,
    pub reading: bool,
    pub sending: usize,
    pub making: Vec<Making>,
    pub asking: Vec<TargetId>,
    pub probing: Vec<TargetId>,
    /// A host's system carries the requests, and asks for names by itself.
    pub names_only: bool,
}

/// Sets going what rested long enough. A wait that ends further away than any may last was made under another clock.
pub(crate) fn wake(tx: &Transaction<'_>, now: &Now) -> Result<()> {
    let since = rows::int(now.since_boot_ms);
    let last = now.utc_ms.saturating_add_unsigned(MAX_WAIT_MS);
    for (table, to) in [("delivery", "waiting"), ("part", "unread")] {
        // Each is a range of an index: what rests on is not looked at, however much there is of it.
        for (index, due, than) in [
            ("boot", "due_boot = ?1 AND due_since_ms <= ?2", since),
            ("boot", "due_boot = ?1 AND due_since_ms > ?2", since.saturating_add(rows::int(MAX_WAIT_MS))),
            ("utc", "due_boot <> ?1 AND due_utc_ms <= ?2", now.utc_ms),
            ("utc", "due_boot <> ?1 AND due_utc_ms > ?2", last),
        ] {
            tx.prepare_cached(&format!(
                "UPDATE {table} INDEXED BY {table}_resting_{index} SET stage = '{to}', due_utc_ms = NULL
                 WHERE stage = 'resting' AND {due}"
            ))?
            .execute(params![now.boot.as_bytes(), than])?;
        }
    }
    Ok(())
}

/// What concerns every asset, for all targets.
pub(crate) fn world(conn: &Connection, link: Link, power: Power, now: &Now) -> Result<World> {
    let around = Around { link, power, ..Around::default() };
    world_of(conn, &around, targets::all(conn)?.iter().map(|target| target.view(false)).collect(), now)
}

fn world_of(conn: &Connection, around: &Around, targets: Vec<TargetView>, now: &Now) -> Result<World> {
    let Around { link, power, entered, .. } = around.clone();
    let (budgets, grants) = (money::running_budgets(conn, now)?, grants::holding(conn, now)?);
    Ok(World { link, power, paused: paused(conn)?, targets, budgets, grants, entered })
}

/// Loads the snapshot.
pub(crate) fn load(conn: &Connection, around: &Around, policy: &Policy, now: &Now) -> Result<Snapshot> {
    let served: Vec<_> = targets::all(conn)?.into_iter().filter(|t| around.targets.contains(&t.id)).collect();
    let views = served.iter().map(|target| target.view(around.names_only)).collect();
    let world = world_of(conn, around, views, now)?;
    let groups = groups(conn, &around.targets)?;
    let mut loading =
        Loading { conn, world: &world, policy, now, groups: &groups, candidates: vec![], unchecked: vec![] };
    for (index, group) in groups.iter().enumerate() {
        loading.group(index, group)?;
    }
    loading.granted()?;
    let (mut candidates, mut unchecked) = loading.bounded(policy.order)?;
    let of = |id: TargetId| served.iter().find(|target| target.id == id);
    for candidate in &mut candidates {
        if let Some(target) = of(candidate.target) {
            candidate.store = endpoints::store_of(conn, target, candidate.delivery)?;
        }
    }
    for one in &mut unchecked {
        if let Some(target) = of(one.target) {
            one.store = endpoints::store_of(conn, target, one.delivery)?;
        }
    }
    let open = groups.iter().map(|group| group.open).sum();
    let unread = unread(conn, policy.order)?;
    let next_due = next_due(conn, &around.targets)?;
    let dropped = dropped(conn)?.into_iter().map(|(id, delivery)| {
        let store = of(id).map(|target| endpoints::store_of(conn, target, delivery)).transpose()?;
        Ok((id, delivery, store.flatten()))
    });
    let dropped = dropped.collect::<Result<_>>()?;
    let Around { sending, reading, making, asking, probing, .. } = around.clone();
    Ok(Snapshot {
        world,
        unread,
        groups,
        candidates,
        unchecked,
        sending,
        making,
        reading,
        dropped,
        asking,
        probing,
        next_due,
        open,
    })
}

/// How a column that grows with each asset is sorted.
const fn direction(order: Order) -> &'static str {
    match order {
        Order::Newest => "DESC",
        Order::Oldest => "ASC",
    }
}

/// Keeps the first of each key, so many at most.
fn keep_first<T, K: Eq + Hash>(all: &mut Vec<T>, most: usize, key: impl Fn(&T) -> K) {
    let mut taken = HashMap::new();
    all.retain(|one| {
        let so_far = taken.entry(key(one)).or_insert(0usize);
        *so_far += 1;
        *so_far <= most
    });
}

/// What is open at these targets, by what rules can tell apart.
fn groups(conn: &Connection, targets: &[TargetId]) -> Result<Vec<Group>> {
    let mut query = conn.prepare_cached(
        "SELECT target, class, kind, album, urgent, sum(todo), sum(n) FROM tally
         WHERE target = ?1 AND stage IN ('waiting', 'resting', 'sending') AND n > 0 GROUP BY class, kind, album, urgent",
    )?;
    let mut groups = Vec::new();
    for target in targets {
        let mut rows = query.query([target.0])?;
        while let Some(row) = rows.next()? {
            groups.push(Group { open: rows::count(row, 6)?, ..rows::group(row, 0)? });
        }
    }
    Ok(groups)
}

struct Loading<'a> {
    conn: &'a Connection,
    world: &'a World,
    policy: &'a Policy,
    now: &'a Now,
    groups: &'a [Group],
    candidates: Vec<Candidate>,
    /// In the order's terms, and what is to become an [`Unchecked`] when it is among the first.
    unchecked: Vec<(i64, Unasked)>,
}

/// A delivery of which its target was not asked: its hash is looked up for those that come along.
#[derive(Debug, Clone, Copy)]
struct Unasked {
    delivery: DeliveryId,
    target: TargetId,
    group: usize,
    grant: Option<GrantId>,
}

/// The columns that tell a group, from ?1 on.
const OF_GROUP: &str = "target = ?1 AND class = ?2 AND kind = ?3 AND album = ?4 AND urgent = ?5";

impl Loading<'_> {
    /// What may go of a group by the rules.
    fn group(&mut self, index: usize, group: &Group) -> Result<()> {
        let Some(most) = most(self.now, &group.item(), self.world, self.policy) else { return Ok(()) };
        let Group { target, rendition, kind, album, urgent, .. } = group;
        let direction = direction(self.policy.order);
        let unrendered = if *rendition == Rendition::Text { previews::UNRENDERED } else { making::UNMADE };
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let kind = rows::text(kind);
        if *rendition == Rendition::Preview {
            return self.bare(index, group, &kind);
        }
        let fits = match group.kind {
            AssetKind::Pair => format!("todo <= ?6 AND (?6 = {} OR {UNIT_LEFT} <= ?6)", i64::MAX),
            _ => "todo <= ?6".into(),
        };
        let limit = CANDIDATES as i64;
        // Where any size will do, the first are the first; else they are sought in an index that tells order and size. What
        // costs more is asked of those that were found.
        let looked_at = if most == i64::MAX { limit } else { LOOKED_AT };
        let before = self.candidates.len();
        let [in_order, by_size] = [
            (format!("ord {direction}"), "TRUE"),
            ("todo".to_owned(), "todo <= ?6"),
        ]
        .map(|(by, within)| {
            format!(
                "SELECT id, ord, {unrendered}, {UNIT_LEFT} FROM delivery WHERE id IN (
                   SELECT id FROM (SELECT id, ord, todo, target, class, kind FROM delivery
                     WHERE {OF_GROUP} AND stage = 'waiting' AND checked = 1 AND {within} ORDER BY {by} LIMIT {looked_at})
                   AS delivery WHERE {fits} ORDER BY {by} LIMIT ?7)"
            )
        });
        for sql in [in_order, by_size] {
            let mut query = self.conn.prepare_cached(&sql)?;
            let mut found = query.query(params![target.0, rendition.as_str(), kind, album, urgent, most, limit])?;
            while let Some(row) = found.next()? {
                self.candidates.push(Candidate {
                    delivery: DeliveryId(row.get(0)?),
                    target: *target,
                    class: *rendition,
                    urgent: *urgent,
                    order: row.get(1)?,
                    unrendered: row.get(2)?,
                    group: index,
                    todo: rows::count(row, 3)?,
                    grant: None,
                    store: None,
                });
            }
            if self.candidates.len() > before || most == i64::MAX {
                break;
            }
        }
        self.not_asked(index, group, &kind)
    }

    /// Posts that are there without their previews.
    fn bare(&mut self, index: usize, group: &Group, kind: &str) -> Result<()> {
        let Group { target, rendition: class, album, urgent, .. } = group;
        let direction = direction(self.policy.order);
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT id, ord FROM delivery WHERE target = ?1 AND kind = ?2 AND album = ?3 AND urgent = ?4 AND bare = 1
               AND stage = 'delivered' ORDER BY ord {direction} LIMIT ?5"
        ))?;
        let mut found = query.query(params![target.0, kind, album, urgent, CANDIDATES as i64])?;
        while let Some(row) = found.next()? {
            let (delivery, order) = (DeliveryId(row.get(0)?), row.get(1)?);
            let (target, class, urgent) = (*target, *class, *urgent);
            let one = Candidate {
                delivery,
                target,
                class,
                urgent,
                order,
                unrendered: true,
                group: index,
                todo: PREVIEW,
                grant: None,
                store: None,
            };
            self.candidates.push(one);
        }
        Ok(())
    }

    fn not_asked(&mut self, index: usize, group: &Group, kind: &str) -> Result<()> {
        let Group { target, rendition, album, urgent, .. } = group;
        if !self.world.targets.iter().any(|view| view.id == *target && view.have_check) {
            return Ok(());
        }
        let direction = direction(self.policy.order);
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT id, ord FROM delivery WHERE {OF_GROUP} AND stage = 'waiting' AND checked = 0
             ORDER BY ord {direction} LIMIT ?6"
        ))?;
        let mut found = query.query(params![target.0, rendition.as_str(), kind, album, urgent, UNCHECKED as i64])?;
        while let Some(row) = found.next()? {
            let (delivery, order) = (DeliveryId(row.get(0)?), row.get(1)?);
            self.unchecked.push((order, Unasked { delivery, target: *target, group: index, grant: None }));
        }
        Ok(())
    }

    /// What may go by a grant.
    fn granted(&mut self) -> Result<()> {
        let (text, other) = (previews::UNRENDERED, making::UNMADE);
        let mut query = self.conn.prepare_cached(&format!(
            "SELECT delivery.target, delivery.class, delivery.kind, delivery.album, delivery.urgent, {UNIT_LEFT},
                    delivery.id, delivery.ord, delivery.checked, y.hash IS NOT NULL,
                    CASE delivery.class WHEN 'text' THEN {text} ELSE {other} END
             FROM given_for f JOIN part p ON p.asset = f.asset JOIN wanted g ON g.part = p.id
             JOIN delivery ON delivery.id = g.delivery JOIN payload y ON y.id = delivery.payload
             WHERE f.given = ?1 AND delivery.stage = 'waiting' GROUP BY delivery.id ORDER BY delivery.ord DESC LIMIT ?2"
        ))?;
        for grant in self.world.grants.iter().filter(|grant| grant.holds(&self.world.link)) {
            let mut found = query.query(params![grant.id.0, LOOKED_AT])?;
            while let Some(row) = found.next()? {
                let of = rows::group(row, 0)?;
                let same = |g: &Group| g.target == of.target && g.item() == of.item();
                let Some(group) = self.groups.iter().position(same) else { continue };
                let (delivery, order, grant) = (DeliveryId(row.get(6)?), row.get(7)?, Some(grant.id));
                let Group { target, rendition: class, urgent, bytes: todo, .. } = of;
                let (checked, named) = (row.get(8)?, row.get(9)?);
                if checked {
                    self.candidates.retain(|c| c.delivery != delivery);
                    let unrendered = row.get(10)?;
                    self.candidates.push(Candidate {
                        delivery,
                        target,
                        class,
                        urgent,
                        order,
                        unrendered,
                        group,
                        todo,
                        grant,
                        store: None,
                    });
                } else if named {
                    self.unchecked.retain(|(_, one)| one.delivery != delivery);
                    self.unchecked.push((order, Unasked { delivery, target, group, grant }));
                }
            }
        }
        Ok(())
    }

    /// The first of each class at each target, whichever group they are in.
    fn bounded(self, order: Order) -> Result<(Vec<Candidate>, Vec<Unchecked>)> {
        let Self { conn, mut candidates, mut unchecked, groups, .. } = self;
        let age = |of: i64| if order == Order::Newest { of.saturating_neg() } else { of };
        candidates.sort_by_key(|c| (c.grant.is_none(), c.target, c.class, !c.urgent, age(c.order), c.delivery));
        keep_first(&mut candidates, CANDIDATES, |c| (c.grant.is_some(), c.target, c.class, c.urgent));
        let urgent = |one: &Unasked| groups.get(one.group).is_some_and(|group| group.urgent);
        unchecked.sort_by_key(|(of, one)| (one.grant.is_none(), one.target, !urgent(one), age(*of), one.delivery));
        keep_first(&mut unchecked, UNCHECKED, |(_, one)| one.target);
        let mut hash = conn.prepare_cached(
            "SELECT y.hash FROM delivery d JOIN payload y ON y.id = d.payload WHERE d.id = ?1 AND y.hash IS NOT NULL",
        )?;
        let mut named = Vec::with_capacity(unchecked.len());
        for (_, Unasked { delivery, target, group, grant }) in unchecked {
            let mut found = hash.query([delivery.0])?;
            if let Some(row) = found.next()? {
                named.push(Unchecked { delivery, target, hash: rows::id(row, 0)?, group, grant, store: None });
            }
        }
        Ok((candidates, named))
    }
}

/// Uploads that nobody wants any more, of which a server may keep something.
fn dropped(conn: &Connection) -> Result<Vec<(TargetId, DeliveryId)>> {
    // CROSS JOIN keeps the order: unwanted uploads are few, deliveries are not.
    let mut query = conn.prepare_cached(
        "SELECT d.target, d.id FROM upload u CROSS JOIN delivery d ON d.id = u.delivery
         WHERE u.unwanted = 1 AND u.ended_utc_ms IS NULL AND u.lease_owner IS NULL AND d.stage = 'dropped' LIMIT ?1",
    )?;
    let found = query.query_map([CANDIDATES as i64], |row| Ok((TargetId(row.get(0)?), DeliveryId(row.get(1)?))))?;
    Ok(found.collect::<rusqlite::Result<_>>()?)
}

/// Of these deliveries under way, those that are not wanted any more; all of them while the outbox is paused.
pub(crate) fn unwanted(conn: &Connection, under_way: &[DeliveryId]) -> Result<Vec<DeliveryId>> {
    if paused(conn)? {
        return Ok(under_way.to_vec());
    }
    let mut query = conn.prepare_cached("SELECT count(*) FROM delivery WHERE id = ?1 AND stage = 'dropped'")?;
    let mut unwanted = Vec::new();
    for id in under_way {
        if query.query_row([id.0], |row| row.get::<_, i64>(0))? > 0 {
            unwanted.push(*id);
        }
    }
    Ok(unwanted)
}

fn unread(conn: &Connection, order: Order) -> Result<Vec<PartId>> {
    let direction = direction(order);
    let mut query = conn.prepare_cached(&format!(
        "SELECT id FROM part WHERE stage = 'unread' ORDER BY urgent DESC, asset {direction} LIMIT ?1"
    ))?;
    let parts =
        query.query_map([CANDIDATES as i64], |row| Ok(PartId(row.get(0)?)))?.collect::<rusqlite::Result<_>>()?;
    Ok(parts)
}

fn next_due(conn: &Connection, targets: &[TargetId]) -> Result<Option<Due>> {
    let first = |sql: &str| -> Result<Option<Due>> {
        let mut query = conn.prepare_cached(sql)?;
        let mut found = query.query([])?;
        Ok(match found.next()? {
            Some(row) => rows::due(row, 0)?,
            None => None,
        })
    };
    let part = first(
        "SELECT due_utc_ms, due_boot, due_since_ms FROM part WHERE stage = 'resting' ORDER BY due_utc_ms LIMIT 1",
    )?;
    let served = targets.iter().map(|t| t.0.to_string()).collect::<Vec<_>>().join(",");
    let delivery = first(&format!(
        "SELECT due_utc_ms, due_boot, due_since_ms FROM delivery WHERE stage = 'resting' AND target IN ({served})
         ORDER BY due_utc_ms LIMIT 1"
    ))?;
    Ok(part.into_iter().chain(delivery).min_by_key(|due| due.utc_ms))
}

/// Whether the person paused the outbox.
pub(crate) fn paused(conn: &Connection) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT count(*) FROM meta WHERE key = 'paused' AND value = 1")?;
    Ok(query.query_row([], |row| row.get::<_, i64>(0))? > 0)
}

/// Pauses the outbox, or ends the pause.
pub(crate) fn pause(tx: &Transaction<'_>, paused: bool) -> Result<()> {
    tx.execute("INSERT OR REPLACE INTO meta VALUES ('paused', ?1)", [paused])?;
    Ok(())
}
