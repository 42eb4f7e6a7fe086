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
    let (trouble, of_target) = named(verdict, status);
    // An imposter may not ask us to wait: its page is gone with the hotel's network, and the wait would stay.
    let after_ms = if verdict.is_authentic() { asked_wait(outcome, now) } else { None };
    Rest { trouble, after_ms, of_target, progressed: false }
}

/// What went wrong where a request with this verdict did not get on; the status is 0 where no reply came.
pub fn trouble_of(verdict: Verdict, status: u16) -> Trouble {
    named(verdict, status).0
}

/// The trouble, and whether it is the target's.
fn named(verdict: Verdict, status: u16) -> (Trouble, bool) {
    match verdict {
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
    }
}

/// Whether the service's status is a no to this request: asking again would get the same answer.
pub(super) fn is_refusal(status: u16) -> bool {
    matches!(status, 400..=499) && !matches!(status, 401 | 403 | 408 | 423 | 425 | 429)
}

/// What a reply asks to wait, in milliseconds (`Retry-After`); only of one that is authentic it counts.
pub fn asked_wait(outcome: &Outcome, now: &Now) -> Option<u64> {
    match outcome {
        Outcome::Reply { reply: Reply { headers, .. }, .. } => retry_after_ms(headers.get("retry-after")?, now),
        Outcome::Cut { .. } => None,
    }
}
