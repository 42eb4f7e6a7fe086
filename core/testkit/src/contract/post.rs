//! A Satchel receiver's `/v1/posts/` in memory.

use std::collections::BTreeMap;

use satchel_kernel::gate::Grade;
use satchel_kernel::ids::BlobHash;
use satchel_kernel::outcome::{Method, Reply, Request};
use satchel_kernel::protocol;

use super::{Answer, Server, header};

/// The server. Putting a revision again changes nothing.
#[derive(Debug, Clone, Default)]
pub struct PostServer {
    posts: BTreeMap<String, Vec<u8>>,
    completed: Vec<Vec<u8>>,
}

impl Server for PostServer {
    fn handle(&mut self, request: &Request, body: &[u8], whole: bool, _at_ms: u64) -> Option<Answer> {
        if !whole {
            return None;
        }
        let path = request.url.path();
        if request.method != Method::Put {
            return Some(Answer::status(405));
        }
        let status = match self.posts.get(path) {
            Some(known) if known != body => return Some(Answer::status(409)),
            Some(_) => 200,
            None => {
                self.posts.insert(path.to_owned(), body.to_vec());
                self.completed.push(body.to_vec());
                201
            }
        };
        Some(Answer::status(status).with(protocol::RECEIPT, "v1.AA.AA"))
    }

    fn mark(&self) -> (&'static str, &'static str) {
        (protocol::MARK, protocol::VERSION)
    }

    fn audit(&mut self, request: &Request) -> Result<(), String> {
        match (request.method, header(request, protocol::NONCE)) {
            (Method::Put, Some(_)) => Ok(()),
            (Method::Put, None) => Err("a post without a nonce gets no receipt".into()),
            (other, _) => Err(format!("a post is put, not sent by {}", other.as_str())),
        }
    }

    fn heard(&mut self, _: &Request, _: &Reply, _: Grade) {}
    fn restarted(&mut self) {}
    fn abandoning(&mut self) {}

    fn told(&self) -> u64 {
        0
    }

    fn completed(&self) -> &[Vec<u8>] {
        &self.completed
    }

    fn has(&self, hash: &BlobHash) -> Option<bool> {
        Some(self.posts.values().any(|bytes| BlobHash::of(bytes) == *hash))
    }
}
