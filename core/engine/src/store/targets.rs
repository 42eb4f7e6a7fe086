//! Targets, and how they fare.

use std::net::IpAddr;

use rusqlite::{Connection, OptionalExtension, Row, Transaction, params};
use satchel_kernel::ids::{EndpointId, TargetId};
use satchel_kernel::planner::TargetView;
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::protocol::post::Rendition;
use satchel_kernel::state::Trouble;
use satchel_kernel::time::{Due, Now};
use serde::{Deserialize, Serialize};
use url::Url;

use super::endpoints::{self, Endpoint, Further};
use super::{anew, backfill, deliveries, rows};
use crate::error::Result;
use crate::journal::Record;
use crate::redact::Redaction;

/// What a target is; stored as a document. No token stands here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Spec {
    /// Where uploads are created.
    pub create: Url,
    /// The receiver's address, for have-check, posts and keys; none at a bare tus server.
    pub receiver: Option<Url>,
    /// The certificate's key, pinned at pairing.
    pub pin: Option<String>,
    /// The receiver's id.
    pub server: Option<String>,
    /// The account's id there.
    pub account: Option<String>,
    /// The key that signs receipts.
    pub key: Option<SigningKey>,
    /// Further origins on which uploads may be placed.
    #[serde(default)]
    pub origins: Vec<Url>,
    /// Further headers of every request.
    #[serde(default)]
    pub headers: Vec<(String, String)>,
    /// Digest of bounded PATCHes.
    #[serde(default)]
    pub checksum: Option<satchel_kernel::wire::Algorithm>,
    /// What it gets besides originals, where it is no receiver (those take all): `press`.
    #[serde(default)]
    pub renditions: Vec<Rendition>,
    /// What it is not to learn from a file.
    #[serde(default)]
    pub redact: Redaction,
    /// Where the first endpoint is reached when its name is not answered, or answered wrongly.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub addresses: Vec<IpAddr>,
    /// Further endpoints, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub further: Vec<Further>,
    /// All endpoints lead to the same uploads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub shared_store: bool,
}

impl Spec {
    /// A bare tus endpoint.
    pub(crate) fn bare(create: Url) -> Self {
        let (receiver, pin, server, account, key, checksum) = (None, None, None, None, None, None);
        let (renditions, redact) = (vec![], Redaction::None);
        Self {
            create,
            receiver,
            pin,
            server,
            account,
            key,
            origins: vec![],
            headers: vec![],
            checksum,
            renditions,
            redact,
            addresses: vec![],
            further: vec![],
            shared_store: false,
        }
    }
}

impl Spec {
    /// Whether it takes the press rendition.
    fn takes_press(&self) -> bool {
        self.receiver.is_some() || self.renditions.contains(&Rendition::Press)
    }

    /// Whether the same address leads to another server or account than before.
    fn is_another_than(&self, other: &Self) -> bool {
        let (before, now) = ((&self.server, &self.account), (&other.server, &other.account));
        before != now && before != (&None, &None)
    }
}

/// A target with how it fares.
#[derive(Debug, Clone)]
pub(crate) struct Target {
    pub id: TargetId,
    pub url: String,
    /// As it is reached by [`Self::via`].
    pub spec: Spec,
    /// Set while it rests, by whichever endpoint.
    pub rest: Option<(Due, Trouble)>,
    /// All ways to it, in order.
    pub endpoints: Vec<Endpoint>,
    /// The way by which it is reached here: the first, unless another was chosen.
    pub via: Endpoint,
}

impl Target {
    /// The same target, reached by this endpoint.
    pub(crate) fn by(&self, id: EndpointId) -> Option<Self> {
        self.through(self.endpoints.iter().find(|endpoint| endpoint.id == id)?)
    }

    /// The same target, reached as a request for this address is: what was stored of one tells no more.
    pub(crate) fn at(&self, url: &Url) -> Option<Self> {
        self.through(self.endpoints.iter().find(|endpoint| endpoint.create.origin() == url.origin())?)
    }

    fn through(&self, via: &Endpoint) -> Option<Self> {
        let Endpoint { create, receiver, pin, .. } = via.clone();
        let spec = Spec { create, receiver, pin, ..self.spec.clone() };
        Some(Self { spec, via: via.clone(), ..self.clone() })
    }

    /// Where its other endpoints create the very same uploads.
    pub(crate) fn siblings(&self) -> Vec<Url> {
        let same =
            self.endpoints.iter().filter(|other| other.store == self.via.store && other.create != self.via.create);
        same.map(|other| other.create.clone()).collect()
    }

    /// As the planner sees it. `names_only`: whoever carries the requests asks for names by itself.
    pub(crate) fn view(&self, names_only: bool) -> TargetView {
        let endpoints = endpoints::views(&self.endpoints, names_only);
        TargetView { id: self.id, have_check: self.is_receiver(), rest: self.rest, endpoints }
    }

    /// A Satchel receiver, which can be asked what it has, takes posts and signs.
    pub(crate) fn is_receiver(&self) -> bool {
        self.spec.receiver.is_some()
    }
}

/// A target that was set up or changed.
pub(crate) struct Set {
    pub id: TargetId,
    pub changed: bool,
    /// What the journal is to know besides.
    pub records: Vec<Record>,
}

/// Sets a target up, or changes what it is. A new one gets a delivery of all that was read so far; and one that is another
/// server by now, or that knows this device under another account, is offered everything anew: what the one before holds is
/// not there. What it takes, and what it is not to learn, holds for all that has not gone to it yet.
pub(crate) fn set(tx: &Transaction<'_>, url: &str, spec: &Spec) -> Result<Set> {
    let receiver = spec.receiver.is_some();
    let (press, redact) = (spec.takes_press(), spec.redact.as_str());
    if let Some((id, before)) = by_url(tx, url)? {
        endpoints::set(tx, id.0, url, spec)?;
        let changed = tx.execute(
            "UPDATE target SET spec = ?2, press = ?3, redact = ?4 WHERE id = ?1 AND spec <> ?2",
            params![id.0, rows::text(spec), press, redact],
        )?;
        let mut records = vec![];
        if before.redact != spec.redact {
            records.extend(backfill::want_anew(tx, id.0)?);
        }
        if before.is_another_than(spec) {
            records.extend(anew::offer_anew(tx, id.0)?);
        }
        if press && !before.takes_press() {
            records.extend(backfill::made(tx, id.0)?);
        }
        return Ok(Set { id, changed: changed > 0, records });
    }
    tx.execute(
        "INSERT INTO target (url, spec, have_check, posts, press, redact) VALUES (?1, ?2, ?3, ?3, ?4, ?5)",
        params![url, rows::text(spec), receiver, press, redact],
    )?;
    let id = tx.last_insert_rowid();
    endpoints::set(tx, id, url, spec)?;
    deliveries::backfill(tx, id)?;
    Ok(Set { id: TargetId(id), changed: true, records: backfill::made(tx, id)? })
}

/// What stands under an address.
pub(crate) fn by_url(conn: &Connection, url: &str) -> Result<Option<(TargetId, Spec)>> {
    let mut query = conn.prepare_cached("SELECT id, spec FROM target WHERE url = ?1")?;
    Ok(query.query_row([url], |row| Ok((TargetId(row.get(0)?), rows::json(row, 1)?))).optional()?)
}

/// All targets.
pub(crate) fn all(conn: &Connection) -> Result<Vec<Target>> {
    let mut query = conn
        .prepare_cached("SELECT id, url, spec, due_utc_ms, due_boot, due_since_ms, trouble FROM target ORDER BY id")?;
    let targets = query.query_map([], |row| target(conn, row))?.collect::<rusqlite::Result<_>>()?;
    Ok(targets)
}

fn target(conn: &Connection, row: &Row<'_>) -> rusqlite::Result<Target> {
    let rest = rows::due(row, 3)?.zip(rows::maybe_json(row, 6)?);
    let (id, url): (_, String) = (TargetId(row.get(0)?), row.get(1)?);
    let spec = rows::json(row, 2)?;
    let endpoints = endpoints::load(conn, id, &url, &spec)?;
    let via = endpoints[0].clone();
    Ok(Target { id, url, spec, rest, endpoints, via })
}

/// How often in a row a target failed.
pub(crate) fn failures(conn: &Connection, id: TargetId) -> Result<u32> {
    Ok(conn.prepare_cached("SELECT failures FROM target WHERE id = ?1")?.query_row([id.0], |row| row.get(0))?)
}

/// Whether a target rests just now.
pub(crate) fn rests(conn: &Connection, id: TargetId, now: &Now) -> Result<bool> {
    let mut query = conn.prepare_cached("SELECT due_utc_ms, due_boot, due_since_ms FROM target WHERE id = ?1")?;
    let due = query.query_row([id.0], |row| rows::due(row, 0))?;
    Ok(due.is_some_and(|due| !due.is_over(now)))
}

/// Lets a target rest.
pub(crate) fn rest(tx: &Transaction<'_>, id: TargetId, due: &Due, trouble: Trouble, failures: u32) -> Result<()> {
    let (utc, boot, since) = rows::due_columns(due);
    tx.prepare_cached(
        "UPDATE target SET due_utc_ms = ?2, due_boot = ?3, due_since_ms = ?4, trouble = ?5, failures = ?6 WHERE id = ?1",
    )?
    .execute(params![id.0, utc, boot, since, rows::text(&trouble), failures])?;
    Ok(())
}

/// A target answered as it should.
pub(crate) fn well(tx: &Transaction<'_>, id: TargetId) -> Result<()> {
    tx.prepare_cached(
        "UPDATE target SET due_utc_ms = NULL, trouble = NULL, failures = 0 WHERE id = ?1 AND (failures > 0 OR due_utc_ms IS NOT NULL)",
    )?
    .execute([id.0])?;
    Ok(())
}

/// Ends the waits for troubles that may be the network's: there is another one now.
pub(crate) fn other_network(tx: &Transaction<'_>) -> Result<()> {
    let of_network = "json_extract(trouble, '$.kind') IN ('unreachable', 'cut', 'imposter')";
    tx.execute(
        &format!(
            "UPDATE delivery SET stage = 'waiting', due_utc_ms = NULL, failures = 0 WHERE stage = 'resting' AND {of_network}"
        ),
        [],
    )?;
    Ok(())
}

/// Ends the waits for a token: there is another one now.
pub(crate) fn other_token(tx: &Transaction<'_>, id: TargetId) -> Result<()> {
    let of_token = "(json_extract(trouble, '$.kind') = 'needs_token'
                     OR (json_extract(trouble, '$.kind') = 'gateway' AND json_extract(trouble, '$.detail') IN (401, 403)))";
    tx.execute(&format!("UPDATE target SET due_utc_ms = NULL, failures = 0 WHERE id = ?1 AND {of_token}"), [id.0])?;
    tx.execute(
        &format!(
            "UPDATE delivery SET stage = 'waiting', due_utc_ms = NULL, failures = 0
             WHERE target = ?1 AND stage = 'resting' AND {of_token}"
        ),
        [id.0],
    )?;
    Ok(())
}

/// Ends every wait: a person wants it tried now.
pub(crate) fn try_now(tx: &Transaction<'_>) -> Result<()> {
    endpoints::try_now(tx)?;
    tx.execute_batch(
        "UPDATE target SET due_utc_ms = NULL, failures = 0;
         UPDATE delivery SET failures = 0 WHERE failures > 0;
         UPDATE delivery SET stage = 'waiting', due_utc_ms = NULL WHERE stage = 'resting';
         UPDATE part SET stage = 'unread', due_utc_ms = NULL WHERE stage = 'resting';",
    )?;
    Ok(())
}

/// From now on this key is the one that its receipts are held against: it follows from the one pinned before.
pub(crate) fn pin_key(tx: &Transaction<'_>, target: &Target, key: SigningKey) -> Result<()> {
    // Not as it is reached here, nor as it was when this began.
    let kept = all(tx)?.into_iter().find(|kept| kept.id == target.id);
    let Some(spec) = kept.map(|kept| Spec { key: Some(key), ..kept.spec }) else { return Ok(()) };
    tx.execute("UPDATE target SET spec = ?2 WHERE id = ?1", params![target.id.0, rows::text(&spec)])?;
    Ok(())
}
