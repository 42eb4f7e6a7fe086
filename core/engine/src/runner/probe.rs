//! Asking an endpoint whether it is open again: one small request without token or photo, and what tells a block from a network
//! that leads nowhere.

use std::sync::Arc;
use std::time::Duration;

use satchel_kernel::health::{Block, Contrast, Health, How, PROBE_BYTES};
use satchel_kernel::outcome::{Cut, Marks, Method, Outcome, Request, Timers};
use satchel_kernel::retry::CAP_MS;
use satchel_kernel::wire::Patience;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::send;
use crate::accounts::Ticket;
use crate::error::Result;
use crate::http::Http;
use crate::observe::Change;
use crate::outbox::Inner;
use crate::sight::Sight;
use crate::store::{Target, endpoints};

/// How long the other port of a silent host is waited for.
const KNOCK: Duration = Duration::from_secs(5);

/// Probes the endpoint by which the target is reached.
pub(super) async fn probe(
    inner: Arc<Inner>,
    target: Arc<Target>,
    ticket: Ticket,
    stop: CancellationToken,
) -> Result<()> {
    let Some(held) = send::reserve(&inner, &ticket, PROBE_BYTES).await? else { return Ok(()) };
    let sight = look(&inner, &target, &ticket, &stop).await;
    send::give_back(&inner, Some(held)).await?;
    match sight? {
        Some(sight) => record(&inner, &target, sight, &ticket).await,
        None => Ok(()),
    }
}

/// What there is to see; none when we ended it ourselves.
async fn look(inner: &Arc<Inner>, target: &Target, ticket: &Ticket, stop: &CancellationToken) -> Result<Option<Sight>> {
    let (http, request) = (inner.client(target)?, request(target, &inner.config.patience));
    let outcome = http.send(&request, None, None, &|_| {}, stop).await.ok();
    let now = inner.config.clock.now();
    if matches!(outcome, None | Some(Outcome::Cut { cut: Cut::Spent, .. })) {
        // It cannot be sent from here, or more came than was allowed for: another one at once would fare the same.
        let (id, due) = (target.via.id, now.after(CAP_MS));
        inner.store.write(move |tx| endpoints::wait(tx, id, due)).await?;
    }
    let Some(outcome) = outcome.filter(|outcome| !is_ours(outcome)) else { return Ok(None) };
    let mut sight = Sight::of(&request, &outcome, &http, &ticket.link, &now);
    // What traffic met may be a portal's, though a probe passes.
    let by_page =
        matches!(target.via.fares.health, Health::Blocked(Block::Page | Block::Redirect | Block::Certificate));
    if sight.is_authentic() && !by_page {
        return Ok(Some(sight));
    }
    if sight.seen.how == How::Silent {
        sight.seen.other_port = other_port(&http, &request.url, stop).await;
    }
    if let Some(neutral) = inner.settings.neutral() {
        match contrast(inner, target, &neutral, stop).await? {
            Some(contrast) => sight.seen.contrast = contrast,
            None if stop.is_cancelled() => return Ok(None),
            // There was too little left for it: what was seen of the endpoint counts all the same.
            None => {}
        }
    }
    Ok(Some(sight))
}

/// The probe: a tus server says what it speaks (tus 1.0, `OPTIONS`), and a gateway before it says anything at all.
pub(crate) fn request(target: &Target, patience: &Patience) -> Request {
    Request {
        method: Method::Options,
        url: target.spec.create.clone(),
        headers: vec![],
        body: vec![],
        marks: Marks::Tus,
        authorize: false,
        fresh_connection: true,
        timers: Timers { stall_ms: patience.stall_ms, reply_ms: patience.reply_ms },
    }
}

/// What the neutral address meets over the same network; none when we ended it ourselves.
async fn contrast(
    inner: &Arc<Inner>,
    target: &Target,
    neutral: &Url,
    stop: &CancellationToken,
) -> Result<Option<Contrast>> {
    let http = inner.neutral_client(target, neutral)?;
    let asked = Request { method: Method::Get, url: neutral.clone(), ..request(target, &inner.config.patience) };
    let Ok(outcome) = http.send(&asked, None, None, &|_| {}, stop).await else { return Ok(Some(Contrast::Unknown)) };
    if is_ours(&outcome) {
        return Ok(None);
    }
    let verdict = satchel_kernel::gate::judge(&asked, &outcome);
    Ok(Some(match &outcome {
        Outcome::Reply { reply, .. } => Contrast::of(verdict, reply.status, reply.body.is_empty()),
        Outcome::Cut { .. } => Contrast::of(verdict, 0, true),
    }))
}

/// Whether the host answers at the other of the two ports that everything is let through to.
async fn other_port(http: &Http, url: &Url, stop: &CancellationToken) -> How {
    let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else { return How::Unknown };
    http.knock(host, if port == 443 { 80 } else { 443 }, KNOCK, stop).await
}

fn is_ours(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Cut { cut: Cut::Stopped | Cut::Spent, .. })
}

async fn record(inner: &Arc<Inner>, target: &Arc<Target>, sight: Sight, ticket: &Ticket) -> Result<()> {
    let (now, seed, looked_at) = (inner.config.clock.now(), inner.seed, target.clone());
    let proven = sight.is_proven();
    let saw = inner.store.write(move |tx| endpoints::saw(tx, &looked_at, &sight, &now, seed)).await?;
    let Some(saw) = saw else { return Ok(()) };
    if proven && ticket.link.captive == Some(true) {
        inner.captive_is_wrong(&ticket.link);
    }
    if let Some((_, trouble)) = saw.rest {
        inner.mention(Change::Trouble { target: target.id, trouble });
    }
    if saw.changed {
        inner.mention(Change::Endpoints { target: target.id });
    }
    Ok(())
}
