//! Scenarios that Rust, Kotlin and Swift all run: what an app would do, and what must come of it.
//!
//! - A **scenario** is a JSON file in `scenarios/`: steps, each with what is expected after it. `README.md` lists them.
//! - The **stage** ([`stage`]) is a process with what the scenario needs of the world: a real receiver behind a link that
//!   breaks on command, a server that lies, photos. It is driven by HTTP on the loopback, so that every language can.
//! - A **runner** is a process that plays a scenario's steps through one language's API. One that comes to a `kill` step
//!   writes down where it is and kills itself; the next one goes on from there. [`runner`] is the one for Rust.

mod host;
pub mod runner;
pub mod stage;
pub mod view;

use std::path::PathBuf;

/// The folder with the scenarios.
pub fn scenarios() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("scenarios")
}
