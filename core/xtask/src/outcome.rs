//! How a routine ends.

/// What a routine found, once it could do its work at all. (What kept it from working is an error, a text.)
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// All that was asked for went well.
    Well,
    /// Something failed, and was said.
    Failed,
}

impl Outcome {
    /// Well, if this holds.
    pub(crate) const fn well_if(good: bool) -> Self {
        if good { Self::Well } else { Self::Failed }
    }
}
