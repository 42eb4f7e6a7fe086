use proptest::prelude::*;

use super::*;
use crate::gate::Grade;
use crate::ids::BootId;

fn now(since_boot_ms: u64) -> Now {
    let utc_ms = 1_700_000_000_000 + i64::try_from(since_boot_ms).unwrap();
    Now { utc_ms, boot: BootId::from_bytes([1; 16]), since_boot_ms, zone_min: 0 }
}

fn evidence(verdict: Verdict) -> Evidence {
    Evidence {
        verdict,
        status: 0,
        how: How::Connected,
        other_port: How::Unknown,
        heard: Heard::Tls,
        tls: true,
        only_dates: false,
        captive_hint: false,
        no_internet_hint: false,
        contrast: Contrast::Unknown,
        open_by_address: false,
        known: true,
        in_a_row: 1,
        probe: false,
    }
}

fn silent(cut: Cut) -> Evidence {
    evidence(Verdict::Silence(cut))
}

fn name(evidence: Evidence) -> &'static str {
    match find(&evidence) {
        Some(Finding::Health(health)) => health.name(),
        Some(Finding::NoLink) => "no_link",
        Some(Finding::WrongClock) => "wrong_clock",
        None => "nothing",
    }
}

const PAGE: Verdict = Verdict::Imposter(Imposter::Page);
const FORGED: Verdict = Verdict::Imposter(Imposter::Certificate);

#[test]
fn a_page_is_a_block_or_a_portal_by_what_stands_beside_it() {
    assert_eq!(name(evidence(PAGE)), "blocked:page");
    assert_eq!(name(Evidence { captive_hint: true, ..evidence(PAGE) }), "captive");
    assert_eq!(name(Evidence { contrast: Contrast::Portal, ..evidence(PAGE) }), "captive");
    assert_eq!(name(Evidence { contrast: Contrast::Works, ..evidence(PAGE) }), "blocked:page");
    assert_eq!(name(Evidence { status: 511, ..evidence(PAGE) }), "captive");
    assert_eq!(name(Evidence { status: 502, ..evidence(PAGE) }), "down");
    assert_eq!(name(Evidence { open_by_address: true, ..evidence(PAGE) }), "blocked:name");
    assert_eq!(name(evidence(Verdict::Imposter(Imposter::Redirect))), "blocked:redirect");
}

#[test]
fn what_answers_is_a_wrong_address_until_the_service_answered_there() {
    let unmarked = evidence(Verdict::Imposter(Imposter::Unmarked));
    assert_eq!(name(unmarked), "blocked:page");
    assert_eq!(name(Evidence { known: false, ..unmarked }), "down");
    assert_eq!(name(Evidence { known: false, status: 451, ..unmarked }), "blocked:page");
}

#[test]
fn a_certificate_is_forged_unless_only_its_dates_are_wrong() {
    assert_eq!(name(evidence(FORGED)), "blocked:certificate");
    assert_eq!(name(Evidence { only_dates: true, ..evidence(FORGED) }), "wrong_clock");
    assert_eq!(name(Evidence { captive_hint: true, ..evidence(FORGED) }), "captive");
    assert_eq!(name(Evidence { open_by_address: true, ..evidence(FORGED) }), "blocked:name");
}

#[test]
fn a_silence_is_told_by_what_else_answers() {
    let none = silent(Cut::NoConnection);
    assert_eq!(name(Evidence { how: How::Refused, ..none }), "down");
    assert_eq!(name(Evidence { how: How::Silent, ..none }), "down");
    assert_eq!(name(Evidence { how: How::Silent, other_port: How::Refused, ..none }), "blocked:silence");
    assert_eq!(name(Evidence { how: How::Silent, contrast: Contrast::Nothing, ..none }), "no_link");
    assert_eq!(name(Evidence { how: How::Unreachable, ..none }), "no_link");
    assert_eq!(name(none), "down");
    assert_eq!(name(Evidence { in_a_row: 2, ..none }), "blocked:silence");
    assert_eq!(name(silent(Cut::NoAddress)), "down");
    assert_eq!(name(Evidence { in_a_row: 2, ..silent(Cut::NoAddress) }), "blocked:name");
    assert_eq!(name(Evidence { no_internet_hint: true, ..silent(Cut::NoAddress) }), "no_link");
    assert_eq!(name(silent(Cut::Handshake)), "down");
    assert_eq!(name(Evidence { in_a_row: 2, ..silent(Cut::Handshake) }), "blocked:reset");
    assert_eq!(name(Evidence { in_a_row: 2, heard: Heard::Http, ..silent(Cut::Handshake) }), "blocked:page");
    assert_eq!(name(Evidence { heard: Heard::Other, ..silent(Cut::Handshake) }), "down");
    assert_eq!(name(silent(Cut::Reset)), "slow");
    assert_eq!(name(Evidence { in_a_row: 2, ..silent(Cut::Reset) }), "blocked:reset");
    assert_eq!(name(silent(Cut::Stalled)), "slow");
    let unheard = Evidence { heard: Heard::Nothing, ..silent(Cut::NoReply) };
    assert_eq!(name(Evidence { in_a_row: 2, ..unheard }), "blocked:silence", "the hello was swallowed");
    assert_eq!(name(Evidence { heard: Heard::Tls, in_a_row: 3, ..unheard }), "down");
    let plain = Evidence { tls: false, ..unheard };
    assert_eq!(name(plain), "slow");
    assert_eq!(name(Evidence { in_a_row: 2, ..plain }), "blocked:silence");
    assert_eq!(name(Evidence { how: How::Silent, other_port: How::Refused, ..unheard }), "blocked:silence");
    assert_eq!(name(Evidence { contrast: Contrast::Nothing, in_a_row: 2, ..silent(Cut::Handshake) }), "blocked:reset");
    for ours in [Cut::Stopped, Cut::Spent, Cut::SourceChanged, Cut::SourceUnreadable] {
        assert_eq!(name(silent(ours)), "nothing");
    }
}

fn met(cut: Option<Cut>) -> Met {
    Met { trouble: Trouble::Cut, cut, times: 1, probe: false, authentic: false, progressed: false, asked_ms: None }
}

/// A network that lets probes through, and nothing else, is not asked without end.
#[test]
fn a_probe_that_passes_does_not_end_what_traffic_met() {
    let (mut fares, mut at, mut tries) = (Fares::default(), 0u64, 0);
    while at < 3_600_000 {
        assert!(!fares.wants_probe() && fares.is_awake(&now(at)));
        let evidence = Evidence { in_a_row: fares.in_a_row_with(Cut::Reset, 1), ..silent(Cut::Reset) };
        fares = fares.after(find(&evidence).unwrap(), &met(Some(Cut::Reset)), &now(at), 7);
        tries += 1;
        at += fares.due.map_or(0, |due| due.remaining_ms(&now(at)));
        if fares.wants_probe() {
            fares = fares.after(Finding::Health(Health::Open), &Met { probe: true, ..met(None) }, &now(at), 7);
        }
        assert!(tries < 3 || fares.health == Health::Blocked(Block::Reset), "{fares:?}");
    }
    assert!((5..20).contains(&tries), "{tries} tries in an hour");
}

fn verdicts() -> impl Strategy<Value = Verdict> {
    use Imposter::{Certificate, Garbage, Page, Redirect, Unmarked};
    let cuts =
        [Cut::NoAddress, Cut::NoConnection, Cut::Handshake, Cut::Reset, Cut::Stalled, Cut::NoReply, Cut::Stopped];
    let imposters = [Page, Redirect, Certificate, Garbage, Unmarked];
    prop_oneof![
        prop::sample::select(cuts.map(Verdict::Silence).to_vec()),
        prop::sample::select(imposters.map(Verdict::Imposter).to_vec()),
    ]
}

fn any_evidence(verdicts: impl Strategy<Value = Verdict>) -> impl Strategy<Value = Evidence> {
    let hows = [How::Unknown, How::NoName, How::Refused, How::Unreachable, How::Silent, How::Connected];
    let contrasts = [Contrast::Unknown, Contrast::Works, Contrast::Portal, Contrast::Nothing];
    let seen = (
        prop::sample::select(hows.to_vec()),
        prop::sample::select(hows.to_vec()),
        prop::sample::select(contrasts.to_vec()),
    );
    (verdicts, 200u16..600, seen, any::<[bool; 6]>(), 1u32..9).prop_map(|(verdict, status, seen, flags, in_a_row)| {
        let [plain, only_dates, captive_hint, open_by_address, known, probe] = flags;
        let (how, other_port, contrast) = seen;
        Evidence {
            verdict,
            status,
            how,
            other_port,
            tls: !plain,
            heard: if plain { Heard::Other } else { Heard::Tls },
            no_internet_hint: plain,
            only_dates,
            captive_hint,
            contrast,
            open_by_address,
            known,
            in_a_row,
            probe,
        }
    })
}

proptest! {
    /// Law 3: only an authentic answer opens an endpoint; whatever the hint says, it does.
    #[test]
    fn only_the_services_own_word_opens(foreign in any_evidence(verdicts()), own in any_evidence(Just(Verdict::Service(Grade::Proven)))) {
        prop_assert_ne!(find(&foreign), Some(Finding::Health(Health::Open)));
        let own = Evidence { status: own.status.clamp(200, 499), ..own };
        prop_assert_eq!(find(&own), Some(Finding::Health(Health::Open)));
    }

    /// Law 10: whatever was met, and in whatever order, an endpoint is tried again within an hour; and an open one at once.
    #[test]
    fn no_row_of_troubles_freezes_an_endpoint(row in prop::collection::vec((any_evidence(verdicts()), 0u64..7_200_000), 1..40), seed: u64) {
        let (mut fares, mut at) = (Fares::default(), 0);
        for (seen, pause) in row {
            at += pause;
            let met = Met { probe: seen.probe, ..met(Some(Cut::Reset)) };
            let Some(finding) = find(&seen) else { continue };
            let before = fares;
            fares = fares.after(finding, &met, &now(at), seed);
            prop_assert_eq!(fares, before.after(finding, &met, &now(at), seed));
            let left = fares.due.map_or(0, |due| due.remaining_ms(&now(at)));
            prop_assert!(left <= PROBE_CAP_MS);
            // But for the one that follows the first trouble at once, each try follows a wait.
            prop_assert!(left > 0 || fares.suspect && fares.failures == 1);
        }
        let met = met(None);
        let open = fares.after(Finding::Health(Health::Open), &met, &now(at), seed);
        prop_assert!(open.is_awake(&now(at)) && !open.wants_probe() && open.known && open.trouble.is_none());
        let elsewhere = fares.elsewhere(&now(at));
        prop_assert!(elsewhere.is_awake(&now(at)) && !elsewhere.wants_probe());
    }

    /// Probes of an endpoint that stays blocked come further and further apart.
    #[test]
    fn probes_space_out(seed: u64) {
        let (mut fares, mut at, mut waits) = (Fares::default(), 0, vec![]);
        let met = Met { probe: true, trouble: Trouble::Imposter(Imposter::Page), ..met(None) };
        for _ in 0..30 {
            fares = fares.after(Finding::Health(Health::Blocked(Block::Page)), &met, &now(at), seed);
            let wait = fares.due.unwrap().remaining_ms(&now(at));
            waits.push(wait);
            at += wait;
        }
        // Of each wait the upper half is jitter.
        prop_assert!(waits.windows(3).all(|w| w[2] >= w[0] || w[0] >= PROBE_CAP_MS / 2), "{waits:?}");
        prop_assert!(waits[20..].iter().all(|wait| *wait >= PROBE_CAP_MS / 2));
    }
}
