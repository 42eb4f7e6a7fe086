//! The fuzz targets' bodies, on some thousands of seeded inputs each: noise, and true documents with bytes changed.
//! The long runs are `cargo xtask fuzz gate|reply|receipt|stored|policy`.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../fuzz/bodies.rs"]
mod bodies;

use satchel_kernel::ids::{AssetId, BlobHash, Nonce};
use satchel_kernel::policy::{Policy, READY};
use satchel_kernel::protocol::have::{HaveEntry, HaveReply, HaveState};
use satchel_kernel::protocol::keys::{SigningKey, Succession};
use satchel_kernel::protocol::pairing::PairingCode;
use satchel_kernel::protocol::post::{Place, Post, PostDocument, PostPart, Rendition, Role};
use satchel_kernel::protocol::receipt::{Receipt, ReceiptKind};
use satchel_kernel::protocol::sealed::Sealed;
use satchel_kernel::retry::mix;

/// Numbers from a seed.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(1);
        mix(self.0)
    }
    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
    fn bytes(&mut self, most: usize) -> Vec<u8> {
        let length = self.below(most + 1);
        (0..length).map(|_| self.next() as u8).collect()
    }
    /// A true document with some of it changed, cut out or doubled.
    fn bent(&mut self, mut bytes: Vec<u8>) -> Vec<u8> {
        for _ in 0..self.below(5) {
            if bytes.is_empty() {
                break;
            }
            let at = self.below(bytes.len());
            match self.below(4) {
                0 => bytes[at] = self.next() as u8,
                1 => bytes[at] = b"\n:.,{}[]\"0-+&%"[self.below(14)],
                2 => {
                    bytes.truncate(at);
                }
                _ => {
                    let to = at + self.below(bytes.len() - at);
                    let piece = bytes[at..to].to_vec();
                    bytes.splice(at..at, piece);
                }
            }
        }
        bytes
    }
}

#[test]
fn noise_neither_fools_the_gate_nor_the_machines() {
    let mut noise = Noise(1);
    for _ in 0..4000 {
        bodies::gate(&noise.bytes(300));
        bodies::reply(&noise.bytes(900));
        bodies::stored(&noise.bytes(900));
    }
}

#[test]
fn documents_that_are_bent_are_read_or_refused() {
    let hash = BlobHash::of(b"photo");
    let receipt = Receipt {
        kind: ReceiptKind::Final,
        key: "k1".into(),
        server: "desk".into(),
        account: "ana".into(),
        upload: "7".into(),
        nonce: Nonce::from_bytes([7; 16]),
        hash,
        length: 5,
        time: 1_361_770_980,
    };
    let sealed = Sealed { statement: receipt.statement(), signature: [9; 64] }.to_string();
    let new = SigningKey { id: "k2".into(), public: "AAAA".into() };
    let code = PairingCode { host: "[fe80::1]".into(), port: 8443, pin: "a-_b".into(), code: "K7QX-2M".into() };
    let states = [
        HaveState::Have { receipt: sealed.clone() },
        HaveState::Partial { upload: "/files/1".into(), offset: 7 },
        HaveState::Missing,
        HaveState::Other,
    ];
    let results = states.into_iter().map(|state| HaveEntry { hash, state }).collect();
    let post = PostDocument {
        asset: AssetId::from_bytes([3; 16]),
        revision: 2,
        post: Post {
            caption: Some("Été".into()),
            tags: vec!["sea".into()],
            place: Some(Place { latitude: Some(-33.9), longitude: Some(18.4), name: None }),
            author: None,
            time: Some("2013-02-25T07:23:00+02:00".into()),
        },
        parts: vec![PostPart {
            role: Role::Still,
            rendition: Rendition::Original,
            hash,
            length: 5,
            name: "a.jpg".into(),
            media_type: "image/jpeg".into(),
        }],
    };
    let documents = [
        receipt.statement(),
        Succession { old: "k1".into(), new, time: 5 }.statement(),
        sealed.into_bytes(),
        code.to_string().into_bytes(),
        serde_json::to_vec(&HaveReply { nonce: Nonce::from_bytes([1; 16]), results }).unwrap(),
        serde_json::to_vec(&post).unwrap(),
    ];
    let mut noise = Noise(2);
    for document in &documents {
        bodies::receipt(document);
        for _ in 0..2000 {
            bodies::receipt(&noise.bent(document.clone()));
        }
    }
    for _ in 0..2000 {
        bodies::receipt(&noise.bytes(200));
    }
}

#[test]
fn policies_that_are_bent_are_read_or_refused() {
    let hours = r#"{"version":2,"rules":[{"for":{"kinds":["video"],"albums":["a"]},"allow":[]},
        {"allow":[{"over":["cellular"],"up_to_bytes":3000000,"hours":"22:00-06:00","only_while_charging":true}]}]}"#;
    let ready = READY.map(|name| Policy::ready(name).unwrap().to_json());
    let first = r#"{"version":1,"links":"any","order":"oldest"}"#;
    let mut noise = Noise(3);
    for document in ready.iter().map(String::as_str).chain([hours, first]) {
        let document = document.as_bytes().to_vec();
        bodies::policy(&document);
        for _ in 0..3000 {
            bodies::policy(&noise.bent(document.clone()));
        }
    }
}
