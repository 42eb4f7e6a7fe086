//! The documents that travel between an outbox and a Satchel receiver.
//!
//! Both sides use these types, so that there is one definition of each. `docs/protocol.md` describes
//! them for people who build a receiver of their own.

pub mod have;
pub mod keys;
pub mod pairing;
pub mod post;
pub mod receipt;
pub mod sealed;

/// Every reply of a Satchel endpoint that is not plain tus carries `Satchel-Version: 1`: its mark.
pub const MARK: &str = "satchel-version";
/// The value of [`MARK`].
pub const VERSION: &str = "1";
/// Request header: the client's own name for an upload. Creating twice with one key gives one upload.
/// (The IETF draft `draft-ietf-httpapi-idempotency-key-header` names it so.)
pub const IDEMPOTENCY_KEY: &str = "idempotency-key";
/// Request header at creation: BLAKE3 of the whole payload, 64 hexadecimal digits.
pub const HASH: &str = "satchel-hash";
/// Request header: 32 hexadecimal digits that the receipt must repeat.
pub const NONCE: &str = "satchel-nonce";
/// Request header of a post, `1`: a person wants the asset shown again that somebody deleted at the receiver.
pub const OVERRIDE_DELETED: &str = "satchel-override-deleted";
/// The media type of a post whose preview comes along: the document, a line feed, and the preview's bytes. (Parsers of JSON
/// read the document up to there, and no document on its way has a line feed in it.)
pub const WITH_PREVIEW: &str = "application/vnd.satchel.post";
/// Reply header: a signed receipt, as [`sealed::Sealed`] text.
pub const RECEIPT: &str = "satchel-receipt";

/// Where uploads are created, below the receiver's address.
pub const FILES_PATH: &str = "/files/";
/// The have-check, below the receiver's address.
pub const HAVE_PATH: &str = "/v1/have";
/// Posts, below the receiver's address; `{asset}/{revision}` follows.
pub const POSTS_PATH: &str = "/v1/posts/";
/// Pairing, below the receiver's address.
pub const PAIR_PATH: &str = "/v1/pair";
/// The chain of the server's signing keys, below the receiver's address.
pub const KEYS_PATH: &str = "/v1/keys";
