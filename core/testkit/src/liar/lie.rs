//! The lies that a tus server may tell, and when.

use super::answer::Reply;
use super::false_answer::FalseAnswer;

/// A request of the protocol.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Point {
    /// Every request.
    Any,
    /// `POST` to the collection.
    Create,
    /// `HEAD`.
    Head,
    /// `PATCH`.
    Patch,
    /// `DELETE`.
    Delete,
}

/// Which requests are lied to. A [`Point`] alone means every one of its kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct When {
    point: Point,
    skip: u64,
    times: u64,
}

impl When {
    /// Only the first so many, from now on.
    pub fn times(point: Point, times: u64) -> Self {
        Self { point, skip: 0, times }
    }

    /// Only the next.
    pub fn next(point: Point) -> Self {
        Self::times(point, 1)
    }

    /// Only the nth from now on, counted from 1.
    pub fn nth(point: Point, nth: u64) -> Self {
        Self { point, skip: nth.saturating_sub(1), times: 1 }
    }

    /// Whether this is such a request; counts it.
    pub(super) fn comes(&mut self, point: Point) -> bool {
        if self.times == 0 || (self.point != Point::Any && self.point != point) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        self.times -= 1;
        true
    }
}

impl From<Point> for When {
    fn from(point: Point) -> Self {
        Self { point, skip: 0, times: u64::MAX }
    }
}

/// One lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lie {
    /// The work is done, and the reply names another offset. For `HEAD` and `PATCH`.
    Offset(FalseOffset),
    /// `HEAD` names another length than the upload's: one more.
    Length,
    /// The work is done, and the upload is said to be somewhere else. For `POST`.
    Location(FalseLocation),
    /// The work is done, and the reply comes twice.
    Twice,
    /// The work is done, and the reply lacks `Tus-Resumable`.
    Unmarked,
    /// The work is done, and the connection is reset in place of the reply.
    LoseAnswer,
    /// Nothing is done, and this status is given.
    Status {
        /// The status.
        status: u16,
        /// Whether it carries `Tus-Resumable`.
        marks: bool,
        /// `Retry-After`, as it is to stand there.
        retry_after: Option<String>,
    },
    /// A proxy that collects the request's body before the server gets any of it: a body that is cut is lost,
    /// and one of more than so many bytes is read that far and the connection reset. For `PATCH`.
    Buffering {
        /// The longest body that gets through.
        at_most: u64,
    },
    /// The upload is gone, truly, and so the server says. For `HEAD` and `PATCH`.
    Forget,
    /// Not the service at all.
    False(FalseAnswer),
}

impl Lie {
    /// A status with the protocol's marks.
    pub fn marked(status: u16) -> Self {
        Self::Status { status, marks: true, retry_after: None }
    }

    /// A status as a gateway gives it, without marks.
    pub fn unmarked(status: u16) -> Self {
        Self::Status { status, marks: false, retry_after: None }
    }

    /// A status without marks that says when to come again.
    pub fn retry_after(status: u16, retry_after: &str) -> Self {
        Self::Status { status, marks: false, retry_after: Some(retry_after.to_owned()) }
    }
}

/// An offset that is not the upload's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FalseOffset {
    /// Above the upload's length.
    AboveLength,
    /// The upload's length, whatever arrived.
    AboveSent,
    /// Half of what arrived.
    Lower,
    /// `-1`.
    Negative,
    /// None.
    Absent,
    /// `many`.
    Garbage,
    /// More than 64 bits hold.
    Huge,
}

impl FalseOffset {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::AboveLength, Self::AboveSent, Self::Lower, Self::Negative, Self::Absent, Self::Garbage, Self::Huge];

    fn text(self, offset: u64, length: u64) -> Option<String> {
        match self {
            Self::AboveLength => Some((length + 1).to_string()),
            Self::AboveSent => Some(length.to_string()),
            Self::Lower => Some((offset / 2).to_string()),
            Self::Negative => Some("-1".to_owned()),
            Self::Absent => None,
            Self::Garbage => Some("many".to_owned()),
            Self::Huge => Some("18446744073709551616".to_owned()),
        }
    }
}

/// A place that an upload is said to be at. The two that are honest are here too, as servers differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FalseLocation {
    /// On another host, which looks well: [`super::LyingTus::decoy`].
    Foreign,
    /// The right one, as a path.
    Path,
    /// The right one, relative to the collection.
    Relative,
    /// The right one, with scheme and host.
    Absolute,
    /// None.
    Missing,
    /// Not a place.
    Absurd,
}

impl FalseLocation {
    /// All of them.
    pub const ALL: [Self; 6] = [Self::Foreign, Self::Path, Self::Relative, Self::Absolute, Self::Missing, Self::Absurd];

    /// Whether it is not a lie.
    pub fn honest(self) -> bool {
        matches!(self, Self::Path | Self::Relative | Self::Absolute)
    }

    pub(super) fn text(self, id: &str, own: &str, decoy: &str) -> Option<String> {
        match self {
            Self::Foreign => Some(format!("{decoy}/files/{id}")),
            Self::Path => Some(format!("/files/{id}")),
            Self::Relative => Some(id.to_owned()),
            Self::Absolute => Some(format!("{own}/files/{id}")),
            Self::Missing => None,
            Self::Absurd => Some("http://[::bad]:99999/\u{fffd} %zz".to_owned()),
        }
    }
}

/// Rewrites an honest reply as the lie has it.
pub(super) fn distort(lie: &Lie, reply: &mut Reply, offset: u64, length: u64) {
    let mut replace = |name: &str, value: Option<String>| {
        let had = reply.headers.iter().position(|(known, _)| known == name);
        match (had, value) {
            (Some(at), Some(value)) => reply.headers[at].1 = value,
            (Some(at), None) => drop(reply.headers.remove(at)),
            (None, _) => {}
        }
    };
    match lie {
        Lie::Offset(offset_lie) => replace("Upload-Offset", offset_lie.text(offset, length)),
        Lie::Length => replace("Upload-Length", Some((length + 1).to_string())),
        Lie::Unmarked => replace("Tus-Resumable", None),
        _ => {}
    }
}
