//! What only the host can do.

use std::sync::Arc;

use satchel::source::{self, SourceFault};
use satchel::{LibraryFault, Token};
use tokio_util::task::TaskTracker;

use crate::{AssetKind, SatchelError, Source};

/// The host's store for secrets: Android's Keystore, Apple's Keychain. The outbox keeps no token by itself.
///
/// Called on threads of Satchel's own that may wait; never while anything is locked.
#[uniffi::export(with_foreign)]
pub trait Credentials: Send + Sync {
    /// The token kept for a target, by the target's address; none where there is none.
    fn load(&self, target: String) -> Result<Option<String>, SatchelError>;
    /// Keeps a target's token, in place of an earlier one; it must be durable when this returns.
    fn store(&self, target: String, token: String) -> Result<(), SatchelError>;
    /// Gets another token, in place of one that the target refused (none where there was none); none where no other is to be
    /// had. Called for each target at most once a minute, and only when the target proved to be itself. What it returns is
    /// kept by the host already.
    fn refresh(&self, target: String, refused: Option<String>) -> Result<Option<String>, SatchelError>;
}

/// The host's media library: Android's MediaStore, Apple's Photos. It opens again what was added by its id, months later
/// and in another process too.
#[uniffi::export(with_foreign)]
pub trait MediaLibrary: Send + Sync {
    /// Opens an item for reading (`open` is a keyword of Swift). Called on threads of Satchel's own that may wait, several at once; never while anything is
    /// locked.
    fn open_item(&self, id: String) -> Result<OpenedItem, SatchelError>;
}

/// What a host's library said when an item was to be opened.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Enum)]
pub enum OpenedItem {
    /// It is open: a descriptor of a regular file, which is Satchel's to close from now on (Android: `detachFd`).
    Descriptor {
        /// The descriptor.
        fd: i32,
        /// In which of several ways it is read, numbered by the host from 0: with or without its place, say.
        read_mode: u8,
        /// When the item last changed, in milliseconds since 1970; the file's own time when left out.
        modified_utc_ms: Option<i64>,
    },
    /// It is in this file.
    File {
        /// Absolute.
        path: String,
        /// It was exported for this once: it is removed as soon as it is open.
        temporary: bool,
        /// As above.
        read_mode: u8,
        /// As above; a host that exports an item anew each time must say it, or each export counts as another original.
        modified_utc_ms: Option<i64>,
    },
    /// The library has it no more: the asset is parked.
    Gone,
    /// The person did not allow it: the asset is parked.
    Denied,
    /// Not now: the phone is locked, the library is busy. It is tried again by itself.
    Away,
    /// It is only in the cloud, and the app does not fetch it over the link that there is. It is tried again by itself.
    InCloud,
}

/// Makes pictures of what Satchel cannot read by itself: a frame of a video, a photo in a format of the phone's own (HEIC).
#[uniffi::export(with_foreign)]
pub trait Previewer: Send + Sync {
    /// Writes a picture of an original to `request.to`; false when there is none to be had: the post goes without a preview.
    /// It becomes smaller, upright and free of metadata afterwards. Called on a thread of Satchel's own that may wait, one
    /// call at a time; never while anything is locked.
    fn picture(&self, request: PreviewRequest) -> Result<bool, SatchelError>;
    /// Writes a small version of a film to `request.to`, as MP4 that any browser plays, of at most 2 MiB and with nothing in
    /// it of where and when; false when there is none to be had. It goes as it is, if it keeps to that. One film at a time;
    /// pictures are asked for meanwhile.
    fn film(&self, request: PreviewRequest) -> Result<bool, SatchelError>;
}

/// A picture or a film that the host is to make.
#[derive(Debug, Clone, PartialEq, Eq, uniffi::Record)]
pub struct PreviewRequest {
    /// The original, or the outbox's copy of it; not for logs.
    pub source: Source,
    /// What kind of thing it is.
    pub kind: AssetKind,
    /// Its media type (RFC 6838), `application/octet-stream` where it is not known.
    pub media_type: String,
    /// Its length in bytes.
    pub bytes: u64,
    /// The longer side that is wanted, in pixels; a larger picture is fine.
    pub longest: u32,
    /// Where to write it: a picture as JPEG, PNG or WebP. An empty file is there.
    pub to: String,
}

/// The host's pictures as the engine asks for them.
pub(crate) struct Drawing(pub(crate) Arc<dyn Previewer>, pub(crate) TaskTracker);

impl satchel::Previewer for Drawing {
    fn picture(&self, request: &satchel::PreviewRequest) -> bool {
        self.made(|host| host.picture(request.clone().into()))
    }

    fn film(&self, request: &satchel::PreviewRequest) -> bool {
        self.made(|host| host.film(request.clone().into()))
    }
}

impl Drawing {
    fn made(&self, make: impl FnOnce(&dyn Previewer) -> Result<bool, SatchelError>) -> bool {
        let _busy = self.1.token();
        make(&*self.0).unwrap_or_else(|error| {
            tracing::warn!(%error, "no picture");
            false
        })
    }
}

impl From<satchel::PreviewRequest> for PreviewRequest {
    fn from(request: satchel::PreviewRequest) -> Self {
        let satchel::PreviewRequest { source, kind, media_type, bytes, longest, to } = request;
        let to = to.to_string_lossy().into_owned();
        Self { source: source.into(), kind: kind.into(), media_type, bytes, longest, to }
    }
}

/// The host's credentials as the engine asks them. Each of these counts as under way while the host is called, also when
/// nobody waits for it any more.
pub(crate) struct Renewing(pub(crate) Arc<dyn Credentials>, pub(crate) TaskTracker);

impl satchel::TokenSource for Renewing {
    fn fresh(&self, target: &str, refused: Option<&Token>) -> Option<Token> {
        let _busy = self.1.token();
        match self.0.refresh(target.to_owned(), refused.map(|token| token.reveal().to_owned())) {
            Ok(token) => Token::new(&token?).inspect_err(|error| tracing::warn!(%error, "a new token")).ok(),
            Err(error) => {
                tracing::warn!(%error, "no new token");
                None
            }
        }
    }
}

/// The host's library as the engine asks it.
pub(crate) struct Opening(pub(crate) Arc<dyn MediaLibrary>, pub(crate) TaskTracker);

impl satchel::MediaLibrary for Opening {
    fn open(&self, id: &str) -> Result<satchel::OpenItem, LibraryFault> {
        let _busy = self.1.token();
        let (file, read_mode, modified_utc_ms) = match self.0.open_item(id.to_owned()) {
            Ok(OpenedItem::Descriptor { fd, read_mode, modified_utc_ms }) => (taken(fd)?, read_mode, modified_utc_ms),
            Ok(OpenedItem::File { path, temporary, read_mode, modified_utc_ms }) => {
                let (file, _) = source::open(path.as_ref()).map_err(|fault| match fault {
                    SourceFault::Gone => LibraryFault::Gone,
                    SourceFault::Unreadable => LibraryFault::Denied,
                    _ => LibraryFault::Failed,
                })?;
                if temporary {
                    // One that stays is in a folder that the host's system empties.
                    let _ = std::fs::remove_file(&path);
                }
                (file, read_mode, modified_utc_ms)
            }
            Ok(OpenedItem::Gone) => return Err(LibraryFault::Gone),
            Ok(OpenedItem::Denied) => return Err(LibraryFault::Denied),
            Ok(OpenedItem::Away) => return Err(LibraryFault::Away),
            Ok(OpenedItem::InCloud) => return Err(LibraryFault::InCloud),
            Err(error) => {
                tracing::warn!(%error, "the media library");
                return Err(LibraryFault::Failed);
            }
        };
        Ok(satchel::OpenItem { file, read_mode, modified_utc_ms })
    }
}

#[cfg(unix)]
fn taken(fd: i32) -> Result<std::fs::File, LibraryFault> {
    use std::os::fd::{BorrowedFd, FromRawFd as _, OwnedFd};
    if fd < 0 {
        return Err(LibraryFault::Failed);
    }
    // SAFETY: it is only asked about, and is not -1. One that is not open is found out by that.
    if rustix::io::fcntl_getfd(unsafe { BorrowedFd::borrow_raw(fd) }).is_err() {
        tracing::warn!("the media library gave a descriptor that is not open");
        return Err(LibraryFault::Failed);
    }
    // SAFETY: it is open, and the host says by giving it that nobody else closes it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) }.into())
}

#[cfg(not(unix))]
fn taken(_: i32) -> Result<std::fs::File, LibraryFault> {
    Err(LibraryFault::Failed)
}
