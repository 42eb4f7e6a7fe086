//! What the contract says of tus: liars, wrong hashes, proxies that swallow, checksums, uploads that are gone.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::cell::Cell;
use std::rc::Rc;

use satchel_kernel::outcome::{Cut, Method, Request};
use satchel_kernel::state::{ParkReason, Trouble};
use satchel_kernel::wire::Need;
use satchel_testkit::Chance;
use satchel_testkit::contract::driver::{End, World};
use satchel_testkit::contract::faults::{EACH, Fault};
use satchel_testkit::contract::liar::{LIES, Liar, Lie};
use satchel_testkit::contract::tus::{Abilities, TusServer};
use satchel_testkit::contract::{Case, POST, TUS_BARE, TUS_SATCHEL, header};

fn payload(length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Chance::new(3).fill(&mut bytes);
    bytes
}

fn bodies(world: &World, method: Method) -> Vec<u64> {
    world.requests.iter().filter(|r| r.method == method).map(Request::body_len).collect()
}

/// The liar's cases of the first issue: none completes, each ends with a typed reason; and once the server is honest
/// it has everything, once.
#[test]
fn law_3_no_lie_completes_and_the_truth_does() {
    let statuses = [400, 401, 403, 404, 405, 409, 410, 412, 413, 415, 423, 429, 460, 500, 502, 503, 507];
    let of_status = statuses.into_iter().flat_map(|s| [Lie::Says(s), Lie::SaysUnmarked(s), Lie::Refuses(s)]);
    for lie in LIES.iter().copied().chain(of_status) {
        for case in [TUS_BARE, TUS_SATCHEL, POST] {
            for plain in [false, true] {
                // Whoever proves who it is, keeps the payload whole and says that it came damaged, is sent another one: there
                // is nobody left to believe.
                if lie == Lie::Says(460) && !plain && case.name == TUS_SATCHEL.name {
                    continue;
                }
                for honest_first in 0..3 {
                    lies_then_tells(case, lie, plain, honest_first);
                }
            }
        }
    }
}

fn lies_then_tells(case: Case, lie: Lie, plain: bool, honest_first: u32) {
    let what = format!("{}, {lie:?} from request {honest_first}, plain {plain}", case.name);
    let lies = Rc::new(Cell::new(honest_first == 0));
    let mut world = World::new(case, &payload(1000), plain, 1);
    world.server = Box::new(Liar::new((case.server)(), lie, lies.clone()));
    world.most_rests = 10;
    // With a cut in between, so that there is something to ask about.
    let end = world.run(|turn, need| {
        lies.set(turn >= honest_first);
        match need {
            Need::Send(_, request) if turn == 1 && request.body_len() > 1 => Fault::CutUp { arrived: 500, held: 0 },
            _ => Fault::None,
        }
    });
    let end = end.unwrap_or_else(|why| panic!("{what}: {why}"));
    match &end {
        End::Resting(trouble) => assert_ne!(*trouble, Trouble::Other, "{what}"),
        End::Parked(reason) => assert_ne!(*reason, ParkReason::Other, "{what}"),
        // The driver has made sure that the server holds it.
        End::Done(_) | End::Had => {}
        End::FateUnknown => assert_eq!(case.name, TUS_BARE.name, "{what}"),
        End::SourceChanged | End::Abandoned => panic!("{what}: {end:?}"),
    }
    if matches!(end, End::Done(_) | End::Had | End::FateUnknown) {
        return;
    }
    lies.set(false);
    world.most_rests = 40;
    world.retry();
    let end = world.run_schedule(&[]).unwrap_or_else(|why| panic!("{what}, then honest: {why}"));
    match end {
        End::Done(_) | End::Had => assert_eq!(world.server.completed().len(), 1, "{what}"),
        End::FateUnknown if case.name == TUS_BARE.name => {}
        other => panic!("{what}, then honest: {other:?}"),
    }
}

fn satchel(abilities: Abilities) -> TusServer {
    TusServer::new(Abilities { satchel: true, ..abilities })
}

#[test]
fn a_wrong_hash_is_deleted_read_again_and_sent_once_more() {
    let damaged = |damages| satchel(Abilities { damages, ..Abilities::default() });
    let mut world = World::new(TUS_SATCHEL, &payload(5000), false, 1).with_server(damaged(1));
    assert!(matches!(world.run_schedule(&[]), Ok(End::Done(_))));
    let keys: Vec<_> = world.requests.iter().filter_map(|r| header(r, "idempotency-key")).collect();
    assert_eq!(keys.len(), 2, "one fresh start");
    assert_ne!(keys[0], keys[1], "with a key of its own");

    let mut world = World::new(TUS_SATCHEL, &payload(5000), false, 1).with_server(damaged(2));
    assert_eq!(world.run_schedule(&[]), Ok(End::Parked(ParkReason::HashMismatch)));

    // The source is another one than when it was hashed.
    let mut world = World::new(TUS_SATCHEL, &payload(5000), false, 1);
    world.source = vec![1; 5000].into();
    assert_eq!(world.run_schedule(&[]), Ok(End::SourceChanged));
    assert_eq!(world.server.completed().len(), 0);
}

#[test]
fn a_wrong_hash_ends_well_whatever_else_happens() {
    for first in EACH {
        for before in 0..7 {
            let server = satchel(Abilities { damages: 1, ..Abilities::default() });
            let mut world = World::new(TUS_SATCHEL, &payload(5000), false, 1).with_server(server);
            let mut faults = vec![Fault::None; before];
            faults.push(*first);
            faults.insert(0, Fault::CutUp { arrived: 2000, held: 0 });
            match world.run_schedule(&faults) {
                Ok(End::Done(_) | End::Had) => assert_eq!(world.server.completed().len(), 1),
                // Who forgets how often it came damaged may try once more, not less.
                other => panic!("{faults:?}: {other:?}"),
            }
        }
    }
}

#[test]
fn a_wrong_hash_without_identity_deletes_nothing() {
    let server = satchel(Abilities { damages: 9, ..Abilities::default() });
    let mut world = World::new(TUS_SATCHEL, &payload(5000), true, 1).with_server(server);
    assert_eq!(world.run_schedule(&[]), Ok(End::Parked(ParkReason::HashMismatch)));
    assert!(bodies(&world, Method::Delete).is_empty());
}

#[test]
fn what_swallows_whole_bodies_makes_a_patch_bounded_and_it_grows_back() {
    for case in [TUS_BARE, TUS_SATCHEL] {
        let satchel = case.name == TUS_SATCHEL.name;
        let server = TusServer::new(Abilities { buffered: true, satchel, ..Abilities::default() });
        let mut world = World::new(case, &payload(4 << 20), false, 1).with_server(server);
        let mut bad = 6;
        let end = world.run(|_, need| match need {
            // At first each connection breaks after 100 KB, then the link is good.
            Need::Send(_, request) if request.body_len() > 100_000 && bad > 0 => {
                bad -= 1;
                Fault::CutUp { arrived: 100_000, held: 0 }
            }
            _ => Fault::None,
        });
        assert!(matches!(end, Ok(End::Done(_))), "{}: {end:?}", case.name);
        let sizes = bodies(&world, Method::Patch);
        let least = *sizes.iter().min().expect("there were PATCHes");
        assert!(least <= 100_000, "{}: bounded: {sizes:?}", case.name);
        let smallest = sizes.iter().position(|s| *s == least).expect("it is one of them");
        assert!(sizes[smallest..].iter().any(|s| *s >= 8 * least), "{}: it grows back: {sizes:?}", case.name);
        for request in world.requests.iter().filter(|r| r.method == Method::Patch) {
            let unbounded = header(request, "upload-offset") == Some("0") && request.body_len() == 4 << 20;
            assert_eq!(
                header(request, "upload-checksum").is_none(),
                unbounded,
                "a checksum on bounded PATCHes, and on no other"
            );
        }
    }
}

#[test]
fn a_gateway_with_a_small_limit_is_got_through() {
    for (case, plain) in [(TUS_BARE, false), (TUS_BARE, true), (TUS_SATCHEL, false)] {
        let satchel = case.name == TUS_SATCHEL.name;
        let server = TusServer::new(Abilities { largest_body: Some(1 << 20), satchel, ..Abilities::default() });
        let mut world = World::new(case, &payload(5 << 20), plain, 1).with_server(server);
        let end = world.run_schedule(&[]);
        assert!(matches!(end, Ok(End::Done(_))), "{} {plain}: {end:?} {:?}", case.name, bodies(&world, Method::Patch));
    }
}

#[test]
fn a_piece_that_is_damaged_on_the_way_is_sent_again_and_nothing_else() {
    for case in [TUS_BARE, TUS_SATCHEL] {
        for damaged in 0..4 {
            let mut world = World::new(case, &payload(3 << 20), false, 1);
            let (mut cut, mut pieces) = (false, 0);
            let end = world.run(|_, need| match need {
                // Bytes went out and nothing moved: bounded, with checksums, from here on.
                Need::Send(_, request) if !cut && request.body_len() > 0 => {
                    cut = true;
                    Fault::CutUp { arrived: 0, held: 9 }
                }
                Need::Send(_, request) if header(request, "upload-checksum").is_some() => {
                    pieces += 1;
                    if pieces == damaged + 1 { Fault::Corrupt } else { Fault::None }
                }
                _ => Fault::None,
            });
            assert!(matches!(end, Ok(End::Done(_))), "{}, {damaged}: {end:?}", case.name);
            assert!(pieces > damaged, "{}: {pieces} pieces", case.name);
            assert!(world.requests.iter().all(|r| r.method != Method::Delete));
        }
    }
}

#[test]
fn law_10_an_upload_that_is_gone_is_begun_anew_unless_it_may_be_there() {
    for case in [TUS_BARE, TUS_SATCHEL] {
        for plain in [false, true] {
            // Half of it is there, and then a month goes by.
            let half = Fault::CutUp { arrived: 500, held: 0 };
            for before in 0..2 {
                let mut faults = vec![Fault::None; before];
                faults.extend([half, Fault::Sleep(24 * 31)]);
                let mut world = World::new(case, &payload(1000), plain, 1);
                let end = world.run_schedule(&faults);
                assert!(matches!(end, Ok(End::Done(_) | End::Had)), "{} {faults:?}: {end:?}", case.name);
            }
        }
    }
    // The last byte went out, nobody knows whether it came, and the upload is gone.
    let all = [Fault::None, Fault::CutUp { arrived: 10, held: 990 }, Fault::Sleep(24 * 31)];
    let mut world = World::new(TUS_BARE, &payload(1000), false, 1);
    assert_eq!(world.run_schedule(&all), Ok(End::FateUnknown));
    let mut world = World::new(TUS_SATCHEL, &payload(1000), false, 1);
    let end = world.run_schedule(&[Fault::CutUp { arrived: 10, held: 990 }, Fault::None, Fault::Sleep(24 * 31)]);
    assert!(matches!(end, Ok(End::Done(_))), "a server that can be asked says that it has not: {end:?}");
}

#[test]
fn a_server_that_does_not_delete_lets_go_all_the_same() {
    let server = TusServer::new(Abilities { termination: false, ..Abilities::default() });
    let mut world = World::new(TUS_BARE, &payload(1000), false, 1).with_server(server);
    world.most_rests = 0;
    let end = world.run(|turn, _| if turn == 0 { Fault::None } else { Fault::NoConnection });
    assert!(matches!(end, Ok(End::Resting(Trouble::Unreachable))), "{end:?}");
    assert_eq!(world.abandon(), Ok(End::Abandoned));
}

#[test]
fn an_absolute_location_of_the_same_origin_is_taken() {
    for plain in [false, true] {
        let server = TusServer::new(Abilities { absolute: true, ..Abilities::default() });
        let mut world = World::new(TUS_BARE, &payload(1000), plain, 1).with_server(server);
        let end =
            world.run_schedule(&[Fault::None, Fault::CutUp { arrived: 5, held: 5 }, Fault::LostReply(Cut::NoReply)]);
        assert!(matches!(end, Ok(End::Done(_))), "{end:?}");
    }
}
