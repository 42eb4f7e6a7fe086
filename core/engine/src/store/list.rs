//! Pages of assets, with their states and reasons.

use rusqlite::{Connection, OptionalExtension, Row, params};
use satchel_kernel::ids::{AssetId, BlobHash, DeliveryId, TargetId};
use satchel_kernel::planner::{Delivery, Stage, Wake, World, reason};
use satchel_kernel::policy::{Item, Policy};
use satchel_kernel::protocol::post::{Post, Rendition};
use satchel_kernel::state::{AssetKind, AssetState, Proof, WaitReason};
use satchel_kernel::time::Now;

use super::deliveries::UNIT_LEFT;
use super::{Target, endpoints, grants, rows};
use crate::error::{Error, Result};

/// An asset as an app or a command shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct AssetView {
    /// Which.
    pub id: AssetId,
    /// Grows with each asset added: the key of the next page.
    pub seq: i64,
    /// What kind of thing.
    pub kind: AssetKind,
    /// Where it was added from.
    pub source: crate::source::Source,
    /// The file's name.
    pub name: String,
    /// Its content's name, once it was read.
    pub hash: Option<BlobHash>,
    /// Length of the original in bytes, as far as known; of a pair, of both files.
    pub bytes: u64,
    /// Of a pair: the motion beside the still, of which the fields above speak.
    pub motion: Option<MotionView>,
    /// Made urgent.
    pub urgent: bool,
    /// When it was added, in milliseconds since 1970.
    pub added_utc_ms: i64,
    /// The latest post.
    pub post: Post,
    /// The latest post's revision, from 1.
    pub revision: u32,
    /// The state over all targets: the one that is furthest from done. Its proof never calls an original safe to free that
    /// is nowhere but here: where all targets have it without its metadata, it is `size` at most.
    pub state: AssetState,
    /// Bytes handed to the network for its original, over all targets; twins share them.
    pub sent: u64,
    /// Bytes of its original that servers said they kept.
    pub acknowledged: u64,
    /// Each delivery.
    pub deliveries: Vec<DeliveryView>,
}

/// The motion of a pair.
#[derive(Debug, Clone, PartialEq)]
pub struct MotionView {
    /// Where it was added from.
    pub source: crate::source::Source,
    /// The file's name.
    pub name: String,
    /// Its content's name, once it was read.
    pub hash: Option<BlobHash>,
    /// Its length in bytes.
    pub bytes: u64,
}

/// One delivery of an asset.
#[derive(Debug, Clone, PartialEq)]
pub struct DeliveryView {
    /// Where to.
    pub target: TargetId,
    /// What.
    pub rendition: Rendition,
    /// Where it stands.
    pub state: AssetState,
    /// Payload bytes.
    pub bytes: u64,
    /// Bytes handed to the network.
    pub sent: u64,
    /// Bytes that the server said it kept.
    pub acknowledged: u64,
    /// Whether a verified receipt is stored.
    pub receipt: bool,
    /// Whether it is the original without what it says of itself, which the target is not to learn: a payload of its own,
    /// that receipt and length speak of. The original itself is not there.
    pub redacted: bool,
}

/// Which assets to list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Filter {
    /// Only those added before this one (`seq`): the page after it. From the newest when left out.
    pub before: Option<i64>,
    /// At most so many, 1 to 1,000.
    pub limit: u32,
}

/// How many there are of each. Twins share a delivery, so there may be fewer of these than assets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Parts that were accepted and not read yet, or are to be read again.
    pub unread: u64,
    /// Parts that could not be read and need a person.
    pub unreadable: u64,
    /// Deliveries of photos and videos that wait, rest or are under way.
    pub open: u64,
    /// Their bytes.
    pub open_bytes: u64,
    /// Deliveries of photos and videos that need a person.
    pub parked: u64,
    /// Deliveries of photos and videos that are done.
    pub delivered: u64,
    /// Their bytes.
    pub delivered_bytes: u64,
    /// Posts, and press renditions for them, that wait, rest or are under way.
    pub posts_open: u64,
    /// Posts, and press renditions for them, that need a person.
    pub posts_parked: u64,
    /// Posts that are there.
    pub posts_delivered: u64,
}

impl Counts {
    /// What goes on by itself.
    pub fn waiting(&self) -> u64 {
        self.unread + self.open + self.posts_open
    }

    /// What needs a person.
    pub fn needs_person(&self) -> u64 {
        self.unreadable + self.parked + self.posts_parked
    }
}

/// A page of assets, newest first.
pub(crate) fn page(
    conn: &Connection,
    filter: Filter,
    world: &World,
    policy: &Policy,
    now: &Now,
) -> Result<Vec<AssetView>> {
    let mut query =
        conn.prepare_cached(&format!("{ASSET} WHERE a.removed = 0 AND a.seq < ?1 ORDER BY a.seq DESC LIMIT ?2"))?;
    let limit = filter.limit.clamp(1, 1000);
    let mut assets = query
        .query_map(params![filter.before.unwrap_or(i64::MAX), limit], asset)?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    complete(conn, &mut assets, world, policy, now)?;
    Ok(assets.into_iter().map(|a| a.view).collect())
}

/// One asset.
pub(crate) fn one(conn: &Connection, id: AssetId, world: &World, policy: &Policy, now: &Now) -> Result<AssetView> {
    let mut query = conn.prepare_cached(&format!("{ASSET} WHERE a.removed = 0 AND a.id = ?1"))?;
    let mut found = query.query_row([id.as_bytes()], asset).optional()?.ok_or(Error::NoSuchAsset(id))?;
    complete(conn, std::slice::from_mut(&mut found), world, policy, now)?;
    Ok(found.view)
}

/// CROSS JOIN keeps the order: a page is a range of assets, and parts by their assets would have to be sorted, all of them.
const ASSET: &str = "SELECT a.id, a.seq, a.kind, p.path, p.name, p.hash, p.length, p.stamp, a.urgent, a.added_utc_ms,
    r.post, a.revision, p.stage, p.park, p.wait, p.library,
    m.path, m.name, m.hash, m.length, m.stamp, m.stage, m.park, m.wait, m.library
  FROM asset a CROSS JOIN part p ON p.asset = a.seq AND p.rendition = 'original' AND p.beside = 0
  LEFT JOIN part m ON m.asset = a.seq AND m.beside = 1
  JOIN post_revision r ON r.asset = a.seq AND r.revision = a.revision";

struct Loaded {
    view: AssetView,
    /// Every file of it was read.
    read: bool,
    /// Of its still, and of its motion: some target has it whole, and that is proven.
    safe: [bool; 2],
}

fn asset(row: &Row<'_>) -> rusqlite::Result<Loaded> {
    let motion = match row.get::<_, Option<String>>(21)? {
        None => None,
        Some(_) => Some(MotionView {
            source: rows::source(row, 16, 24)?,
            name: row.get(17)?,
            hash: rows::maybe_id(row, 18)?,
            bytes: length(row, 19, 20)?,
        }),
    };
    let of_motion = if motion.is_some() { unread(row, 21)? } else { None };
    let unread = AssetState::of_deliveries([unread(row, 12)?, of_motion].into_iter().flatten());
    let read = unread.is_none();
    let view = AssetView {
        id: rows::id(row, 0)?,
        seq: row.get(1)?,
        kind: rows::json(row, 2)?,
        source: rows::source(row, 3, 15)?,
        name: row.get(4)?,
        hash: rows::maybe_id(row, 5)?,
        bytes: length(row, 6, 7)? + motion.as_ref().map_or(0, |motion| motion.bytes),
        motion,
        urgent: row.get(8)?,
        added_utc_ms: row.get(9)?,
        post: rows::json(row, 10)?,
        revision: row.get(11)?,
        state: unread.unwrap_or_else(|| waiting(WaitReason::NoTarget)),
        sent: 0,
        acknowledged: 0,
        deliveries: vec![],
    };
    Ok(Loaded { view, read, safe: [false; 2] })
}

/// Where a file stands that was not read, by its stage and the two columns after it; none when it was.
fn unread(row: &Row<'_>, stage: usize) -> rusqlite::Result<Option<AssetState>> {
    Ok(Some(match row.get_ref(stage)?.as_str()? {
        "parked" => AssetState::Parked { reason: rows::json(row, stage + 1)? },
        "resting" => waiting(rows::maybe_json(row, stage + 2)?.unwrap_or(WaitReason::SourceBusy)),
        "unread" => AssetState::Accepted,
        _ => return Ok(None),
    }))
}

/// The length of a file that was read, or what it was when it was added.
fn length(row: &Row<'_>, length: usize, stamp: usize) -> rusqlite::Result<u64> {
    let stamp: Option<crate::source::Stamp> = rows::maybe_json(row, stamp)?;
    Ok(row.get::<_, Option<i64>>(length)?.map_or(stamp.map_or(0, |stamp| stamp.size), i64::unsigned_abs))
}

fn waiting(reason: WaitReason) -> AssetState {
    AssetState::Waiting { reason, goes: Wake::default() }
}

/// Adds the deliveries, and what they make of the state. The assets are in the order of a page; one query finds the deliveries
/// of all of them, because a query for each took half of a long page's time.
fn complete(conn: &Connection, assets: &mut [Loaded], world: &World, policy: &Policy, now: &Now) -> Result<()> {
    let (Some(newest), Some(oldest)) = (assets.first(), assets.last()) else { return Ok(()) };
    let range = [oldest.view.seq, newest.view.seq];
    let mut query = conn.prepare_cached(&format!(
        "SELECT delivery.target, delivery.class, delivery.stage, delivery.bytes, delivery.due_utc_ms, delivery.due_boot, delivery.due_since_ms, delivery.trouble, delivery.park, delivery.proof,
                (SELECT coalesce(sum(u.sent), 0) FROM upload u WHERE u.delivery = delivery.id),
                (SELECT coalesce(max(u.acknowledged), 0) FROM upload u WHERE u.delivery = delivery.id),
                EXISTS (SELECT 1 FROM receipt c WHERE c.delivery = delivery.id), p.asset, delivery.kind, delivery.album, delivery.urgent, {UNIT_LEFT}, delivery.id,
                y.form = 'redacted', p.beside
         FROM part p JOIN wanted w ON w.part = p.id JOIN delivery ON delivery.id = w.delivery JOIN payload y ON y.id = delivery.payload
         WHERE p.asset BETWEEN ?1 AND ?2 AND delivery.stage <> 'dropped' ORDER BY p.asset DESC, delivery.id",
    ))?;
    let mut found = query.query(range)?;
    let apart = endpoints::apart(conn, &world.targets)?;
    let mut at = 0;
    while let Some(row) = found.next()? {
        let seq: i64 = row.get(13)?;
        while assets.get(at).is_some_and(|a| a.view.seq > seq) {
            at += 1;
        }
        // Removed ones in between are not on the page.
        let Some(Loaded { view, safe, .. }) = assets.get_mut(at).filter(|a| a.view.seq == seq) else { continue };
        let delivery = delivery(conn, row, (world, &apart), policy, now)?;
        if delivery.rendition == Rendition::Original {
            view.sent += delivery.sent;
            view.acknowledged += delivery.acknowledged;
            let proven = matches!(&delivery.state, AssetState::Delivered { proof } if proof.safe_to_free());
            safe[usize::from(row.get::<_, bool>(20)?)] |= proven && !delivery.redacted;
        }
        view.deliveries.push(delivery);
    }
    for Loaded { view, read, safe: [still, motion] } in assets {
        if *read && let Some(state) = AssetState::of_deliveries(view.deliveries.iter().map(|d| d.state.clone())) {
            let whole = *still && (*motion || view.motion.is_none());
            view.state = if whole { state } else { capped(state) };
        }
    }
    Ok(())
}

/// Law 5: where no target has an original whole, what is proven of the rest frees nothing.
fn capped(state: AssetState) -> AssetState {
    match state {
        AssetState::Delivered { proof } => AssetState::Delivered { proof: proof.min(Proof::Size) },
        other => other,
    }
}

fn delivery(
    conn: &Connection,
    row: &Row<'_>,
    (world, apart): (&World, &[Target]),
    policy: &Policy,
    now: &Now,
) -> Result<DeliveryView> {
    let (target, id) = (TargetId(row.get(0)?), DeliveryId(row.get(18)?));
    let rendition = rows::name(row, 1, Rendition::from_name)?;
    let album: String = row.get(15)?;
    let item = Item { kind: rows::json(row, 14)?, rendition, album: &album, urgent: row.get(16)? };
    let grant = grants::of_delivery(conn, id, &world.grants)?;
    let todo = rows::count(row, 17)?;
    let store = match apart.iter().find(|one| one.id == target) {
        Some(target) => endpoints::store_of(conn, target, id)?,
        None => None,
    };
    let state = reason(now, &Delivery { target, stage: stage(row)?, item, todo, grant, store }, world, policy);
    let (bytes, sent) = (rows::count(row, 3)?, rows::count(row, 10)?);
    let done = matches!(state, AssetState::Delivered { .. });
    let acknowledged = if done { bytes } else { rows::count(row, 11)? };
    Ok(DeliveryView {
        target,
        rendition,
        state,
        bytes,
        sent,
        acknowledged,
        receipt: row.get(12)?,
        redacted: row.get(19)?,
    })
}

fn stage(row: &Row<'_>) -> rusqlite::Result<Stage> {
    Ok(match row.get_ref(2)?.as_str()? {
        "sending" => Stage::Sending,
        "delivered" => Stage::Delivered(rows::maybe_json::<Proof>(row, 9)?.unwrap_or(Proof::Unproven)),
        "parked" => Stage::Parked(rows::json(row, 8)?),
        _ => Stage::Waiting(rows::due(row, 4)?.zip(rows::maybe_json(row, 7)?)),
    })
}

/// Counts, from the tallies.
pub(crate) fn counts(conn: &Connection, targets: Option<&[TargetId]>) -> Result<Counts> {
    let mut counts = Counts::default();
    let mut query = conn.prepare_cached("SELECT stage, n FROM part_tally")?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        match row.get_ref(0)?.as_str().unwrap_or_default() {
            "unread" | "resting" => counts.unread += rows::count(row, 1)?,
            "parked" => counts.unreadable += rows::count(row, 1)?,
            _ => {}
        }
    }
    let mut query = conn.prepare_cached(
        "SELECT target, stage, n, bytes, class <> 'original', class = 'text' FROM tally WHERE class <> 'preview'",
    )?;
    let mut found = query.query([])?;
    while let Some(row) = found.next()? {
        let target = TargetId(row.get(0)?);
        if targets.is_some_and(|served| !served.contains(&target)) {
            continue;
        }
        let (n, bytes) = (rows::count(row, 2)?, rows::count(row, 3)?);
        match (row.get_ref(1)?.as_str().unwrap_or_default(), row.get::<_, bool>(4)?) {
            ("waiting" | "resting" | "sending", false) => {
                counts.open += n;
                counts.open_bytes += bytes;
            }
            ("waiting" | "resting" | "sending", true) => counts.posts_open += n,
            ("parked", false) => counts.parked += n,
            ("parked", true) => counts.posts_parked += n,
            ("delivered", false) => {
                counts.delivered += n;
                counts.delivered_bytes += bytes;
            }
            ("delivered", true) if row.get(5)? => counts.posts_delivered += n,
            _ => {}
        }
    }
    Ok(counts)
}
