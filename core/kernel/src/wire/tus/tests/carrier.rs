//! A system that carries the requests by itself: bodies in pieces, and requests that it repeats.

use super::{LENGTH, Play, job, now};
use crate::outcome::{Cut, Identity, Method};
use crate::wire::{Carrier, Event, Protocol, Status, Wire};

/// Created at our receiver or at another, carried by a system that takes 100,000 bytes at a time.
fn by_system(satchel: bool) -> Play {
    let wire = Wire::new(Protocol::Tus).carried_by(Carrier::System { most: 100_000 });
    let job = job(satchel);
    let (wire, needs) = wire.step(&job, Event::Start, &now());
    Play { job, wire, needs, identity: Identity::Proved }
}

#[test]
fn a_system_is_given_one_piece_at_a_time() {
    for satchel in [true, false] {
        let mut play = by_system(satchel);
        let first = play.body();
        assert_eq!(first, if satchel { 100_000 } else { 0 });
        play.reply(201, &[("location", "/files/1"), ("upload-offset", &first.to_string())], first);
        let mut at = first;
        let mut pieces = 0;
        while play.method() == Some(Method::Patch) {
            assert!((1..=100_000).contains(&play.body()));
            at += play.body();
            play.at(204, at, play.body());
            pieces += 1;
        }
        assert!(matches!(play.wire.status(), Status::Done(_)), "{:?}", play.wire.status());
        assert_eq!((at, pieces), (LENGTH, if satchel { 10 } else { 11 }));
    }
}

#[test]
fn what_a_system_repeated_by_itself_is_asked_for_and_goes_on() {
    for cut in [None, Some(Cut::NoConnection), Some(Cut::Reset)] {
        let mut play = by_system(false);
        play.reply(201, &[("location", "/files/1")], 0);
        for piece in 1..8 {
            // All of it came at the first try, whose answer was lost. Of the second nothing went out.
            assert_eq!(play.method(), Some(Method::Patch), "{cut:?}");
            match cut {
                None => play.reply(409, &[], 0),
                Some(cut) => {
                    play.cut(cut, 0);
                    play.event(Event::Start);
                }
            }
            assert_eq!(play.method(), Some(Method::Head), "{cut:?}");
            play.at(200, piece * 100_000, 0);
        }
        assert_eq!(play.wire.acknowledged(), 700_000);
    }
}

#[test]
fn an_upload_that_a_system_may_have_completed_is_not_begun_anew() {
    let mut play = by_system(false);
    play.job.length = 50_000;
    play.reply(201, &[("location", "/files/1")], 0);
    assert_eq!(play.body(), 50_000);
    play.cut(Cut::NoConnection, 0);
    play.event(Event::Start);
    play.reply(404, &[], 0);
    assert_eq!(play.wire.status(), &Status::Lost);
}

#[test]
fn a_state_that_was_stored_before_there_were_carriers_is_read() {
    let play = Play::created();
    let mut stored = play.wire.store();
    let mut state: serde_json::Value = serde_json::from_slice(&stored.bytes).unwrap();
    assert!(state.as_object_mut().unwrap().remove("carrier").is_some());
    stored.bytes = serde_json::to_vec(&state).unwrap();
    assert_eq!(Wire::restore(Protocol::Tus, &stored, None, LENGTH), Some(play.wire));
}
