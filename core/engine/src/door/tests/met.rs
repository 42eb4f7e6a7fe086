//! What an attempt to connect met is told, by each route, at once, and never that of another link.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, TcpStream};

use satchel_kernel::health::Heard;

use super::peer::Manner;
use super::*;

const LOCAL: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
const ROUTE: Route = 3;

/// Takes no connection and refuses none: its queue is full, so the system drops what knocks.
struct Deaf {
    address: SocketAddr,
    _listener: TcpListener,
    _queue: Vec<TcpStream>,
}

impl Deaf {
    fn at(address: impl Into<SocketAddr>) -> Self {
        let address = address.into();
        let socket = socket2::Socket::new(socket2::Domain::for_address(address), socket2::Type::STREAM, None).unwrap();
        if address.is_ipv6() {
            socket.set_only_v6(true).unwrap();
        }
        socket.bind(&address.into()).unwrap();
        socket.listen(0).unwrap();
        let listener = TcpListener::from(socket);
        let address = listener.local_addr().unwrap();
        let mut queue = vec![];
        while let Ok(one) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            queue.push(one);
            assert!(queue.len() < 200, "its queue does not fill");
        }
        Self { address, _listener: listener, _queue: queue }
    }
}

/// Where nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind((LOCAL, 0)).unwrap().local_addr().unwrap()
}

fn at(host: &str, port: u16) -> Url {
    format!("http://{host}:{port}/files/").parse().unwrap()
}

fn patient(door: &Door, url: &Url, connect_timeout: Duration) -> Http {
    Http::new(&Trust::Nobody, &[url.origin()], &Options { connect_timeout }, door, TARGET, ROUTE).unwrap()
}

fn by_route(door: &Door, url: &Url) -> Http {
    patient(door, url, Options::default().connect_timeout)
}

fn met(how: How, answers: &[IpAddr]) -> Met {
    // The listeners here say no word.
    Met { how, answers: answers.to_vec(), heard: Heard::Nothing, ..Met::default() }
}

async fn tried(door: &Door, url: &Url) -> (Cut, Met) {
    let http = patient(door, url, Duration::from_millis(400));
    assert_eq!(http.met(url).how, How::Unknown);
    let outcome = send(&http, &upload(url, 10)).await;
    (cut(&outcome), http.met(url))
}

#[tokio::test]
async fn each_way_to_fail_has_its_name() {
    let (door, deaf, nobody) = (door(FREE), Deaf::at((LOCAL, 0)), nobody());
    let no_name = format!("{}.invalid", "x".repeat(64));
    assert_eq!(tried(&door, &at(&no_name, 80)).await, (Cut::NoAddress, met(How::NoName, &[])));
    let url = at("127.0.0.1", nobody.port());
    assert_eq!(tried(&door, &url).await, (Cut::NoConnection, met(How::Refused, &[LOCAL])));
    let broadcast = IpAddr::V4(Ipv4Addr::BROADCAST);
    let found = tried(&door, &at("255.255.255.255", 9)).await;
    assert_eq!(found, (Cut::NoConnection, met(How::Unreachable, &[broadcast])));
    let url = at("127.0.0.1", deaf.address.port());
    assert_eq!(tried(&door, &url).await, (Cut::NoConnection, met(How::Silent, &[LOCAL])));
}

#[tokio::test]
async fn what_a_connection_was_made_to_is_told_of_this_route_only() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let (url, other) = (at("localhost", peer.address().port()), http(&door, &peer.url()));
    let ours = by_route(&door, &url);
    assert!(matches!(send(&ours, &upload(&url, 10)).await, Outcome::Reply { .. }));
    let found = ours.met(&url);
    assert_eq!((found.how, found.address, found.heard), (How::Connected, Some(LOCAL), Heard::Http));
    assert!(found.answers.contains(&LOCAL), "{found:?}");
    assert_eq!((other.met(&url), ours.met(&at("localhost", 1))), (Met::default(), Met::default()));
}

/// Two endpoints under one name, one of them by its addresses: what befalls the one says nothing of the other.
#[tokio::test]
async fn of_two_routes_to_one_host_each_has_its_own_fault() {
    let (door, deaf) = (door(FREE), Deaf::at((LOCAL, 0)));
    let url = at(&format!("{}.invalid", "x".repeat(64)), deaf.address.port());
    door.set_addresses(ROUTE, vec![LOCAL]);
    let (ours, theirs) = (patient(&door, &url, Duration::from_millis(600)), http(&door, &url));
    let request = upload(&url, 10);
    let other = async {
        while ours.met(&url).how == How::Unknown && theirs.met(&url).how == How::Unknown {
            assert_eq!(cut(&send(&theirs, &request).await), Cut::NoAddress);
        }
    };
    let (outcome, ()) = tokio::join!(send(&ours, &request), other);
    assert_eq!((cut(&outcome), ours.met(&url)), (Cut::NoConnection, met(How::Silent, &[LOCAL])));
    assert_eq!(theirs.met(&url), met(How::NoName, &[]));
}

/// One family that the device does not have says nothing of the other.
#[tokio::test]
async fn of_several_addresses_the_one_that_answered_tells() {
    let (door, broadcast, port) = (door(FREE), IpAddr::V4(Ipv4Addr::BROADCAST), nobody().port());
    let stop = CancellationToken::new();
    for addresses in [vec![broadcast, LOCAL], vec![LOCAL, broadcast]] {
        door.set_addresses(ROUTE, addresses);
        let http = by_route(&door, &at("box.invalid", port));
        assert_eq!(http.knock("box.invalid", port, PATIENCE, &stop).await, How::Refused);
    }
}

/// As soon as the request has failed: whoever asks need not wait for the door to notice.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_up_is_told_at_once() {
    let (door, deaf) = (door(FREE), Deaf::at((LOCAL, 0)));
    let url = at("127.0.0.1", deaf.address.port());
    for round in 0..4 {
        door.shut();
        door.enter(TARGET, Account { id: 1, allowance: FREE });
        let (options, reply_ms, want) = match round % 2 {
            0 => (Duration::from_millis(800), 60_000, Cut::NoConnection),
            // The request's own patience ends while the connection's lasts.
            _ => (Duration::from_secs(60), 800, Cut::NoReply),
        };
        let http = patient(&door, &url, options);
        let mut request = upload(&url, 0);
        request.timers.reply_ms = reply_ms;
        assert_eq!(cut(&send(&http, &request).await), want);
        assert_eq!(http.met(&url), met(How::Silent, &[LOCAL]), "round {round}");
    }
}

#[tokio::test]
async fn it_is_forgotten_with_the_link_that_it_was_of() {
    let (door, nobody) = (door(FREE), nobody());
    let url = at("127.0.0.1", nobody.port());
    let http = by_route(&door, &url);
    send(&http, &upload(&url, 10)).await;
    assert_eq!(http.met(&url).how, How::Refused);
    door.shut();
    assert_eq!(http.met(&url), Met::default());
    assert_eq!(cut(&send(&http, &upload(&url, 10)).await), Cut::Stopped);
    assert_eq!(http.met(&url), Met::default());
}

#[tokio::test]
async fn addresses_of_a_route_are_gone_to_whatever_the_name() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    // No resolver is asked: this is no name that one could be asked for.
    let name = format!("{}.invalid", "x".repeat(64));
    let url = at(&name, peer.address().port());
    let (ours, theirs) = (by_route(&door, &url), http(&door, &url));
    door.set_addresses(ROUTE, vec![LOCAL]);
    assert!(matches!(send(&ours, &upload(&url, 10)).await, Outcome::Reply { .. }));
    assert_eq!(ours.met(&url), Met { address: Some(LOCAL), heard: Heard::Http, ..met(How::Connected, &[LOCAL]) });
    assert_eq!(cut(&send(&theirs, &upload(&url, 10)).await), Cut::NoAddress);
    door.set_addresses(ROUTE, vec![]);
    ours.forget_connections();
    assert_eq!(cut(&send(&ours, &upload(&url, 10)).await), Cut::NoAddress);
}

#[tokio::test]
async fn a_dead_address_does_not_keep_from_the_next() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let dead = IpAddr::V6(Ipv6Addr::LOCALHOST);
    let _deaf = Deaf::at((dead, peer.address().port()));
    let url = at("box.invalid", peer.address().port());
    door.set_addresses(ROUTE, vec![dead, LOCAL]);
    let (http, begun) = (by_route(&door, &url), tokio::time::Instant::now());
    assert!(matches!(send(&http, &upload(&url, 10)).await, Outcome::Reply { .. }));
    let took = begun.elapsed();
    assert!(Duration::from_millis(1500) <= took && took < Duration::from_secs(10), "{took:?}");
    assert_eq!(http.met(&url), Met { address: Some(LOCAL), heard: Heard::Http, ..met(How::Connected, &[dead, LOCAL]) });
    assert_eq!(door.spent(1).unwrap().connections, 2, "both cost");
}

/// Linux takes all of 127.0.0.0/8 for its own.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn no_more_than_eight_addresses_are_tried() {
    let own = |last| IpAddr::V4(Ipv4Addr::new(127, 0, 0, last));
    let listener = TcpListener::bind((own(109), 0)).unwrap();
    let (door, url) = (door(FREE), at("box.invalid", listener.local_addr().unwrap().port()));
    door.set_addresses(ROUTE, (101..=120).map(own).collect());
    let http = by_route(&door, &url);
    assert_eq!(cut(&send(&http, &upload(&url, 10)).await), Cut::NoConnection);
    let told: Vec<_> = (101..=116).map(own).collect();
    assert_eq!(http.met(&url), met(How::Refused, &told));
    assert_eq!(door.spent(1).unwrap().connections, 8);
    door.set_addresses(ROUTE, (102..=109).map(own).collect());
    assert_eq!(
        http.knock("box.invalid", url.port().unwrap(), PATIENCE, &CancellationToken::new()).await,
        How::Connected
    );
    assert_eq!(door.spent(1).unwrap().connections, 16);
}

const PATIENCE: Duration = Duration::from_millis(400);

#[tokio::test]
async fn a_knock_tells_whether_somebody_is_there_and_is_counted() {
    let (peer, door, deaf) = (Arc::new(Peer::start(Manner::Quick)), door(FREE), Deaf::at((LOCAL, 0)));
    let (http, stop) = (by_route(&door, &peer.url()), CancellationToken::new());
    let knocked = async |host: &str, port| http.knock(host, port, PATIENCE, &stop).await;
    assert_eq!(knocked("127.0.0.1", peer.address().port()).await, How::Connected);
    assert_eq!(door.spent(1).unwrap(), Spent { sent: 0, received: 0, connections: 1 });
    let waiting = peer.clone();
    tokio::task::spawn_blocking(move || waiting.wait_for_end(1)).await.unwrap();
    assert_eq!((peer.connections(), peer.read()), (1, 0));
    assert_eq!(knocked("127.0.0.1", nobody().port()).await, How::Refused);
    assert_eq!(knocked("127.0.0.1", deaf.address.port()).await, How::Silent);
    assert_eq!(knocked(&"x".repeat(64), 80).await, How::NoName);
    assert_eq!(door.spent(1).unwrap().connections, 3);
    assert_eq!(http.met(&at("127.0.0.1", deaf.address.port())).how, How::Silent);
    stop.cancel();
    assert_eq!(knocked("127.0.0.1", peer.address().port()).await, How::Unknown);
}

#[tokio::test]
async fn who_may_not_send_may_not_knock() {
    let (peer, door) = (Peer::start(Manner::Quick), door(10));
    let (http, stop) = (by_route(&door, &peer.url()), CancellationToken::new());
    let port = peer.address().port();
    assert_eq!(http.knock("127.0.0.1", port, PATIENCE, &stop).await, How::Unknown, "nothing is left for it");
    door.shut();
    assert_eq!(http.knock("127.0.0.1", port, PATIENCE, &stop).await, How::Unknown, "it has not entered");
    assert_eq!((peer.connections(), door.spent(1).unwrap()), (0, Spent::default()));
}

#[tokio::test]
async fn what_is_pretended_is_met_too() {
    use crate::pretend::{Pretend, StandIn};
    let (peer, door, stop) = (Peer::start(Manner::Quick), door(FREE), CancellationToken::new());
    let url = peer.url();
    for (stands, how) in [(StandIn::Silence, How::Silent), (StandIn::Reset, How::Connected)] {
        door.pretend(Pretend { stands: Some(stands), ..Pretend::default() });
        let http = patient(&door, &url, PATIENCE);
        send(&http, &upload(&url, 10)).await;
        assert_eq!((http.met(&url), http.knock("127.0.0.1", 1, PATIENCE, &stop).await), (met(how, &[]), how));
    }
    assert_eq!((peer.connections(), door.spent(1).unwrap()), (0, Spent::default()));
}
