//! The contract that every wire machine must pass, in memory and in simulated time.
//!
//! A [`Case`] names a protocol, the job it is given and the [`Server`] it talks to: a model of that protocol's
//! server which also **audits** the client, request by request. A [`World`](driver::World) plays one upload in it
//! under a schedule of [faults](faults::Fault): cuts in either direction, lost and doubled and late answers, stops,
//! imposters, gateways, forged words, clocks that jump. Whatever happens, it holds the machine to the contract of
//! [`satchel_kernel::wire`], and says which promise was broken as an error.
//!
//! A further machine plugs in with a `Server` model of its own and a `Case`; the driver and the faults stay.

pub mod driver;
pub mod faults;
pub mod liar;
pub mod post;
pub mod tus;

use satchel_kernel::gate::Grade;
use satchel_kernel::ids::{BlobHash, Nonce, UploadKey};
use satchel_kernel::outcome::{Reply, Request};
use satchel_kernel::wire::{Algorithm, Job, Patience, Protocol};

/// What a model answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// Body.
    pub body: Vec<u8>,
}

impl Answer {
    /// An answer without headers and body.
    pub fn status(status: u16) -> Self {
        Self { status, headers: vec![], body: vec![] }
    }

    /// With one header more.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.headers.push((name.to_owned(), value.to_string()));
        self
    }

    /// With another value of a header, or without it.
    #[must_use]
    pub fn replacing(mut self, name: &str, value: Option<&str>) -> Self {
        self.headers.retain(|(n, _)| n != name);
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// A request header.
pub fn header<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
}

/// A model of a protocol's server, and the auditor of whoever talks to it.
pub trait Server {
    /// A request arrived, with so much of its body; `whole` when that is all of it. `None`: no answer can follow,
    /// because the body broke off. The driver puts the protocol's marks on, unless a header `unmarked` says that
    /// somebody before the server answers.
    fn handle(&mut self, request: &Request, body: &[u8], whole: bool, at_ms: u64) -> Option<Answer>;

    /// The header and value by which its replies are known.
    fn mark(&self) -> (&'static str, &'static str);

    /// The machine asks for this: may it?
    ///
    /// # Errors
    /// Which promise that breaks.
    fn audit(&mut self, request: &Request) -> Result<(), String>;

    /// The machine was told this, and the gate called it the service's.
    fn heard(&mut self, request: &Request, reply: &Reply, grade: Grade);

    /// The machine begins a new life: what it heard and did not store is gone.
    fn restarted(&mut self);

    /// The person gives up: from here on the machine may delete.
    fn abandoning(&mut self);

    /// A measure of progress that the machine was told of: it never falls.
    fn told(&self) -> u64;

    /// The payloads of all uploads that were completed here, in order: one sent twice stands twice.
    fn completed(&self) -> &[Vec<u8>];

    /// Whether it has the payload, where it can be asked (the have-check).
    fn has(&self, hash: &BlobHash) -> Option<bool>;
}

/// One protocol with its server, as the suite runs it.
#[derive(Clone, Copy)]
pub struct Case {
    /// For messages.
    pub name: &'static str,
    /// The machine.
    pub protocol: Protocol,
    /// What it is given for a payload; the URL's scheme is put right by the driver.
    pub job: fn(&[u8]) -> Job,
    /// A new server.
    pub server: fn() -> Box<dyn Server>,
}

/// tus at a server that knows nothing of Satchel.
pub const TUS_BARE: Case = Case {
    name: "tus, bare",
    protocol: Protocol::Tus,
    job: |payload| job(payload, false),
    server: || Box::new(tus::TusServer::new(tus::Abilities::default())),
};

/// tus at a Satchel receiver.
pub const TUS_SATCHEL: Case = Case {
    name: "tus, Satchel",
    protocol: Protocol::Tus,
    job: |payload| job(payload, true),
    server: || Box::new(tus::TusServer::new(tus::Abilities { satchel: true, ..tus::Abilities::default() })),
};

/// A post at a Satchel receiver.
pub const POST: Case = Case {
    name: "post",
    protocol: Protocol::Post,
    job: |payload| Job {
        create: url("https://desk.example/v1/posts/00112233445566778899aabbccddeeff/1"),
        inline: Some(payload.to_vec()),
        along: None,
        checksum: None,
        ..job(payload, true)
    },
    server: || Box::new(post::PostServer::default()),
};

fn url(text: &str) -> url::Url {
    text.parse().expect("a URL of the suite is well formed")
}

fn job(payload: &[u8], satchel: bool) -> Job {
    Job {
        create: url("https://desk.example/files/"),
        origins: vec![],
        siblings: vec![],
        length: payload.len() as u64,
        hash: BlobHash::of(payload),
        key: UploadKey::from_bytes([7; 16]),
        nonce: Nonce::from_bytes([9; 16]),
        metadata: vec![("filename".into(), "été.jpg".into())],
        headers: vec![("x-tenant".into(), "desk".into())],
        satchel,
        checksum: Some(Algorithm::Blake3),
        patience: Patience::default(),
        inline: None,
        along: None,
    }
}
