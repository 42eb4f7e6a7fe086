//! A real receiver on loopback, and phones that are paired with it, for the tests beside this folder.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]
#![allow(dead_code, reason = "each test file uses its own share of this")]

use std::net::SocketAddr;
use std::time::Duration;

use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::{Client, Method, RequestBuilder, Response};
use satchel_kernel::ids::{BlobHash, Nonce};
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::protocol::pairing::{PairReply, PairRequest};
use satchel_kernel::protocol::receipt::Receipt;
use satchel_kernel::protocol::sealed::Sealed;
use satchel_receiver::{Config, Receiver};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// A receiver whose store outlives it.
pub(crate) struct Desk {
    pub(crate) dir: TempDir,
    pub(crate) config: Config,
    receiver: Option<Receiver>,
    pub(crate) http: Client,
}

impl Desk {
    /// Plain HTTP on loopback, so that tests can write and cut requests by hand.
    pub(crate) async fn open() -> Self {
        Self::open_with(|_| {}).await
    }

    pub(crate) async fn open_with(change: impl FnOnce(&mut Config)) -> Self {
        let dir = TempDir::new().unwrap();
        let mut config = Config::new(SocketAddr::from(([127, 0, 0, 1], 0)), dir.path().join("store"));
        config.plain_http = true;
        change(&mut config);
        let receiver = Receiver::start(config.clone()).await.unwrap();
        Self { dir, config, receiver: Some(receiver), http: client() }
    }

    pub(crate) fn receiver(&self) -> &Receiver {
        self.receiver.as_ref().unwrap()
    }

    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        self.receiver = Some(Receiver::start(self.config.clone()).await.unwrap());
    }

    pub(crate) async fn stop(&mut self) {
        if let Some(receiver) = self.receiver.take() {
            receiver.shutdown().await;
        }
    }

    pub(crate) async fn start(&mut self) {
        self.receiver = Some(Receiver::start(self.config.clone()).await.unwrap());
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.receiver().url())
    }

    /// Pairs a new device of a new contributor.
    pub(crate) async fn pair(&self, name: &str) -> Phone {
        self.pair_with(name, &self.receiver().pairing_code().code).await
    }

    pub(crate) async fn pair_with(&self, name: &str, code: &str) -> Phone {
        let request = PairRequest { code: code.to_owned(), device: name.into(), contributor: Some(name.into()) };
        let reply = self.http.post(self.url("/v1/pair")).json(&request).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        let PairReply { server, account, device, token, key } = reply.json().await.unwrap();
        Phone { server, account, device, token, key, http: self.http.clone() }
    }

    pub(crate) async fn completed(&self) -> usize {
        self.receiver().completed_uploads().await.unwrap().len()
    }
}

pub(crate) fn client() -> Client {
    Client::builder().tls_danger_accept_invalid_certs(true).timeout(Duration::from_secs(60)).build().unwrap()
}

/// A paired device.
#[derive(Clone)]
pub(crate) struct Phone {
    pub(crate) server: String,
    pub(crate) account: String,
    pub(crate) device: String,
    pub(crate) token: String,
    pub(crate) key: SigningKey,
    pub(crate) http: Client,
}

impl Phone {
    pub(crate) fn request(&self, desk: &Desk, method: Method, path: &str) -> RequestBuilder {
        self.http.request(method, desk.url(path)).bearer_auth(&self.token)
    }

    pub(crate) fn tus(&self, desk: &Desk, method: &str, path: &str) -> RequestBuilder {
        self.request(desk, method.parse().unwrap(), path).header("Tus-Resumable", "1.0.0")
    }

    /// Creates an upload that announces these bytes; its path.
    pub(crate) async fn create(&self, desk: &Desk, bytes: &[u8]) -> String {
        let reply = self.creation(desk, bytes).send().await.unwrap();
        assert_eq!(reply.status(), 201);
        location(&reply)
    }

    pub(crate) fn creation(&self, desk: &Desk, bytes: &[u8]) -> RequestBuilder {
        self.tus(desk, "POST", "/files/")
            .header("Upload-Length", bytes.len())
            .header("Satchel-Hash", BlobHash::of(bytes).to_string())
            .header("Satchel-Nonce", nonce().to_string())
    }

    pub(crate) fn patch(&self, desk: &Desk, path: &str, offset: u64, bytes: &[u8]) -> RequestBuilder {
        self.tus(desk, "PATCH", path)
            .header("Upload-Offset", offset)
            .header("Content-Type", "application/offset+octet-stream")
            .body(bytes.to_vec())
    }

    /// Sends bytes whole; the upload's path.
    pub(crate) async fn send(&self, desk: &Desk, bytes: &[u8]) -> String {
        let path = self.create(desk, bytes).await;
        let reply = self.patch(desk, &path, 0, bytes).send().await.unwrap();
        assert_eq!(reply.status(), 204);
        path
    }

    /// The offset that a HEAD reports.
    pub(crate) async fn offset(&self, desk: &Desk, path: &str) -> u64 {
        let reply = self.tus(desk, "HEAD", path).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        header(&reply, "upload-offset").parse().unwrap()
    }

    pub(crate) async fn have(&self, desk: &Desk, hashes: &[BlobHash]) -> serde_json::Value {
        let body = serde_json::json!({ "nonce": nonce(), "hashes": hashes });
        let reply = self.request(desk, Method::POST, "/v1/have").json(&body).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        assert_eq!(header(&reply, "satchel-version"), "1");
        reply.json().await.unwrap()
    }

    /// Writes the head of a PATCH and a first share of its body by hand, and leaves the connection open.
    pub(crate) async fn half_patch(
        &self,
        desk: &Desk,
        path: &str,
        offset: u64,
        announced: usize,
        bytes: &[u8],
    ) -> TcpStream {
        self.half(desk, &format!("PATCH {path}"), &format!("Upload-Offset: {offset}"), announced, bytes).await
    }

    /// The same for a creation that brings its first ones along.
    pub(crate) async fn half_creation(&self, desk: &Desk, key: &str, photo: &[u8], bytes: &[u8]) -> TcpStream {
        let more = format!(
            "Idempotency-Key: {key}\r\nUpload-Length: {}\r\nSatchel-Hash: {}\r\nSatchel-Nonce: {}",
            photo.len(),
            BlobHash::of(photo),
            nonce()
        );
        self.half(desk, "POST /files/", &more, photo.len(), bytes).await
    }

    async fn half(&self, desk: &Desk, line: &str, more: &str, announced: usize, bytes: &[u8]) -> TcpStream {
        let mut stream = TcpStream::connect(desk.receiver().addr()).await.unwrap();
        let head = format!(
            "{line} HTTP/1.1\r\nHost: desk\r\nAuthorization: Bearer {}\r\nTus-Resumable: 1.0.0\r\n{more}\r\n\
             Content-Type: application/offset+octet-stream\r\nContent-Length: {announced}\r\n\r\n",
            self.token
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(bytes).await.unwrap();
        stream.flush().await.unwrap();
        stream
    }

    /// Verifies a receipt's signature with a key, and reads it.
    pub(crate) fn verified(&self, sealed: &str) -> Receipt {
        verified(&self.key, sealed)
    }
}

pub(crate) fn verified(key: &SigningKey, sealed: &str) -> Receipt {
    let statement = signed_by(key, sealed);
    Receipt::parse(&statement).expect("a receipt of version 1")
}

/// The statement, if this key signed it.
pub(crate) fn signed_by(key: &SigningKey, sealed: &str) -> Vec<u8> {
    let sealed: Sealed = sealed.parse().unwrap();
    let public = URL_SAFE_NO_PAD.decode(&key.public).unwrap();
    UnparsedPublicKey::new(&ED25519, public).verify(&sealed.statement, &sealed.signature).expect("signed by this key");
    sealed.statement
}

pub(crate) fn nonce() -> Nonce {
    Nonce::from_bytes(*b"sixteen bytes!!!")
}

pub(crate) fn header(reply: &Response, name: &str) -> String {
    reply.headers().get(name).unwrap_or_else(|| panic!("no {name} in {reply:?}")).to_str().unwrap().to_owned()
}

pub(crate) fn location(reply: &Response) -> String {
    header(reply, "location")
}

/// Bytes that are not all alike.
pub(crate) fn bytes(length: usize, seed: u32) -> Vec<u8> {
    let mut state = seed.wrapping_mul(2_654_435_761).max(1);
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        state.to_le_bytes()[0]
    };
    (0..length).map(|_| next()).collect()
}

/// Reads a raw reply's head.
pub(crate) async fn raw_head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).await.unwrap_or(0) == 1 {
        head.push(byte[0]);
    }
    String::from_utf8_lossy(&head).to_lowercase()
}

/// Asks until the answer is yes, for 20 seconds at most.
pub(crate) async fn until<F: Future<Output = bool>>(what: &str, mut ask: impl FnMut() -> F) {
    let asking = async {
        while !ask().await {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), asking).await.unwrap_or_else(|_| panic!("never happened: {what}"));
}
