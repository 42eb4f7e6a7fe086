//! `PUT /v1/posts/{asset}/{revision}`: what a person says about an asset, kept before it is acknowledged.

use satchel_kernel::ids::{AssetId, BlobHash, Nonce};
use satchel_kernel::protocol::post::PostDocument;
use serde::Serialize;

use crate::hub::Event;
use crate::refusal::Refusal;
use crate::server::App;
use crate::signing::Promise;
use crate::store::people::Caller;
use crate::store::posts::{self, Incoming, Stored};
use crate::{clock, times};

/// The longest document in bytes.
pub(crate) const MAX_POST: usize = 64 * 1024;
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

pub(crate) async fn put(
    app: &App,
    caller: Caller,
    asset: AssetId,
    revision: u32,
    nonce: Option<Nonce>,
    body: Vec<u8>,
) -> Result<PostReply, Refusal> {
    let document: PostDocument =
        serde_json::from_slice(&body).map_err(|e| Refusal::bad("bad_post", format!("this is no post: {e}")))?;
    check(&document, asset, revision)?;
    let (hash, length) = (BlobHash::of(&body), body.len() as u64);
    let taken = document.post.time.as_deref().and_then(times::wall_clock);
    let Caller { account, device } = caller;
    let incoming = Incoming { account: account.clone(), device, document, body, hash, taken };
    let stored = app.store.write(move |tx| posts::put(tx, &incoming, clock::unix_now())).await?;
    let (received, new) = match stored {
        Stored::Conflict => {
            return Err(Refusal::new(
                409,
                "other_post",
                "this revision is here already and says something else: send it as a later revision",
            ));
        }
        Stored::Again { received } => (received, false),
        Stored::New { received, shown, replaced } => {
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
