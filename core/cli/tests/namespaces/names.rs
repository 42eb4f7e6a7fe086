//! A name server that answers as it is told (RFC 1035): addresses of IPv4, or that there is no such name.

use std::collections::HashMap;
use std::net::{Ipv4Addr, UdpSocket};
use std::sync::{Arc, Mutex};

/// What is said of a name.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Answer {
    /// Its address.
    Is(Ipv4Addr),
    /// There is no such name.
    None,
}

/// The type of a record with an address of IPv4 (RFC 1035 §3.2.2).
const A: u16 = 1;
/// The answer's code for a name that is not (RFC 1035 §4.1.1).
const NO_SUCH_NAME: u8 = 3;

/// What it is told.
#[derive(Clone, Default)]
pub(crate) struct Names(Arc<Mutex<HashMap<String, Answer>>>);

impl Names {
    /// Answers at port 53 of this address, as long as the process lives.
    pub(crate) fn serve(address: Ipv4Addr) -> Self {
        let socket = UdpSocket::bind((address, 53)).unwrap();
        let names = Self::default();
        let told = names.clone();
        std::thread::spawn(move || {
            let mut query = [0; 512];
            while let Ok((length, from)) = socket.recv_from(&mut query) {
                if let Some(reply) = told.reply(&query[..length]) {
                    let _ = socket.send_to(&reply, from);
                }
            }
        });
        names
    }

    /// From now on.
    pub(crate) fn set(&self, name: &str, answer: Answer) {
        self.0.lock().unwrap().insert(name.to_owned(), answer);
    }

    fn reply(&self, query: &[u8]) -> Option<Vec<u8>> {
        let (name, end) = name(query, 12)?;
        let kind = u16::from_be_bytes([*query.get(end)?, *query.get(end + 1)?]);
        let question = query.get(12..end + 4)?;
        let answer = self.0.lock().unwrap().get(&name).copied().unwrap_or(Answer::None);
        let (code, address) = match answer {
            Answer::Is(address) => (0, (kind == A).then_some(address)),
            Answer::None => (NO_SUCH_NAME, None),
        };
        // A reply, with authority, to a question that asked for recursion, which there is.
        let mut reply = query.get(..2)?.to_vec();
        reply.extend([0x85, 0x80 | code, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
        reply.extend(question);
        if let Some(address) = address {
            // The name of the question (a pointer to it), A, the internet, for no time at all, 4 bytes.
            reply.extend([0xC0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
            reply.extend(address.octets());
        }
        Some(reply)
    }
}

/// The name that begins at `at`, in small letters, and where it ends. Questions hold no pointers.
fn name(query: &[u8], mut at: usize) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    loop {
        let length = usize::from(*query.get(at)?);
        at += 1;
        if length == 0 {
            return Some((labels.join("."), at));
        }
        labels.push(String::from_utf8_lossy(query.get(at..at + length)?).to_ascii_lowercase());
        at += length;
    }
}
