//! What was seen of an endpoint by one request: all that tells who answered, or why nobody did.

use std::net::IpAddr;

use satchel_kernel::gate::{Grade, Imposter, Verdict, judge};
use satchel_kernel::health::{Contrast, Evidence, Heard, How, Met};
use satchel_kernel::link::Link;
use satchel_kernel::outcome::{Cut, Method, Outcome, Reply, Request};
use satchel_kernel::time::Now;
use satchel_kernel::wire::{asked_wait, trouble_of};
use serde::{Deserialize, Serialize};

use crate::http::{CertificateSeen, Http};

/// The longest title, and the longest address of a redirect, that is kept, in characters.
const LONGEST: usize = 300;

/// What was seen.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    /// What is known without the endpoint's past.
    pub seen: Evidence,
    /// How it ended, where no reply came.
    pub cut: Option<Cut>,
    /// So often one after the other, as a machine asks again by itself.
    pub times: u32,
    /// The upload came further by it.
    pub progressed: bool,
    pub network: Option<String>,
    /// What an authentic server asked to wait, in milliseconds.
    pub asked_ms: Option<u64>,
    /// What answered in the service's place.
    pub page: Option<Page>,
    pub certificate: Option<CertificateSeen>,
    /// Who was connected to.
    pub address: Option<IpAddr>,
}

/// A reply that was not the service's.
#[derive(Debug, Clone)]
pub(crate) struct Page {
    pub status: u16,
    pub title: Option<String>,
    pub location: Option<String>,
    pub media_type: Option<String>,
    pub body: Vec<u8>,
}

impl Sight {
    /// Of a request that this device's own connections carried.
    pub(crate) fn of(request: &Request, outcome: &Outcome, http: &Http, link: &Link, now: &Now) -> Self {
        let told = Self::told(request, outcome, link, now);
        let met = http.met(&request.url);
        let is_forged = told.seen.verdict == Verdict::Imposter(Imposter::Certificate);
        let certificate = if is_forged { http.certificate(&request.url) } else { None };
        let only_dates = certificate.as_ref().is_some_and(|seen| seen.only_dates);
        let seen = Evidence { how: met.how, heard: met.heard, only_dates, ..told.seen };
        Self { seen, address: met.address, certificate, ..told }
    }

    /// Of one that a host's system carried, which tells less.
    pub(crate) fn told(request: &Request, outcome: &Outcome, link: &Link, now: &Now) -> Self {
        let verdict = judge(request, outcome);
        let (status, cut, reply) = match outcome {
            Outcome::Reply { reply, .. } => (reply.status, None, Some(reply)),
            Outcome::Cut { cut, .. } => (0, Some(*cut), None),
        };
        let authentic = verdict.is_authentic();
        let seen = Evidence {
            verdict,
            status,
            how: How::Unknown,
            other_port: How::Unknown,
            heard: Heard::Unknown,
            tls: request.url.scheme() == "https",
            only_dates: false,
            captive_hint: link.captive == Some(true),
            no_internet_hint: link.validated == Some(false),
            contrast: Contrast::Unknown,
            open_by_address: false,
            known: false,
            in_a_row: 0,
            probe: request.method == Method::Options,
        };
        Self {
            seen,
            cut,
            times: 1,
            progressed: false,
            network: link.network.clone(),
            asked_ms: if authentic { asked_wait(outcome, now) } else { None },
            page: reply.filter(|_| !authentic).map(Page::of),
            certificate: None,
            address: None,
        }
    }

    /// Whether the service, or its own front door, answered.
    pub(crate) fn is_authentic(&self) -> bool {
        self.seen.verdict.is_authentic()
    }

    /// Whether who answered proved to be the service, or its own front door.
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self.seen.verdict, Verdict::Service(Grade::Proven) | Verdict::Gateway)
    }

    /// What it met, beside what is found.
    pub(crate) fn met(&self) -> Met {
        let Self { seen: Evidence { verdict, status, probe, .. }, cut, times, progressed, asked_ms, .. } = *self;
        let (trouble, authentic) = (trouble_of(verdict, status), verdict.is_authentic());
        Met { trouble, cut, times, probe, authentic, progressed, asked_ms }
    }
}

/// What the requests of one upload saw of the endpoint, one after the other.
#[derive(Default)]
pub(crate) struct Sights {
    last: Option<Sight>,
    /// The last one that was not the service's, and how often in a row it was so.
    foreign: Option<Sight>,
}

/// How requests of an upload ended that nobody answered, one after the other. It outlives the process where a host's system
/// carries them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Unanswered {
    cut: Cut,
    times: u32,
    network: Option<String>,
}

impl Sights {
    /// After what earlier requests of the upload met, if that was on the network that there is. `request` goes where they went.
    pub(crate) fn after(unanswered: Option<&Unanswered>, request: &Request, link: &Link, now: &Now) -> Self {
        let foreign = unanswered.filter(|before| before.network == link.network).map(|before| {
            let outcome = Outcome::Cut { sent: 0, cut: before.cut };
            Sight { times: before.times, ..Sight::told(request, &outcome, link, now) }
        });
        Self { last: None, foreign }
    }

    /// What [`Self::after`] needs.
    pub(crate) fn unanswered(&self) -> Option<Unanswered> {
        let Sight { cut, times, network, .. } = self.foreign.as_ref()?;
        Some(Unanswered { cut: (*cut)?, times: *times, network: network.clone() })
    }

    pub(crate) fn add(&mut self, sight: Sight) {
        if !sight.is_authentic() {
            let before = self.foreign.take().filter(|before| before.cut == sight.cut);
            let times = before.map_or(1, |before| before.times.saturating_add(1));
            self.foreign = Some(Sight { times, ..sight.clone() });
        }
        self.last = Some(sight);
    }

    /// The one that tells of the way. `progressed`, of an upload that rests: whether it came further. Where it did not, what stood in
    /// its way tells, though questions were answered in between.
    pub(crate) fn telling(&mut self, progressed: Option<bool>) -> Option<Sight> {
        let (last, foreign) = (self.last.take(), self.foreign.take());
        let sight = if progressed == Some(false) { foreign.or(last) } else { last };
        sight.map(|sight| Sight { progressed: progressed == Some(true), ..sight })
    }
}

impl Page {
    fn of(reply: &Reply) -> Self {
        let header = |name| reply.headers.get(name).map(shown);
        Self {
            status: reply.status,
            title: title(&reply.body),
            location: header("location"),
            media_type: header("content-type"),
            body: reply.body.clone(),
        }
    }
}

/// One line of a text that somebody else wrote, fit to be shown.
fn shown(text: &str) -> String {
    let words: Vec<_> = text.split_whitespace().collect();
    words.join(" ").chars().filter(|c| !c.is_control()).take(LONGEST).collect()
}

/// An HTML page's title. Of other encodings than UTF-8 what cannot be read is left out; the page itself is kept as it came.
fn title(body: &[u8]) -> Option<String> {
    let lower = body.to_ascii_lowercase();
    let find = |what: &[u8], from: usize| {
        lower.get(from..)?.windows(what.len()).position(|window| window == what).map(|at| from + at)
    };
    let open = find(b"<title", 0)?;
    let start = find(b">", open)? + 1;
    let end = find(b"<", start).unwrap_or(body.len());
    let text = String::from_utf8_lossy(&body[start..end]).replace('\u{fffd}', "");
    let text = shown(&unescaped(&text));
    (!text.is_empty()).then_some(text)
}

/// The five names that every page may use for letters of its markup.
fn unescaped(text: &str) -> String {
    let names = [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    names.into_iter().fold(text.to_owned(), |text, (name, letter)| text.replace(name, letter))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_is_read_from_whatever_came() {
        let of = |page: &str| title(page.as_bytes());
        assert_eq!(of("<html><TITLE lang=x> Access\n denied </TITLE>").as_deref(), Some("Access denied"));
        assert_eq!(of("<title>a &amp; b").as_deref(), Some("a & b"));
        assert_eq!(of("<title></title>"), None);
        assert_eq!(of("<titl"), None);
        assert_eq!(of("<title"), None);
        assert_eq!(title(b"<title>\xff\xfeblocked</title>").as_deref(), Some("blocked"));
        assert_eq!(of(&format!("<title>{}</title>", "x".repeat(9_999))).map(|t| t.len()), Some(LONGEST));
    }
}
