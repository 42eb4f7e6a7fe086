//! Real sockets on loopback: each test plays a server of its own, down to the bytes.

mod bodies;
mod identity;
mod replies;
mod seen;
mod server;

use std::sync::Mutex;

use satchel_kernel::outcome::{Cut, Marks, Method, Outcome, Reply, Request, Segment, Timers};
use tokio_util::sync::CancellationToken;
use url::Url;

use super::*;

/// Long enough that only a broken test waits so long.
const PATIENT: Timers = Timers { stall_ms: 30_000, reply_ms: 30_000 };

fn request(method: Method, url: &Url, body: Vec<Segment>) -> Request {
    Request {
        method,
        url: url.clone(),
        headers: vec![("tus-resumable".into(), "1.0.0".into())],
        body,
        marks: Marks::Tus,
        authorize: true,
        fresh_connection: false,
        timers: PATIENT,
    }
}

fn get(url: &Url) -> Request {
    request(Method::Get, url, vec![])
}

fn http(url: &Url) -> Http {
    with_trust(&Trust::Nobody, url)
}

fn with_trust(trust: &Trust, url: &Url) -> Http {
    through(trust, url, &Options::default())
}

const TARGET: TargetId = TargetId(7);

/// A door of its own, where all may pass.
fn free_door() -> Door {
    let door = Door::new().unwrap();
    door.enter(TARGET, crate::door::Account { id: 1, allowance: u64::MAX });
    door
}

fn through(trust: &Trust, url: &Url, options: &Options) -> Http {
    Http::new(trust, &[url.origin()], options, &free_door(), TARGET, 0).unwrap()
}

/// Sends with nothing special.
async fn plain(http: &Http, request: &Request) -> Outcome {
    http.send(request, None, None, &|_| {}, &CancellationToken::new()).await.unwrap()
}

async fn with_blob(http: &Http, request: &Request, blob: &Blob) -> Outcome {
    http.send(request, None, Some(blob), &|_| {}, &CancellationToken::new()).await.unwrap()
}

fn reply(outcome: Outcome) -> Reply {
    match outcome {
        Outcome::Reply { reply, .. } => reply,
        Outcome::Cut { cut, sent } => panic!("cut after {sent} bytes: {cut:?}"),
    }
}

fn cut(outcome: &Outcome) -> Cut {
    match outcome {
        Outcome::Cut { cut, .. } => *cut,
        Outcome::Reply { reply, .. } => panic!("a reply: {}", reply.status),
    }
}

/// A file of `length` zeros that takes no room.
fn sparse(length: u64) -> (tempfile::NamedTempFile, Blob) {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(length).unwrap();
    let blob = blob_of(&file);
    (file, blob)
}

fn blob_of(file: &tempfile::NamedTempFile) -> Blob {
    let stamp = crate::source::Stamp::of(&std::fs::metadata(file.path()).unwrap());
    Blob { reach: crate::source::Reach::Path(file.path().to_owned()), stamp }
}

/// Collects what a progress callback was told.
#[derive(Default)]
struct Seen(Mutex<Vec<u64>>);

impl Seen {
    fn note(&self, sent: u64) {
        self.0.lock().unwrap().push(sent);
    }
    fn all(&self) -> Vec<u64> {
        self.0.lock().unwrap().clone()
    }
}
