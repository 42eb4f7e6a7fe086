//! The door against peers of our own on loopback, down to the bytes: some of them as slow as a bad link.

mod allowance;
mod cuts;
mod kill;
mod knocks;
mod met;
mod meters;
mod peer;

use std::sync::Arc;

use satchel_kernel::ids::{BootId, TargetId};
use satchel_kernel::outcome::{Cut, Marks, Method, Outcome, Request, Segment, Timers};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::*;
use crate::http::{Http, Options, Trust};
use peer::Peer;

const TARGET: TargetId = TargetId(7);
const FREE: u64 = u64::MAX;
/// Long enough that only a broken test waits so long.
const PATIENT: Timers = Timers { stall_ms: 60_000, reply_ms: 60_000 };

fn door(allowance: u64) -> Door {
    let door = Door::new().unwrap();
    door.enter(TARGET, Account { id: 1, allowance });
    door
}

fn http(door: &Door, url: &Url) -> Http {
    Http::new(&Trust::Nobody, &[url.origin()], &Options::default(), door, TARGET, 0).unwrap()
}

fn upload(url: &Url, bytes: usize) -> Request {
    Request {
        method: Method::Patch,
        url: url.clone(),
        headers: vec![],
        body: vec![Segment::Bytes(vec![0x5a; bytes])],
        marks: Marks::Tus,
        authorize: false,
        fresh_connection: false,
        timers: PATIENT,
    }
}

async fn send(http: &Http, request: &Request) -> Outcome {
    http.send(request, None, None, &|_| {}, &CancellationToken::new()).await.unwrap()
}

fn cut(outcome: &Outcome) -> Cut {
    match outcome {
        Outcome::Cut { cut, .. } => *cut,
        Outcome::Reply { reply, .. } => panic!("a reply: {}", reply.status),
    }
}

fn boot(byte: u8) -> BootId {
    BootId::from_bytes([byte; 16])
}
