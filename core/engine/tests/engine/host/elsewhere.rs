//! Steps and several endpoints: what a host's system carries follows the way that is open, and what came of it on another
//! network says nothing of this one.

use satchel::endpoints::Endpoints;
use satchel::host::{Cut, HostOutcome, HostStep, Method, Peer, Taken};
use satchel::kernel::health::{Block, Health};
use satchel::{AssetState, Link, Outbox, Policy, Proof};
use satchel_testkit::liar::LyingTus;
use satchel_testkit::link::Conditions;

use super::super::endpoints::{Twice, apart, before, further, tus_at, whole};
use super::super::world::{Place, add, all, run_out, states, within};
use super::system::Transfer;
use super::{carry_out, host, limits};

async fn steps(outbox: &Outbox, most: usize) -> Vec<HostStep> {
    within(outbox.host_steps(host(1), limits(most))).await.unwrap().steps
}

async fn told(outbox: &Outbox, step: &HostStep, outcome: HostOutcome) -> Taken {
    outbox.host_outcome(step.lease, outcome).await.unwrap()
}

fn no_connection() -> HostOutcome {
    HostOutcome::Cut { sent: Some(0), cut: Cut::NoConnection }
}

/// What stands on an endpoint's port is broken off; all else is carried, until nothing waits.
async fn carry_around(outbox: &Outbox, blocked: u16) {
    for _ in 0..2_000 {
        let is_there = |state: &AssetState| matches!(state, AssetState::Delivered { .. });
        if all(outbox).await.iter().all(|asset| is_there(&asset.state)) {
            return;
        }
        for step in steps(outbox, 4).await {
            let is_blocked = step.url.port() == Some(blocked);
            let outcome = if is_blocked { no_connection() } else { Transfer::of(step.clone()).send().await };
            assert_ne!(told(outbox, &step, outcome).await, Taken::Stale, "{step:?}");
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("something waits: {:?}", states(outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_begun_at_a_store_that_is_gone_begins_anew_at_another() {
    let place = Place::new();
    let servers = [LyingTus::start().await.unwrap(), LyingTus::start().await.unwrap()];
    let links = [before(servers[0].addr()), before(servers[1].addr())];
    let outbox = place.open().await;
    let target = outbox.set_tus_target(tus_at(&links[0])).await.unwrap();
    let endpoints = Endpoints { further: vec![further(tus_at(&links[1]), None)], ..Endpoints::default() };
    outbox.set_endpoints(target, endpoints).await.unwrap();
    let photo = place.photo("a.jpg", 200_000, 1);
    let id = add(&outbox, &photo.path).await;
    // Its creation is met by nothing, so that a row of it stands here, and nothing of it there.
    within(carry_around(&outbox, links[0].addr().port())).await;
    assert_eq!((servers[0].created(), servers[1].completions_of(&photo.hash)), (0, 1));
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { proof: Proof::Unproven });
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_of_another_store_signs_for_what_was_begun_elsewhere() {
    let place = Place::new();
    let ([_first, second], links, outbox, _) = apart(&place).await;
    let photo = place.photo("a.jpg", 90_000, 1);
    add(&outbox, &photo.path).await;
    within(carry_around(&outbox, links[0].addr().port())).await;
    let asset = all(&outbox).await.remove(0);
    assert!(asset.deliveries.iter().all(|one| one.receipt), "{:?}", asset.deliveries);
    assert_eq!(whole(&second, &photo.hash).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_ready_does_not_go_where_a_probe_is_to_go_first() {
    let Twice { place, tus, links, outbox, .. } = Twice::new().await;
    for n in 0..2 {
        add(&outbox, &place.photo(&format!("{n}.jpg"), 150_000, n).path).await;
    }
    let [first, second] = steps(&outbox, 2).await.try_into().unwrap();
    let created = Transfer::of(first.clone()).send().await;
    assert_eq!(told(&outbox, &first, created).await, Taken::Recorded { more: true });
    assert_eq!(told(&outbox, &second, no_connection()).await, Taken::Recorded { more: false });
    let first_port = Some(links[0].addr().port());
    let next = steps(&outbox, 8).await;
    for step in &next {
        assert!(step.url.port() != first_port || step.method == Method::Options, "before the probe: {step:?}");
        let outcome = Transfer::of(step.clone()).send().await;
        told(&outbox, step, outcome).await;
    }
    assert!(next.iter().any(|step| step.method == Method::Options), "{next:?}");
    carry_out(&outbox).await;
    assert_eq!((tus.completed().len(), tus.created()), (2, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_system_has_for_an_endpoint_that_is_none_any_more_goes_by_another() {
    let Twice { place, tus, links, outbox, target } = Twice::new().await;
    let photo = place.photo("a.jpg", 150_000, 1);
    add(&outbox, &photo.path).await;
    let step = steps(&outbox, 1).await.remove(0);
    told(&outbox, &step, no_connection()).await;
    let by_other = |step: &&HostStep| step.url.port() == Some(links[1].addr().port());
    let next = steps(&outbox, 4).await;
    let held = next.iter().find(by_other).unwrap();
    outbox.set_endpoints(target, Endpoints::default()).await.unwrap();
    for step in next.iter().filter(|step| !by_other(step)) {
        let outcome = Transfer::of(step.clone()).send().await;
        told(&outbox, step, outcome).await;
    }
    let outcome = Transfer::of(held.clone()).send().await;
    assert_eq!(told(&outbox, held, outcome).await, Taken::Stale, "nobody is there whose word that would be");
    carry_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1, "{:?}", states(&outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_met_on_another_network_says_nothing_of_this_one() {
    let Twice { place, tus, links: _links, outbox, target } = Twice::new().await;
    let hotel = Link { network: Some("hotel".into()), ..Link::wifi() };
    let page = |step: &HostStep| HostOutcome::Reply {
        status: 200,
        headers: vec![("Content-Type".into(), "text/html".into())],
        body: b"<html><title>Welcome</title></html>".to_vec(),
        url: step.url.clone(),
        peer: Peer::Unknown,
        sent: Some(0),
    };
    let home = Link { network: Some("home".into()), ..Link::wifi() };
    let is_blocked = async || {
        let health = outbox.endpoints(target).await.unwrap()[0].health;
        (health == Health::Blocked(Block::Page), outbox.blocks().await.unwrap().len())
    };
    outbox.set_link(hotel.clone());
    let photo = place.photo("a.jpg", 50_000, 1);
    add(&outbox, &photo.path).await;
    let step = steps(&outbox, 1).await.remove(0);
    // It is told on the way home, and was met in the hotel.
    outbox.set_link(home.clone());
    told(&outbox, &step, page(&step)).await;
    assert_eq!(outbox.blocks().await.unwrap()[0].network.as_deref(), Some("hotel"));
    // At home nothing is known, so it goes at once.
    let step = steps(&outbox, 1).await.remove(0);
    assert_eq!((step.method, is_blocked().await), (Method::Post, (false, 1)));
    outbox.set_link(hotel);
    steps(&outbox, 0).await;
    told(&outbox, &step, page(&step)).await;
    assert_eq!(is_blocked().await, (false, 1), "what was met at home is told in the hotel");
    let step = steps(&outbox, 1).await.remove(0);
    assert_eq!(step.method, Method::Post);
    told(&outbox, &step, page(&step)).await;
    assert_eq!(is_blocked().await, (true, 1));
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}

/// Wi-Fis without a name are not the same one just because both have none.
#[tokio::test(flavor = "multi_thread")]
async fn a_block_does_not_follow_to_a_network_without_a_name() {
    let Twice { place, tus: _tus, links, outbox, target } = Twice::new().await;
    links[0].set(Conditions::page());
    add(&outbox, &place.photo("a.jpg", 50_000, 1).path).await;
    for _ in 0..2 {
        let step = steps(&outbox, 1).await.remove(0);
        let outcome = Transfer::of(step.clone()).send().await;
        told(&outbox, &step, outcome).await;
    }
    assert_eq!(outbox.endpoints(target).await.unwrap()[0].health, Health::Blocked(Block::Page));
    outbox.set_link(Link::none());
    steps(&outbox, 0).await;
    outbox.set_link(Link::wifi());
    steps(&outbox, 0).await;
    assert_eq!(outbox.endpoints(target).await.unwrap()[0].health, Health::Unknown);
    run_out(&outbox).await;
}

/// What is ready and may not go here is no reason for what may to wait.
#[tokio::test(flavor = "multi_thread")]
async fn what_has_no_leave_holds_up_nothing_that_has() {
    let Twice { place, tus, links: _links, outbox, .. } = Twice::new().await;
    let mut ids = vec![];
    for n in 0..2 {
        ids.push(add(&outbox, &place.photo(&format!("{n}.jpg"), 50_000, n).path).await);
    }
    let created = steps(&outbox, 2).await;
    for step in &created {
        let outcome = Transfer::of(step.clone()).send().await;
        assert_eq!(told(&outbox, step, outcome).await, Taken::Recorded { more: true });
    }
    outbox.set_policy(Policy::default());
    outbox.set_link(Link { metered: Some(true), ..Link::cellular() });
    let later = created[1].asset.unwrap();
    outbox.grant(vec![later], 1_000_000, std::time::Duration::from_secs(3600)).await.unwrap();
    let granted: Vec<_> = steps(&outbox, 1).await.into_iter().map(|step| step.asset.unwrap()).collect();
    assert_eq!(granted, [later], "{:?}", states(&outbox).await);
    outbox.host_running(host(1), &[]).await.unwrap();
    outbox.set_link(Link::wifi());
    run_out(&outbox).await;
    assert_eq!((tus.completed().len(), ids.len()), (2, 2));
}
