//! The contract suite, run for every wire machine: the promises that hold for all of them.
//! What only one protocol promises is in `contract_tus.rs`.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use proptest::prelude::*;
use satchel_kernel::outcome::{Cut, Method};
use satchel_kernel::state::{ParkReason, Trouble};
use satchel_kernel::wire::{Need, Protocol};
use satchel_testkit::Chance;
use satchel_testkit::contract::driver::{End, World};
use satchel_testkit::contract::faults::{EACH, Fault};
use satchel_testkit::contract::{Case, POST, TUS_BARE, TUS_SATCHEL};

const CASES: [Case; 3] = [TUS_BARE, TUS_SATCHEL, POST];

fn payload(seed: u64, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    Chance::new(seed).fill(&mut bytes);
    bytes
}

/// A run that nothing but passing faults disturb ends at the target, or says honestly that nobody can know.
fn arrives(world: &mut World, faults: &[Fault]) -> Result<(), String> {
    match world.run_schedule(faults)? {
        End::Done(_) | End::Had => Ok(()),
        // Only where the server cannot be asked.
        End::FateUnknown if world.server.has(&world.job.hash).is_none() => Ok(()),
        // Over plain HTTP a no that is forged often enough asks a person, who retries.
        End::Parked(ParkReason::Refused { status })
            if faults.iter().filter(|f| **f == Fault::Forged(status)).count() > 0 =>
        {
            world.retry();
            arrives(world, &[])
        }
        other => Err(format!("it ends with {other:?}")),
    }
}

#[test]
fn nothing_goes_wrong_and_no_byte_is_sent_twice() {
    for case in CASES {
        for (plain, length) in [(false, 1), (true, 1), (false, 65_536), (true, 1_000_000)] {
            let mut world = World::new(case, &payload(1, length), plain, 1);
            let end = world.run_schedule(&[]).expect(case.name);
            assert!(matches!(end, End::Done(_)), "{}: {end:?}", case.name);
            assert_eq!(world.sent, length as u64, "{}", case.name);
            let most = if case.name == TUS_BARE.name { 2 } else { 1 };
            assert_eq!(world.requests.len(), most, "{}: round trips", case.name);
            assert!(world.requests.iter().all(|r| r.headers.iter().all(|(n, _)| n != "upload-checksum")));
        }
    }
}

/// Point 4 of the first issue: a cut at every byte of 64 KB.
fn cut_at_every(case: Case, stride: usize) {
    const LENGTH: u64 = 64 << 10;
    let bytes = payload(4, LENGTH as usize);
    for arrived in (0..=LENGTH).step_by(stride) {
        // What the proxy swallows: bytes that the socket took and that never arrived.
        let held = if arrived % 3 == 0 { arrived % 4096 } else { 0 };
        let mut world = World::new(case, &bytes, arrived % 2 == 0, arrived);
        let mut cut = false;
        let end = world.run(|_, need| match need {
            Need::Send(_, request) if !cut && request.body_len() > 0 => {
                cut = true;
                Fault::CutUp { arrived, held }
            }
            _ => Fault::None,
        });
        let end = end.unwrap_or_else(|why| panic!("{}, cut at byte {arrived}: {why}", case.name));
        assert!(matches!(end, End::Done(_)), "{}, cut at byte {arrived}: {end:?}", case.name);
        assert_eq!(world.server.completed().len(), 1);
        let again = match case.protocol {
            Protocol::Tus => held.min(LENGTH - arrived),
            Protocol::Post => (arrived + held).min(LENGTH),
        };
        assert_eq!(world.sent, LENGTH + again, "{}, cut at byte {arrived}", case.name);
    }
}

#[test]
fn law_4_a_cut_at_every_byte_of_tus() {
    cut_at_every(TUS_BARE, 1);
}

#[test]
fn law_4_a_cut_at_every_byte_of_tus_with_a_key() {
    cut_at_every(TUS_SATCHEL, 1);
}

/// A post counts whole or not at all, so some bytes stand for all.
#[test]
fn law_4_a_cut_of_a_post() {
    cut_at_every(POST, 61);
}

/// The other direction: the answer is cut, at whichever request, once and twice.
#[test]
fn law_4_a_reply_that_is_lost_costs_no_byte_of_tus() {
    for case in [TUS_BARE, TUS_SATCHEL] {
        for lost in 0..4u32 {
            for also in 0..6u32 {
                let mut world = World::new(case, &payload(4, 5000), false, 4);
                let end =
                    world.run(
                        |turn, _| if turn == lost || turn == also { Fault::LostReply(Cut::Reset) } else { Fault::None },
                    );
                assert!(matches!(end, Ok(End::Done(_))), "{}, {lost}, {also}: {end:?}", case.name);
                assert_eq!(world.sent, 5000, "{}, {lost}, {also}", case.name);
            }
        }
    }
}

#[test]
fn law_1_every_fault_at_every_request_and_every_two_of_them() {
    let bytes = payload(5, 1000);
    for case in CASES {
        for plain in [false, true] {
            for (i, first) in EACH.iter().enumerate() {
                for (j, second) in EACH.iter().enumerate() {
                    for gap in 0..4 {
                        for before in 0..3 {
                            let mut faults = vec![Fault::None; before];
                            faults.push(*first);
                            faults.extend(vec![Fault::None; gap]);
                            faults.push(*second);
                            let mut world = World::new(case, &bytes, plain, (i * 100 + j) as u64);
                            arrives(&mut world, &faults)
                                .unwrap_or_else(|why| panic!("{}, plain {plain}, {faults:?}: {why}", case.name));
                        }
                    }
                }
            }
        }
    }
}

/// False answers for as long as one likes: no end but a rest, and afterwards all arrives, once.
#[test]
fn law_3_false_answers_neither_complete_nor_destroy() {
    let mut false_ones: Vec<Fault> = Vec::new();
    for status in [200, 201, 204, 302, 307, 308, 401, 403, 404, 410, 413, 451, 503, 511] {
        false_ones.extend([Fault::Page(status), Fault::Gateway(status)]);
    }
    false_ones.extend([Fault::Elsewhere, Fault::Certificate, Fault::NoConnection, Fault::LostReply(Cut::Garbage)]);
    for case in CASES {
        for plain in [false, true] {
            for fault in &false_ones {
                for before in 0..3 {
                    let mut world = World::new(case, &payload(6, 3000), plain, 6);
                    world.most_rests = 12;
                    let end = world.run(|turn, _| if turn < before { Fault::None } else { *fault });
                    let end = end.unwrap_or_else(|why| panic!("{}, {fault:?} from {before}: {why}", case.name));
                    match end {
                        End::Resting(trouble) => assert_ne!(trouble, Trouble::Other),
                        // It was done before the first of them.
                        End::Done(_) => assert_eq!(world.server.completed().len(), 1),
                        other => panic!("{}, {fault:?}: {other:?}", case.name),
                    }
                    assert!(world.requests.iter().all(|r| r.method != Method::Delete));
                    world.most_rests = 40;
                    arrives(&mut world, &[]).unwrap_or_else(|why| panic!("{}, after {fault:?}: {why}", case.name));
                    assert_eq!(world.server.completed().len(), 1);
                }
            }
        }
    }
}

#[test]
fn giving_up_ends_at_once_and_leaves_no_unfinished_upload() {
    for case in CASES {
        for before in 0..3 {
            let mut world = World::new(case, &payload(7, 3000), false, 7);
            world.most_rests = 0;
            world.run(|turn, _| if turn < before { Fault::None } else { Fault::NoConnection }).expect(case.name);
            let done = world.server.completed().len();
            let end = world.abandon().expect(case.name);
            assert!(matches!((end, done), (End::Abandoned, 0) | (End::Done(_), 1)), "{}", case.name);
            assert_eq!(world.server.completed().len(), done);
        }
    }
}

#[test]
fn a_source_that_is_not_what_was_hashed_ends_as_such() {
    for case in [TUS_BARE, TUS_SATCHEL] {
        for cut in [Cut::SourceChanged, Cut::SourceUnreadable] {
            let mut world = World::new(case, &payload(8, 3000), false, 8);
            let end = world.run(|_, need| match need {
                Need::Send(_, request) if request.body_len() > 0 => Fault::OursUp { sent: 100, cut },
                _ => Fault::None,
            });
            assert_eq!(end.expect(case.name), End::SourceChanged, "{}", case.name);
        }
    }
}

/// `PROPTEST_CASES`, else as many as take a second or two.
fn runs() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(1500)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: runs(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn law_1_and_10_whatever_happens_it_arrives_once(seed: u64, case in 0usize..3, plain: bool, size in 0u32..21, faults in 0u64..24) {
        let length = 1 + Chance::new(seed).below(1 << size) as usize;
        let schedule = Fault::schedule(seed, length as u64, faults);
        let mut world = World::new(CASES[case], &payload(seed, length), plain, seed);
        if let Err(why) = arrives(&mut world, &schedule) {
            return Err(TestCaseError::fail(format!("{}, {length} bytes, {schedule:?}: {why}", CASES[case].name)));
        }
    }

    #[test]
    fn law_8_the_same_again_gives_the_same(seed: u64, case in 0usize..3) {
        let run = || {
            let mut world = World::new(CASES[case], &payload(seed, 5000), false, seed);
            let end = world.run_schedule(&Fault::schedule(seed, 5000, 12));
            (end, world.requests, world.sent, world.rests)
        };
        prop_assert_eq!(run(), run());
    }
}
