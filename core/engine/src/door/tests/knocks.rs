//! Others at the door's port: they learn nothing, and send nothing.

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::peer::Manner;
use super::*;

fn address(door: &Door) -> SocketAddr {
    door.listen().unwrap();
    door.0.listening.address()
}

/// Says these things one after the other, and takes what is answered, until the end.
async fn said(door: &Door, words: &[&[u8]]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address(door)).await.unwrap();
    let mut heard = vec![];
    for word in words {
        if stream.write_all(word).await.is_err() {
            break;
        }
    }
    // A reset is an end too.
    let _ = stream.read_to_end(&mut heard).await;
    heard
}

fn password(name: &str, secret: &str) -> Vec<u8> {
    let lengths = (name.len() as u8, secret.len() as u8);
    [&[1, lengths.0], name.as_bytes(), &[lengths.1], secret.as_bytes()].concat()
}

fn to(address: SocketAddr) -> Vec<u8> {
    let SocketAddr::V4(v4) = address else { unreachable!() };
    [&[5, 1, 0, 1], &v4.ip().octets()[..], &v4.port().to_be_bytes()].concat()
}

/// A connection through the door to this address, by hand.
pub(super) async fn connected(door: &Door, peer: SocketAddr) -> TcpStream {
    let mut stream = TcpStream::connect(address(door)).await.unwrap();
    let all = [vec![5, 1, 2], password("t7r0", &door.0.shared.secret), to(peer)];
    for (word, answer) in all.iter().zip([2, 2, 10]) {
        stream.write_all(word).await.unwrap();
        let mut heard = vec![0; answer];
        stream.read_exact(&mut heard).await.unwrap();
        assert!(heard[1] == 0 || heard == [5, 2], "{heard:?}");
    }
    stream
}

#[tokio::test]
async fn who_does_not_know_the_secret_reaches_nobody() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let secret = door.0.shared.secret.clone();
    let wrong = "0".repeat(64);
    for (name, secret) in [
        ("t7r0", &wrong[..]),
        ("t7r0", ""),
        ("t7r0", &secret[1..]),
        ("x7r0", &secret),
        ("t", &secret),
        ("t7", &secret),
        ("t7r", &secret),
        ("tr0", &secret),
    ] {
        let heard = said(&door, &[&[5, 1, 2], &password(name, secret), &to(peer.address())]).await;
        assert_eq!(heard, [5, 2], "{name}");
    }
    // Without any password, by an older version, and by other commands.
    assert_eq!(said(&door, &[&[5, 1, 0], &to(peer.address())]).await, [0u8; 0]);
    assert_eq!(said(&door, &[&[4, 1, 0, 80, 127, 0, 0, 1, 0]]).await, [0u8; 0]);
    let binding = [&[5, 2, 0][..], &to(peer.address())[3..]].concat();
    assert_eq!(said(&door, &[&[5, 1, 2], &password("t7r0", &secret), &binding]).await, [5, 2, 1, 0]);
    assert_eq!((peer.connections(), door.spent(1).unwrap()), (0, Spent::default()));
    // And a target that has not entered.
    let heard = said(&door, &[&[5, 1, 2], &password("t9r0", &secret), &to(peer.address())]).await;
    assert_eq!(heard[..6], [5, 2, 1, 0, 5, 2]);
    assert_eq!(peer.connections(), 0);
}

#[tokio::test]
async fn garbage_is_dropped_and_the_door_stays_open() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let mut state = 0x9e37_79b9u32;
    for round in 0..200usize {
        let garbage: Vec<u8> = (0..round)
            .map(|_| {
                state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (state >> 24) as u8
            })
            .collect();
        let start: &[u8] = [&[][..], &[5], &[5, 1, 2], &[5, 1, 2, 1]][round % 4];
        let mut stream = TcpStream::connect(address(&door)).await.unwrap();
        let _ = stream.write_all(&[start, &garbage].concat()).await;
        let _ = stream.shutdown().await;
        let mut heard = vec![];
        let _ = stream.read_to_end(&mut heard).await;
        assert!(heard.is_empty() || heard == [5, 2], "{heard:?}");
    }
    assert_eq!((peer.connections(), door.spent(1).unwrap()), (0, Spent::default()));
    let outcome = send(&http(&door, &peer.url()), &upload(&peer.url(), 10)).await;
    assert!(matches!(outcome, Outcome::Reply { .. }), "{outcome:?}");
}

/// Whoever opens connections and says nothing takes a bounded number of places, and gives them back.
#[tokio::test]
async fn a_crowd_that_says_nothing_does_not_stay_in_the_way() {
    let (peer, door) = (Peer::start(Manner::Quick), door(FREE));
    let mut crowd = vec![];
    for _ in 0..200 {
        crowd.push(TcpStream::connect(address(&door)).await.unwrap());
    }
    // One beyond the places is dropped; seen from here as an end.
    let mut nothing = [0];
    let last = crowd.last_mut().unwrap().read(&mut nothing).await;
    assert!(matches!(last, Ok(0) | Err(_)));
    drop(crowd);
    let http = http(&door, &peer.url());
    let request = upload(&peer.url(), 10);
    for _ in 0..100 {
        if matches!(send(&http, &request).await, Outcome::Reply { .. }) {
            return;
        }
        tokio::task::yield_now().await;
    }
    panic!("the door stays full");
}
