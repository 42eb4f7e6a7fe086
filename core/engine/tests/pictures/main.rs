//! Previews, metadata and redaction over pictures that are known, large, odd or damaged. A program of its own, because
//! it counts every byte that it allocates.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod bombs;
mod fuzz_short;
mod hostile;
mod made;
mod memory;
mod metadata;
mod outbox;
mod previews;
mod redact;
mod samples;
mod work;
