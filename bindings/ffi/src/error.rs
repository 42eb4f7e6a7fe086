//! The errors, few and each with what to do. None of them names a file (law 9).

use satchel::Error;
use satchel::pairing::PairError;
use satchel::source::SourceFault;
use tokio::task::JoinError;

/// What can go wrong. `words` are for a person and say what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SatchelError {
    /// Another run of this outbox is under way, in this process or another. Adding works all the same.
    #[error("{words}")]
    AlreadyRunning {
        /// For a person.
        words: String,
    },
    /// The outbox was written by a newer version of Satchel.
    #[error("{words}")]
    NewerVersion {
        /// For a person.
        words: String,
    },
    /// The database is damaged: open the outbox again, and it is rebuilt.
    #[error("{words}")]
    Damaged {
        /// For a person.
        words: String,
    },
    /// The storage is full; nothing was lost.
    #[error("{words}")]
    StorageFull {
        /// For a person.
        words: String,
    },
    /// The outbox's folder or database cannot be used.
    #[error("{words}")]
    Storage {
        /// For a person.
        words: String,
    },
    /// There is no such asset.
    #[error("{words}")]
    NoSuchAsset {
        /// Which.
        id: String,
        /// For a person.
        words: String,
    },
    /// What was to be added cannot be read.
    #[error("{words}")]
    Source {
        /// `gone`, `unreadable`, `empty`, `changed`, `not_a_file`, `loop`, `away`, `host` or `io`.
        code: String,
        /// For a person.
        words: String,
    },
    /// A value is out of its range.
    #[error("{words}")]
    Invalid {
        /// Where it stands, in what has fields (`rules[0].allow[1].hours` of a policy); else none.
        field: Option<String>,
        /// For a person.
        words: String,
    },
    /// The device could not be paired.
    #[error("{words}")]
    Pairing {
        /// `bad_code`, `bad_name`, `code_refused`, `too_many_tries`, `refused`, `other_key`, `unreachable`, `answer_lost`
        /// or `not_a_receiver`.
        code: String,
        /// For a person.
        words: String,
    },
    /// The outbox was closed.
    #[error("{words}")]
    Closed {
        /// For a person.
        words: String,
    },
    /// A method of the host failed; the outbox is as it was.
    #[error("{words}")]
    Host {
        /// For a person.
        words: String,
    },
    /// A fault of Satchel itself; the outbox is as it was.
    #[error("{words}")]
    Internal {
        /// For a report.
        words: String,
    },
    /// An error of a later version.
    #[error("{words}")]
    Other {
        /// Its name.
        code: String,
        /// For a person.
        words: String,
    },
}

impl SatchelError {
    pub(crate) fn invalid(words: impl Into<String>) -> Self {
        Self::Invalid { field: None, words: words.into() }
    }

    pub(crate) fn closed() -> Self {
        Self::Closed { words: "this outbox was closed; open it again".into() }
    }
}

impl From<Error> for SatchelError {
    fn from(error: Error) -> Self {
        let words = error.to_string();
        match error {
            Error::AlreadyRunning => Self::AlreadyRunning { words },
            Error::NewerVersion => Self::NewerVersion { words },
            Error::Damaged => Self::Damaged { words },
            Error::StorageFull => Self::StorageFull { words },
            Error::Storage(_) => Self::Storage { words },
            Error::NoSuchAsset(id) => Self::NoSuchAsset { id: id.to_string(), words },
            Error::Source(SourceFault::Host) => Self::Host { words },
            Error::Source(fault) => Self::Source { code: source_code(fault).into(), words },
            Error::Invalid(_) => Self::Invalid { field: None, words },
            // The engine may add kinds; a host of this version knows them by their words.
            _ => Self::Other { code: "other".into(), words },
        }
    }
}

impl From<PairError> for SatchelError {
    fn from(error: PairError) -> Self {
        let code = match &error {
            PairError::BadPin(_) | PairError::BadAddress => "bad_code",
            PairError::BadName(_) => "bad_name",
            PairError::CodeRefused => "code_refused",
            PairError::TooManyTries => "too_many_tries",
            PairError::Refused { .. } => "refused",
            PairError::KeyDoesNotFit { .. } => "other_key",
            PairError::Unreachable { .. } => "unreachable",
            PairError::AnswerLost => "answer_lost",
            PairError::NotAReceiver { .. } => "not_a_receiver",
        };
        Self::Pairing { code: code.into(), words: error.to_string() }
    }
}

impl From<JoinError> for SatchelError {
    fn from(error: JoinError) -> Self {
        let what = if error.is_panic() { "panicked" } else { "was ended" };
        Self::Internal { words: format!("a part of Satchel {what}; what it was doing goes on next time") }
    }
}

/// What a host's method threw without declaring it.
impl From<uniffi::UnexpectedUniFFICallbackError> for SatchelError {
    fn from(error: uniffi::UnexpectedUniFFICallbackError) -> Self {
        Self::Host { words: format!("the app's own code failed: {}", error.reason) }
    }
}

/// As [`SatchelError::Source`] and a folder's faults name it.
pub(crate) fn source_code(fault: SourceFault) -> &'static str {
    match fault {
        SourceFault::Gone => "gone",
        SourceFault::Unreadable => "unreadable",
        SourceFault::Empty => "empty",
        SourceFault::Changed => "changed",
        SourceFault::NotAFile => "not_a_file",
        SourceFault::Loop => "loop",
        SourceFault::Away => "away",
        SourceFault::InCloud => "in_cloud",
        SourceFault::Host => "host",
        SourceFault::Io(_) => "io",
    }
}
