//! What was seen of an endpoint by one request: all that tells who answered, or why nobody did.

use std::net::IpAddr;

use satchel_kernel::gate::{Grade, Imposter, Verdict, judge};
use satchel_kernel::health::{Contrast, Evidence, Heard, How, Met};
use satchel_kernel::link::Link;
use satchel_kernel::outcome::{Cut, Method, Outcome, Reply, Request};
use satchel_kernel::state::Trouble;
use satchel_kernel::time::Now;
use satchel_kernel::wire::{asked_wait, trouble_of};

use crate::door;
use crate::http::{CertificateSeen, Http};

/// The longest title, and the longest address of a redirect, that is kept, in characters.
const LONGEST: usize = 300;

/// What was seen.
#[derive(Debug, Clone)]
pub(crate) struct Sight {
    pub verdict: Verdict,
    pub status: u16,
    cut: Option<Cut>,
    probe: bool,
    pub how: How,
    pub other_port: How,
    heard: Heard,
    tls: bool,
    only_dates: bool,
    pub contrast: Contrast,
    captive_hint: bool,
    no_internet_hint: bool,
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
        let is_forged = told.verdict == Verdict::Imposter(Imposter::Certificate);
        let certificate = if is_forged { http.certificate(&request.url) } else { None };
        let only_dates = certificate.as_ref().is_some_and(|seen| seen.only_dates);
        let (how, heard, address) = (how(met.how), met.heard, met.address);
        Self { how, heard, address, only_dates, certificate, ..told }
    }

    /// Of one that a host's system carried, which tells less.
    pub(crate) fn told(request: &Request, outcome: &Outcome, link: &Link, now: &Now) -> Self {
        let verdict = judge(request, outcome);
        let (status, cut, reply) = match outcome {
            Outcome::Reply { reply, .. } => (reply.status, None, Some(reply)),
            Outcome::Cut { cut, .. } => (0, Some(*cut), None),
        };
        let authentic = matches!(verdict, Verdict::Service(_) | Verdict::Gateway);
        Self {
            verdict,
            status,
            cut,
            probe: request.method == Method::Options,
            how: How::Unknown,
            other_port: How::Unknown,
            heard: Heard::Unknown,
            tls: request.url.scheme() == "https",
            only_dates: false,
            contrast: Contrast::Unknown,
            captive_hint: link.captive == Some(true),
            no_internet_hint: link.validated == Some(false),
            times: 1,
            progressed: false,
            network: link.network.clone(),
            asked_ms: if authentic { asked_wait(outcome, now) } else { None },
            page: reply.filter(|_| !authentic).map(Page::of),
            certificate: None,
            address: None,
        }
    }

    /// How it ended, where no reply came.
    pub(crate) fn cut(&self) -> Option<Cut> {
        self.cut
    }

    /// Whether the service, or its own front door, answered.
    pub(crate) fn is_authentic(&self) -> bool {
        matches!(self.verdict, Verdict::Service(_) | Verdict::Gateway)
    }

    /// Whether who answered proved to be the service, or its own front door.
    pub(crate) fn is_proven(&self) -> bool {
        matches!(self.verdict, Verdict::Service(Grade::Proven) | Verdict::Gateway)
    }

    /// As the wire names it.
    pub(crate) fn trouble(&self) -> Trouble {
        trouble_of(self.verdict, self.status)
    }

    /// What it met, beside what is found.
    pub(crate) fn met(&self) -> Met {
        let Self { cut, times, probe, progressed, asked_ms, .. } = *self;
        let authentic = self.is_authentic();
        Met { trouble: self.trouble(), cut, times, probe, authentic, progressed, asked_ms }
    }

    /// What is known without the endpoint's past.
    pub(crate) fn evidence(&self) -> Evidence {
        Evidence {
            verdict: self.verdict,
            status: self.status,
            how: self.how,
            other_port: self.other_port,
            heard: self.heard,
            tls: self.tls,
            only_dates: self.only_dates,
            captive_hint: self.captive_hint,
            no_internet_hint: self.no_internet_hint,
            contrast: self.contrast,
            open_by_address: false,
            known: false,
            in_a_row: 0,
            probe: self.probe,
        }
    }
}

/// What the requests of one upload saw of the endpoint, one after the other.
#[derive(Default)]
pub(crate) struct Sights {
    last: Option<Sight>,
    /// The last one that was not the service's, and how often in a row it was so.
    foreign: Option<Sight>,
}

impl Sights {
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

/// What the door met, in the kernel's words.
pub(crate) fn how(met: door::How) -> How {
    match met {
        door::How::NotTried => How::Unknown,
        door::How::NoName => How::NoName,
        door::How::Refused => How::Refused,
        door::How::Unreachable => How::Unreachable,
        door::How::Silent => How::Silent,
        door::How::Connected => How::Connected,
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
