//! A small picture of an original: by the core where it reads the format, by the host where it does not; small films by the
//! host alone.

use std::io::{Read, Seek};
use std::time::Duration;

use satchel_kernel::state::AssetKind;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::kinds;
use crate::metadata;
use crate::outbox::Inner;
use crate::previews::{self, FILM, Form, PreviewFault, PreviewRequest, Previewer, Rendered};
use crate::source::{self, Opened, Source, SourceFault};
use crate::spool::SpoolName;
use crate::store::previews::ToRender;

/// The longest that the core decodes one picture. A phone is done with the largest in a fraction of it.
const LONGEST: Duration = Duration::from_secs(5);
/// The longer side of a film's press version, in pixels, that hosts are asked for.
const FILM_SIDE: u32 = 1_280;

/// What came of it.
pub(super) enum Came {
    /// The rendition.
    Made(Vec<u8>),
    /// There is none to be had.
    Nothing,
    /// The original is not what was read, or cannot be read.
    Source(SourceFault),
}

/// Makes a JPEG of an original. What it shows is what was read.
pub(super) fn of(inner: &Inner, original: &ToRender, form: Form, stop: &CancellationToken) -> Came {
    let opened = match sound(inner, original) {
        Ok(opened) => opened,
        Err(fault) => return Came::Source(fault),
    };
    let by_core = match original.kind {
        AssetKind::Photo | AssetKind::Pair => small(&mut &opened.file, form, stop),
        AssetKind::Video | AssetKind::Other => Err(PreviewFault::NotAPicture { found: "a video" }),
    };
    let made = match by_core {
        Ok(made) => Some(made.jpeg),
        Err(PreviewFault::NotAPicture { .. } | PreviewFault::TooLarge { .. }) => {
            drawn(inner, original, &opened, form.longest(), |previewer, request| previewer.picture(request))
                .and_then(|picture| small(&mut std::io::Cursor::new(picture), form, stop).ok())
                .map(|made| made.jpeg)
        }
        Err(fault) => {
            tracing::debug!(asset = %original.asset, %fault, ?form, "no picture");
            None
        }
    };
    untouched(&opened, made)
}

/// Has the host make a small version of a film. One that says where it was taken is none.
pub(super) fn film(inner: &Inner, original: &ToRender) -> Came {
    let opened = match sound(inner, original) {
        Ok(opened) => opened,
        Err(fault) => return Came::Source(fault),
    };
    let made = drawn(inner, original, &opened, FILM_SIDE, |previewer, request| previewer.film(request));
    let fits = |film: &Vec<u8>| {
        let said = metadata::read(&mut std::io::Cursor::new(film));
        let is_film = matches!(kinds::by_magic(film), Some((AssetKind::Video, _)));
        let fits = film.len() as u64 <= FILM && is_film && said.place.is_none();
        if !fits {
            tracing::warn!(asset = %original.asset, bytes = film.len(), "the host's film is not what may go");
        }
        fits
    };
    untouched(&opened, made.filter(fits))
}

/// The original, if it is what was read.
pub(super) fn sound(inner: &Inner, original: &ToRender) -> Result<Opened, SourceFault> {
    if !original.sound {
        return Err(SourceFault::Changed);
    }
    let reach = inner.reach(original.spool.as_deref(), Some(&original.source)).ok_or(SourceFault::Gone)?;
    let opened = reach.open()?;
    if Some(opened.stamp) == original.stamp { Ok(opened) } else { Err(SourceFault::Changed) }
}

/// What it shows must be what the post is about.
fn untouched(opened: &Opened, made: Option<Vec<u8>>) -> Came {
    match (made, opened.untouched()) {
        (_, Err(fault)) => Came::Source(fault),
        (_, Ok(false)) => Came::Source(SourceFault::Changed),
        (Some(made), Ok(true)) => Came::Made(made),
        (None, Ok(true)) => Came::Nothing,
    }
}

fn small(
    picture: &mut (impl Read + Seek),
    form: Form,
    stop: &CancellationToken,
) -> std::result::Result<Rendered, PreviewFault> {
    let begun = Instant::now();
    previews::make(picture, form, &|| stop.is_cancelled() || begun.elapsed() > LONGEST)
}

/// What the host draws: read whole, and nothing of it is left.
fn drawn(
    inner: &Inner,
    original: &ToRender,
    opened: &Opened,
    longest: u32,
    draw: impl FnOnce(&dyn Previewer, &PreviewRequest) -> bool,
) -> Option<Vec<u8>> {
    let previewer = inner.config.previewer.clone()?;
    let (name, _) = inner.spool.adding().ok()?.new_body().ok()?;
    let body = Body { inner, name };
    let to = inner.spool.body(name);
    let source = match original.spool.as_deref().and_then(|name| name.parse().ok()) {
        Some(name) => Source::File(inner.spool.path(name)),
        None => original.source.clone(),
    };
    let request = PreviewRequest {
        source,
        kind: original.kind,
        media_type: original.media_type.clone(),
        bytes: opened.stamp.size,
        longest,
        to: to.clone(),
    };
    let drawn = draw(&*previewer, &request);
    let (file, _) = source::open(&to).ok()?;
    drop(body);
    let mut bytes = Vec::new();
    file.take(MOST_DRAWN + 1).read_to_end(&mut bytes).ok()?;
    Some(bytes).filter(|bytes| drawn && !bytes.is_empty() && bytes.len() as u64 <= MOST_DRAWN)
}

/// The most bytes that a host's picture may have: one as large as it was asked for has a tenth of it.
const MOST_DRAWN: u64 = 16 << 20;

/// The file that a host writes to; gone when this is.
struct Body<'a> {
    inner: &'a Inner,
    name: SpoolName,
}

impl Drop for Body<'_> {
    fn drop(&mut self) {
        let _ = self.inner.spool.remove_body(self.name);
    }
}
