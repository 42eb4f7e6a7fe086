//! The requests to a Satchel receiver that no wire machine makes: the have-check, and the chain of signing keys.

use std::collections::HashMap;

use satchel_kernel::gate::{self, Grade, Verdict};
use satchel_kernel::ids::{BlobHash, Nonce};
use satchel_kernel::outcome::{Marks, Method, Outcome, Reply, Request, Segment};
use satchel_kernel::protocol::have::{HaveReply, HaveRequest};
use satchel_kernel::protocol::keys::KeyChain;
use satchel_kernel::protocol::{HAVE_PATH, KEYS_PATH};
use satchel_kernel::wire::Patience;
use serde::de::DeserializeOwned;
use url::Url;

/// How many hashes to ask for at once: so many receipts fit into the part of a reply that is kept
/// ([`MAX_BODY`](satchel_kernel::outcome::MAX_BODY)).
pub(crate) const HASHES_PER_CALL: usize = 80;

/// What the service answered, and how well it is known that it was the service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer<T> {
    /// Marks with identity, or marks alone.
    pub(crate) grade: Grade,
    /// The answer.
    pub(crate) value: T,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallFault {
    /// It was not the service that answered, if anybody did.
    #[error("the service did not answer ({0:?})")]
    NotService(Verdict),
    /// The service said no.
    #[error("the server refused ({status}){}", message.as_ref().map(|m| format!(": {m}")).unwrap_or_default())]
    Refused {
        /// HTTP status.
        status: u16,
        /// In the server's words, where it has some; one line of at most 300 characters.
        message: Option<String>,
    },
    /// The service answered something that cannot be an answer to this.
    #[error("the server's answer makes no sense: {0}")]
    Contradiction(&'static str),
}

/// A path of the protocol below a receiver's address, which may have a path of its own.
pub(crate) fn below(base: &Url, path: &str) -> Url {
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(None);
    url.set_fragment(None);
    url
}

fn call(method: Method, url: Url, headers: &[(String, String)], body: Vec<u8>, patience: &Patience) -> Request {
    let mut headers = headers.to_vec();
    let length = body.len() as u64;
    if length > 0 {
        headers.push(("content-type".into(), "application/json".into()));
    }
    Request {
        method,
        url,
        headers,
        body: if length > 0 { vec![Segment::Bytes(body)] } else { vec![] },
        marks: Marks::Satchel,
        authorize: true,
        fresh_connection: false,
        timers: patience.timers(length, length),
    }
}

/// A request that carries a document.
pub(crate) fn post<T: serde::Serialize>(
    url: Url,
    headers: &[(String, String)],
    document: &T,
    patience: &Patience,
) -> Request {
    let body = serde_json::to_vec(document).expect("the protocol's documents have text keys only");
    call(Method::Post, url, headers, body, patience)
}

/// Asks which of these blobs the server holds: at most [`HASHES_PER_CALL`].
pub(crate) fn have_request(
    base: &Url,
    nonce: Nonce,
    hashes: &[BlobHash],
    headers: &[(String, String)],
    patience: &Patience,
) -> Request {
    post(below(base, HAVE_PATH), headers, &HaveRequest { nonce, hashes: hashes.to_vec() }, patience)
}

/// Reads the answer to [`have_request`]: what was asked for, each hash once. A hash of which the server says two
/// things is left out, as one that it does not mention.
pub(crate) fn parse_have(request: &Request, outcome: &Outcome) -> Result<Answer<HaveReply>, CallFault> {
    let [Segment::Bytes(body)] = &request.body[..] else {
        return Err(CallFault::Contradiction("no hash was asked for"));
    };
    let Ok(asked) = serde_json::from_slice::<HaveRequest>(body) else {
        return Err(CallFault::Contradiction("no hash was asked for"));
    };
    let mut answer: Answer<HaveReply> = parse(request, outcome)?;
    if answer.value.nonce != asked.nonce {
        return Err(CallFault::Contradiction("it answers another question"));
    }
    let results = std::mem::take(&mut answer.value.results);
    let mut said = HashMap::new();
    for entry in &results {
        said.entry(entry.hash).or_insert_with(Vec::new).push(entry);
    }
    let one = |hash: &BlobHash| match said.remove(hash)?.split_first() {
        Some((first, rest)) if rest.iter().all(|other| other == first) => Some((*first).clone()),
        _ => None,
    };
    answer.value.results = asked.hashes.iter().filter_map(one).collect();
    Ok(answer)
}

/// Asks how the key in use follows from older ones.
pub(crate) fn keys_request(base: &Url, headers: &[(String, String)], patience: &Patience) -> Request {
    call(Method::Get, below(base, KEYS_PATH), headers, vec![], patience)
}

/// Reads the answer to [`keys_request`]. The chain is not verified yet: [`crate::receipts::verify`] does that.
pub(crate) fn parse_keys(request: &Request, outcome: &Outcome) -> Result<Answer<KeyChain>, CallFault> {
    parse(request, outcome)
}

/// Reads a document that only the service may have sent.
pub(crate) fn parse<T: DeserializeOwned>(request: &Request, outcome: &Outcome) -> Result<Answer<T>, CallFault> {
    let verdict = gate::judge(request, outcome);
    let (Outcome::Reply { reply, .. }, Verdict::Service(grade)) = (outcome, verdict) else {
        return Err(CallFault::NotService(verdict));
    };
    match reply.status {
        200 | 201 => {}
        status => return Err(CallFault::Refused { status, message: message(reply) }),
    }
    let value = serde_json::from_slice(&reply.body)
        .map_err(|_| CallFault::Contradiction("it is not the document asked for"))?;
    Ok(Answer { grade, value })
}

/// The words of `{"error": …, "message": …}`, fit to be shown.
fn message(reply: &Reply) -> Option<String> {
    let document: serde_json::Value = serde_json::from_slice(&reply.body).ok()?;
    let words: String = document.get("message")?.as_str()?.chars().filter(|c| !c.is_control()).take(300).collect();
    (!words.trim().is_empty()).then_some(words)
}

#[cfg(test)]
mod tests {
    use satchel_kernel::outcome::{Cut, Headers, Identity};
    use satchel_kernel::protocol::have::HaveState;

    use super::*;

    fn base() -> Url {
        "https://desk.example:8443/box/".parse().unwrap()
    }

    fn asked(names: &[&[u8]]) -> Request {
        let hashes: Vec<_> = names.iter().map(|n| BlobHash::of(n)).collect();
        have_request(&base(), Nonce::from_bytes([1; 16]), &hashes, &[], &Patience::default())
    }

    fn reply(request: &Request, status: u16, body: &str) -> Outcome {
        let headers = Headers(vec![("satchel-version".into(), "1".into())]);
        let reply = Reply {
            url: request.url.clone(),
            identity: Identity::Proved,
            status,
            headers,
            body: body.as_bytes().to_vec(),
        };
        Outcome::Reply { sent: request.body_len(), reply }
    }

    #[test]
    fn paths_hang_below_the_address() {
        assert_eq!(asked(&[b"a"]).url.as_str(), "https://desk.example:8443/box/v1/have");
        let bare: Url = "https://desk.example?x=1".parse().unwrap();
        assert_eq!(below(&bare, KEYS_PATH).as_str(), "https://desk.example/v1/keys");
    }

    #[test]
    fn only_what_was_asked_and_said_once_counts() {
        let request = asked(&[b"a", b"b", b"c"]);
        let [a, b, other] = [b"a", b"b", b"z"].map(|n| BlobHash::of(n));
        let nonce = Nonce::from_bytes([1; 16]);
        let body = format!(
            r#"{{"nonce":"{nonce}","results":[{{"hash":"{other}","state":"missing"}},{{"hash":"{b}","state":"missing"}},
            {{"hash":"{a}","state":"missing"}},{{"hash":"{a}","state":"deleted"}},{{"hash":"{b}","state":"missing"}}]}}"#
        );
        let answer = parse_have(&request, &reply(&request, 200, &body)).unwrap();
        assert_eq!(answer.grade, Grade::Proven);
        let found: Vec<_> = answer.value.results.iter().map(|e| (e.hash, e.state.clone())).collect();
        assert_eq!(found, [(b, HaveState::Missing)]);
    }

    #[test]
    fn an_answer_to_another_question_is_none() {
        let request = asked(&[b"a"]);
        let body = format!(r#"{{"nonce":"{}","results":[]}}"#, Nonce::from_bytes([2; 16]));
        let fault = parse_have(&request, &reply(&request, 200, &body)).unwrap_err();
        assert_eq!(fault, CallFault::Contradiction("it answers another question"));
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let request = asked(&[b"a"]);
        let fault = parse_have(&request, &reply(&request, 401, "{\"message\":\"pair\\n again\"}")).unwrap_err();
        assert_eq!(fault, CallFault::Refused { status: 401, message: Some("pair again".into()) });
        assert_eq!(fault.to_string(), "the server refused (401): pair again");
    }

    #[test]
    fn nobody_and_somebody_else_are_not_the_service() {
        let request = asked(&[b"a"]);
        let cut = Outcome::Cut { sent: 0, cut: Cut::Reset };
        assert_eq!(parse_have(&request, &cut), Err(CallFault::NotService(Verdict::Silence(Cut::Reset))));
        let Outcome::Reply { sent, reply } = reply(&request, 200, "{}") else { unreachable!() };
        let unmarked = Outcome::Reply { sent, reply: Reply { headers: Headers::default(), ..reply } };
        assert_eq!(parse_keys(&request, &unmarked), Err(CallFault::NotService(Verdict::Gateway)));
    }

    #[test]
    fn a_full_call_fits_what_is_kept_of_a_reply() {
        let receipt = satchel_kernel::protocol::receipt::Receipt {
            kind: satchel_kernel::protocol::receipt::ReceiptKind::Final,
            key: "k".repeat(32),
            server: "s".repeat(32),
            account: "a".repeat(32),
            upload: "u".repeat(64),
            nonce: Nonce::from_bytes([1; 16]),
            hash: BlobHash::of(b"a"),
            length: u64::MAX,
            time: i64::MAX,
        };
        let sealed = satchel_kernel::protocol::sealed::Sealed { statement: receipt.statement(), signature: [0; 64] };
        let state = HaveState::Have { receipt: sealed.to_string() };
        let entry = satchel_kernel::protocol::have::HaveEntry { hash: BlobHash::of(b"a"), state };
        let full = HaveReply { nonce: Nonce::from_bytes([1; 16]), results: vec![entry; HASHES_PER_CALL] };
        assert!(serde_json::to_vec(&full).unwrap().len() <= satchel_kernel::outcome::MAX_BODY);
    }
}
