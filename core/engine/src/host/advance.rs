//! From an event to the next request, or to the end: what a machine needs of this device is done on the way.

use satchel_kernel::gate::judge;
use satchel_kernel::outcome::{Cut, Outcome, Request};
use satchel_kernel::wire::{Event, Need, NeedId, Wire};
use tokio_util::sync::CancellationToken;

use super::task::Purpose;
use crate::runner::conclude::{self, Conclusion, Next};
use crate::runner::upload::{Upload, gained, record};
use crate::sight::Unanswered;
use crate::store::uploads::RequestRecord;

/// Where an upload stands.
pub(super) struct Advanced {
    pub wire: Wire,
    pub reached: Reached,
    /// The request that led here.
    pub request: Option<RequestRecord>,
    /// What earlier requests met; see [`super::task::Task::unanswered`].
    pub unanswered: Option<Unanswered>,
}

/// What comes next.
pub(super) enum Reached {
    /// A request, not before so many milliseconds from now.
    Send { purpose: Purpose, request: Request, wait_ms: u64 },
    /// Nothing: it ends so.
    End(Conclusion),
}

/// Tells the machine of an event, and does what it needs until it wants to send, or nothing more.
pub(super) async fn advance(upload: &Upload, mut wire: Wire, event: Event, stop: &CancellationToken) -> Advanced {
    let (mut event, mut earlier, mut wait_ms) = (Some(event), None, 0);
    while let Some(told) = event.take() {
        let begins = matches!(told, Event::Start | Event::Abandon);
        let (next, needs) = wire.clone().step(&upload.job, told, &upload.inner.config.clock.now());
        let before = std::mem::replace(&mut wire, next);
        // At its beginning a machine has no earlier state to go back to.
        earlier = (!begins).then_some(before);
        // The machines here have one need at a time.
        match needs.into_iter().next() {
            Some(Need::Send(need, request)) => {
                let purpose = Purpose::Wire { need, freeing: upload.freeing };
                return Advanced {
                    wire,
                    reached: Reached::Send { purpose, request, wait_ms },
                    request: None,
                    unanswered: None,
                };
            }
            Some(Need::Digest(id, algorithm, range)) => {
                event = Some(Event::Digest(id, upload.digest(algorithm, range, stop).await));
            }
            Some(Need::Wait(id, ms)) => {
                wait_ms += ms;
                event = Some(Event::Waited(id));
            }
            None => {}
        }
    }
    let (next, wire) = conclude::of(upload, wire, earlier, stop).await;
    let reached = match next {
        Next::End(conclusion) => Reached::End(conclusion),
        Next::Keys(request) => Reached::Send { purpose: Purpose::Keys, request, wait_ms },
        Next::Free(request, _) => Reached::Send { purpose: Purpose::Free, request, wait_ms },
    };
    Advanced { wire, reached, request: None, unanswered: None }
}

/// Goes on with what came of a request.
pub(super) async fn after(
    upload: &Upload,
    wire: Wire,
    purpose: &Purpose,
    request: &Request,
    outcome: Outcome,
    started_utc_ms: i64,
) -> Advanced {
    let stop = CancellationToken::new();
    if matches!(outcome, Outcome::Cut { cut: Cut::Stopped, .. }) {
        stop.cancel();
    }
    let verdict = judge(request, &outcome);
    // Law 9: nothing of the photo but its asset's id.
    tracing::debug!(asset = %upload.asset(), method = request.method.as_str(), ?verdict, sent = outcome.sent(), "host's request");
    let noted = record(request, &outcome, verdict, started_utc_ms);
    let before = wire.acknowledged();
    let mut advanced = match purpose {
        Purpose::Wire { need, .. } => {
            advance(upload, wire, Event::Outcome(NeedId(need.0), outcome, verdict), &stop).await
        }
        Purpose::Keys => {
            let end = if stop.is_cancelled() {
                Conclusion::Stopped
            } else {
                conclude::with_keys(upload, &wire, request, &outcome)
            };
            Advanced { wire, reached: Reached::End(end), request: None, unanswered: None }
        }
        Purpose::Free | Purpose::Have(_) | Purpose::Probe => {
            let end = Conclusion::Source(conclude::source_fault(upload).await);
            Advanced { wire, reached: Reached::End(end), request: None, unanswered: None }
        }
    };
    advanced.request = Some(RequestRecord { gained: gained(before, &advanced.wire, noted.sent), ..noted });
    advanced
}
