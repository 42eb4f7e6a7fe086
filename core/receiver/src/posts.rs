//! `PUT /v1/posts/{asset}/{revision}`: what a person says about an asset, kept before it is acknowledged.

use satchel_kernel::ids::{AssetId, BlobHash, Nonce};
use satchel_kernel::protocol;
use satchel_kernel::protocol::post::{MAX_BODY, PostDocument, PostPart, Rendition};
use serde::Serialize;

use crate::hub::Event;
use crate::refusal::Refusal;
use crate::server::App;
use crate::signing::Promise;
use crate::store::people::Caller;
use crate::store::posts::{self, Incoming, Stored};
use crate::store::{StoreError, blocking, holdings};
use crate::{chance, clock, times};

/// The longest body in bytes: the document, and the preview that comes along.
pub(crate) const MAX_POST: usize = MAX_BODY;
const MAX_TAGS: usize = 100;
const MAX_PARTS: usize = 16;

/// The reply to a post.
#[derive(Debug, Serialize)]
pub(crate) struct PostReply {
    pub(crate) asset: AssetId,
    pub(crate) revision: u32,
    /// Sealed; left out when the request had no nonce.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) receipt: Option<String>,
    #[serde(skip)]
    pub(crate) new: bool,
}

/// A request's body: the document, and the preview that came along.
pub(crate) struct Sent {
    document: Vec<u8>,
    preview: Option<Vec<u8>>,
    again: bool,
}

impl Sent {
    /// Takes a body apart, if its media type says that there is more than a document. `again`: a deletion here is overridden.
    pub(crate) fn new(mut body: Vec<u8>, media_type: Option<&str>, again: bool) -> Self {
        // Parameters say nothing here, and letters are as good in either case (RFC 9110 §8.3.1).
        let media_type = media_type.and_then(|kind| kind.split(';').next()).map(str::trim);
        let with = media_type.is_some_and(|kind| kind.eq_ignore_ascii_case(protocol::WITH_PREVIEW));
        let feed = body.iter().position(|byte| *byte == b'\n').filter(|_| with);
        let preview = feed.map(|at| body.split_off(at).split_off(1));
        Self { document: body, preview, again }
    }
}

pub(crate) async fn put(
    app: &App,
    caller: Caller,
    asset: AssetId,
    revision: u32,
    nonce: Option<Nonce>,
    sent: Sent,
) -> Result<PostReply, Refusal> {
    let Sent { document: body, preview: bytes, again } = sent;
    let document: PostDocument =
        serde_json::from_slice(&body).map_err(|e| Refusal::bad("bad_post", format!("this is no post: {e}")))?;
    check(&document, asset, revision)?;
    let preview = bytes.as_ref().map(|bytes| previewed(&document, bytes)).transpose()?;
    let (hash, length) = (BlobHash::of(&body), body.len() as u64);
    let taken = document.post.time.as_deref().and_then(times::wall_clock);
    let Caller { account, device } = caller;
    let incoming = Incoming { account: account.clone(), device, document, hash, body, taken, preview, again };
    // A viewer's deletion must not unlink the blob between its link and its row.
    let gate = match preview {
        Some(_) => Some(app.blob_gate.read().await),
        None => None,
    };
    // What a viewer deleted stays deleted: its words are kept, and no picture.
    let (whose, which) = (account.clone(), asset.to_string());
    let deleted = preview.is_some() && !again && app.store.read(move |c| posts::is_deleted(c, &whose, &which)).await?;
    let preview = preview.filter(|_| !deleted);
    let incoming = Incoming { preview, ..incoming };
    if let Some((hash, length)) = preview {
        let (blobs, name) = (app.blobs.clone(), chance::id());
        blocking(move || Ok(blobs.put(&name, &bytes.unwrap_or_default(), &hash, length)?)).await?;
    }
    let stored = app.store.write(move |tx| posts::put(tx, &incoming, clock::unix_now())).await?;
    drop(gate);
    remove_unnamed(app, stored.unnamed()).await?;
    let (received, new) = match stored {
        Stored::Conflict => {
            return Err(Refusal::new(
                409,
                "other_post",
                "this revision is here already and says something else: send it as a later revision",
            ));
        }
        Stored::Again { received, shown, replaced, .. } => {
            for gone in replaced {
                app.hub.send(Event::Gone(gone));
            }
            for id in shown {
                app.hub.send(Event::Asset(id));
            }
            (received, false)
        }
        Stored::New { received, shown, replaced, .. } => {
            for gone in replaced {
                app.hub.send(Event::Gone(gone));
            }
            if let Some(id) = shown {
                app.hub.send(Event::Asset(id));
            }
            (received, true)
        }
    };
    let upload = format!("post/{asset}/{revision}");
    let receipt = nonce.map(|nonce| {
        app.signer.receipt(Promise { account: &account, upload: &upload, nonce, hash, length, time: received })
    });
    Ok(PostReply { asset, revision, receipt, new })
}

/// Removes blobs that nothing names any more, unless somebody brought them again meanwhile.
pub(crate) async fn remove_unnamed(app: &App, hashes: &[BlobHash]) -> Result<(), Refusal> {
    if hashes.is_empty() {
        return Ok(());
    }
    let _gate = app.blob_gate.write().await;
    for hash in hashes {
        let held = *hash;
        if !app.store.read(move |c| holdings::is_held(c, &held)).await? {
            app.blobs.remove(hash).map_err(StoreError::from)?;
        }
    }
    Ok(())
}

/// The blob of the preview that came along: it must be the one that the document names.
fn previewed(document: &PostDocument, bytes: &[u8]) -> Result<(BlobHash, u64), Refusal> {
    let blob = (BlobHash::of(bytes), bytes.len() as u64);
    let named = |part: &PostPart| part.rendition == Rendition::Preview && (part.hash, part.length) == blob;
    if !document.parts.iter().any(named) {
        return Err(Refusal::bad("bad_preview", "the bytes behind the document are no preview that it names"));
    }
    Ok(blob)
}

/// Limits of what a post may hold.
fn check(document: &PostDocument, asset: AssetId, revision: u32) -> Result<(), Refusal> {
    let bad = |why: String| Err(Refusal::bad("bad_post", why));
    if document.asset != asset || document.revision != revision {
        return bad("asset and revision of the document are not those of the address".into());
    }
    if revision == 0 {
        return bad("revisions begin at 1".into());
    }
    let post = &document.post;
    let place = post.place.clone().unwrap_or_default();
    let texts = [
        ("caption", &post.caption, 10_000),
        ("author", &post.author, 200),
        ("time", &post.time, 64),
        ("place", &place.name, 500),
    ];
    for (what, text, max) in texts {
        if text.as_ref().is_some_and(|t| t.chars().count() > max) {
            return bad(format!("the {what} has more than {max} characters"));
        }
    }
    if post.tags.len() > MAX_TAGS || post.tags.iter().any(|t| t.trim().is_empty() || t.chars().count() > 100) {
        return bad(format!("there may be {MAX_TAGS} tags of 1 to 100 characters"));
    }
    let outside = |degrees: Option<f64>, limit: f64| degrees.is_some_and(|d| !d.is_finite() || d.abs() > limit);
    if outside(place.latitude, 90.0) || outside(place.longitude, 180.0) {
        return bad("latitude goes from -90 to 90 degrees, longitude from -180 to 180".into());
    }
    if document.parts.len() > MAX_PARTS {
        return bad(format!("there may be {MAX_PARTS} parts"));
    }
    for part in &document.parts {
        if part.name.is_empty()
            || part.name.len() > 1024
            || part.media_type.len() > 100
            || i64::try_from(part.length).is_err()
        {
            return bad("a part needs a name of 1 to 1024 bytes, a media type of at most 100, and a length".into());
        }
    }
    Ok(())
}
