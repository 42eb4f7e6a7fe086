//! Cut at once: what still arrives is little, and counted.

use super::peer::Manner;
use super::*;

/// A slow upload to a peer with 16 KB of buffer; ended in mid-body. Bytes that the peer had read when `end` returned, that arrived
/// in all, and the outcome.
async fn ended_by(end: impl FnOnce(&Door) + Send + 'static) -> (Arc<Peer>, Door, u64, Outcome) {
    let (peer, door) = (Arc::new(Peer::start(Manner::Slow)), door(FREE));
    let http = http(&door, &peer.url());
    let request = upload(&peer.url(), 4 << 20);
    let (of_peer, of_door) = (peer.clone(), door.clone());
    // As a host calls it: from a thread of which no runtime knows.
    let ending = std::thread::spawn(move || {
        of_peer.wait_for(60_000);
        end(&of_door);
        of_peer.read()
    });
    let outcome = send(&http, &request).await;
    let then = ending.join().unwrap();
    let waiting = peer.clone();
    tokio::task::spawn_blocking(move || waiting.wait_for_end(1)).await.unwrap();
    (peer, door, then, outcome)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_it_is_shut_little_arrives_and_all_of_it_is_counted() {
    let (peer, door, then, outcome) = ended_by(Door::shut).await;
    let spent = door.spent(1).unwrap();
    let after = peer.read() - then;
    println!("after shut {after} bytes arrived; counted {}, at the peer {}", spent.sent, peer.read());
    assert!(after <= 64 * 1024, "{after} bytes arrived after it was shut");
    assert!(peer.was_reset());
    assert!(spent.sent >= peer.read(), "{spent:?}");
    assert!(spent.sent - peer.read() <= 64 * 1024, "the kernel held {}", spent.sent - peer.read());
    assert_eq!((cut(&outcome), spent.connections), (Cut::Stopped, 1));
    assert!(outcome.sent() <= spent.sent && outcome.sent() + 1024 >= peer.read(), "{}", outcome.sent());
    // Nobody is let through who does not enter anew.
    let http = http(&door, &peer.url());
    assert_eq!(cut(&send(&http, &upload(&peer.url(), 10)).await), Cut::Stopped);
    assert_eq!((peer.connections(), door.spent(1)), (1, Some(spent)));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn on_another_account_the_old_connections_are_reset_first() {
    let (peer, door, _, outcome) = ended_by(|door| door.enter(TARGET, Account { id: 2, allowance: FREE })).await;
    assert_eq!((cut(&outcome), door.spent(2)), (Cut::Stopped, Some(Spent::default())));
    assert!(peer.was_reset() && door.spent(1).unwrap().sent >= peer.read());
}

// On one thread, where a connection is back among the kept ones before the next request looks for it.
#[tokio::test]
async fn one_that_leaves_ends_only_its_own() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let other = TargetId(8);
    door.enter(other, Account { id: 1, allowance: FREE });
    let (ours, theirs) = (http(&door, &peer.url()), {
        let url = peer.url();
        Http::new(&Trust::Nobody, &[url.origin()], &Options::default(), &door, other, 0).unwrap()
    });
    let request = upload(&peer.url(), 100);
    assert!(matches!(send(&ours, &request).await, Outcome::Reply { .. }));
    assert!(matches!(send(&theirs, &request).await, Outcome::Reply { .. }));
    door.leave(TARGET);
    assert_eq!(cut(&send(&ours, &request).await), Cut::Stopped);
    assert!(matches!(send(&theirs, &request).await, Outcome::Reply { .. }));
    assert_eq!((peer.connections(), door.spent(1).unwrap().connections), (2, 2), "the other one kept its connection");
}

#[tokio::test]
async fn a_kept_connection_that_was_reset_is_not_used_again() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let http = http(&door, &peer.url());
    let request = upload(&peer.url(), 100);
    for round in 1..=50u64 {
        assert!(matches!(send(&http, &request).await, Outcome::Reply { .. }), "round {round}");
        assert_eq!(peer.connections(), round);
        door.shut();
        door.enter(TARGET, Account { id: 1, allowance: FREE });
    }
    assert_eq!(door.spent(1).unwrap().connections, 50);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_that_nobody_wants_any_more_does_not_arrive_whole() {
    let (peer, door) = (Arc::new(Peer::start(Manner::Slow)), door(FREE));
    let http = http(&door, &peer.url());
    let (stop, waiting) = (CancellationToken::new(), peer.clone());
    let stopping = stop.clone();
    tokio::task::spawn_blocking(move || {
        waiting.wait_for(30_000);
        stopping.cancel();
    });
    let request = upload(&peer.url(), 200_000);
    let outcome = http.send(&request, None, None, &|_| {}, &stop).await.unwrap();
    assert_eq!(cut(&outcome), Cut::Stopped);
    let waiting = peer.clone();
    tokio::task::spawn_blocking(move || waiting.wait_for_end(1)).await.unwrap();
    println!("stopped at 30000, arrived {}", peer.read());
    assert!(peer.read() <= 30_000 + 64 * 1024, "{}", peer.read());
    assert!(door.spent(1).unwrap().sent >= peer.read() && outcome.sent() + 1024 >= peer.read());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn when_the_last_handle_is_gone_so_are_the_connections() {
    let (peer, door) = (Arc::new(Peer::start(Manner::Slow)), door(FREE));
    let mut stream = knocks::connected(&door, peer.address()).await;
    tokio::io::AsyncWriteExt::write_all(&mut stream, b"GET / HTTP/1.1\r\n").await.unwrap();
    let waiting = peer.clone();
    tokio::task::spawn_blocking(move || waiting.wait_for(16)).await.unwrap();
    drop(door);
    let waiting = peer.clone();
    tokio::task::spawn_blocking(move || waiting.wait_for_end(1)).await.unwrap();
    assert!(peer.was_reset());
}

/// Many times, while bytes flow as fast as they can: what is counted when it is shut holds all that ever arrives.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_slips_out_while_it_is_shut() {
    for round in 0..40u64 {
        let (peer, door) = (Arc::new(Peer::start(Manner::Quick)), door(FREE));
        let http = http(&door, &peer.url());
        let (of_peer, of_door) = (peer.clone(), door.clone());
        let shutting = std::thread::spawn(move || {
            of_peer.wait_for(1 + round * 40_000);
            of_door.shut();
            of_door.spent(1).unwrap()
        });
        let outcome = send(&http, &upload(&peer.url(), 8 << 20)).await;
        let then = shutting.join().unwrap();
        let waiting = peer.clone();
        tokio::task::spawn_blocking(move || waiting.wait_for_end(1)).await.unwrap();
        assert_eq!((cut(&outcome), door.spent(1)), (Cut::Stopped, Some(then)), "round {round}");
        assert!(then.sent >= peer.read() && outcome.sent() + 1024 >= peer.read(), "round {round}: {then:?}");
    }
}
