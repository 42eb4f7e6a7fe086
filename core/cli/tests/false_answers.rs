//! The command, with something else in the server's place: `sync` never says 0 while nothing is there, and `status`
//! never says delivered; nobody else hears the token; and once the server is back, it gets all, once.
//!
//! Each false answer is told at each moment: by whatever stands in a bare tus server's place, over plain HTTP and over
//! TLS, and by somebody who has a paired receiver's key. Then a server's own lies.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

#[path = "false_answers/case.rs"]
mod case;
mod foreign;
#[path = "false_answers/server.rs"]
mod server;

use case::{DONE, PARKED, WAITS, told};
use satchel_testkit::liar::{FalseAnswer, FalseLocation, FalseOffset, Lie, Point};
use server::{Moment, Server};

/// At a bare server: the requests of tus.
const OF_TUS: [Moment; 3] = [Moment::Creation, Moment::Patch, Moment::Head];

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_plain_http_sync_takes_no_false_answer_for_done() {
    let answers = FalseAnswer::ALL.into_iter().filter(|answer| !answer.needs_tls());
    let cases = answers.flat_map(|answer| OF_TUS.map(|moment| told(Server::tus(), moment, answer)));
    case::side_by_side(cases).await;
}

/// Where a file can tell the command whom to trust.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn over_tls_sync_takes_no_false_answer_for_done() {
    let all = FalseAnswer::ALL.map(|answer| (Moment::Creation, answer));
    let later = [FalseAnswer::SelfSigned, FalseAnswer::Html(307), FalseAnswer::Html(308), FalseAnswer::Html(451)];
    let later = later.into_iter().flat_map(|answer| [(Moment::Patch, answer), (Moment::Head, answer)]);
    let cases = all.into_iter().chain(later).map(|(moment, answer)| told(Server::tus_over_tls(), moment, answer));
    case::side_by_side(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn at_a_paired_receiver_sync_takes_no_false_answer_for_done() {
    let some = [
        FalseAnswer::Html(200),
        FalseAnswer::Html(308),
        FalseAnswer::Html(410),
        FalseAnswer::Json,
        FalseAnswer::SelfSigned,
    ];
    let cases = some.into_iter().flat_map(|answer| Moment::ALL.map(|moment| told(Server::receiver(), moment, answer)));
    case::side_by_side(cases).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sync_says_done_to_no_lie() {
    let any = &[DONE, WAITS, PARKED][..];
    // Nothing is done at the server: it waits, or a person is asked.
    let mut cases = Vec::new();
    for point in [Point::Create, Point::Patch, Point::Head] {
        let marked = [401, 404, 409, 410, 413, 423, 429, 503].map(Lie::marked);
        let unmarked = [401, 404, 410, 413, 503].map(Lie::unmarked);
        let refusals = marked.into_iter().chain(unmarked).chain([Lie::retry_after(429, "3600")]);
        // An upload that is said to be gone, and cannot have arrived whole, is begun anew; and then it is there.
        let anew = |lie: &Lie| point == Point::Head && [Lie::marked(404), Lie::marked(410)].contains(lie);
        cases.extend(refusals.map(|lie| {
            let codes = if anew(&lie) { any } else { &[WAITS, PARKED][..] };
            (point, lie, codes)
        }));
    }
    // The work is done, and lied about: it is done when the server has it, whoever finds that out. (That all arrived of
    // what was handed to a socket is a claim that nobody can refute; the engine's own tests send more than that.)
    for point in [Point::Patch, Point::Head] {
        let offsets = [FalseOffset::AboveLength, FalseOffset::Lower, FalseOffset::Negative, FalseOffset::Absent];
        cases.extend(offsets.map(|offset| (point, Lie::Offset(offset), any)));
        cases.extend([Lie::Twice, Lie::Unmarked, Lie::LoseAnswer].map(|lie| (point, lie, any)));
    }
    cases.push((Point::Head, Lie::Length, any));
    let lost = [Lie::Unmarked, Lie::LoseAnswer];
    cases.extend(lost.map(|lie| (Point::Create, lie, &[WAITS, PARKED][..])));
    let places = [FalseLocation::Foreign, FalseLocation::Missing, FalseLocation::Absurd];
    cases.extend(places.map(|place| (Point::Create, Lie::Location(place), &[WAITS, PARKED][..])));
    case::side_by_side(cases.into_iter().map(|(point, lie, codes)| case::lied(point, lie, codes))).await;
}
