//! Single steps, where one line shows a rule better than the contract suite's long runs do.

use super::Tus;
use crate::gate::{Grade, Verdict, judge};
use crate::ids::{BlobHash, BootId, Nonce, UploadKey};
use crate::outcome::{Cut, Headers, Identity, Method, Outcome, Reply, Request};
use crate::state::{ParkReason, Trouble};
use crate::time::Now;
use crate::wire::{Algorithm, Event, Job, Need, NeedId, Patience, Protocol, Status, Stored, Wire};

mod carrier;
mod endpoints;

const LENGTH: u64 = 1 << 20;

fn now() -> Now {
    Now { utc_ms: 0, boot: BootId::from_bytes([0; 16]), since_boot_ms: 0, zone_min: 0 }
}

fn job(satchel: bool) -> Job {
    Job {
        create: "https://desk.example/files/".parse().unwrap(),
        origins: vec![],
        siblings: vec![],
        length: LENGTH,
        hash: BlobHash::of(b"photo"),
        key: UploadKey::from_bytes([1; 16]),
        nonce: Nonce::from_bytes([2; 16]),
        metadata: vec![("filename".into(), "a.jpg".into())],
        headers: vec![],
        satchel,
        checksum: None,
        patience: Patience::default(),
        inline: None,
        along: None,
    }
}

/// One upload, played by hand.
struct Play {
    job: Job,
    wire: Wire,
    needs: Vec<Need>,
    identity: Identity,
}

impl Play {
    fn new(job: Job) -> Self {
        let (wire, needs) = Wire::new(Protocol::Tus).step(&job, Event::Start, &now());
        Self { job, wire, needs, identity: Identity::Proved }
    }

    /// Created, with nothing sent yet.
    fn created() -> Self {
        let mut play = Self::new(job(false));
        play.reply(201, &[("location", "/files/1")], 0);
        play
    }

    fn event(&mut self, event: Event) {
        (self.wire, self.needs) = self.wire.clone().step(&self.job, event, &now());
    }

    fn open(&self) -> Option<(NeedId, Request)> {
        match self.needs.first() {
            Some(Need::Send(id, request)) => Some((*id, request.clone())),
            _ => None,
        }
    }

    fn method(&self) -> Option<Method> {
        self.open().map(|(_, request)| request.method)
    }

    fn outcome(&mut self, outcome: Outcome) {
        let (id, request) = self.open().expect("a request is open");
        let verdict = judge(&request, &outcome);
        self.event(Event::Outcome(id, outcome, verdict));
    }

    /// The service replies, after so many bytes of body went out.
    fn reply(&mut self, status: u16, headers: &[(&str, &str)], sent: u64) {
        let (_, request) = self.open().expect("a request is open");
        let mut all = vec![("tus-resumable".to_owned(), "1.0.0".to_owned())];
        all.extend(headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())));
        let reply = Reply { url: request.url, identity: self.identity, status, headers: Headers(all), body: vec![] };
        self.outcome(Outcome::Reply { sent, reply });
    }

    fn at(&mut self, status: u16, offset: u64, sent: u64) {
        self.reply(status, &[("upload-offset", &offset.to_string())], sent);
    }

    /// The connection breaks; where the machine lets the last bytes come in first, that time passes.
    fn cut(&mut self, cut: Cut, sent: u64) {
        self.outcome(Outcome::Cut { sent, cut });
        if let Some(Need::Wait(id, _)) = self.needs.first() {
            let id = *id;
            self.event(Event::Waited(id));
        }
    }

    fn body(&self) -> u64 {
        self.open().expect("a request is open").1.body_len()
    }

    fn trouble(&self) -> Option<Trouble> {
        match self.wire.status() {
            Status::Rest(rest) => Some(rest.trouble),
            _ => None,
        }
    }
}

#[test]
fn a_wrong_hash_that_only_the_question_reveals_is_treated_like_one_that_the_answer_told() {
    let mut play = Play::new(job(true));
    play.reply(201, &[("location", "/files/1"), ("upload-offset", "1000")], 1000);
    play.cut(Cut::NoReply, LENGTH - 1000);
    assert_eq!(play.method(), Some(Method::Head));
    play.reply(460, &[], 0);
    assert_eq!(play.method(), Some(Method::Delete));
    play.reply(204, &[], 0);
    assert!(matches!(play.needs[..], [Need::Digest(_, Algorithm::Blake3, _)]));
}

#[test]
fn a_wrong_hash_told_without_identity_destroys_nothing_and_asks_a_person_in_the_end() {
    let mut play = Play::new(job(true));
    play.identity = Identity::None;
    play.reply(201, &[("location", "/files/1"), ("upload-offset", "1000")], 1000);
    for _ in 0..10 {
        match play.method() {
            Some(Method::Head | Method::Patch) => play.reply(460, &[], LENGTH - 1000),
            Some(other) => panic!("{other:?} on an unproven word"),
            None => play.event(Event::Start),
        }
    }
    assert_eq!(play.wire.status(), &Status::Park(ParkReason::HashMismatch));
}

#[test]
fn an_offset_that_swings_ends_although_it_rises_each_other_time() {
    let mut play = Play::created();
    for round in 0..100 {
        match play.method() {
            Some(Method::Patch) if round % 2 == 0 => play.at(204, 50_000, LENGTH),
            Some(Method::Patch) => play.at(204, 100, LENGTH),
            Some(Method::Head) => play.at(200, 100, 0),
            Some(other) => panic!("{other:?}"),
            None => play.event(Event::Start),
        }
    }
    assert_eq!(play.wire.status(), &Status::Park(ParkReason::Contradiction));
}

#[test]
fn law_3_more_than_was_sent_is_never_complete() {
    // At creation with a key, of which only the first bytes went out.
    let mut play = Play::new(job(true));
    play.reply(201, &[("location", "/files/1"), ("upload-offset", &LENGTH.to_string())], LENGTH - 1);
    assert_eq!(play.trouble(), Some(Trouble::Contradiction));
    // At a PATCH that was answered before its end, and at the question after it.
    let mut play = Play::created();
    play.at(204, LENGTH, LENGTH - 1);
    assert_eq!(play.trouble(), Some(Trouble::Contradiction));
    play.event(Event::Start);
    play.at(200, LENGTH, 0);
    assert_eq!(play.trouble(), Some(Trouble::Contradiction));
    play.event(Event::Start);
    play.at(200, LENGTH, 0);
    assert_eq!(play.wire.status(), &Status::Park(ParkReason::Contradiction));
}

#[test]
fn a_retry_asks_about_the_upload_that_there_is() {
    let mut play = Play::created();
    play.cut(Cut::Reset, 1000);
    play.reply(400, &[], 0);
    assert_eq!(play.wire.status(), &Status::Park(ParkReason::Refused { status: 400 }));
    play.wire = play.wire.retry();
    play.event(Event::Start);
    assert_eq!(play.method(), Some(Method::Head));
    // An upload that is lost is begun anew, under another key.
    let mut play = Play::new(job(true));
    play.cut(Cut::NoReply, LENGTH);
    play.reply(410, &[], 0);
    assert_eq!(play.wire.status(), &Status::Lost);
    play.wire = play.wire.retry();
    play.event(Event::Start);
    assert_eq!((play.method(), play.body()), (Some(Method::Post), LENGTH));
    let done = Wire::new(Protocol::Tus);
    assert_eq!(done.clone().retry(), done);
}

#[test]
fn a_server_that_once_lost_bytes_is_believed() {
    let mut play = Play::created();
    play.at(204, 500_000, LENGTH);
    play.cut(Cut::Reset, 10);
    play.at(200, 300_000, 0);
    let (_, request) = play.open().unwrap();
    assert!(request.headers.contains(&("upload-offset".into(), "300000".into())));
    while let Some((_, request)) = play.open() {
        let from: u64 = request.headers.iter().find(|(n, _)| n == "upload-offset").unwrap().1.parse().unwrap();
        play.at(204, from + request.body_len(), request.body_len());
    }
    assert!(matches!(play.wire.status(), Status::Done(_)));
}

#[test]
fn questions_alone_neither_bound_a_patch_nor_use_up_its_tries() {
    let mut play = Play::created();
    // Bytes went out and the offset moved, so nothing swallows bodies.
    play.cut(Cut::Reset, 600_000);
    play.at(200, 500_000, 0);
    for _ in 0..10 {
        assert_eq!((play.method(), play.body()), (Some(Method::Patch), LENGTH - 500_000));
        play.cut(Cut::NoConnection, 0);
        assert_eq!(play.trouble(), Some(Trouble::Unreachable));
        play.event(Event::Start);
        play.at(200, 500_000, 0);
    }
}

#[test]
fn bytes_that_moved_nothing_bound_the_next_patch() {
    let mut play = Play::created();
    play.cut(Cut::Reset, 600_000);
    play.at(200, 0, 0);
    assert_eq!(play.body(), 256 << 10);
    play.at(204, 256 << 10, 256 << 10);
    assert_eq!(play.body(), 512 << 10, "it grows as it gets through");
}

#[test]
fn a_stop_in_mid_body_counts_as_bytes_sent() {
    let play = Play::created();
    let stored = play.wire.store();
    let mut play = Play { wire: Wire::restore(Protocol::Tus, &stored, play.wire.locator(), LENGTH).unwrap(), ..play };
    play.event(Event::Start);
    play.at(200, 0, 0);
    assert_eq!(play.body(), 256 << 10);
}

#[test]
fn an_upload_that_is_gone_under_its_key_is_asked_for_and_begun_anew() {
    let mut play = Play::new(job(true));
    let key = |p: &Play| p.open().unwrap().1.headers.iter().find(|(n, _)| n == "idempotency-key").cloned();
    let first = key(&play);
    play.cut(Cut::Reset, 1000);
    assert_eq!((play.method(), play.body()), (Some(Method::Post), 0));
    play.reply(410, &[], 0);
    // It expired, or its post was deleted there: the have-check tells which.
    assert_eq!(play.wire.status(), &Status::Lost);
    let mut play = Play { wire: play.wire.retry(), ..Play::new(job(true)) };
    play.event(Event::Start);
    assert_eq!(play.method(), Some(Method::Post));
    assert_ne!(key(&play), first);
    // Had its last byte gone out, it might have been completed before.
    let mut play = Play::new(job(true));
    play.cut(Cut::NoReply, LENGTH);
    play.reply(410, &[], 0);
    assert_eq!(play.wire.status(), &Status::Lost);
}

#[test]
fn law_7_a_refusal_is_not_asked_for_again_for_ever() {
    for refused in [400, 405, 409, 412, 414, 415, 422, 431, 499] {
        let mut play = Play::created();
        play.cut(Cut::Reset, 10);
        assert_eq!(play.method(), Some(Method::Head));
        play.reply(refused, &[], 0);
        assert_eq!(play.wire.status(), &Status::Park(ParkReason::Refused { status: refused }));
    }
    // An upload that the server will not delete is left to expire.
    let mut play = Play::created();
    play.event(Event::Abandon);
    play.reply(409, &[], 0);
    assert_eq!(play.wire.status(), &Status::Abandoned);
    // What passes by itself is waited for.
    for passing in [401, 403, 408, 423, 425, 429, 500, 503] {
        let mut play = Play::created();
        for _ in 0..10 {
            play.reply(passing, &[], 0);
            assert!(play.trouble().is_some(), "{passing}: {:?}", play.wire.status());
            play.event(Event::Start);
        }
    }
}

#[test]
fn an_event_of_another_kind_than_the_need_changes_nothing() {
    let mut play = Play::created();
    let (id, request) = play.open().unwrap();
    let before = play.wire.clone();
    play.event(Event::Digest(id, Some(vec![0; 32])));
    assert_eq!((&play.wire, play.needs.len()), (&before, 0));
    play.needs = vec![Need::Send(id, request)];
    play.job.checksum = Some(Algorithm::Sha256);
    play.cut(Cut::Reset, 10);
    play.at(200, 0, 0);
    let Need::Digest(id, ..) = play.needs[0] else { panic!("a bounded PATCH is digested first") };
    let before = play.wire.clone();
    play.event(Event::Outcome(id, Outcome::Cut { sent: 9, cut: Cut::Reset }, Verdict::Silence(Cut::Reset)));
    assert_eq!((&play.wire, play.needs.len()), (&before, 0));
}

#[test]
fn a_question_that_is_cut_is_not_asked_again_at_once_whatever_was_counted() {
    let mut play = Play::created();
    play.cut(Cut::Reset, 10);
    play.cut(Cut::Reset, 10);
    assert_eq!(play.trouble(), Some(Trouble::Cut));
}

#[test]
fn bytes_on_their_way_are_given_time_to_arrive_before_the_server_is_asked() {
    let mut play = Play::created();
    play.outcome(Outcome::Cut { sent: 10, cut: Cut::Reset });
    let Need::Wait(id, ms) = play.needs[0] else { panic!("asked at once: {:?}", play.needs) };
    assert_eq!(ms, play.job.patience.settle_ms);
    let settling = play.wire.clone();
    play.event(Event::Waited(NeedId(id.0 + 1)));
    assert_eq!((&play.wire, play.needs.len()), (&settling, 0), "only its own wait counts");
    play.event(Event::Waited(id));
    assert_eq!(play.method(), Some(Method::Head));
    // A stop meanwhile loses nothing: the next start asks.
    let stored = settling.store();
    let restored = Wire::restore(Protocol::Tus, &stored, settling.locator(), LENGTH).unwrap();
    let (_, needs) = restored.step(&play.job, Event::Start, &now());
    assert!(matches!(&needs[..], [Need::Send(_, request)] if request.method == Method::Head), "{needs:?}");
    // Nothing left: nothing is on its way.
    let mut play = Play::created();
    play.outcome(Outcome::Cut { sent: 0, cut: Cut::NoConnection });
    assert_eq!((play.needs.len(), play.trouble()), (0, Some(Trouble::Unreachable)));
}

#[test]
fn counters_at_their_end_do_not_panic() {
    let mut stored = serde_json::to_value(Tus::default()).unwrap();
    for (name, most) in [("next", u64::from(u32::MAX)), ("generation", u64::from(u32::MAX))] {
        stored[name] = most.into();
    }
    for name in ["gone", "mismatches", "contradictions", "refusals", "stuck"] {
        stored[name] = 255.into();
    }
    stored["location"] = "https://desk.example/files/1".into();
    let stored = Stored { protocol: "tus".into(), version: Tus::VERSION, bytes: serde_json::to_vec(&stored).unwrap() };
    for (status, offset) in
        [(200, Some("0")), (200, Some("9")), (404, None), (409, None), (460, None), (400, None), (204, Some("0"))]
    {
        let wire = Wire::restore(Protocol::Tus, &stored, None, LENGTH).unwrap();
        let mut play = Play { wire, ..Play::created() };
        play.event(Event::Start);
        for _ in 0..6 {
            if play.open().is_some() {
                let headers: Vec<_> = offset.iter().map(|o| ("upload-offset", *o)).collect();
                play.reply(status, &headers, 5);
            }
        }
    }
}

#[test]
fn a_stored_state_that_cannot_be_of_this_payload_is_not_believed() {
    let mut value = serde_json::to_value(Tus::default()).unwrap();
    value["offset"] = (LENGTH + 1).into();
    value["location"] = "https://desk.example/files/1".into();
    let stored = Stored { protocol: "tus".into(), version: Tus::VERSION, bytes: serde_json::to_vec(&value).unwrap() };
    let wire = Wire::restore(Protocol::Tus, &stored, Some("https://desk.example/files/1"), LENGTH).unwrap();
    assert_eq!(wire.acknowledged(), 0);
}

#[test]
fn of_a_creation_that_nobody_remembers_only_an_idempotent_one_may_have_arrived_whole() {
    let stored = Stored { protocol: "tus".into(), version: 99, bytes: vec![] };
    for locator in [None, Some("data:text/plain,x"), Some("")] {
        for satchel in [false, true] {
            let wire = Wire::restore(Protocol::Tus, &stored, locator, LENGTH).unwrap();
            let mut play = Play { wire, needs: vec![], job: job(satchel), identity: Identity::Proved };
            play.event(Event::Start);
            if satchel {
                assert_eq!((play.wire.status(), play.needs.len()), (&Status::Lost, 0));
                assert!(play.wire.may_have_completed(&play.job));
            } else {
                assert_eq!((play.method(), play.body()), (Some(Method::Post), 0));
                assert!(!play.wire.may_have_completed(&play.job));
            }
        }
    }
}

#[test]
fn an_outcome_of_an_earlier_life_does_not_fit_a_recovered_upload() {
    let play = Play::created();
    let (_, request) = play.open().unwrap();
    let stored = Stored { version: 99, ..play.wire.store() };
    let wire = Wire::restore(Protocol::Tus, &stored, play.wire.locator(), LENGTH).unwrap();
    let mut play = Play { wire, ..play };
    play.event(Event::Start);
    let before = play.wire.clone();
    for late in 0..8 {
        let outcome = Outcome::Cut { sent: 9, cut: Cut::Reset };
        let verdict = judge(&request, &outcome);
        play.event(Event::Outcome(NeedId(late), outcome, verdict));
        assert_eq!(play.wire, before);
    }
}

#[test]
fn a_length_that_contradicts_itself_is_a_contradiction() {
    for lengths in [&["5"][..], &["1048576", "5"], &["-1"], &[""]] {
        let mut play = Play::created();
        play.cut(Cut::Reset, 10);
        let mut headers = vec![("upload-offset", "10")];
        headers.extend(lengths.iter().map(|l| ("upload-length", *l)));
        play.reply(200, &headers, 0);
        assert_eq!(play.trouble(), Some(Trouble::Contradiction), "{lengths:?}");
    }
}

#[test]
fn only_an_authentic_reply_may_ask_for_a_longer_wait() {
    for (identity, marks, waits) in [
        (Identity::Proved, true, true),
        (Identity::Proved, false, true),
        (Identity::None, true, true),
        (Identity::None, false, false),
    ] {
        let mut play = Play::created();
        let (_, request) = play.open().unwrap();
        let mut headers = vec![("retry-after".to_owned(), "3600".to_owned())];
        headers.extend(marks.then(|| ("tus-resumable".to_owned(), "1.0.0".to_owned())));
        let reply = Reply { url: request.url, identity, status: 503, headers: Headers(headers), body: vec![] };
        play.outcome(Outcome::Reply { sent: 0, reply });
        let Status::Rest(rest) = play.wire.status() else { panic!("{:?}", play.wire.status()) };
        assert_eq!(rest.after_ms.is_some(), waits, "{identity:?} {marks}");
    }
}

#[test]
fn patience_without_end_does_not_overflow() {
    let patience = Patience { stall_ms: u64::MAX, reply_ms: u64::MAX, reply_per_mib_ms: u64::MAX, settle_ms: u64::MAX };
    let timers = patience.timers(u64::MAX, u64::MAX);
    assert_eq!((timers.stall_ms, timers.reply_ms), (u64::MAX, u64::MAX));
}

#[test]
fn plain_http_marks_advance_but_prove_little() {
    let mut play = Play::created();
    play.identity = Identity::None;
    play.at(204, LENGTH, LENGTH);
    let Status::Done(done) = play.wire.status() else { panic!("{:?}", play.wire.status()) };
    assert_eq!(done.proof, crate::state::Proof::Unproven);
    assert!(!done.proof.safe_to_free());
    assert!(Grade::Proven > Grade::Unproven);
}
