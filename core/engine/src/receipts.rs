//! Receipts: whether a server really signed for what was sent.
//!
//! The key that signs was pinned at pairing. A server may move on to a new key; then the old one must have
//! signed that the new one follows it. A receipt by any other key proves nothing, whoever delivered it.

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use satchel_kernel::ids::{BlobHash, Nonce};
use satchel_kernel::protocol::keys::{KeyChain, SigningKey, Succession};
use satchel_kernel::protocol::receipt::Receipt;
use satchel_kernel::protocol::sealed::Sealed;

/// What a receipt must say.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Expected<'a> {
    /// The receiver's id, from pairing.
    pub(crate) server: &'a str,
    /// The account's id, from pairing.
    pub(crate) account: &'a str,
    /// The nonce that went with the request.
    pub(crate) nonce: Nonce,
    /// The payload's hash.
    pub(crate) hash: BlobHash,
    /// The payload's length in bytes.
    pub(crate) length: u64,
}

/// A receipt that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verified {
    /// What the server promises.
    pub(crate) receipt: Receipt,
    /// The key that signed it. Another than the pinned one only where the chain led to it: pin it from now on.
    pub(crate) key_in_use: SigningKey,
}

/// Why a receipt proves nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum BadReceipt {
    /// It cannot be read.
    #[error("what the server sent is not a receipt that this version can read")]
    NotAReceipt,
    /// No succession leads from the pinned key to the one that it names. Without a chain at hand: ask for it.
    #[error(
        "the receipt is signed by the key {key:?}, which does not follow from the one pinned at pairing; pair again if the server is new"
    )]
    UnknownKey {
        /// The key's id.
        key: String,
    },
    /// A succession that starts from a key that we believe is not signed by it.
    #[error(
        "the server says that its key was replaced, but the old key did not sign that; pair again if the server is new"
    )]
    BrokenChain,
    /// The signature does not fit.
    #[error("the receipt's signature is false")]
    Forged,
    /// It was signed, for something else.
    #[error("the receipt is for {what} than what was sent")]
    Unfit {
        /// What differs: `another nonce`, …
        what: &'static str,
    },
}

/// Verifies a receipt as it came, for exactly what was sent.
///
/// # Errors
/// When it proves nothing; [`BadReceipt::UnknownKey`] without a chain is worth asking the server for one.
pub(crate) fn verify(
    sealed: &str,
    pinned: &SigningKey,
    chain: Option<&KeyChain>,
    expect: &Expected<'_>,
) -> Result<Verified, BadReceipt> {
    let sealed: Sealed = sealed.parse().map_err(|_| BadReceipt::NotAReceipt)?;
    // Read before it is verified, only to learn which key it claims; nothing else of it is believed yet.
    let receipt = Receipt::parse(&sealed.statement).ok_or(BadReceipt::NotAReceipt)?;
    let keys = believed(pinned, chain)?;
    let unknown = || BadReceipt::UnknownKey { key: receipt.key.chars().filter(|c| !c.is_control()).take(64).collect() };
    let key_in_use = keys.into_iter().find(|key| key.id == receipt.key).ok_or_else(unknown)?;
    if !signed(&key_in_use, &sealed) {
        return Err(BadReceipt::Forged);
    }
    let Expected { server, account, nonce, hash, length } = *expect;
    let checks = [
        (receipt.hash == hash, "another photo"),
        (receipt.length == length, "another length"),
        (receipt.nonce == nonce, "another nonce"),
        (receipt.account == account, "another account"),
        (receipt.server == server, "another server"),
    ];
    match checks.into_iter().find(|(fits, _)| !fits) {
        Some((_, what)) => Err(BadReceipt::Unfit { what }),
        None => Ok(Verified { receipt, key_in_use }),
    }
}

/// The pinned key and those that follow from it, oldest first. What the chain says of older keys is passed over.
fn believed(pinned: &SigningKey, chain: Option<&KeyChain>) -> Result<Vec<SigningKey>, BadReceipt> {
    let mut keys = vec![pinned.clone()];
    for text in chain.map(|c| c.successions.as_slice()).unwrap_or_default() {
        let sealed: Sealed = text.parse().map_err(|_| BadReceipt::BrokenChain)?;
        let Succession { old, new, .. } = Succession::parse(&sealed.statement).ok_or(BadReceipt::BrokenChain)?;
        let newest = keys.last().expect("starts with the pinned key");
        if old != newest.id {
            continue;
        }
        if !signed(newest, &sealed) || keys.iter().any(|known| known.id == new.id) {
            return Err(BadReceipt::BrokenChain);
        }
        keys.push(new);
    }
    Ok(keys)
}

fn signed(key: &SigningKey, sealed: &Sealed) -> bool {
    let Ok(public) = URL_SAFE_NO_PAD.decode(&key.public) else { return false };
    UnparsedPublicKey::new(&ED25519, public).verify(&sealed.statement, &sealed.signature).is_ok()
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
    use satchel_kernel::protocol::receipt::ReceiptKind;

    use super::*;

    struct Key {
        pair: Ed25519KeyPair,
        public: SigningKey,
    }

    fn key(id: &str) -> Key {
        let pair = Ed25519KeyPair::generate().unwrap();
        let public = SigningKey { id: id.into(), public: URL_SAFE_NO_PAD.encode(pair.public_key()) };
        Key { pair, public }
    }

    fn seal(key: &Key, statement: Vec<u8>) -> String {
        let signature = key.pair.sign(&statement).as_ref().try_into().unwrap();
        Sealed { statement, signature }.to_string()
    }

    fn follows(old: &Key, new: &Key) -> String {
        seal(old, Succession { old: old.public.id.clone(), new: new.public.clone(), time: 5 }.statement())
    }

    fn receipt(key: &str) -> Receipt {
        Receipt {
            kind: ReceiptKind::Final,
            key: key.into(),
            server: "desk".into(),
            account: "ana".into(),
            upload: "u1".into(),
            nonce: Nonce::from_bytes([7; 16]),
            hash: BlobHash::of(b"photo"),
            length: 5,
            time: 1_800_000_000,
        }
    }

    const FIT: fn() -> Expected<'static> = || Expected {
        server: "desk",
        account: "ana",
        nonce: Nonce::from_bytes([7; 16]),
        hash: BlobHash::of(b"photo"),
        length: 5,
    };

    #[test]
    fn the_pinned_keys_receipt_holds() {
        let k1 = key("k1");
        let verified = verify(&seal(&k1, receipt("k1").statement()), &k1.public, None, &FIT()).unwrap();
        assert_eq!(verified, Verified { receipt: receipt("k1"), key_in_use: k1.public });
    }

    #[test]
    fn another_keys_signature_under_the_pinned_name_is_forged() {
        let (k1, thief) = (key("k1"), key("k1"));
        assert_eq!(verify(&seal(&thief, receipt("k1").statement()), &k1.public, None, &FIT()), Err(BadReceipt::Forged));
    }

    #[test]
    fn any_changed_byte_voids_it() {
        let k1 = key("k1");
        let whole: Sealed = seal(&k1, receipt("k1").statement()).parse().unwrap();
        for at in 0..whole.statement.len() {
            let mut changed = whole.clone();
            changed.statement[at] ^= 1;
            assert!(verify(&changed.to_string(), &k1.public, None, &FIT()).is_err(), "byte {at}");
        }
    }

    #[test]
    fn a_receipt_for_something_else_says_what_differs() {
        let k1 = key("k1");
        let sealed = seal(&k1, receipt("k1").statement());
        let other = BlobHash::of(b"another");
        let nonce = Nonce::from_bytes([8; 16]);
        for (expect, what) in [
            (Expected { hash: other, ..FIT() }, "another photo"),
            (Expected { length: 6, ..FIT() }, "another length"),
            (Expected { nonce, ..FIT() }, "another nonce"),
            (Expected { account: "eva", ..FIT() }, "another account"),
            (Expected { server: "hut", ..FIT() }, "another server"),
        ] {
            assert_eq!(verify(&sealed, &k1.public, None, &expect), Err(BadReceipt::Unfit { what }));
        }
    }

    #[test]
    fn a_new_key_needs_the_chain_from_the_pinned_one() {
        let (k0, k1, k2, k3) = (key("k0"), key("k1"), key("k2"), key("k3"));
        let sealed = seal(&k3, receipt("k3").statement());
        let unknown = Err(BadReceipt::UnknownKey { key: "k3".into() });
        assert_eq!(verify(&sealed, &k1.public, None, &FIT()), unknown);
        let whole = KeyChain { successions: vec![follows(&k0, &k1), follows(&k1, &k2), follows(&k2, &k3)] };
        assert_eq!(verify(&sealed, &k1.public, Some(&whole), &FIT()).unwrap().key_in_use, k3.public);
        let gap = KeyChain { successions: vec![follows(&k0, &k1), follows(&k2, &k3)] };
        assert_eq!(verify(&sealed, &k1.public, Some(&gap), &FIT()), unknown);
    }

    #[test]
    fn a_succession_that_the_old_key_did_not_sign_breaks_the_chain() {
        let (k1, thief, k2) = (key("k1"), key("k1"), key("k2"));
        let chain = KeyChain { successions: vec![follows(&thief, &k2)] };
        let sealed = seal(&k2, receipt("k2").statement());
        assert_eq!(verify(&sealed, &k1.public, Some(&chain), &FIT()), Err(BadReceipt::BrokenChain));
    }

    #[test]
    fn a_replaced_keys_receipt_is_not_believed_once_the_new_one_is_pinned() {
        let (k1, k2) = (key("k1"), key("k2"));
        let chain = KeyChain { successions: vec![follows(&k1, &k2)] };
        let old = seal(&k1, receipt("k1").statement());
        assert!(verify(&old, &k1.public, Some(&chain), &FIT()).is_ok());
        assert_eq!(verify(&old, &k2.public, Some(&chain), &FIT()), Err(BadReceipt::UnknownKey { key: "k1".into() }));
    }

    #[test]
    fn what_is_no_receipt_is_refused() {
        let k1 = key("k1");
        for text in ["", "v1.", "yes", &seal(&k1, b"satchel-receipt-v2\n".to_vec()), &follows(&k1, &k1)] {
            assert_eq!(verify(text, &k1.public, None, &FIT()), Err(BadReceipt::NotAReceipt), "{text}");
        }
    }
}
