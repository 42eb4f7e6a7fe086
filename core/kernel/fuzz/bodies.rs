//! What each fuzz target does with its input, as plain functions: the targets call them, and so does a short test.

use satchel_kernel::gate::{Grade, Verdict, judge};
use satchel_kernel::ids::{BlobHash, BootId, Nonce, UploadKey};
use satchel_kernel::link::Link;
use satchel_kernel::outcome::{Cut, Headers, Identity, Marks, Method, Outcome, Reply, Request, Segment, Timers};
use satchel_kernel::planner::{World, permit};
use satchel_kernel::policy::{Item, Policy};
use satchel_kernel::protocol::have::HaveReply;
use satchel_kernel::protocol::keys::{KeyChain, Succession};
use satchel_kernel::protocol::pairing::{PairReply, PairingCode};
use satchel_kernel::protocol::post::{PostDocument, Rendition};
use satchel_kernel::protocol::receipt::Receipt;
use satchel_kernel::protocol::sealed::Sealed;
use satchel_kernel::state::AssetKind;
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Algorithm, Event, Job, Need, NeedId, Patience, Protocol, Status, Stored, Wire};

/// Takes an input apart; at its end everything is zero.
struct Input<'a>(&'a [u8]);

impl<'a> Input<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(count.min(self.0.len()));
        self.0 = left;
        taken
    }
    fn byte(&mut self) -> u8 {
        self.take(1).first().copied().unwrap_or(0)
    }
    fn short(&mut self) -> u16 {
        u16::from(self.byte()) << 8 | u16::from(self.byte())
    }
    fn number(&mut self) -> u64 {
        self.take(8).iter().fold(0, |n, b| n << 8 | u64::from(*b))
    }
    fn bit(&mut self) -> bool {
        self.byte() & 1 == 1
    }
    fn one_of<T: Copy>(&mut self, of: &[T]) -> T {
        of[usize::from(self.byte()) % of.len()]
    }
    fn text(&mut self) -> String {
        let length = usize::from(self.byte());
        String::from_utf8_lossy(self.take(length)).into_owned()
    }
    fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn identity(&mut self) -> Identity {
        self.one_of(&[Identity::Proved, Identity::None, Identity::Unknown])
    }

    fn status(&mut self) -> u16 {
        match self.byte() % 4 {
            0 => self.short(),
            _ => {
                self.one_of(&[200, 201, 204, 301, 400, 401, 403, 404, 405, 409, 410, 412, 413, 423, 429, 460, 500, 503])
            }
        }
    }

    fn offset(&mut self, length: u64) -> String {
        match self.byte() % 6 {
            0 => length.to_string(),
            1 => "0".into(),
            2 => self.text(),
            3 => (self.number() % (length + 2)).to_string(),
            4 => self.number().to_string(),
            _ => u64::from(self.byte()).to_string(),
        }
    }

    fn headers(&mut self, length: u64) -> Vec<(String, String)> {
        let count = self.byte() % 6;
        let mut headers = Vec::new();
        for _ in 0..count {
            let name = self.one_of(&[
                "tus-resumable",
                "upload-offset",
                "location",
                "upload-length",
                "retry-after",
                "satchel-version",
                "",
            ]);
            let value = match name {
                "tus-resumable" if self.byte() < 250 => "1.0.0".to_owned(),
                "satchel-version" if self.byte() < 250 => "1".to_owned(),
                "upload-offset" | "upload-length" => self.offset(length),
                "location" => self
                    .one_of(&[
                        "/files/1",
                        "2",
                        "https://desk.example/x",
                        "https://evil.example/x",
                        "http://[",
                        "//",
                        "data:,",
                    ])
                    .to_owned(),
                _ => self.text(),
            };
            let name = if name.is_empty() { self.text() } else { name.to_owned() };
            headers.push((name, value));
        }
        headers
    }

    fn reply(&mut self, request: &Request, length: u64) -> Reply {
        let mut headers = self.headers(length);
        // Mostly what the protocol's server would send, so that the machines get further than their gate.
        if self.byte() < 200 {
            headers.push(("tus-resumable".into(), "1.0.0".into()));
            headers.push(("satchel-version".into(), "1".into()));
        }
        let url = match self.byte() {
            255 => url::Url::parse(&self.text()).unwrap_or_else(|_| request.url.clone()),
            _ => request.url.clone(),
        };
        let (identity, status) = (self.identity(), self.status());
        Reply { url, identity, status, headers: Headers(headers), body: self.text().into_bytes() }
    }

    fn cut(&mut self) -> Cut {
        self.one_of(&[
            Cut::NoAddress,
            Cut::NoConnection,
            Cut::Certificate,
            Cut::Handshake,
            Cut::Reset,
            Cut::Stalled,
            Cut::NoReply,
            Cut::Garbage,
            Cut::Stopped,
            Cut::Spent,
            Cut::SourceChanged,
            Cut::SourceUnreadable,
        ])
    }

    fn outcome(&mut self, request: &Request, length: u64) -> Outcome {
        let body = request.body_len();
        let sent = match self.byte() % 4 {
            0 => body,
            1 => 0,
            _ => self.number() % (body + 1),
        };
        match self.byte() % 4 {
            0 => Outcome::Cut { sent, cut: self.cut() },
            _ => Outcome::Reply { sent, reply: self.reply(request, length) },
        }
    }
}

/// A request of any kind and any reply to it: marks and origin decide, whatever else is said.
pub(crate) fn gate(data: &[u8]) {
    let mut input = Input(data);
    let marks = input.one_of(&[Marks::Tus, Marks::Satchel]);
    let request = Request {
        method: input.one_of(&[Method::Get, Method::Head, Method::Post, Method::Put, Method::Patch, Method::Delete]),
        url: "https://desk.example/files/1".parse().expect("a URL"),
        headers: vec![],
        body: vec![Segment::Blob(0..1000)],
        marks,
        authorize: true,
        fresh_connection: false,
        timers: Timers { stall_ms: 1, reply_ms: 1 },
    };
    let outcome = input.outcome(&request, 1000);
    let verdict = judge(&request, &outcome);
    let Verdict::Service(grade) = verdict else { return };
    let Outcome::Reply { reply, .. } = outcome else { panic!("the service spoke, and nothing came") };
    assert_eq!(reply.url.origin(), request.url.origin());
    assert_eq!(grade == Grade::Proven, reply.identity == Identity::Proved);
    let mark = match marks {
        Marks::Tus => ("tus-resumable", "1.0.0"),
        Marks::Satchel => ("satchel-version", "1"),
    };
    let marked = |(n, v): &(String, String)| n.eq_ignore_ascii_case(mark.0) && v.trim() == mark.1;
    assert!(reply.headers.0.iter().any(marked));
}

fn job(satchel: bool, length: u64) -> Job {
    Job {
        create: "https://desk.example/files/".parse().expect("a URL"),
        origins: vec![],
        siblings: vec![],
        length,
        hash: BlobHash::of(b"payload"),
        key: UploadKey::from_bytes([1; 16]),
        nonce: Nonce::from_bytes([2; 16]),
        metadata: vec![("filename".into(), "a.jpg".into())],
        headers: vec![],
        satchel,
        checksum: satchel.then_some(Algorithm::Blake3),
        patience: Patience::default(),
        inline: None,
        along: None,
    }
}

fn now(input: &mut Input<'_>) -> Now {
    Now { utc_ms: input.number().cast_signed(), boot: BootId::from_bytes([0; 16]), since_boot_ms: 0, zone_min: 0 }
}

/// A machine under whatever the input says, and what must hold of it.
struct Play {
    job: Job,
    protocol: Protocol,
    wire: Wire,
    need: Option<Need>,
    sent: u64,
    /// Whether all of its life was seen, so that what was sent is known.
    known: bool,
}

impl Play {
    fn step(&mut self, event: Event, now: &Now) {
        let was_done = matches!(self.wire.status(), Status::Done(_));
        let by_the_service = matches!(&event, Event::Outcome(_, Outcome::Reply { .. }, Verdict::Service(_)));
        let starts = event == Event::Start;
        if let (true, Some(Need::Send(_, request))) = (starts, &self.need) {
            // What is under way becomes void, and all of it may have gone out.
            self.sent = self.sent.saturating_add(request.body_len());
        }
        let (wire, mut needs) = self.wire.clone().step(&self.job, event, now);
        assert!(needs.len() <= 1, "one thing at a time");
        self.wire = wire;
        if let Some(need) = needs.pop() {
            self.need = Some(need);
        } else if *self.wire.status() != Status::Running {
            self.need = None;
        }
        if starts && *self.wire.status() == Status::Running {
            assert!(self.need.is_some(), "it runs and needs nothing");
        }
        if matches!(self.wire.status(), Status::Done(_)) && !was_done {
            assert!(by_the_service, "done without the service's word");
            assert!(!self.known || self.sent >= self.job.length, "done with {} of {}", self.sent, self.job.length);
        }
        if let Some(Need::Send(_, request)) = &self.need {
            assert_eq!(request.url.origin(), self.job.create.origin());
            for segment in &request.body {
                if let Segment::Blob(range) = segment {
                    assert!(range.start <= range.end && range.end <= self.job.length);
                }
            }
        }
        assert!(self.wire.acknowledged() <= self.job.length);
    }

    fn go(&mut self, input: &mut Input<'_>) {
        for _ in 0..200 {
            if input.is_empty() {
                break;
            }
            let now = now(input);
            match (input.byte() % 16, self.need.clone()) {
                (0, _) => self.step(Event::Start, &now),
                (1, _) => {
                    let stored = self.wire.store();
                    let again = Wire::restore(self.protocol, &stored, self.wire.locator(), self.job.length);
                    assert_eq!(again.as_ref(), Some(&self.wire), "it is stored as it is");
                }
                (2, _) if input.byte() > 200 => self.step(Event::Abandon, &now),
                (3, Some(Need::Send(_, request))) => {
                    // Late, or of another life.
                    let outcome = input.outcome(&request, self.job.length);
                    let verdict = judge(&request, &outcome);
                    let before = self.wire.clone();
                    self.step(Event::Outcome(NeedId(u32::MAX), outcome, verdict), &now);
                    assert_eq!(self.wire, before, "an outcome that nobody waits for");
                }
                (4, _) if input.byte() > 200 => {
                    self.wire = self.wire.clone().retry();
                    self.step(Event::Start, &now);
                }
                (_, Some(Need::Send(id, request))) => {
                    let outcome = input.outcome(&request, self.job.length);
                    self.sent = self.sent.saturating_add(outcome.sent());
                    let verdict = judge(&request, &outcome);
                    self.step(Event::Outcome(id, outcome, verdict), &now);
                }
                (_, Some(Need::Digest(id, ..))) => {
                    let digest = match input.byte() % 4 {
                        0 => None,
                        1 => Some(input.text().into_bytes()),
                        _ => Some(self.job.hash.as_bytes().to_vec()),
                    };
                    self.step(Event::Digest(id, digest), &now);
                }
                (_, Some(Need::Wait(id, _))) => self.step(Event::Waited(id), &now),
                (_, None) => self.step(Event::Start, &now),
            }
        }
    }
}

/// Any replies, through the gate, into each machine from its beginning.
pub(crate) fn reply(data: &[u8]) {
    let mut input = Input(data);
    let protocol = input.one_of(&[Protocol::Tus, Protocol::Tus, Protocol::Tus, Protocol::Post]);
    let length = 1 + input.number() % input.one_of(&[1, 1000, 1 << 20, 1 << 40]);
    let job = job(input.bit(), length);
    let mut play = Play { job, protocol, wire: Wire::new(protocol), need: None, sent: 0, known: true };
    play.step(Event::Start, &now(&mut input));
    play.go(&mut input);
}

/// Any stored state: bytes as they come, or a true state with bytes of it changed.
pub(crate) fn stored(data: &[u8]) {
    let mut input = Input(data);
    let protocol = input.one_of(&[Protocol::Tus, Protocol::Post]);
    let length = 1 + input.number() % input.one_of(&[1, 1000, 1 << 40]);
    let job = job(input.bit(), length);
    let name = input.one_of(&["tus", "post", "s3", ""]).to_owned();
    let version = input.one_of(&[1, 1, 1, 0, 2, u32::MAX]);
    let bytes = if input.bit() {
        let count = usize::from(input.short());
        input.take(count).to_vec()
    } else {
        let mut play = Play { job: job.clone(), protocol, wire: Wire::new(protocol), need: None, sent: 0, known: true };
        let count = usize::from(input.byte());
        let mut steps = Input(input.take(count));
        play.step(Event::Start, &now(&mut steps));
        play.go(&mut steps);
        let mut bytes = play.wire.store().bytes;
        for _ in 0..input.byte() % 8 {
            let at = usize::from(input.short()) % bytes.len();
            bytes[at] = input.one_of(b"0123456789\"{}[],:enull-x ");
        }
        bytes
    };
    let locator = match input.byte() % 4 {
        0 => None,
        1 => Some(input.text()),
        _ => Some("https://desk.example/files/1".to_owned()),
    };
    let stored = Stored { protocol: name, version, bytes };
    let Some(wire) = Wire::restore(protocol, &stored, locator.as_deref(), length) else { return };
    // A damaged address is asked, though it never gets the credential: so only what stays at the target goes on here.
    let target = job.create.origin();
    let ours = |l: &str| url::Url::parse(l).is_ok_and(|l| l.origin() == target);
    if !wire.locator().is_none_or(ours) {
        return;
    }
    let mut play = Play { job, protocol, wire, need: None, sent: 0, known: false };
    play.step(Event::Start, &now(&mut input));
    play.go(&mut input);
}

/// Documents that travel: whatever is read can be written and read again.
pub(crate) fn receipt(data: &[u8]) {
    if let Some(receipt) = Receipt::parse(data) {
        assert_eq!(Receipt::parse(&receipt.statement()), Some(receipt));
    }
    if let Some(succession) = Succession::parse(data) {
        assert_eq!(Succession::parse(&succession.statement()), Some(succession));
    }
    if let Ok(text) = std::str::from_utf8(data) {
        if let Ok(sealed) = text.parse::<Sealed>() {
            assert_eq!(sealed.to_string().parse(), Ok(sealed.clone()));
            let _ = Receipt::parse(&sealed.statement);
            let _ = Succession::parse(&sealed.statement);
        }
        if let Ok(code) = text.parse::<PairingCode>() {
            let _ = code.to_string();
        }
    }
    if let Ok(have) = serde_json::from_slice::<HaveReply>(data) {
        let again = serde_json::to_vec(&have).expect("it can be written");
        assert_eq!(serde_json::from_slice::<HaveReply>(&again).expect("it can be read again"), have);
    }
    if let Ok(post) = serde_json::from_slice::<PostDocument>(data) {
        let again = serde_json::to_vec(&post).expect("it can be written");
        let again = serde_json::from_slice::<PostDocument>(&again).expect("it can be read again");
        assert_eq!((again.asset, again.revision, again.parts), (post.asset, post.revision, post.parts));
    }
    let _ = serde_json::from_slice::<PairReply>(data);
    let _ = serde_json::from_slice::<KeyChain>(data);
}

/// Policies, as a person or an app wrote them: what is read can be written, is the same again, and decides without a panic.
pub(crate) fn policy(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let policy = match Policy::from_json(text) {
        Ok(policy) => policy,
        Err(fault) => return assert!(!fault.to_string().is_empty()),
    };
    assert_eq!(Policy::from_json(&policy.to_json()).expect("it can be read again"), policy);
    let now =
        Now { utc_ms: data.len() as i64 * 3_600_000, boot: BootId::from_bytes([1; 16]), since_boot_ms: 5, zone_min: 0 };
    for link in [Link::none(), Link::wifi(), Link::cellular(), Link::default()] {
        let world = World { link: link.clone(), ..World::default() };
        for rendition in [Rendition::Text, Rendition::Original] {
            let item = Item { kind: AssetKind::Photo, rendition, album: "", urgent: false };
            let _ = policy.constraints(&item, &link);
            let most = permit::most(&now, &item, &world, &policy);
            match permit::permit(&now, &item, 100_000, None, &world, &policy) {
                Ok(_) => assert!(most.is_some_and(|most| most >= 100_000)),
                Err(refused) => assert!(!refused.reason.when(&refused.goes, &now).is_empty()),
            }
        }
    }
}
