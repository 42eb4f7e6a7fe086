//! What an app does with an outbox on an ordinary day.

use std::fs;
use std::time::Duration;

use satchel::kernel::protocol::post::Rendition;
use satchel::{
    AddOptions, AddOutcome, AssetState, Change, Error, Link, Order, Outbox, ParkReason, Policy, PostEdit, Proof,
    RunOptions, WaitReason,
};
use satchel_testkit::liar::{FalseAnswer, Lie, LyingTus, Point, Seen, When};
use satchel_testkit::link::{Conditions, Simulator};
use tokio::sync::broadcast::Receiver as Changes;
use tokio_util::sync::CancellationToken;

use super::world::{Place, add, aim, all, at_once, open, pair, receiver, run, run_out, states, within};

pub(crate) fn caption(text: &str) -> PostEdit {
    PostEdit { caption: Some(text.to_owned()), ..PostEdit::default() }
}

/// Waits for a change that is looked for.
pub(crate) async fn until(changes: &mut Changes<Change>, mut wanted: impl FnMut(&Change) -> bool) -> Change {
    within(async {
        loop {
            let change = changes.recv().await.unwrap();
            if wanted(&change) {
                return change;
            }
        }
    })
    .await
}

pub(crate) fn moved(change: &Change) -> bool {
    matches!(change, Change::Progress { rendition: Rendition::Original, sent, .. } if *sent > 0)
}

/// A tus server behind a link that can be made slow.
struct Slow {
    place: Place,
    tus: LyingTus,
    link: Simulator,
    outbox: Outbox,
}

impl Slow {
    async fn new() -> Self {
        let place = Place::new();
        let tus = LyingTus::start().await.unwrap();
        let link = Simulator::start("127.0.0.1:0".parse().unwrap(), tus.addr(), 1).unwrap();
        let outbox = open(place.patient()).await;
        outbox.set_tus_target(format!("http://{}/files/", link.addr()).parse().unwrap()).await.unwrap();
        Self { place, tus, link, outbox }
    }

    /// As slow as lets a test act in the middle of an upload.
    fn slow(&self) {
        self.link.set(Conditions::open().rates(60_000, 1_000_000));
    }

    fn run(&self, cancel: &CancellationToken) -> tokio::task::JoinHandle<satchel::Result<satchel::Report>> {
        let (outbox, cancel) = (self.outbox.clone(), cancel.clone());
        tokio::spawn(async move { outbox.run(at_once(), cancel).await })
    }
}

fn requests(seen: &[Seen], method: &str) -> usize {
    seen.iter().filter(|s| s.method == method).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn twins_are_sent_once_keep_their_own_posts_and_lift_each_other() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &receiver, None).await;
    let one = place.photo("a.jpg", 5_000, 1);
    let two = place.photo("b.jpg", 5_000, 1);
    let first =
        outbox.add(&one.path, &AddOptions { post: caption("one"), ..AddOptions::default() }).await.unwrap().id();
    let options = AddOptions { post: caption("two"), urgent: true, ..AddOptions::default() };
    let second = outbox.add(&two.path, &options).await.unwrap().id();
    let report = run(&outbox).await;
    let counts = report.counts;
    assert_eq!((counts.delivered, counts.posts_delivered, counts.waiting()), (1, 2, 0), "{:?}", states(&outbox).await);
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 1);
    for (id, caption) in [(first, "one"), (second, "two")] {
        let asset = outbox.asset(id).await.unwrap();
        assert_eq!(asset.post.caption.as_deref(), Some(caption));
        assert_eq!(asset.state, AssetState::Delivered { proof: Proof::Receipt });
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_urgent_twin_goes_before_what_is_newer() {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    outbox.set_policy(Policy { uploads_at_once: 1, ..Policy::over_any_link() });
    outbox.set_link(Link::none());
    let old = place.photo("old.jpg", 4_000, 1);
    add(&outbox, &old.path).await;
    for n in 0..4 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 4_000, 10 + n).path).await;
    }
    run(&outbox).await;
    let twin = place.photo("twin.jpg", 4_000, 1);
    outbox.add(&twin.path, &AddOptions { urgent: true, ..AddOptions::default() }).await.unwrap();
    run(&outbox).await;
    outbox.set_link(Link::wifi());
    run(&outbox).await;
    let order: Vec<_> = tus.completed().into_iter().map(|c| c.hash).collect();
    assert_eq!(order.len(), 5);
    assert_eq!(order[0], old.hash, "the urgent twin did not lift what it shares");
}

#[tokio::test(flavor = "multi_thread")]
async fn newest_first_oldest_first_and_urgent_before_both() {
    for order in [Order::Newest, Order::Oldest] {
        let place = Place::new();
        let tus = LyingTus::start().await.unwrap();
        let outbox = place.open().await;
        aim(&outbox, &tus).await;
        outbox.set_policy(Policy { uploads_at_once: 1, order, ..Policy::over_any_link() });
        outbox.set_link(Link::none());
        let mut hashes = Vec::new();
        for n in 0..5 {
            let photo = place.photo(&format!("{n}.jpg"), 2_000, n);
            outbox.add(&photo.path, &AddOptions { urgent: n == 2, ..AddOptions::default() }).await.unwrap();
            hashes.push(photo.hash);
        }
        run(&outbox).await;
        outbox.set_link(Link::wifi());
        run(&outbox).await;
        let wanted = if order == Order::Newest { [2, 4, 3, 1, 0] } else { [2, 0, 1, 3, 4] };
        let sent: Vec<_> = tus.completed().into_iter().map(|c| c.hash).collect();
        assert_eq!(sent, wanted.map(|n| hashes[n].clone()), "{order:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_path_again_revises_and_another_file_there_is_another_asset() {
    let place = Place::new();
    let outbox = place.open().await;
    let photo = place.photo("a.jpg", 1_000, 1);
    let first = outbox.add(&photo.path, &AddOptions::default()).await.unwrap();
    let AddOutcome::Added(id) = first else { panic!("{first:?}") };
    assert_eq!(outbox.add(&photo.path, &AddOptions::default()).await.unwrap(), AddOutcome::Unchanged(id));
    run(&outbox).await;
    let options = AddOptions { post: caption("later"), urgent: true, ..AddOptions::default() };
    assert_eq!(outbox.add(&photo.path, &options).await.unwrap(), AddOutcome::Revised(id));
    let asset = outbox.asset(id).await.unwrap();
    assert_eq!((asset.revision, asset.urgent, asset.post.caption.as_deref()), (2, true, Some("later")));
    assert_eq!(outbox.add(&photo.path, &options).await.unwrap(), AddOutcome::Unchanged(id));
    // The camera begins its count anew.
    place.photo("a.jpg", 1_001, 2);
    let other = outbox.add(&photo.path, &AddOptions::default()).await.unwrap();
    assert!(matches!(other, AddOutcome::Added(new) if new != id), "{other:?}");
    assert_eq!(all(&outbox).await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_parked_for_want_of_its_file_goes_on_when_it_is_handed_in_again() {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 1_000, 1);
    let id = add(&outbox, &photo.path).await;
    fs::remove_file(&photo.path).unwrap();
    run(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::SourceGone });
    // Another photo by now, of the same name.
    let other = place.photo("a.jpg", 2_000, 2);
    let outcome = outbox.add(&other.path, &AddOptions::default()).await.unwrap();
    assert!(!matches!(outcome, AddOutcome::Unchanged(_)), "it was accepted, and nothing would be done: {outcome:?}");
    let report = run(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.needs_person()), (1, 0), "{:?}", states(&outbox).await);
    assert_eq!(tus.completions_of(&other.hash), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn removed_while_queued_it_never_goes_removed_while_sent_it_is_freed_there() {
    let Slow { place, tus, link, outbox } = Slow::new().await;
    let queued = place.photo("queued.jpg", 1_000, 1);
    let id = add(&outbox, &queued.path).await;
    outbox.remove(id).await.unwrap();
    assert!(matches!(outbox.asset(id).await, Err(Error::NoSuchAsset(_))));
    assert!(matches!(outbox.remove(id).await, Err(Error::NoSuchAsset(_))));
    let under_way = place.photo("under_way.jpg", 400_000, 2);
    let id = add(&outbox, &under_way.path).await;
    let mut changes = outbox.observe();
    link.set(Conditions::open().rates(60_000, 1_000_000));
    let running = tokio::spawn({
        let outbox = outbox.clone();
        async move { outbox.run(at_once(), CancellationToken::new()).await }
    });
    until(&mut changes, moved).await;
    outbox.remove(id).await.unwrap();
    let report = within(running).await.unwrap().unwrap();
    assert_eq!((report.counts.waiting(), report.counts.delivered), (0, 0));
    assert_eq!((tus.kept(), tus.completed()), (vec![], vec![]), "the server still holds something");
    assert!(under_way.path.exists() && queued.path.exists(), "an original was touched");
    // Added again it goes, from the start.
    add(&outbox, &under_way.path).await;
    link.set(Conditions::open());
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&under_way.hash), 1);
}

/// A server that does not let its uploads be freed is no reason to stop.
#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_cannot_be_freed_holds_back_nothing() {
    for lie in [Lie::marked(500), Lie::marked(423), Lie::marked(403), Lie::unmarked(405), Lie::retry_after(503, "60")] {
        let Slow { place, tus, link, outbox } = Slow::new().await;
        tus.lie(Point::Delete, lie.clone());
        let unwanted = place.photo("unwanted.jpg", 400_000, 1);
        let id = add(&outbox, &unwanted.path).await;
        let mut changes = outbox.observe();
        link.set(Conditions::open().rates(60_000, 1_000_000));
        let running = tokio::spawn({
            let outbox = outbox.clone();
            async move { outbox.run(at_once(), CancellationToken::new()).await }
        });
        until(&mut changes, moved).await;
        outbox.remove(id).await.unwrap();
        within(running).await.unwrap().unwrap();
        link.set(Conditions::open());
        let wanted = place.photo("wanted.jpg", 3_000, 2);
        add(&outbox, &wanted.path).await;
        let report = run(&outbox).await;
        assert_eq!((report.counts.delivered, report.counts.waiting()), (1, 0), "{lie:?}: {:?}", states(&outbox).await);
        let tries = requests(&tus.seen(), "DELETE");
        assert!((1..=3).contains(&tries), "{lie:?}: {tries} times");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pause_cuts_at_once_and_the_upload_goes_on_where_it_was() {
    let slow = Slow::new().await;
    let photo = slow.place.photo("a.jpg", 300_000, 1);
    let id = add(&slow.outbox, &photo.path).await;
    let mut changes = slow.outbox.observe();
    slow.slow();
    let running = slow.run(&CancellationToken::new());
    until(&mut changes, moved).await;
    // By another handle on the same outbox, as another process would.
    let other = Outbox::open(slow.place.config()).await.unwrap();
    other.pause(true).await.unwrap();
    let report = within(running).await.unwrap().unwrap();
    assert_eq!(report.counts.waiting(), 1);
    assert_eq!(report.wake.at_utc_ms, None, "nothing is due while it is paused");
    let state = slow.outbox.asset(id).await.unwrap().state;
    assert_eq!(state.wait_reason(), Some(&WaitReason::Paused));
    assert!(slow.outbox.paused().await.unwrap());
    slow.outbox.pause(false).await.unwrap();
    slow.link.set(Conditions::open());
    let report = run_out(&slow.outbox).await;
    assert_eq!(report.counts.delivered, 1);
    assert_eq!((slow.tus.created(), slow.tus.completions_of(&photo.hash)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn when_the_link_may_not_be_used_any_more_not_a_byte_follows() {
    let slow = Slow::new().await;
    slow.outbox.set_policy(Policy::default());
    let photo = slow.place.photo("a.jpg", 300_000, 1);
    let id = add(&slow.outbox, &photo.path).await;
    let mut changes = slow.outbox.observe();
    slow.slow();
    let running = slow.run(&CancellationToken::new());
    until(&mut changes, moved).await;
    slow.outbox.set_link(Link::cellular());
    let report = within(running).await.unwrap().unwrap();
    assert_eq!(report.wake.needs, Some(satchel::kernel::planner::LinkNeed::Unmetered));
    let state = slow.outbox.asset(id).await.unwrap().state;
    assert_eq!(state.wait_reason(), Some(&WaitReason::LinkCosts));
    within(slow.link.until(|s| s.live == 0)).await;
    let before = slow.link.stats();
    run(&slow.outbox).await;
    slow.outbox.set_link(Link { metered: None, ..Link::wifi() });
    run(&slow.outbox).await;
    let after = slow.link.stats();
    assert_eq!((after.connections, after.read_up), (before.connections, before.read_up), "a byte without consent");
    let state = slow.outbox.asset(id).await.unwrap().state;
    assert_eq!(state.wait_reason(), Some(&WaitReason::LinkPriceUnknown));
    slow.link.set(Conditions::open());
    slow.outbox.set_link(Link::wifi());
    run_out(&slow.outbox).await;
    assert_eq!((slow.tus.created(), slow.tus.completions_of(&photo.hash)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn deadline_and_cancel_end_a_run_at_once_and_it_is_due_again() {
    for by_deadline in [true, false] {
        let slow = Slow::new().await;
        let photo = slow.place.photo("a.jpg", 2_000_000, 1);
        add(&slow.outbox, &photo.path).await;
        slow.slow();
        let cancel = CancellationToken::new();
        let mut changes = slow.outbox.observe();
        let options = RunOptions { deadline: by_deadline.then_some(Duration::from_secs(1)), ..at_once() };
        let (outbox, token) = (slow.outbox.clone(), cancel.clone());
        let running = tokio::spawn(async move { outbox.run(options, token).await });
        until(&mut changes, moved).await;
        if !by_deadline {
            cancel.cancel();
        }
        let report = tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap().unwrap();
        assert!(report.stopped);
        assert_eq!(report.counts.waiting(), 1);
        let now = satchel::clock::Clock::system().now().utc_ms;
        assert!(report.wake.at_utc_ms.is_some_and(|at| at <= now), "cut in the middle, it is due: {:?}", report.wake);
        assert_eq!(slow.tus.completed(), []);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn silence_does_not_hold_up_the_end_of_a_run() {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let mut config = place.config();
    (config.patience.reply_ms, config.patience.stall_ms) = (60_000, 60_000);
    let outbox = open(config).await;
    aim(&outbox, &tus).await;
    add(&outbox, &place.photo("a.jpg", 9_000, 1).path).await;
    for answer in [FalseAnswer::Silence, FalseAnswer::EndlessBody, FalseAnswer::EndlessHead] {
        tus.honest();
        tus.tell(answer);
        outbox.try_now().await.unwrap();
        let seen = tus.seen().len();
        let cancel = CancellationToken::new();
        let running = tokio::spawn({
            let (outbox, cancel) = (outbox.clone(), cancel.clone());
            async move { outbox.run(at_once(), cancel).await }
        });
        within(tus.until(|s| s.len() > seen)).await;
        cancel.cancel();
        let ended = tokio::time::timeout(Duration::from_secs(10), running).await;
        ended.unwrap_or_else(|_| panic!("{answer} holds up the end")).unwrap().unwrap();
    }
}

/// With nothing but what a person must look at, there is nothing to wait for.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_with_a_deadline_does_not_wait_for_what_is_parked() {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let photo = place.photo("a.jpg", 1_000, 1);
    add(&outbox, &photo.path).await;
    fs::remove_file(&photo.path).unwrap();
    let options = RunOptions { deadline: Some(Duration::from_secs(600)), ..RunOptions::default() };
    let report = within(outbox.run(options, CancellationToken::new())).await.unwrap();
    assert!(!report.stopped);
    assert_eq!((report.counts.needs_person(), report.counts.waiting()), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_that_fail_together_wait_as_one() {
    let place = Place::new();
    let tus = LyingTus::start().await.unwrap();
    tus.tell(FalseAnswer::Close);
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    for n in 0..2 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 1_000, n).path).await;
    }
    for round in 1..=3 {
        let report = run(&outbox).await;
        let now = satchel::clock::Clock::system().now().utc_ms;
        let wait = report.wake.at_utc_ms.unwrap() - now;
        assert!(wait <= 2_000 << (round - 1), "round {round}: {wait} ms");
        outbox.try_now().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_runner_is_refused_and_add_works_meanwhile() {
    let slow = Slow::new().await;
    let photo = slow.place.photo("a.jpg", 200_000, 1);
    add(&slow.outbox, &photo.path).await;
    slow.slow();
    let mut changes = slow.outbox.observe();
    let running = slow.run(&CancellationToken::new());
    until(&mut changes, moved).await;
    let other = slow.place.open().await;
    let refused = other.run(at_once(), CancellationToken::new()).await;
    assert!(matches!(refused, Err(Error::AlreadyRunning)), "{refused:?}");
    let second = slow.place.photo("b.jpg", 1_000, 2);
    add(&other, &second.path).await;
    slow.link.set(Conditions::open());
    within(running).await.unwrap().unwrap();
    run_out(&slow.outbox).await;
    assert_eq!((slow.tus.completions_of(&photo.hash), slow.tus.completions_of(&second.hash)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn two_targets_get_all_and_one_that_is_down_holds_back_nothing() {
    let place = Place::new();
    let (up, down) = (LyingTus::start().await.unwrap(), LyingTus::start().await.unwrap());
    down.tell(FalseAnswer::Html(503));
    let outbox = place.open().await;
    let photo = place.photo("a.jpg", 5_000, 1);
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state.wait_reason(), Some(&WaitReason::NoTarget));
    aim(&outbox, &down).await;
    let well = aim(&outbox, &up).await;
    let report = run(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.open), (1, 1));
    let asset = outbox.asset(id).await.unwrap();
    assert!(
        matches!(asset.state, AssetState::Waiting { reason: WaitReason::TargetRests { .. }, .. }),
        "{:?}",
        asset.state
    );
    let there = asset.deliveries.iter().find(|d| d.target == well).unwrap();
    assert_eq!(there.state, AssetState::Delivered { proof: Proof::Unproven });
    // Only the one that is named counts for a run.
    let only = RunOptions { targets: Some(vec![well]), ..at_once() };
    let report = within(outbox.run(only, CancellationToken::new())).await.unwrap();
    assert_eq!((report.counts.waiting(), report.counts.delivered), (0, 1));
    down.honest();
    run_out(&outbox).await;
    assert_eq!((up.completions_of(&photo.hash), down.completions_of(&photo.hash)), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_ledger_is_what_the_server_saw() {
    let slow = Slow::new().await;
    let mut length = 0;
    for n in 0..6 {
        let photo = slow.place.photo(&format!("{n}.jpg"), 30_000 + n, n as u64);
        add(&slow.outbox, &photo.path).await;
        length += photo.bytes.len() as u64;
    }
    slow.tus.lie(When::nth(Point::Patch, 2), Lie::LoseAnswer);
    slow.tus.lie(When::nth(Point::Patch, 4), Lie::Buffering { at_most: 10 });
    run_out(&slow.outbox).await;
    let ledger = slow.outbox.ledger().await.unwrap();
    let sum = |f: fn(&satchel::LedgerRow) -> u64| ledger.iter().map(f).sum::<u64>();
    let arrived: u64 = slow.tus.seen().iter().map(|s| s.body).sum();
    let requests = slow.tus.seen().len() as u64;
    assert_eq!(sum(|r| r.acknowledged), length);
    let wasted: i64 = ledger.iter().map(|r| r.wasted).sum();
    let payload = length + wasted.unsigned_abs();
    assert!(wasted >= 0 && payload >= arrived && payload <= arrived + 40_000, "{payload} sent, {arrived} arrived");
    // Heads of requests and replies are bytes as well.
    let (sent, received) = (sum(|r| r.sent), sum(|r| r.received));
    assert!((arrived..arrived + 40_000 + 2_000 * requests).contains(&sent), "{sent} sent, {arrived} arrived");
    assert!((50 * requests..2_000 * requests).contains(&received), "{received} received for {requests} requests");
    let views = all(&slow.outbox).await;
    assert_eq!(views.iter().map(|a| a.acknowledged).sum::<u64>(), length);
}

/// A run that was killed says nothing any more: whoever opens the outbox next sees what waits, and why.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_killed_run_left_under_way_waits() {
    let slow = Slow::new().await;
    let photo = slow.place.photo("a.jpg", 200_000, 1);
    let id = add(&slow.outbox, &photo.path).await;
    slow.slow();
    let mut changes = slow.outbox.observe();
    let running = slow.run(&CancellationToken::new());
    until(&mut changes, moved).await;
    let other = slow.place.open().await;
    assert_eq!(other.asset(id).await.unwrap().state, AssetState::Sending, "somebody sends it");
    running.abort();
    assert!(running.await.unwrap_err().is_cancelled());
    let next = slow.place.open().await;
    next.set_link(Link::none());
    let state = next.asset(id).await.unwrap().state;
    assert_eq!(state.wait_reason(), Some(&WaitReason::NoLink), "{state:?}");
}
