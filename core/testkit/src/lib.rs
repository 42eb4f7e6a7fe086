//! The simulated world that Satchel is tested and shown in: a link that breaks on command, servers
//! that lie, and photos that a camera might have taken.
//!
//! Nothing here needs rights beyond those of an ordinary user, and all chance comes from a seed.

pub mod certificate;
mod chance;
mod clock;
pub mod contract;
pub mod interfere;
pub mod liar;
pub mod link;
pub mod samples;
mod stream;
mod talk;
pub mod toll;

pub use chance::Chance;
