//! Law 2 where an operator would count: a proxy that reads slowly between the outbox and the server.
//!
//! What still arrives after the link changed is little, a budget is kept whatever is killed and however clocks are set, and
//! the ledger says what the proxy says.

#[cfg(unix)]
mod kills;

use satchel::kernel::policy::{Rule, Scope, Way};
use satchel::kernel::protocol::post::Rendition;
use satchel::{AssetState, Config, LedgerRow, Link, Outbox, Policy, TargetId, WaitReason};
use satchel_receiver::Receiver;
use satchel_testkit::Chance;
use satchel_testkit::liar::{FalseAnswer, Lie, LyingTus, Point, When};
use satchel_testkit::toll::{Passed, SLOW, Toll};
use tempfile::TempDir;

use super::money::{Running, budget, sim, until, wifi, within_budget};
use super::world::{Place, add, receiver, run, states, within};

/// How much more than a budget may pass.
const OVER: u64 = 16 << 10;
/// The most that may arrive after [`Outbox::set_link`] returned.
const AFTER: u64 = 64 << 10;

pub(crate) enum Server {
    Tus(LyingTus),
    Receiver { receiver: Receiver, _store: TempDir },
}

/// A server as a target behind a gate.
pub(crate) struct Aimed {
    pub(crate) target: TargetId,
    /// What pairing took.
    pub(crate) paired: Passed,
    /// What another process needs to be let in.
    pub(crate) token: Option<String>,
}

impl Server {
    pub(crate) async fn tus() -> Self {
        Self::Tus(LyingTus::start().await.unwrap())
    }

    pub(crate) async fn receiver() -> Self {
        let store = tempfile::tempdir().unwrap();
        Self::Receiver { receiver: receiver(store.path()).await, _store: store }
    }

    pub(crate) fn gate(&self, rate: Option<u64>) -> Toll {
        let upstream = match self {
            Self::Tus(tus) => tus.addr(),
            Self::Receiver { receiver, .. } => receiver.addr(),
        };
        Toll::start(upstream, rate).unwrap()
    }

    /// Sets it up as a target behind a gate.
    pub(crate) async fn aim(&self, outbox: &Outbox, toll: &Toll) -> Aimed {
        let (target, token) = match self {
            Self::Tus(_) => {
                (outbox.set_tus_target(format!("http://{}/files/", toll.addr()).parse().unwrap()).await.unwrap(), None)
            }
            Self::Receiver { receiver, .. } => {
                let mut code = receiver.pairing_code();
                code.port = toll.addr().port();
                let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
                (outbox.set_receiver(&paired).await.unwrap(), Some(paired.reply.token))
            }
        };
        Aimed { target, paired: within(toll.until_quiet()).await, token }
    }

    /// How often a photo arrived whole.
    pub(crate) async fn completions_of(&self, hash: &str) -> usize {
        match self {
            Self::Tus(tus) => tus.completions_of(hash),
            Self::Receiver { receiver, .. } => {
                let all = receiver.completed_uploads().await.unwrap();
                all.iter().filter(|upload| upload.hash.to_string() == hash).count()
            }
        }
    }
}

fn sum(rows: &[LedgerRow]) -> (u64, u64) {
    rows.iter().fold((0, 0), |(sent, received), row| (sent + row.sent, received + row.received))
}

async fn open(place: &Place, policy: Policy) -> Outbox {
    Outbox::open(Config { policy: Some(policy), ..place.patient() }).await.unwrap()
}

/// An upload over a slow link that is metered; then there is another link, on which nothing may go.
async fn changed(server: Server, to: Link) {
    let place = Place::new();
    let outbox = open(&place, within_budget()).await;
    outbox.set_budget(budget("data", 10_000_000)).await.unwrap();
    outbox.set_link(sim("mine"));
    let toll = server.gate(None);
    let Aimed { paired, .. } = server.aim(&outbox, &toll).await;
    toll.set_rate(Some(SLOW));
    let photo = place.photo("a.jpg", 1_000_000, 1);
    let id = add(&outbox, &photo.path).await;
    let running = Running::begin(&outbox);
    within(toll.until(|passed| passed.up >= paired.up + 60_000)).await;
    outbox.set_link(to.clone());
    let then = toll.passed();
    let quiet = within(toll.until_quiet()).await;
    let after = quiet.up - then.up;
    println!("{:?} {:?}: {after} bytes arrived after the link had changed", to.kind, to.roaming);
    assert!(after <= AFTER, "{after} bytes arrived after the link had changed");
    until(&outbox, id, |state| matches!(state, AssetState::Waiting { .. })).await;
    running.end().await;
    assert_eq!(toll.passed(), quiet, "somebody connected without leave");
    let (sent, received) = sum(&outbox.ledger().await.unwrap());
    let passed = quiet.since(&paired);
    assert!(
        sent >= passed.up && received == passed.down,
        "the ledger has {sent} and {received}, at the gate passed {passed:?}"
    );
    assert!(sent - passed.up <= AFTER, "{} bytes in the ledger never arrived", sent - passed.up);
    // And at home it goes on, once.
    toll.set_rate(None);
    outbox.set_link(wifi("home"));
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    assert_eq!(server.completions_of(&photo.hash).await, 1, "{:?}", states(&outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_the_link_little_arrives_at_a_tus_server() {
    let links =
        [Link::none(), Link { roaming: Some(true), ..sim("mine") }, Link { captive: Some(true), ..sim("mine") }];
    let mut running = tokio::task::JoinSet::new();
    for link in links {
        running.spawn(async { changed(Server::tus().await, link).await });
    }
    running.join_all().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_change_of_the_link_little_arrives_at_a_receiver() {
    let mut running = tokio::task::JoinSet::new();
    for link in [Link::none(), Link { roaming: Some(true), ..sim("mine") }] {
        running.spawn(async { changed(Server::receiver().await, link).await });
    }
    running.join_all().await;
}

/// Where nothing is cut, ledger and gate agree to the byte.
async fn whole(server: Server) {
    let place = Place::new();
    let outbox = open(&place, Policy::over_any_link()).await;
    outbox.set_link(sim("mine"));
    let toll = server.gate(None);
    let Aimed { target, paired, .. } = server.aim(&outbox, &toll).await;
    for n in 0..6 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 40_000 + 30_000 * n as usize, n).path).await;
    }
    for _ in 0..2 {
        assert_eq!(run(&outbox).await.counts.delivered, 6, "{:?}", states(&outbox).await);
        assert_eq!(within(outbox.check(target)).await.unwrap().confirmed, 6);
    }
    let passed = within(toll.until_quiet()).await.since(&paired);
    let (sent, received) = sum(&outbox.ledger().await.unwrap());
    assert_eq!((sent, received), (passed.up, passed.down), "at the gate {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_and_proxy_agree_to_the_byte() {
    whole(Server::tus().await).await;
    whole(Server::receiver().await).await;
}

/// A journey with links that change in mid-upload: what never arrived is counted as well, and is little.
async fn journey(server: Server) {
    let place = Place::new();
    let outbox = open(&place, Policy::over_any_link()).await;
    let toll = server.gate(None);
    let Aimed { paired, .. } = server.aim(&outbox, &toll).await;
    toll.set_rate(Some(4_000_000));
    let mut photos = vec![];
    for n in 0..6 {
        photos.push(place.photo(&format!("{n}.jpg"), 2_000_000, n));
        add(&outbox, &photos[n as usize].path).await;
    }
    let mut chance = Chance::new(3);
    let running = Running::begin(&outbox);
    for n in 0..6 {
        outbox.set_link(sim(&format!("{n}")));
        let to = toll.passed().up + 500_000 + chance.below(1_000_000);
        within(toll.until(|passed| passed.up >= to)).await;
        outbox.set_link(Link::none());
        within(toll.until_quiet()).await;
    }
    outbox.set_link(sim("last"));
    within(running.ended()).await;
    let passed = within(toll.until_quiet()).await.since(&paired);
    for photo in &photos {
        assert_eq!(server.completions_of(&photo.hash).await, 1, "{:?}", states(&outbox).await);
    }
    let (sent, received) = sum(&outbox.ledger().await.unwrap());
    let more = sent + received - passed.bytes();
    println!(
        "the ledger has {sent} and {received}, at the gate passed {passed:?}: {:.2} % more",
        more as f64 * 100.0 / passed.bytes() as f64
    );
    assert!(
        sent >= passed.up && received == passed.down,
        "the ledger has {sent} and {received}, at the gate passed {passed:?}"
    );
    assert!(more * 50 <= passed.bytes(), "the ledger says {more} bytes more than passed: {passed:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn over_a_journey_ledger_and_proxy_agree_within_two_percent() {
    journey(Server::tus().await).await;
    journey(Server::receiver().await).await;
}

/// Tries until the budget is spent, at a server that does this to each request; what passed, billed.
async fn spent_at(point: Point, lie: Lie, bytes: u64) -> u64 {
    let tus = LyingTus::start().await.unwrap();
    tus.lie(When::times(point, 10_000), lie.clone());
    let (place, server) = (Place::new(), Server::Tus(tus));
    let outbox = open(&place, within_budget()).await;
    outbox.set_budget(budget("data", bytes)).await.unwrap();
    outbox.set_link(sim("mine"));
    let toll = server.gate(None);
    server.aim(&outbox, &toll).await;
    let id = add(&outbox, &place.photo("a.jpg", 20_000, 1).path).await;
    let tries = async {
        loop {
            outbox.try_now().await.unwrap();
            run(&outbox).await;
            if let AssetState::Waiting { reason: WaitReason::BudgetSpent { .. }, .. } =
                outbox.asset(id).await.unwrap().state
            {
                return;
            }
        }
    };
    within(tries).await;
    let passed = within(toll.until_quiet()).await;
    let (sent, received) = sum(&outbox.ledger().await.unwrap());
    println!("{lie:?}: {} of {bytes} bytes, {passed:?}; the ledger has {sent} and {received}", passed.billed());
    assert!(sent >= passed.up, "{sent}, {passed:?}");
    passed.billed()
}

/// However much a server makes us send again, and however much it says.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_server_makes_us_spend_is_within_the_budget() {
    for (point, lie) in [
        (Point::Patch, Lie::marked(500)),
        (Point::Patch, Lie::False(FalseAnswer::ResetLate)),
        (Point::Create, Lie::False(FalseAnswer::Html(200))),
    ] {
        let billed = spent_at(point, lie, 300_000).await;
        assert!((200_000..=300_000).contains(&billed), "{billed}");
    }
    for lie in [FalseAnswer::EndlessBody, FalseAnswer::EndlessHead] {
        // Less than what is read of any answer.
        let billed = spent_at(Point::Create, Lie::False(lie), 50_000).await;
        assert!(billed <= 50_000 + OVER, "{lie:?}: {billed}");
    }
}

/// On a runtime of one thread, which is held up after the call: whatever resets the connections must do so within it.
async fn returns_when_all_is_reset(what: &str, change: impl AsyncFnOnce(&Outbox)) {
    let (place, server) = (Place::new(), Server::tus().await);
    let outbox = open(&place, Policy::over_any_link()).await;
    outbox.set_link(sim("mine"));
    let toll = server.gate(Some(SLOW));
    server.aim(&outbox, &toll).await;
    add(&outbox, &place.photo("a.jpg", 500_000, 1).path).await;
    let running = Running::begin(&outbox);
    within(toll.until(|passed| passed.up >= 20_000)).await;
    change(&outbox).await;
    // Waited for on this very thread.
    let mut tries = 0;
    while toll.passed().live > 0 {
        tries += 1;
        assert!(tries < 4_000, "{what}: somebody is connected still");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    running.end().await;
}

#[tokio::test]
async fn when_a_change_returns_connections_are_reset() {
    returns_when_all_is_reset("another link", async |outbox| outbox.set_link(wifi("home"))).await;
    returns_when_all_is_reset("other rules", async |outbox| outbox.set_policy(Policy::default())).await;
    returns_when_all_is_reset("a pause", async |outbox| outbox.pause(true).await.unwrap()).await;
    let metered = Some(satchel::Mark::Metered);
    returns_when_all_is_reset("a word", async |outbox| outbox.mark_network("mine", metered).await.unwrap()).await;
    returns_when_all_is_reset("a budget", async |outbox| outbox.set_budget(budget("x", 9)).await.unwrap()).await;
}

/// A question costs as well: it ends with the leave of what it asks for.
#[tokio::test(flavor = "multi_thread")]
async fn a_question_is_cut_when_the_charger_goes() {
    let (place, server) = (Place::new(), Server::receiver().await);
    let only = Way { only_while_charging: true, ..Way::default() };
    // Posts go without a question, so they stay here.
    let posts = Scope { renditions: vec![Rendition::Text], ..Scope::default() };
    let rules = vec![Rule { scope: posts, allow: vec![] }, Rule { scope: Scope::default(), allow: vec![only] }];
    let outbox = open(&place, Policy::of_rules(rules)).await;
    outbox.set_link(wifi("home"));
    let toll = server.gate(None);
    let Aimed { paired, .. } = server.aim(&outbox, &toll).await;
    for n in 0..500 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 40, n).path).await;
    }
    // All are read, and none was asked for.
    run(&outbox).await;
    assert_eq!(toll.passed(), paired);
    toll.set_rate(Some(SLOW / 4));
    let power = |charging| satchel::Power { charging: Some(charging), ..satchel::Power::default() };
    outbox.set_power(power(true));
    let running = Running::begin(&outbox);
    within(toll.until(|passed| passed.up >= paired.up + 4_000)).await;
    outbox.set_power(power(false));
    let quiet = within(toll.until_quiet()).await.since(&paired);
    running.end().await;
    assert!(quiet.up < 30_000, "the question of 500 hashes was asked to its end: {quiet:?}");
    assert_eq!(outbox.counts().await.unwrap().delivered, 0);
}
