//! Changing what is said of an asset, within what a receiver takes.

use satchel_kernel::protocol::post::{Place, Post};

use crate::error::{Error, Result};

/// What is to be changed of a post; what is left out stays.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PostEdit {
    /// Free text; empty takes it away.
    pub caption: Option<String>,
    /// All tags.
    pub tags: Option<Vec<String>>,
    /// The place.
    pub place: Option<Place>,
    /// Who made it; empty takes it away.
    pub author: Option<String>,
    /// When it was taken, RFC 3339 with zone offset where that is known.
    pub time: Option<String>,
}

impl PostEdit {
    /// The post after the change.
    pub fn apply(&self, post: &Post) -> Post {
        let Self { caption, tags, place, author, time } = self.clone();
        let text = |new: Option<String>, old: &Option<String>| match new {
            Some(text) => Some(text).filter(|t| !t.is_empty()),
            None => old.clone(),
        };
        Post {
            caption: text(caption, &post.caption),
            tags: tags
                .map_or_else(|| post.tags.clone(), |tags| tags.into_iter().filter(|t| !t.trim().is_empty()).collect()),
            place: place.or_else(|| post.place.clone()),
            author: text(author, &post.author),
            time: text(time, &post.time),
        }
    }
}

/// The most that a post may be, as JSON: a receiver takes documents of 64 KB, the names of the parts included.
const MAX_POST: usize = 48 << 10;

/// A post that a server will take.
pub(crate) fn fits(post: Post) -> Result<Post> {
    let length = serde_json::to_vec(&post).map_or(usize::MAX, |json| json.len());
    if length > MAX_POST {
        let words = format!("the caption and tags are too long ({length} bytes, at most {MAX_POST}); shorten them");
        return Err(Error::Invalid(words));
    }
    let Post { caption, tags, place, author, time } = &post;
    let place = place.clone().unwrap_or_default();
    // As a receiver takes them (docs/protocol.md, section 6).
    for (what, text, most) in
        [("caption", caption, 10_000), ("author", author, 200), ("time", time, 64), ("place's name", &place.name, 500)]
    {
        if text.as_ref().is_some_and(|text| text.chars().count() > most) {
            return Err(Error::Invalid(format!("the {what} has more than {most} characters; shorten it")));
        }
    }
    if tags.len() > 100 || tags.iter().any(|tag| tag.trim().is_empty() || tag.chars().count() > 100) {
        return Err(Error::Invalid("there may be 100 tags of 1 to 100 characters; leave some out".into()));
    }
    let outside = |degrees: Option<f64>, most: f64| degrees.is_some_and(|d| !d.is_finite() || d.abs() > most);
    if outside(place.latitude, 90.0) || outside(place.longitude, 180.0) {
        return Err(Error::Invalid("latitude goes from -90 to 90 degrees, longitude from -180 to 180".into()));
    }
    Ok(post)
}
