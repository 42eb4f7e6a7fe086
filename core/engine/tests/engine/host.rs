//! HTTP that the host runs: a system carries the requests, also while the app is dead, and everything arrives once.

mod day;
mod elsewhere;
pub(crate) mod system;

use std::time::Duration;

use satchel::host::{
    Cut, HostId, HostLimits, HostOutcome, HostStep, LEAST_BYTES_PER_STEP, LeaseId, Method, Peer, Taken,
};
use satchel::kernel::health::{Block, Health};
use satchel::{AssetState, Error, Link, Outbox, Policy, Proof};
use satchel_testkit::liar::LyingTus;
use system::Transfer;

use super::endpoints::Twice;
use super::world::{Place, add, aim, open, pair, receiver, run, run_out, states, within};

pub(crate) fn limits(most_steps: usize) -> HostLimits {
    HostLimits { most_steps, most_bytes_per_step: LEAST_BYTES_PER_STEP, budget_left: None }
}

pub(crate) fn host(n: u8) -> HostId {
    HostId::from_bytes([n; 16])
}

/// The next step, where there is just one.
async fn one(outbox: &Outbox) -> HostStep {
    let mut steps = within(outbox.host_steps(host(1), limits(1))).await.unwrap().steps;
    assert_eq!(steps.len(), 1, "{:?}", states(outbox).await);
    steps.remove(0)
}

/// An honest system carries whatever there is, until there is nothing.
async fn carry_out(outbox: &Outbox) -> Vec<Method> {
    let mut carried = vec![];
    for _ in 0..200 {
        outbox.try_now().await.unwrap();
        let steps = within(outbox.host_steps(host(1), limits(4))).await.unwrap().steps;
        if steps.is_empty() {
            return carried;
        }
        for step in steps {
            carried.push(step.method);
            let transfer = Transfer::of(step);
            let outcome = within(transfer.send()).await;
            assert_ne!(outbox.host_outcome(transfer.step.lease, outcome).await.unwrap(), Taken::Stale);
        }
    }
    panic!("there is no end of steps: {:?}", states(outbox).await);
}

pub(crate) fn bodies(place: &Place) -> Vec<std::path::PathBuf> {
    let all = std::fs::read_dir(place.folder.join("spool")).unwrap().map(|entry| entry.unwrap().path());
    all.filter(|path| path.extension().is_some_and(|e| e == "step")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_goes_in_pieces_each_a_file_of_its_own() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 200_000, 1);
    let id = add(&outbox, &photo.path).await;
    let carried = carry_out(&outbox).await;
    use Method::{Patch, Post};
    assert_eq!(carried, [Post, Patch, Patch, Patch, Patch], "each answer tells the offset, so nothing is asked");
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Unproven });
    assert_eq!(tus.bytes_of(&tus.completed()[0].id).unwrap(), photo.bytes);
    assert_eq!(bodies(&place), [""; 0].map(std::path::PathBuf::from));
    let ledger = outbox.ledger().await.unwrap();
    assert_eq!(
        ledger.iter().map(|row| (row.acknowledged, row.wasted)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)),
        (200_000, 0)
    );
    let sent: u64 = ledger.iter().map(|row| row.sent).sum();
    assert!((200_000..220_000).contains(&sent), "what surrounds five requests is counted too: {sent}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_gets_posts_and_photos_and_signs_for_them() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &receiver, None).await;
    for n in 0..3 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 90_000, n).path).await;
    }
    let first = one(&outbox).await;
    assert_eq!((first.method, first.upload, first.pin.as_deref()), (Method::Post, None, Some(receiver.pin())));
    let token = first.headers.iter().find(|(name, _)| name == "authorization").unwrap().1.clone();
    assert!(!format!("{first:?}").contains(&token), "a step in a log tells the token");
    let transfer = Transfer::of(first);
    outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
    carry_out(&outbox).await;
    for n in 3..5 {
        receiver.rotate_key().await.unwrap();
        add(&outbox, &place.photo(&format!("{n}.jpg"), 90_000, n).path).await;
        let carried = carry_out(&outbox).await;
        assert!(carried.contains(&Method::Get), "the chain of keys was not asked for");
    }
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.delivered, counts.posts_open), (5, 0), "{:?}", states(&outbox).await);
    for asset in super::world::all(&outbox).await {
        assert_eq!(asset.state, AssetState::Delivered { proof: Proof::Receipt }, "{}", asset.name);
    }
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 5);
    assert_eq!(bodies(&place).len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_repeats_at_a_stale_offset_is_asked_for_and_goes_on() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 300_000, 1);
    add(&outbox, &photo.path).await;
    let created = Transfer::of(one(&outbox).await);
    outbox.host_outcome(created.step.lease, created.send().await).await.unwrap();
    for _ in 0..4 {
        let patch = Transfer::of(one(&outbox).await);
        assert_eq!(patch.step.method, Method::Patch);
        // The system lost the answer, and tried again by itself.
        patch.send().await;
        let again = patch.send().await;
        assert!(matches!(again, HostOutcome::Reply { status: 409, .. }), "{again:?}");
        assert_eq!(outbox.host_outcome(patch.step.lease, again).await.unwrap(), Taken::Recorded { more: true });
        let head = Transfer::of(one(&outbox).await);
        assert_eq!(head.step.method, Method::Head);
        outbox.host_outcome(head.step.lease, head.send().await).await.unwrap();
    }
    carry_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
    let counts = outbox.counts().await.unwrap();
    assert_eq!((counts.delivered, counts.needs_person()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_runner_never_touches_what_a_host_has() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photos: Vec<_> = (0..6).map(|n| place.photo(&format!("{n}.jpg"), 70_000, n)).collect();
    for photo in &photos {
        add(&outbox, &photo.path).await;
    }
    let steps = outbox.host_steps(host(1), limits(2)).await.unwrap().steps;
    assert_eq!(steps.len(), 2);
    // Two runs, the second of another process, as it were: its start voids what a dead run left, and nothing else.
    for outbox in [&outbox, &place.open().await] {
        let report = run(outbox).await;
        assert_eq!((report.counts.delivered, report.counts.waiting()), (4, 2), "{:?}", states(outbox).await);
        assert_eq!(tus.created(), 4);
    }
    let mut next = vec![];
    for step in steps {
        let transfer = Transfer::of(step);
        let taken = outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
        assert_eq!(taken, Taken::Recorded { more: true });
        next.extend(outbox.host_steps(host(1), limits(1)).await.unwrap().steps);
    }
    assert_eq!(next.iter().map(|step| step.method).collect::<Vec<_>>(), [Method::Patch; 2]);
    let seen = tus.seen().len();
    run(&outbox).await;
    assert_eq!(tus.seen().len(), seen, "the runner spoke of a leased upload");
    // One is still carried, the other one the system has lost.
    assert_eq!(outbox.host_running(host(2), &[]).await.unwrap(), 0, "another host's leases");
    assert_eq!(outbox.host_running(host(1), &[next[0].lease]).await.unwrap(), 1);
    assert_eq!(bodies(&place).len(), 1);
    let report = run_out_but(&outbox, 1).await;
    assert_eq!(report, 5);
    let heads = tus.seen()[seen..].iter().filter(|s| s.method == "HEAD").count();
    assert_eq!(heads, 1, "what is void begins with the question");
    let late = Transfer::of(next.remove(0));
    outbox.host_outcome(late.step.lease, late.send().await).await.unwrap();
    carry_out(&outbox).await;
    for photo in &photos {
        assert_eq!(tus.completions_of(&photo.hash), 1);
    }
}

/// Runs until only so many wait, and tells how many are delivered.
async fn run_out_but(outbox: &Outbox, waiting: u64) -> u64 {
    for _ in 0..20 {
        outbox.try_now().await.unwrap();
        let report = run(outbox).await;
        if report.counts.waiting() == waiting {
            return report.counts.delivered;
        }
    }
    panic!("{:?}", states(outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outcome_that_is_late_or_doubled_changes_nothing() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 100_000, 1);
    let id = add(&outbox, &photo.path).await;
    let created = Transfer::of(one(&outbox).await);
    let outcome = created.send().await;
    let (a, b) = tokio::join!(
        outbox.host_outcome(created.step.lease, outcome.clone()),
        outbox.host_outcome(created.step.lease, outcome.clone())
    );
    let both = [a.unwrap(), b.unwrap()];
    assert!(both.contains(&Taken::Stale) && both.contains(&Taken::Recorded { more: true }), "{both:?}");
    let patch = Transfer::of(one(&outbox).await);
    assert_eq!(outbox.host_outcome(created.step.lease, outcome).await.unwrap(), Taken::Stale);
    assert_eq!(outbox.host_outcome(LeaseId::from_bytes([7; 16]), patch.send().await).await.unwrap(), Taken::Stale);
    // The host dies, and says that nothing runs; the answer that its system had comes after that.
    let outcome = patch.send().await;
    drop(outbox);
    let outbox = place.open().await;
    assert_eq!(outbox.host_running(host(1), &[]).await.unwrap(), 1);
    assert_eq!(bodies(&place).len(), 0);
    let head = Transfer::of(one(&outbox).await);
    assert_eq!(head.step.method, Method::Head);
    assert!(head.step.epoch > patch.step.epoch);
    assert_eq!(outbox.host_outcome(patch.step.lease, outcome).await.unwrap(), Taken::Stale);
    outbox.host_outcome(head.step.lease, head.send().await).await.unwrap();
    carry_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Unproven });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_removed_or_paused_while_a_system_has_it_is_not_sent_on() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 150_000, 1);
    let id = add(&outbox, &photo.path).await;
    for _ in 0..2 {
        let transfer = Transfer::of(one(&outbox).await);
        outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
    }
    let patch = Transfer::of(one(&outbox).await);
    outbox.pause(true).await.unwrap();
    let taken = outbox.host_outcome(patch.step.lease, patch.send().await).await.unwrap();
    assert_eq!(taken, Taken::Recorded { more: true });
    assert_eq!(outbox.host_steps(host(1), limits(4)).await.unwrap().steps.len(), 0, "it is paused");
    outbox.pause(false).await.unwrap();
    let last = Transfer::of(one(&outbox).await);
    assert_eq!((last.step.method, last.length()), (Method::Patch, 150_000 - 2 * LEAST_BYTES_PER_STEP));
    outbox.remove(id).await.unwrap();
    assert_eq!(outbox.host_steps(host(1), limits(4)).await.unwrap().steps.len(), 0, "its lease is out");
    run(&outbox).await;
    let half = last.send_up_to(100).await;
    assert_eq!(outbox.host_outcome(last.step.lease, half).await.unwrap(), Taken::Recorded { more: false });
    let delete = Transfer::of(one(&outbox).await);
    assert_eq!(delete.step.method, Method::Delete);
    // Added again meanwhile, it waits until the old upload is freed.
    let again = add(&outbox, &photo.path).await;
    run(&outbox).await;
    let taken = outbox.host_outcome(delete.step.lease, delete.send().await).await.unwrap();
    assert_eq!((taken, tus.completions_of(&photo.hash)), (Taken::Recorded { more: false }, 0));
    carry_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
    assert_eq!(outbox.asset(again).await.unwrap().state, AssetState::Delivered { proof: Proof::Unproven });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_that_changes_between_two_pieces_is_never_mixed() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 150_000, 1);
    add(&outbox, &photo.path).await;
    for _ in 0..2 {
        let transfer = Transfer::of(one(&outbox).await);
        outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
    }
    let other = place.photo("a.jpg", 140_000, 2);
    let freeing = Transfer::of(one(&outbox).await);
    assert_eq!(freeing.step.method, Method::Delete, "what the server has is of another file");
    outbox.host_outcome(freeing.step.lease, freeing.send().await).await.unwrap();
    carry_out(&outbox).await;
    assert_eq!((tus.completions_of(&photo.hash), tus.completions_of(&other.hash)), (0, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_budget_holds_over_all_steps_of_a_call() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    for n in 0..4 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 120_000, n).path).await;
    }
    let (mut left, mut sent) = (400_000u64, 0);
    for _ in 0..60 {
        let limits = HostLimits { budget_left: Some(left), ..limits(3) };
        let steps = outbox.host_steps(host(1), limits).await.unwrap().steps;
        assert!(left > 0 || steps.is_empty());
        let whole: u64 = steps.iter().filter_map(|step| step.body.as_ref()).map(|body| body.length).sum();
        assert!(whole <= left, "{whole} bytes with {left} left");
        left -= whole;
        sent += whole;
        for step in steps {
            let transfer = Transfer::of(step);
            outbox.host_outcome(transfer.step.lease, transfer.send().await).await.unwrap();
        }
    }
    assert_eq!((left, sent), (0, 400_000), "what there was leave for was not used");
    carry_out(&outbox).await;
    assert_eq!(outbox.counts().await.unwrap().delivered, 4);
    assert!(tus.completed().len() == 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_step_says_which_networks_may_carry_it_and_none_is_made_on_a_link_that_costs() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let careful = Policy::default();
    let outbox = open(satchel::Config { policy: Some(careful.clone()), ..place.config() }).await;
    aim(&outbox, &tus).await;
    add(&outbox, &place.photo("a.jpg", 5_000, 1).path).await;
    outbox.set_link(Link::cellular());
    let none = outbox.host_steps(host(1), limits(1)).await.unwrap();
    assert_eq!(none.steps.len(), 0);
    assert_eq!(none.wake.needs, Some(satchel::kernel::planner::LinkNeed::Unmetered));
    outbox.set_link(Link::wifi());
    let step = one(&outbox).await;
    assert!(step.constraints.unmetered_only && step.constraints.not_constrained && step.constraints.no_cellular);
    let stopped = HostOutcome::Cut { sent: Some(0), cut: Cut::Stopped };
    outbox.host_outcome(step.lease, stopped).await.unwrap();
    outbox.set_policy(Policy::over_any_link());
    outbox.set_link(Link::cellular());
    assert_eq!(one(&outbox).await.constraints, satchel::host::Constraints::default());
    let small = HostLimits { most_bytes_per_step: LEAST_BYTES_PER_STEP - 1, ..limits(1) };
    assert!(matches!(outbox.host_steps(host(1), small).await, Err(Error::Invalid(_))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warning_page_completes_nothing_and_a_claim_of_trust_over_plain_http_is_not_believed() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 5_000, 1);
    let id = add(&outbox, &photo.path).await;
    let step = one(&outbox).await;
    let page = HostOutcome::Reply {
        status: 200,
        headers: vec![("Content-Type".into(), "text/html".into())],
        body: b"<html>blocked</html>".to_vec(),
        url: step.url.clone(),
        peer: Peer::Root,
        sent: None,
    };
    assert_eq!(outbox.host_outcome(step.lease, page).await.unwrap(), Taken::Recorded { more: false });
    let state = outbox.asset(id).await.unwrap().state;
    assert!(matches!(state, AssetState::Waiting { .. }), "{state:?}");
    outbox.try_now().await.unwrap();
    // A probe, the creation, the bytes.
    for _ in 0..3 {
        let transfer = Transfer::of(one(&outbox).await);
        let HostOutcome::Reply { status, headers, body, url, sent, .. } = transfer.send().await else { panic!() };
        let claimed = HostOutcome::Reply { status, headers, body, url, peer: Peer::Root, sent };
        outbox.host_outcome(transfer.step.lease, claimed).await.unwrap();
    }
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Unproven });
    run_out(&outbox).await;
}

/// Questions are answered, and whatever carries a part of a photo is broken off: that the questions are answered must not hide it.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_whose_bodies_are_broken_off_goes_on_by_the_other_endpoint() {
    let Twice { place, tus, links, outbox, target } = Twice::new().await;
    let blocked = links[0].addr().port();
    let photo = place.photo("a.jpg", 200_000, 1);
    add(&outbox, &photo.path).await;
    let mut broken_off = 0;
    let carried = async {
        while tus.completions_of(&photo.hash) == 0 {
            for step in outbox.host_steps(host(1), limits(4)).await.unwrap().steps {
                let transfer = Transfer::of(step);
                let breaks = transfer.step.method == Method::Patch && transfer.step.url.port() == Some(blocked);
                broken_off += usize::from(breaks);
                let outcome = match breaks {
                    true => HostOutcome::Cut { sent: Some(1_000), cut: Cut::Reset },
                    false => transfer.send().await,
                };
                assert_ne!(outbox.host_outcome(transfer.step.lease, outcome).await.unwrap(), Taken::Stale);
            }
            // What rests is due in a second or two.
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    within(carried).await;
    assert_eq!((tus.completions_of(&photo.hash), tus.created()), (1, 1), "one upload, by two ways");
    assert!(broken_off <= 10, "the first endpoint was tried {broken_off} times");
    let first = outbox.endpoints(target).await.unwrap().remove(0);
    assert_eq!(first.health, Health::Blocked(Block::Reset), "{first:?}");
    run_out(&outbox).await;
}
