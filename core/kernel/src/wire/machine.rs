//! The one type behind which all protocols stand.

use super::{Carrier, Event, Job, Need, Status, Stored, post::Post, tus::Tus};
use crate::time::Now;

/// An upload under way, whatever its protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wire {
    /// tus 1.0.
    Tus(Tus),
    /// A post, put to a Satchel receiver.
    Post(Post),
}

/// The protocols.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// tus 1.0.
    Tus,
    /// A post, put to a Satchel receiver.
    Post,
}

impl Protocol {
    /// As it is stored.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tus => "tus",
            Self::Post => "post",
        }
    }
}

impl Wire {
    /// A new upload.
    pub fn new(protocol: Protocol) -> Self {
        match protocol {
            Protocol::Tus => Self::Tus(Tus::default()),
            Protocol::Post => Self::Post(Post::default()),
        }
    }

    /// An upload as it was stored. A state that cannot be read (another version's, or damaged) is recovered from
    /// the server where `locator` names the upload there. Where nothing names it, no more than a creation went out:
    /// it begins anew, or is [`Status::Lost`] at its start if that creation may have carried the whole.
    pub fn restore(protocol: Protocol, stored: &Stored, locator: Option<&str>, length: u64) -> Option<Self> {
        match protocol {
            Protocol::Tus => Self::read(protocol, Tus::VERSION, stored)
                .filter(|tus: &Tus| tus.fits(length))
                .or_else(|| {
                    let known = locator.and_then(|locator| Tus::recover(locator, length));
                    Some(known.unwrap_or_else(|| Tus::unknown(length)).renumbered(numbers(stored)))
                })
                .map(Self::Tus),
            // Putting a post again is harmless, so one that cannot be read begins anew.
            Protocol::Post => Self::read(protocol, Post::VERSION, stored)
                .or_else(|| Some(Post::default().renumbered(numbers(stored))))
                .map(Self::Post),
        }
    }

    fn read<T: serde::de::DeserializeOwned>(protocol: Protocol, version: u32, stored: &Stored) -> Option<T> {
        let ours = stored.protocol == protocol.as_str() && stored.version == version;
        ours.then(|| serde_json::from_slice(&stored.bytes).ok()).flatten()
    }

    /// The state to store.
    pub fn store(&self) -> Stored {
        let json = |value: Result<Vec<u8>, _>| value.expect("a wire state has only string keys and finite numbers");
        match self {
            Self::Tus(tus) => Stored {
                protocol: Protocol::Tus.as_str().into(),
                version: Tus::VERSION,
                bytes: json(serde_json::to_vec(tus)),
            },
            Self::Post(post) => Stored {
                protocol: Protocol::Post.as_str().into(),
                version: Post::VERSION,
                bytes: json(serde_json::to_vec(post)),
            },
        }
    }

    /// The upload's name at the server, stored beside the state so that it survives an unknown version.
    pub fn locator(&self) -> Option<&str> {
        match self {
            Self::Tus(tus) => tus.location(),
            Self::Post(_) => None,
        }
    }

    /// One step: the next state, and what it needs.
    pub fn step(self, job: &Job, event: Event, now: &Now) -> (Self, Vec<Need>) {
        match self {
            Self::Tus(tus) => {
                let (tus, needs) = tus.step(job, event, now);
                (Self::Tus(tus), needs)
            }
            Self::Post(post) => {
                let (post, needs) = post.step(job, event, now);
                (Self::Post(post), needs)
            }
        }
    }

    /// Says who carries the requests from now on. To be told before each [`Event::Start`]; a request that is open stays
    /// as it is. A post has no pieces, and goes as a whole whoever carries it.
    #[must_use]
    pub fn carried_by(self, carrier: Carrier) -> Self {
        match self {
            Self::Tus(tus) => Self::Tus(tus.carried_by(carrier)),
            Self::Post(post) => Self::Post(post),
        }
    }

    /// A person retries what was parked or lost; anything else stays as it is. What is known of the upload is kept, so
    /// that what the server has is found and not sent again; only an upload that is lost is begun anew.
    #[must_use]
    pub fn retry(self) -> Self {
        match self {
            Self::Tus(tus) => Self::Tus(tus.retry()),
            Self::Post(post) => Self::Post(post.retry()),
        }
    }

    /// Where it stands.
    pub fn status(&self) -> &Status {
        match self {
            Self::Tus(tus) => tus.status(),
            Self::Post(post) => post.status(),
        }
    }

    /// Bytes that the server reported kept.
    pub fn acknowledged(&self) -> u64 {
        match self {
            Self::Tus(tus) => tus.offset(),
            Self::Post(_) => 0,
        }
    }

    /// Whether the server may hold the payload whole for all that we know: its completion may have been lost on the way.
    pub fn may_have_completed(&self, job: &Job) -> bool {
        match self {
            Self::Tus(tus) => tus.ceiling() >= job.length,
            Self::Post(_) => false,
        }
    }

    /// The unit in which progress survives a cut, in bytes; `None` when a cut loses all.
    pub fn granularity(&self) -> Option<u64> {
        match self {
            // A server keeps every byte that came before the cut; ours does, and the offset tells for others.
            Self::Tus(_) => Some(1),
            Self::Post(_) => None,
        }
    }
}

/// Where a life begins to count after one that cannot be read: far from 0, where those that can be read began.
fn numbers(stored: &Stored) -> u32 {
    let mut four = [0; 4];
    four.copy_from_slice(&blake3::hash(&stored.bytes).as_bytes()[..4]);
    u32::from_be_bytes(four) >> 1 | 1 << 30
}
