//! Files that were made to harm whoever reads them: by what they claim, by what they unfold to, by going in circles, or by
//! ending too early. One list, for all that reads them and for the outbox that sends them.

mod bits;
mod exif;
mod film;
mod jpeg;
mod other;
mod png;
mod webp;
mod xmp;

/// A file.
pub(crate) struct Case {
    /// What is wrong with it; no two are called the same.
    pub(crate) name: String,
    /// What its name ends in, which may be a lie.
    pub(crate) ending: &'static str,
    pub(crate) bytes: Vec<u8>,
}

fn case(name: impl Into<String>, ending: &'static str, bytes: Vec<u8>) -> Case {
    Case { name: name.into(), ending, bytes }
}

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let groups =
        [jpeg::cases(), png::cases(), webp::cases(), exif::cases(), xmp::cases(), film::cases(), other::cases()];
    groups.into_iter().flatten().collect()
}
