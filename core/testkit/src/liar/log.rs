//! What reached a server: so that a test can prove what was sent, to whom, and how often.

use tokio::sync::watch;

use crate::talk::Head;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// Which connection it came on, counted from 1.
    pub connection: u64,
    /// Its method.
    pub method: String,
    /// Its path, with the query.
    pub path: String,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Bytes of its body that arrived so far.
    pub body: u64,
    /// Whether the body arrived to its end.
    pub whole: bool,
}

impl Seen {
    /// A header's value; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Whether it carried credentials.
    pub fn authorized(&self) -> bool {
        self.header("authorization").is_some()
    }
}

/// All requests to one server.
#[derive(Debug, Clone, Default)]
pub(super) struct Log(watch::Sender<Vec<Seen>>);

impl Log {
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.0.borrow().clone()
    }

    pub(super) async fn until(&self, condition: impl FnMut(&Vec<Seen>) -> bool) -> Vec<Seen> {
        let mut seen = self.0.subscribe();
        let seen = seen.wait_for(condition).await.map(|seen| seen.clone());
        seen.expect("the sender is borrowed for as long as this waits")
    }

    pub(super) fn begin(&self, connection: u64, head: &Head) -> Entry {
        let Head { method, path, headers } = head.clone();
        let seen = Seen { connection, method, path, headers, body: 0, whole: false };
        let mut index = 0;
        self.0.send_modify(|all| {
            index = all.len();
            all.push(seen);
        });
        Entry { log: self.clone(), index }
    }
}

/// One request's line in the log.
#[derive(Debug)]
pub(super) struct Entry {
    log: Log,
    index: usize,
}

impl Entry {
    pub(super) fn arrived(&self, bytes: usize) {
        self.log.0.send_modify(|all| all[self.index].body += bytes as u64);
    }

    pub(super) fn whole(&self) {
        self.log.0.send_modify(|all| all[self.index].whole = true);
    }
}
