//! A token that is refused: the host is asked for another one, by nobody but the target itself, and not without end.

use std::sync::{Arc, Mutex};

use satchel::host::HostLimits;
use satchel::{AssetState, Config, Outbox, Policy, Token, TokenSource, Trouble, WaitReason};
use satchel_testkit::liar::LyingTus;

use super::world::{Place, add, aim, all, open, run, states, trusting, within};

/// Gives out tokens in order, and remembers what it was asked.
#[derive(Default)]
struct Account {
    next: Mutex<Vec<&'static str>>,
    asked: Mutex<Vec<(String, Option<String>)>>,
}

impl Account {
    fn with(tokens: &[&'static str]) -> Arc<Self> {
        let next = tokens.iter().rev().copied().collect();
        Arc::new(Self { next: Mutex::new(next), asked: Mutex::default() })
    }

    fn asked(&self) -> Vec<(String, Option<String>)> {
        self.asked.lock().unwrap().clone()
    }
}

impl TokenSource for Account {
    fn fresh(&self, target: &str, refused: Option<&Token>) -> Option<Token> {
        self.asked.lock().unwrap().push((target.into(), refused.map(|token| token.reveal().to_owned())));
        self.next.lock().unwrap().pop().map(|token| Token::new(token).unwrap())
    }
}

async fn opened(config: Config, tus: &LyingTus, account: &Arc<Account>) -> Outbox {
    let config = Config { tokens: Some(account.clone()), ..trusting(config, tus) };
    open(config).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_replaced_by_the_hosts_and_sending_goes_on_in_the_same_run() {
    let (place, tus) = (Place::new(), LyingTus::start_tls().await.unwrap());
    let account = Account::with(&["right"]);
    let outbox = opened(place.config(), &tus, &account).await;
    let target = aim(&outbox, &tus).await;
    tus.require_token("right");
    outbox.set_token(target, Token::new("old").unwrap());
    let photo = place.photo("a.jpg", 50_000, 1);
    add(&outbox, &photo.path).await;
    run(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1, "{:?}", states(&outbox).await);
    assert_eq!(account.asked(), [(tus.url(), Some("old".into()))]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_host_that_has_no_good_token_is_asked_once_a_minute_at_most() {
    let (place, tus) = (Place::new(), LyingTus::start_tls().await.unwrap());
    let account = Account::with(&["wrong", "right"]);
    let outbox = opened(place.config(), &tus, &account).await;
    let target = aim(&outbox, &tus).await;
    tus.require_token("right");
    add(&outbox, &place.photo("a.jpg", 50_000, 1).path).await;
    for _ in 0..4 {
        run(&outbox).await;
        outbox.try_now().await.unwrap();
    }
    run(&outbox).await;
    assert_eq!(account.asked(), [(tus.url(), None)]);
    let state = all(&outbox).await[0].state.clone();
    let AssetState::Waiting { reason: WaitReason::TargetRests { trouble: Trouble::NeedsToken, .. }, .. } = state else {
        panic!("{state:?}")
    };
    // A person gives the right one: no wait is left.
    outbox.set_token(target, Token::new("right").unwrap());
    run(&outbox).await;
    assert_eq!(tus.completed().len(), 1, "{:?}", states(&outbox).await);
}

/// Several requests are under way when the first is refused: those that come back late speak of the old token.
#[tokio::test(flavor = "multi_thread")]
async fn a_late_refusal_of_the_old_token_says_nothing_of_the_new_one() {
    let (place, tus) = (Place::new(), LyingTus::start_tls().await.unwrap());
    let account = Account::with(&["right"]);
    let outbox = opened(place.config(), &tus, &account).await;
    outbox.set_policy(Policy { uploads_at_once: 8, ..Policy::over_any_link() });
    let target = aim(&outbox, &tus).await;
    tus.require_token("right");
    for round in 0..20 {
        outbox.set_token(target, Token::new("old").unwrap());
        for n in 0..8 {
            add(&outbox, &place.photo(&format!("{round}-{n}.jpg"), 2_000, round * 8 + n).path).await;
        }
        let (running, renewing) = (outbox.clone(), outbox.clone());
        let running_run = tokio::spawn(async move { run(&running).await });
        let seen = tus.seen().len();
        tus.until(|all| all.len() > seen).await;
        renewing.set_token(target, Token::new("right").unwrap());
        // It may have ended before there was another one.
        within(running_run).await.unwrap();
        let report = run(&outbox).await;
        assert_eq!(report.counts.waiting(), 0, "round {round}: {:?}", states(&outbox).await);
    }
}

/// Over plain HTTP anyone may say 401, to draw out another token.
#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_given_a_token_who_did_not_prove_to_be_the_target() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let account = Account::with(&["right"]);
    let outbox = opened(place.config(), &tus, &account).await;
    aim(&outbox, &tus).await;
    tus.require_token("right");
    add(&outbox, &place.photo("a.jpg", 50_000, 1).path).await;
    run(&outbox).await;
    assert!(account.asked().is_empty(), "{:?}", account.asked());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_source_of_tokens_that_panics_costs_nothing_but_its_token() {
    struct Panics;
    impl TokenSource for Panics {
        fn fresh(&self, _: &str, _: Option<&Token>) -> Option<Token> {
            panic!("a host's fault, asked for")
        }
    }
    let (place, tus) = (Place::new(), LyingTus::start_tls().await.unwrap());
    let config = Config { tokens: Some(Arc::new(Panics)), ..trusting(place.config(), &tus) };
    let outbox = open(config).await;
    let target = aim(&outbox, &tus).await;
    tus.require_token("right");
    let photo = place.photo("a.jpg", 50_000, 1);
    add(&outbox, &photo.path).await;
    run(&outbox).await;
    outbox.set_token(target, Token::new("right").unwrap());
    run(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}

/// The host's own system carries the requests: the next steps have the new token.
#[tokio::test(flavor = "multi_thread")]
async fn steps_for_a_host_carry_the_new_token() {
    use super::host::system::Transfer;
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = super::world::receiver(store.path()).await;
    let code = receiver.pairing_code();
    let paired = satchel::pairing::pair(&code, "a test's phone", None).await.unwrap();
    struct One(String);
    impl TokenSource for One {
        fn fresh(&self, _: &str, _: Option<&Token>) -> Option<Token> {
            Some(Token::new(&self.0).unwrap())
        }
    }
    let config = Config { tokens: Some(Arc::new(One(paired.reply.token.clone()))), ..place.config() };
    let outbox = open(config).await;
    let target = outbox.set_receiver(&paired).await.unwrap();
    outbox.set_token(target, Token::new("stale").unwrap());
    add(&outbox, &place.photo("a.jpg", 50_000, 1).path).await;
    let owner = Outbox::new_host_id().unwrap();
    outbox.host_running(owner, &[]).await.unwrap();
    let mut rounds = 0;
    while outbox.counts().await.unwrap().waiting() > 0 {
        rounds += 1;
        assert!(rounds < 40, "{:?}", states(&outbox).await);
        for step in outbox.host_steps(owner, HostLimits::default()).await.unwrap().steps {
            let (lease, transfer) = (step.lease, Transfer::of(step));
            outbox.host_outcome(lease, transfer.send().await).await.unwrap();
        }
    }
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 1);
}
