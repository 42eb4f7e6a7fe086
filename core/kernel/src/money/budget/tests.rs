use proptest::prelude::*;

use super::*;
use crate::ids::BootId;
use crate::money::reckoned::Reckoned;
use crate::time::Now;

const HOUR: i64 = 3_600_000;

#[test]
fn a_day_ends_at_local_midnight() {
    // 2026-11-21 15:00 in a zone two hours ahead.
    let at = 1_795_266_000_000;
    let day = Running::first(Period::Day, at, 120);
    assert_eq!(day.to_ms - at, 9 * HOUR);
    assert_eq!(day.by(Period::Day, at + 8 * HOUR, 120), day);
    let next = Running { used: 5, ..day }.by(Period::Day, day.to_ms, 120);
    assert_eq!((next.used, next.to_ms - next.from_ms), (0, 24 * HOUR));
    // Two days passed without anyone looking.
    let later = day.by(Period::Day, day.to_ms + 30 * HOUR, 120);
    assert_eq!(later.to_ms, day.to_ms + 48 * HOUR);
}

#[test]
fn a_trip_has_one_period() {
    let trip = Period::Trip { from_utc_ms: 1000, to_utc_ms: 2000 };
    let running = Running { used: 7, ..Running::first(trip, 500, 0) };
    assert_eq!(running.by(trip, 5000, 0), running);
}

#[test]
fn the_class_of_metered_links_counts_those_of_unknown_price() {
    let metered = Covers::Class(LinkClass::Metered);
    assert!(metered.counts(LinkClass::Unknown, None) && metered.counts(LinkClass::Metered, Some("a")));
    assert!(metered.counts(LinkClass::Roaming, None) && !metered.counts(LinkClass::Unmetered, None));
    assert!(!metered.allows(LinkClass::Roaming, None) && metered.allows(LinkClass::Unknown, None));
    assert!(Covers::Class(LinkClass::Roaming).allows(LinkClass::Roaming, None));
    assert!(Covers::Network("a".into()).counts(LinkClass::Unmetered, Some("a")));
}

#[derive(Debug, Clone)]
enum Event {
    /// So long passes.
    Pass(u64),
    /// The wall clock is set.
    Wall(i64),
    /// The zone is set, in minutes.
    Zone(i32),
    /// Switched off and on: nobody knows for how long.
    Boot(u64),
    /// Bytes are spent, as far as there are any.
    Spend,
    /// A server says what time it truly is.
    Vouch,
}

fn any_event() -> impl Strategy<Value = Event> {
    prop_oneof![
        (0u64..40 * 3_600_000).prop_map(Event::Pass),
        any::<i64>().prop_map(|wall| Event::Wall(wall / 4)),
        (-14 * 60..14 * 60).prop_map(Event::Zone),
        (0u64..90 * 3_600_000).prop_map(Event::Boot),
        Just(Event::Spend),
        Just(Event::Vouch),
    ]
}

proptest! {
    /// Laws 2 and 10: whatever is done to clock and zone, by any time there were no more budgets of a day than one in 20 hours
    /// of the time that truly passed, beside the first and the one that runs; and it is filled again after 44 hours that surely
    /// passed. (What was switched off at night may spend yesterday's budget in the morning, and today's once a server said what
    /// time it is.)
    #[test]
    fn no_clock_refills_or_freezes_a_budget(events in prop::collection::vec(any_event(), 1..60), began in 0i64..4_000_000_000_000) {
        let mut truth = began;
        let mut now = Now { utc_ms: began, boot: BootId::from_bytes([1; 16]), since_boot_ms: 0, zone_min: 0 };
        let mut reckoned = Reckoned::first(&now);
        let mut running = Running::first(Period::Day, reckoned.at(&now), 0);
        let (mut spent, mut fresh, mut surely) = (vec![], true, 0u64);
        for event in events {
            match event {
                Event::Pass(ms) => {
                    truth += ms as i64;
                    now.utc_ms = now.utc_ms.saturating_add_unsigned(ms);
                    now.since_boot_ms += ms;
                    surely += ms;
                }
                Event::Wall(wall) => now.utc_ms = wall,
                Event::Zone(zone) => now.zone_min = zone,
                Event::Boot(off) => {
                    reckoned = reckoned.noted(&now);
                    truth += off as i64;
                    let mut boot = *now.boot.as_bytes();
                    boot[0] = boot[0].wrapping_add(1);
                    now = Now { boot: BootId::from_bytes(boot), since_boot_ms: 0, ..now };
                }
                Event::Vouch => {
                    let moved;
                    (reckoned, moved) = reckoned.vouched(&now, truth);
                    running = running.moved(Period::Day, moved);
                }
                Event::Spend => {}
            }
            let at = reckoned.at(&now);
            prop_assert!(at <= truth, "reckoned time ran ahead");
            let by = running.by(Period::Day, at, now.zone_min);
            if by != running {
                fresh = true;
                surely = 0;
            }
            running = by;
            prop_assert!(surely <= 44 * 3_600_000, "frozen");
            if matches!(event, Event::Spend) && fresh {
                fresh = false;
                spent.push(truth);
            }
        }
        for (n, at) in (0..).zip(&spent) {
            prop_assert!((at - began) / (20 * HOUR) + 1 >= n, "{spent:?}");
        }
    }

    /// A wall clock that was ahead at the beginning, put right by a server: nothing is won by it.
    #[test]
    fn the_first_word_of_a_server_moves_what_runs(ahead in 1i64..1000, passed in 0u64..20 * 3_600_000) {
        let now = Now { utc_ms: ahead * 24 * HOUR, boot: BootId::from_bytes([1; 16]), since_boot_ms: 0, zone_min: 0 };
        let later = Now { since_boot_ms: passed, ..now };
        let reckoned = Reckoned::first(&now);
        let running = Running { used: 9, ..Running::first(Period::Day, reckoned.at(&now), 0) };
        let (after, moved) = reckoned.vouched(&later, 0);
        let (before, after) = (running.to_ms - reckoned.at(&later), running.moved(Period::Day, moved).to_ms - after.at(&later));
        prop_assert_eq!(before, after);
        prop_assert_eq!(running.moved(Period::Day, moved).used, 9);
    }
}
