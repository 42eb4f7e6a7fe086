//! Several endpoints, blocked on and off: all goes by the one that is left, once, and the first gets the traffic back.

use std::time::Duration;

use satchel::endpoints::{Endpoint, EndpointView, Endpoints};
use satchel::kernel::health::{Block, Health};
use satchel::{AssetState, Link, Outbox, TargetId, Trouble, WaitReason};
use satchel_receiver::Receiver;
use satchel_testkit::liar::{Answer, FalseAnswer, Liar, Lie, LyingTus, Point, Reply, Rule, When};
use satchel_testkit::link::{Conditions, Cut, Simulator};

use super::world::{Place, add, all, at_once, open, pair, run, run_out, states, within};

pub(crate) fn before(server: std::net::SocketAddr) -> Simulator {
    Simulator::start("127.0.0.1:0".parse().unwrap(), server, 1).unwrap()
}

pub(crate) fn tus_at(link: &Simulator) -> url::Url {
    format!("http://{}/files/", link.addr()).parse().unwrap()
}

pub(crate) fn further(url: url::Url, pin: Option<String>) -> Endpoint {
    Endpoint { url, pin, addresses: vec![] }
}

async fn ways(outbox: &Outbox, target: TargetId) -> Vec<EndpointView> {
    outbox.endpoints(target).await.unwrap()
}

async fn carrier(outbox: &Outbox, target: TargetId) -> Option<usize> {
    ways(outbox, target).await.iter().position(|way| way.carries)
}

/// A server behind two links that share its store.
pub(crate) struct Twice {
    pub(crate) place: Place,
    pub(crate) tus: LyingTus,
    pub(crate) links: [Simulator; 2],
    pub(crate) outbox: Outbox,
    pub(crate) target: TargetId,
}

impl Twice {
    pub(crate) async fn new() -> Self {
        let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
        let links = [before(tus.addr()), before(tus.addr())];
        let outbox = place.open().await;
        let target = outbox.set_tus_target(tus_at(&links[0])).await.unwrap();
        let endpoints =
            Endpoints { further: vec![further(tus_at(&links[1]), None)], shared_store: true, ..Endpoints::default() };
        outbox.set_endpoints(target, endpoints).await.unwrap();
        Self { place, tus, links, outbox, target }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_block_that_comes_and_goes_holds_nothing_up() {
    let Twice { place, tus, links, outbox, target } = Twice::new().await;
    let mut photos = vec![];
    for round in 0..6u64 {
        let blocked = round % 2 == 1;
        links[0].set(if blocked { Conditions::page() } else { Conditions::open() });
        let pages = links[0].stats().pages;
        outbox.try_now().await.unwrap();
        for n in 0..2 {
            let photo = place.photo(&format!("{round}-{n}.jpg"), 20_000, round * 10 + n);
            add(&outbox, &photo.path).await;
            photos.push(photo);
        }
        let report = run(&outbox).await;
        assert_eq!(report.counts.waiting(), 0, "round {round}: {:?}", states(&outbox).await);
        let [first, second] = &ways(&outbox, target).await[..] else { panic!("two ways") };
        let asked = links[0].stats().pages - pages;
        if blocked {
            // Two uploads go side by side, and one probe; after what they met nothing is asked there again.
            assert!((1..=3).contains(&asked), "round {round}: {asked} requests met the page");
            assert_eq!(first.health, Health::Blocked(Block::Page), "round {round}");
            assert!(second.carries && !first.carries && first.next_utc_ms.is_some(), "round {round}");
        } else {
            assert!(first.carries && first.health == Health::Open, "round {round}: {first:?}");
        }
    }
    for photo in &photos {
        assert_eq!(tus.completions_of(&photo.hash), 1);
    }
    let blocks = outbox.blocks().await.unwrap();
    let [block] = &blocks[..] else { panic!("{blocks:?}") };
    assert_eq!((block.kind.as_str(), block.times >= 3), ("page", true));
    let page = String::from_utf8(outbox.block_page(block.id).await.unwrap().unwrap()).unwrap();
    let file = place.photos.join("blocks.json");
    assert_eq!(outbox.export_blocks(&file).await.unwrap(), 1);
    let export: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!((&export["version"], &export["blocks"][0]["page"]), (&1.into(), &page.as_str().into()));
    assert!(page.contains("<title>") && block.title.as_ref().is_some_and(|title| page.contains(title)));
    for photo in &photos {
        let name = photo.path.file_name().unwrap().to_str().unwrap();
        assert!(!std::fs::read_to_string(&file).unwrap().contains(name), "law 9");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_on_at_another_endpoint_of_its_store() {
    let Twice { place, tus, links, outbox, target } = Twice::new().await;
    let photo = place.photo("large.jpg", 600_000, 1);
    links[0].set(Conditions::open().cut_after(Cut::forwarding(300_000)));
    tus.lie(Point::Head, Lie::False(FalseAnswer::Html(403)));
    add(&outbox, &photo.path).await;
    run(&outbox).await;
    tus.honest();
    let kept = tus.kept().iter().map(|kept| kept.offset).max().unwrap_or(0);
    assert!(kept > 100_000, "{kept} bytes are there");
    links[0].set(Conditions::page());
    outbox.try_now().await.unwrap();
    let before = tus.seen().len();
    run_out(&outbox).await;
    assert_eq!((tus.completions_of(&photo.hash), tus.created()), (1, 1), "one upload, by two ways");
    let sent: u64 = tus.seen()[before..].iter().map(|seen| seen.body).sum();
    assert!(sent <= 600_000 - kept, "law 4: {sent} bytes came after {kept} of 600000 were there");
    assert_eq!(carrier(&outbox, target).await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_stores_apart_an_upload_stays_where_its_bytes_are() {
    let place = Place::new();
    let servers = [LyingTus::start().await.unwrap(), LyingTus::start().await.unwrap()];
    let links = [before(servers[0].addr()), before(servers[1].addr())];
    let outbox = place.open().await;
    let target = outbox.set_tus_target(tus_at(&links[0])).await.unwrap();
    let endpoints = Endpoints { further: vec![further(tus_at(&links[1]), None)], ..Endpoints::default() };
    outbox.set_endpoints(target, endpoints).await.unwrap();
    let begun = place.photo("begun.jpg", 600_000, 1);
    links[0].set(Conditions::open().cut_after(Cut::forwarding(300_000)));
    servers[0].lie(Point::Head, Lie::False(FalseAnswer::Html(403)));
    let begun_id = add(&outbox, &begun.path).await;
    run(&outbox).await;
    servers[0].honest();
    assert_eq!(servers[0].created(), 1);
    links[0].set(Conditions::page());
    let later = place.photo("later.jpg", 40_000, 2);
    add(&outbox, &later.path).await;
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    // What was begun waits for its server, with the reason; all else goes on.
    assert_eq!((servers[1].completions_of(&later.hash), servers[1].completions_of(&begun.hash)), (1, 0));
    let state = outbox.asset(begun_id).await.unwrap().state;
    let blocked = Trouble::Blocked(Block::Page);
    assert!(
        matches!(&state, AssetState::Waiting { reason: WaitReason::TargetRests { trouble, .. }, .. } if *trouble == blocked),
        "{state:?}"
    );
    links[0].set(Conditions::open());
    run_out(&outbox).await;
    let there: Vec<_> =
        servers.iter().map(|tus| (tus.completions_of(&begun.hash), tus.completions_of(&later.hash))).collect();
    assert_eq!(there, [(1, 0), (0, 1)]);
    assert_eq!(carrier(&outbox, target).await, Some(0));
}

/// Two receivers that know the same device, each with a store of its own.
pub(crate) async fn apart(place: &Place) -> ([Receiver; 2], [Simulator; 2], Outbox, TargetId) {
    let start = |folder: std::path::PathBuf| async move {
        let mut config = satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), folder);
        config.plain_http = false;
        Receiver::start(config).await.unwrap()
    };
    let (a, b) = (place.photos.join("store-a"), place.photos.join("store-b"));
    let first = start(a.clone()).await;
    let link = before(first.addr());
    let outbox = place.open().await;
    let target = pair(&outbox, &first, Some(link.addr().port())).await;
    // The second one was set up from a copy of the first, before anything was sent.
    first.shutdown().await;
    copy(&a, &b);
    let first = start(a).await;
    link.set_upstream(first.addr());
    let second = start(b).await;
    let links = [link, before(second.addr())];
    let pin = second.pairing_code().pin;
    let url = format!("https://127.0.0.1:{}/", links[1].addr().port()).parse().unwrap();
    let endpoints = Endpoints { further: vec![further(url, Some(pin))], ..Endpoints::default() };
    outbox.set_endpoints(target, endpoints).await.unwrap();
    ([first, second], links, outbox, target)
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}

pub(crate) async fn whole(receiver: &Receiver, hash: &str) -> usize {
    receiver.completed_uploads().await.unwrap().iter().filter(|one| one.hash.to_string() == hash).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receiver_apart_is_asked_before_it_gets_what_was_begun_elsewhere() {
    let place = Place::new();
    let ([first, second], links, outbox, target) = apart(&place).await;
    let photo = place.photo("large.jpg", 900_000, 1);
    // The block comes when a third of it is through.
    links[0].set(Conditions::open().rates(400_000, 400_000));
    add(&outbox, &photo.path).await;
    let running = tokio::spawn({
        let outbox = outbox.clone();
        async move { run(&outbox).await }
    });
    within(async {
        while links[0].stats().read_up < 300_000 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    links[0].set(Conditions::page());
    links[0].reset();
    within(running).await.unwrap();
    run_out(&outbox).await;
    assert_eq!((whole(&first, &photo.hash).await, whole(&second, &photo.hash).await), (0, 1));
    assert_eq!(carrier(&outbox, target).await, Some(1));
    // Back at the first: it is asked, and what it does not have of what is delivered is not sent again.
    links[0].set(Conditions::open());
    let next = place.photo("next.jpg", 40_000, 2);
    add(&outbox, &next.path).await;
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    let last = place.photo("last.jpg", 40_000, 3);
    add(&outbox, &last.path).await;
    run_out(&outbox).await;
    assert_eq!(carrier(&outbox, target).await, Some(0));
    assert_eq!((whole(&first, &last.hash).await, whole(&second, &last.hash).await), (1, 0));
    assert_eq!(whole(&first, &next.hash).await + whole(&second, &next.hash).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_whole_stays_with_its_store() {
    let place = Place::new();
    let ([first, second], links, outbox, _) = apart(&place).await;
    let photo = place.photo("a.jpg", 200_000, 1);
    // All of it is passed on, and the answer is lost with the link.
    links[0].set(Conditions::open().losing_a_reply(200_000));
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    within(async {
        while whole(&first, &photo.hash).await == 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    })
    .await;
    links[0].set(Conditions::page());
    for _ in 0..4 {
        outbox.try_now().await.unwrap();
        within(outbox.run(at_once(), tokio_util::sync::CancellationToken::new())).await.unwrap();
    }
    let state = outbox.asset(id).await.unwrap().state;
    let once = whole(&first, &photo.hash).await + whole(&second, &photo.hash).await;
    assert_eq!(once, 1, "law 1: {state:?}");
    links[0].set(Conditions::open());
    run_out(&outbox).await;
    assert_eq!(whole(&first, &photo.hash).await + whole(&second, &photo.hash).await, 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn where_every_way_is_blocked_nothing_ages_and_all_goes_when_one_opens() {
    let Twice { place, tus, links, outbox, target } = Twice::new().await;
    links.iter().for_each(|link| link.set(Conditions::page()));
    let photo = place.photo("a.jpg", 30_000, 1);
    let id = add(&outbox, &photo.path).await;
    for _ in 0..12 {
        outbox.try_now().await.unwrap();
        run(&outbox).await;
    }
    let asset = outbox.asset(id).await.unwrap();
    assert!(
        matches!(&asset.state, AssetState::Waiting { reason: WaitReason::TargetRests { trouble: Trouble::Blocked(Block::Page), .. }, goes } if goes.at_utc_ms.is_some()),
        "{:?}",
        asset.state
    );
    assert!(tus.seen().is_empty(), "nothing reached the server");
    assert_eq!(carrier(&outbox, target).await, None);
    links[1].set(Conditions::open());
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1, "{:?}", all(&outbox).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn that_a_network_is_captive_is_a_hint_and_no_proof() {
    let place = Place::new();
    let receiver = super::world::receiver(&place.photos.join("store")).await;
    let link = before(receiver.addr());
    let outbox = place.open().await;
    let target = pair(&outbox, &receiver, Some(link.addr().port())).await;
    let captive = Link { captive: Some(true), network: Some("hotel".into()), ..Link::wifi() };
    link.set(Conditions::page());
    outbox.set_link(captive.clone());
    let photo = place.photo("a.jpg", 30_000, 1);
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    let asked = link.stats().connections;
    assert_eq!(ways(&outbox, target).await[0].health, Health::Captive);
    // A portal that a person can open is not asked again by itself.
    run(&outbox).await;
    assert_eq!(link.stats().connections, asked);
    let state = outbox.asset(id).await.unwrap().state;
    assert!(matches!(state, AssetState::Waiting { reason: WaitReason::SignIn, .. }), "{state:?}");
    // The person signed in, and the system has not noticed yet: who wants it tried now is heard.
    link.set(Conditions::open());
    outbox.try_now().await.unwrap();
    run(&outbox).await;
    assert!(
        matches!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { .. }),
        "{:?}",
        states(&outbox).await
    );
    assert_eq!(ways(&outbox, target).await[0].health, Health::Open);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_neutral_address_tells_a_portal_from_a_block() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let link = before(tus.addr());
    let neutral = Liar::start(vec![Rule::always(Answer::Reply(Reply::status(204)))]).await.unwrap();
    let beside = before(neutral.addr());
    let outbox = open(place.config()).await;
    let target = outbox.set_tus_target(tus_at(&link)).await.unwrap();
    outbox.set_neutral(Some(format!("http://{}/204", beside.addr()).parse().unwrap())).await.unwrap();
    let photo = place.photo("a.jpg", 30_000, 1);
    add(&outbox, &photo.path).await;
    for (ours, theirs, found) in [
        (Conditions::page(), Conditions::open(), Health::Blocked(Block::Page)),
        (Conditions::page(), Conditions::page(), Health::Captive),
    ] {
        link.set(ours);
        beside.set(theirs);
        // The first requests meet it, the probe after them asks the neutral address.
        for _ in 0..8 {
            outbox.try_now().await.unwrap();
            run(&outbox).await;
            if ways(&outbox, target).await[0].health == found {
                break;
            }
        }
        assert_eq!(ways(&outbox, target).await[0].health, found);
    }
    let asked = neutral.seen();
    assert!(!asked.is_empty() && asked.iter().all(|one| one.headers.iter().all(|(name, _)| name != "authorization")));
    [&link, &beside].into_iter().for_each(|link| link.set(Conditions::open()));
    tus.lie(When::next(Point::Any), Lie::False(FalseAnswer::Html(200)));
    run_out(&outbox).await;
    assert_eq!(tus.completions_of(&photo.hash), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_made_yet_goes_by_the_other_store_too() {
    let place = Place::new();
    let ([first, second], links, outbox, _) = apart(&place).await;
    links[0].set(Conditions::page());
    let photo = super::camera::large(&place, "IMG_0001.jpg", 1);
    let id = add(&outbox, &photo.path).await;
    run_out(&outbox).await;
    let asset = outbox.asset(id).await.unwrap();
    let there = |delivery: &satchel::DeliveryView| matches!(delivery.state, AssetState::Delivered { .. });
    assert!(asset.deliveries.len() == 3 && asset.deliveries.iter().all(there), "{:?}", asset.deliveries);
    assert_eq!((whole(&first, &photo.hash).await, whole(&second, &photo.hash).await), (0, 1));
}

/// A new key that signs is kept of the target, and not the way by which it came to be known.
#[tokio::test(flavor = "multi_thread")]
async fn a_new_key_does_not_turn_the_first_endpoint_into_another() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let server = super::world::receiver(store.path()).await;
    let links = [before(server.addr()), before(server.addr())];
    let outbox = place.open().await;
    let target = pair(&outbox, &server, Some(links[0].addr().port())).await;
    let url = format!("https://127.0.0.1:{}/", links[1].addr().port()).parse().unwrap();
    let further = vec![further(url, Some(server.pairing_code().pin))];
    outbox.set_endpoints(target, Endpoints { further, shared_store: true, ..Endpoints::default() }).await.unwrap();
    server.rotate_key().await.unwrap();
    links[0].set(Conditions::page());
    add(&outbox, &place.photo("a.jpg", 40_000, 1).path).await;
    run_out(&outbox).await;
    assert_eq!(carrier(&outbox, target).await, Some(1));
    links[0].set(Conditions::open());
    links[1].set(Conditions::page());
    add(&outbox, &place.photo("b.jpg", 40_000, 2).path).await;
    run_out(&outbox).await;
    let delivered = AssetState::Delivered { proof: satchel::Proof::Receipt };
    assert!(all(&outbox).await.iter().all(|asset| asset.state == delivered), "{:?}", states(&outbox).await);
    assert_eq!(carrier(&outbox, target).await, Some(0));
}

/// A name that leads nowhere, at each coming to a network: one record for each network.
#[tokio::test(flavor = "multi_thread")]
async fn a_name_that_is_wrong_each_time_is_one_record() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    let name = format!("{}.invalid", "x".repeat(64));
    let url = format!("http://{name}:{}/files/", tus.addr().port()).parse().unwrap();
    let target = outbox.set_tus_target(url).await.unwrap();
    let addresses = vec![tus.addr().ip()];
    outbox.set_endpoints(target, Endpoints { addresses, ..Endpoints::default() }).await.unwrap();
    for n in 0..6u64 {
        let network = Some(["hotel", "home"][n as usize % 2].to_owned());
        outbox.set_link(Link { network, ..Link::wifi() });
        add(&outbox, &place.photo(&format!("{n}.jpg"), 2_000, n).path).await;
        run_out(&outbox).await;
    }
    let mut known: Vec<_> =
        outbox.blocks().await.unwrap().into_iter().map(|one| (one.network, one.kind, one.times)).collect();
    known.sort();
    let times = |network: &str| (Some(network.to_owned()), "name".to_owned(), 3);
    assert_eq!(known, [times("home"), times("hotel")]);
}
