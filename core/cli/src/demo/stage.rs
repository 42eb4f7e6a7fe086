//! The stage: a receiver, a bad link before it, and an outbox that knows the receiver by the link's address.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use satchel::{Config, Outbox, TargetId, Token, pairing};
use satchel_receiver::Receiver;
use satchel_testkit::link::Simulator;
use tempfile::TempDir;

use super::Failure;
use crate::credentials;
use crate::output::{bytes, shown};

/// The seed of what happens by chance on the link, and of the pictures that are drawn.
pub(super) const SEED: u64 = 2216;

/// For databases and journals, in bytes.
const ROOM: u64 = 64 << 20;

/// Where everything lies.
pub(super) struct Place {
    pub(super) outbox: PathBuf,
    pub(super) receiver: PathBuf,
    pub(super) photos: PathBuf,
    /// Gone at the end, with all that is in it; none where a folder was given.
    temporary: Option<TempDir>,
}

impl Place {
    /// In a folder that stays, or in one that goes. An earlier run's outbox and store in it are left as they are.
    pub(super) fn new(dir: Option<&Path>) -> Result<Self, Failure> {
        let (home, temporary) = match dir {
            Some(dir) => {
                let unusable = |e| {
                    Failure::Told(format!("cannot use the folder {}: {e}; give another one with --dir", shown(dir)))
                };
                std::fs::create_dir_all(dir)
                    .and_then(|()| std::path::absolute(dir))
                    .map(|dir| (dir, None))
                    .map_err(unusable)?
            }
            None => {
                let unusable =
                    |e| Failure::Told(format!("cannot make a temporary folder: {e}; give a folder with --dir"));
                let made = tempfile::Builder::new().prefix("satchel-demo-").tempdir().map_err(unusable)?;
                (made.path().to_owned(), Some(made))
            }
        };
        let name = |what: &str, n: u32| home.join(if n == 1 { what.to_owned() } else { format!("{what}-{n}") });
        let free = |n: &u32| !name("outbox", *n).exists() && !name("receiver", *n).exists();
        let n = (1..).find(free).unwrap_or(u32::MAX);
        Ok(Self { outbox: name("outbox", n), receiver: name("receiver", n), photos: home.join("photos"), temporary })
    }

    /// Whether the receiver's copies have room here.
    pub(super) fn has_room(&self, needed: u64) -> Result<(), Failure> {
        let Some(free) = free(&self.outbox) else { return Ok(()) };
        if free > needed + ROOM {
            return Ok(());
        }
        let (needed, free) = (bytes(needed + ROOM), bytes(free));
        Err(Failure::Told(format!(
            "the receiver's copies need {needed} and {free} are free; give a larger place with --dir, or a smaller folder with --photos"
        )))
    }

    /// Whether it is there after the end.
    pub(super) fn stays(&self) -> bool {
        self.temporary.is_none()
    }
}

/// Bytes that are free where a folder is, as far as the system says.
fn free(folder: &Path) -> Option<u64> {
    #[cfg(unix)]
    {
        let found = rustix::fs::statvfs(folder).ok()?;
        Some(found.f_bavail.saturating_mul(found.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        None
    }
}

/// Everything that runs.
pub(super) struct Stage {
    pub(super) receiver: Receiver,
    pub(super) link: Simulator,
    pub(super) outbox: Outbox,
    pub(super) target: TargetId,
    /// The receiver as the outbox knows it: at the link's address.
    pub(super) url: String,
}

impl Stage {
    /// Starts it all, and pairs as a person would: by the code that the receiver shows.
    pub(super) async fn set(place: &Place) -> Result<Self, Failure> {
        let anywhere = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let mut config = satchel_receiver::Config::new(anywhere, &place.receiver);
        config.name = "A day with Satchel".into();
        let receiver = Receiver::start(config).await.map_err(Failure::because("the receiver did not start"))?;
        let link = Simulator::start(anywhere, receiver.addr(), SEED)
            .map_err(Failure::because("the link simulator did not start"))?;
        let outbox = Outbox::open(Config::new(&place.outbox)).await?;
        let mut code = receiver.pairing_code();
        code.port = link.addr().port();
        let paired =
            pairing::pair(&code, "camera bag", Some("Mika")).await.map_err(Failure::because("pairing failed"))?;
        let url = paired.url.to_string();
        credentials::keep(&place.outbox, &url, &paired.reply.token)
            .map_err(Failure::because("the token could not be kept"))?;
        let target = outbox.set_receiver(&paired).await?;
        outbox.set_token(
            target,
            Token::new(&paired.reply.token).map_err(Failure::because("the receiver gave no usable token"))?,
        );
        Ok(Self { receiver, link, outbox, target, url })
    }
}
