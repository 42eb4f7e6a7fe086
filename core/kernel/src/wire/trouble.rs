//! From an outcome that is no success to a rest: the same for every protocol.

use super::Rest;
use crate::gate::Verdict;
use crate::outcome::{Cut, Outcome, Reply};
use crate::retry::retry_after_ms;
use crate::state::Trouble;
use crate::time::Now;

/// The rest after an outcome that did not get on. `progressed` is left to the machine.
pub(super) fn rest_after(outcome: &Outcome, verdict: Verdict, now: &Now) -> Rest {
    let status = match outcome {
        Outcome::Reply { reply, .. } => reply.status,
        Outcome::Cut { .. } => 0,
    };
    let (trouble, of_target) = match verdict {
        Verdict::Silence(Cut::NoAddress | Cut::NoConnection | Cut::Handshake) => (Trouble::Unreachable, true),
        Verdict::Silence(_) => (Trouble::Cut, true),
        Verdict::Imposter(form) => (Trouble::Imposter(form), true),
        // A gateway that finds one body too large says nothing of the others.
        Verdict::Gateway => (Trouble::Gateway(status), status != 413),
        Verdict::Service(_) => match status {
            401 | 403 => (Trouble::NeedsToken, true),
            423 => (Trouble::Locked, false),
            429 | 503 => (Trouble::Busy(status), true),
            408 | 425 | 500.. => (Trouble::Busy(status), false),
            _ => (Trouble::Refused(status), false),
        },
    };
    // An imposter may not ask us to wait: its page is gone with the hotel's network, and the wait would stay.
    let authentic = matches!(verdict, Verdict::Service(_) | Verdict::Gateway);
    let after_ms = if authentic { asked_wait(outcome, now) } else { None };
    Rest { trouble, after_ms, of_target, progressed: false }
}

/// Whether the service's status is a no to this request: asking again would get the same answer.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401 | 403 | 408 | 423 | 425 | 429)
}

/// `Retry-After`.
fn asked_wait(outcome: &Outcome, now: &Now) -> Option<u64> {
    match outcome {
        Outcome::Reply { reply: Reply { headers, .. }, .. } => retry_after_ms(headers.get("retry-after")?, now),
        Outcome::Cut { .. } => None,
    }
}
