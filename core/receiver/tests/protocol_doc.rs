//! Replays the examples of docs/protocol.md against a real receiver: the document and the server say the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

mod desk;

use std::collections::BTreeMap;

use desk::{Desk, verified};
use satchel_kernel::protocol::keys::SigningKey;
use serde_json::Value;

const DOCUMENT: &str = include_str!("../../../docs/protocol.md");

/// The text of a fenced block, cut at its first empty line.
struct Block {
    head: Vec<String>,
    body: String,
}

fn block(text: &str) -> Block {
    let (head, body) = text.split_once("\n\n").unwrap_or((text, ""));
    let body = body.strip_suffix('\n').unwrap_or(body).to_owned();
    Block { head: head.lines().map(str::to_owned).collect(), body }
}

fn header_line(line: &str) -> (String, String) {
    let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line}"));
    (name.to_ascii_lowercase(), value.to_owned())
}

/// All pairs of a request and the reply below it.
fn examples() -> Vec<(Block, Block)> {
    let mut pairs = Vec::new();
    let mut rest = DOCUMENT;
    while let Some((_, after)) = rest.split_once("```http request\n") {
        let (request, after) = after.split_once("```\n").expect("a block ends");
        let (between, after) = after.split_once("```http reply\n").expect("a reply follows each request");
        assert!(!between.contains("```"), "a reply follows its request directly");
        let (reply, after) = after.split_once("```\n").expect("a block ends");
        pairs.push((block(request), block(reply)));
        rest = after;
    }
    pairs
}

/// What `{words in braces}` stood for so far.
#[derive(Default)]
struct Known(BTreeMap<String, String>);

impl Known {
    fn fill(&self, text: &str) -> String {
        self.0.iter().fold(text.to_owned(), |text, (name, value)| text.replace(&format!("{{{name}}}"), value))
    }

    /// Compares; a word that is new here learns what it stands for.
    fn compare(&mut self, pattern: &str, real: &str, place: &str) {
        let filled = self.fill(pattern);
        let placeholder = filled.split_once('{').and_then(|(before, rest)| {
            let (name, after) = rest.split_once('}')?;
            (!name.is_empty() && name.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
                .then_some((before, name, after))
        });
        let Some((before, name, after)) = placeholder else { return assert_eq!(real, filled, "{place}") };
        let value = real
            .strip_prefix(before)
            .and_then(|r| r.strip_suffix(after))
            .unwrap_or_else(|| panic!("{place}: {real} is not like {pattern}"));
        assert!(!value.is_empty(), "{place}");
        self.0.insert(name.to_owned(), value.to_owned());
    }

    fn compare_json(&mut self, pattern: &Value, real: &Value, place: &str) {
        match (pattern, real) {
            (Value::Object(fields), _) => fields
                .iter()
                .for_each(|(name, value)| self.compare_json(value, &real[name], &format!("{place}.{name}"))),
            (Value::Array(wanted), Value::Array(got)) => {
                assert_eq!(wanted.len(), got.len(), "{place}");
                wanted.iter().zip(got).for_each(|(w, g)| self.compare_json(w, g, place));
            }
            (Value::String(pattern), Value::String(real)) => self.compare(pattern, real, place),
            _ => assert_eq!(pattern, real, "{place}"),
        }
    }
}

#[tokio::test]
async fn the_examples_are_true() {
    let desk = Desk::open().await;
    let mut known = Known::default();
    known.0.insert("code".into(), desk.receiver().pairing_code().code);
    let examples = examples();
    assert!(examples.len() >= 15, "{} examples were found", examples.len());
    for (request, reply) in examples {
        let place = request.head[0].clone();
        let (method, path) = place.split_once(' ').unwrap();
        let mut sent = desk.http.request(method.parse().unwrap(), desk.url(&known.fill(path)));
        for line in &request.head[1..] {
            let (name, value) = header_line(line);
            sent = sent.header(name, known.fill(&value));
        }
        if !request.body.is_empty() {
            sent = sent.body(known.fill(&request.body));
        }
        let got = sent.send().await.unwrap();
        let status = got.status().as_u16().to_string();
        let headers = got.headers().clone();
        let body = got.text().await.unwrap();
        assert_eq!(status, reply.head[0], "{place}: {body}");
        for line in &reply.head[1..] {
            let (name, value) = header_line(line);
            let real = headers.get(&name).unwrap_or_else(|| panic!("{place}: no {name}")).to_str().unwrap();
            known.compare(&value, real, &format!("{place}: {name}"));
        }
        if !reply.body.is_empty() {
            let pattern: Value = serde_json::from_str(&reply.body).unwrap_or_else(|e| panic!("{place}: {e}"));
            known.compare_json(&pattern, &serde_json::from_str(&body).unwrap(), &place);
        }
    }
    let word = |name: &str| known.0.get(name).unwrap_or_else(|| panic!("the document shows no {name}")).clone();
    let key = SigningKey { id: word("key_id"), public: word("public") };
    for name in ["receipt", "post_receipt", "have_receipt"] {
        let receipt = verified(&key, &word(name));
        assert_eq!((receipt.server, receipt.account), (word("server"), word("account")), "{name}");
    }
}
