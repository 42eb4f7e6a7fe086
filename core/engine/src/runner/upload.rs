//! An upload in hand: what its machine, its end and its bytes need to know, whoever carries its requests.

use std::sync::Arc;

use satchel_kernel::gate::Verdict;
use satchel_kernel::ids::{AssetId, GrantId, Nonce, UploadId, UploadKey};
use satchel_kernel::link::LinkClass;
use satchel_kernel::money::reckoned;
use satchel_kernel::outcome::{Outcome, Request};
use satchel_kernel::protocol;
use satchel_kernel::protocol::post::{MAX_BODY, Post, Rendition};
use satchel_kernel::wire::{Algorithm, Job, Status, Wire};
use tokio_util::sync::CancellationToken;

use crate::error::{Error, Result};
use crate::http::{Blob, calls};
use crate::journal::Record;
use crate::observe::Change;
use crate::outbox::Inner;
use crate::source::Reach;
use crate::store::uploads::{RequestRecord, StepRecord};
use crate::store::{Outgoing, Target};

/// An upload in hand.
#[derive(Clone)]
pub(crate) struct Upload {
    pub inner: Arc<Inner>,
    pub target: Arc<Target>,
    pub out: Outgoing,
    pub id: UploadId,
    pub job: Job,
    /// Nobody wants it any more: only what the server keeps of it is to be freed.
    pub freeing: bool,
    pub link: LinkClass,
    /// The grant that it goes by.
    pub grant: Option<GrantId>,
}

impl Upload {
    /// Whose it is; none when nobody wants it any more.
    pub(crate) fn asset(&self) -> AssetId {
        self.out.part.asset
    }

    /// Where the bytes are read from; none for a post's document.
    pub(crate) fn source(&self) -> Option<Reach> {
        let part = &self.out.part;
        if let Some(made) = &self.out.made {
            return made.parse().ok().map(|name| Reach::Path(self.inner.spool.made(name)));
        }
        self.inner.reach(part.spool.as_deref(), part.source.as_ref())
    }

    /// The bytes, as they were when they were hashed.
    pub(crate) fn blob(&self) -> Option<Blob> {
        self.source().zip(self.out.part.stamp).map(|(reach, stamp)| Blob { reach, stamp })
    }

    /// Digests a range of the bytes; none when they are not to be read, or when it was stopped.
    pub(crate) async fn digest(
        &self,
        algorithm: Algorithm,
        range: std::ops::Range<u64>,
        stop: &CancellationToken,
    ) -> Option<Vec<u8>> {
        let (reach, stop) = (self.source(), stop.clone());
        let read = move || {
            let source = reach?.open().ok()?;
            crate::fingerprint::digest(&source.file, algorithm, range, &|| stop.is_cancelled()).ok()?
        };
        tokio::task::spawn_blocking(read).await.unwrap_or(None)
    }

    /// Tells observers how far it came.
    pub(crate) fn progress(&self, sent: u64) {
        self.inner.mention(Change::Progress {
            asset: self.asset(),
            rendition: self.out.class,
            target: self.target.id,
            sent,
            bytes: self.out.length + self.job.along.as_ref().map_or(0, |along| along.len() as u64 + 1),
        });
    }

    /// A step to be stored.
    pub(crate) fn step_record(&self, wire: Wire, request: Option<RequestRecord>) -> StepRecord {
        let (upload, delivery, target) = (self.id, self.out.delivery, self.target.id);
        StepRecord { upload, delivery, target, link: self.link, wire, request }
    }

    /// What the journal must say before bytes follow a creation: the upload has a name at the server now, and a server that
    /// cannot be asked for a blob must not get it twice when the database is lost.
    pub(crate) fn began(&self, before: Option<&str>, after: &Wire) -> Option<Record> {
        let named = after.locator().is_some() && after.locator() != before;
        (named && !self.target.is_receiver())
            .then(|| Record::Began { hash: self.out.hash, target: self.target.url.clone() })
    }
}

/// How much further the server's word went because of a request.
pub(crate) fn gained(before: u64, after: &Wire, sent: u64) -> u64 {
    match (after, after.status()) {
        // A post is kept whole or not at all.
        (Wire::Post(_), Status::Done(_)) => sent,
        _ => after.acknowledged().saturating_sub(before),
    }
}

/// What the wire machine is to know.
pub(crate) fn job(inner: &Inner, target: &Target, out: &Outgoing, (key, nonce): (UploadKey, Nonce)) -> Job {
    let spec = &target.spec;
    let create = match (&spec.receiver, out.class) {
        (Some(base), Rendition::Text) => {
            let path = format!("{}{}/{}", protocol::POSTS_PATH, out.part.asset, out.part.revision);
            calls::below(base, &path)
        }
        _ => spec.create.clone(),
    };
    let mut headers = spec.headers.clone();
    // Of what goes side by side nobody knows what arrives first: each says so, until the post is there.
    if out.again {
        headers.push((protocol::OVERRIDE_DELETED.to_owned(), "1".to_owned()));
    }
    Job {
        create,
        origins: spec.origins.iter().map(url::Url::origin).collect(),
        siblings: target.siblings(),
        length: out.length,
        hash: out.hash,
        key,
        nonce,
        metadata: metadata(target, out),
        headers,
        satchel: target.is_receiver(),
        checksum: spec.checksum,
        patience: inner.config.patience,
        inline: out.inline.clone(),
        along: along(out),
    }
}

/// The preview, if the document leaves room for it.
fn along(out: &Outgoing) -> Option<Vec<u8>> {
    let document = out.inline.as_ref()?.len();
    out.along.clone().filter(|preview| document + 1 + preview.len() <= MAX_BODY)
}

/// `Upload-Metadata`. A server that takes no posts gets the post with the first photo that has these bytes.
fn metadata(target: &Target, out: &Outgoing) -> Vec<(String, String)> {
    let mut pairs =
        vec![("filename".to_owned(), out.part.name.clone()), ("filetype".to_owned(), out.part.media_type.clone())];
    if out.class == Rendition::Press {
        pairs.push(("rendition".to_owned(), out.class.as_str().to_owned()));
    }
    if target.is_receiver() {
        return pairs;
    }
    let Post { caption, tags, place, author, time } = &out.part.post;
    let mut add = |key: &str, value: Option<String>| pairs.extend(value.map(|v| (key.to_owned(), v)));
    add("caption", caption.clone());
    add("tags", (!tags.is_empty()).then(|| tags.join(",")));
    add("author", author.clone());
    add("time", time.clone());
    if let Some(place) = place {
        add("place", place.name.clone());
        add("latitude", place.latitude.map(|d| d.to_string()));
        add("longitude", place.longitude.map(|d| d.to_string()));
    }
    pairs
}

/// 16 bytes that nobody can guess.
pub(crate) fn random() -> Result<[u8; 16]> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).map_err(|_| Error::Storage("the system gave no random numbers".into()))?;
    Ok(bytes)
}

/// What is noted down of a request that ended.
pub(crate) fn record(request: &Request, outcome: &Outcome, verdict: Verdict, started_utc_ms: i64) -> RequestRecord {
    let (status, vouched_utc_ms) = match outcome {
        Outcome::Reply { reply, .. } => (Some(reply.status), reckoned::vouched_by(reply)),
        Outcome::Cut { .. } => (None, None),
    };
    let verdict = serde_json::to_string(&verdict).expect("a verdict is plain data");
    RequestRecord {
        method: request.method.as_str(),
        verdict,
        status,
        sent: outcome.sent(),
        vouched_utc_ms,
        gained: 0,
        started_utc_ms,
    }
}
