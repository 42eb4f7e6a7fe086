//! The engine against a world that lies, breaks and gets in the way: what an app would see, through the public API,
//! with real sockets, real files and real servers.
//!
//! One test program, because linking the engine takes longer than most of these tests.

#![allow(clippy::unwrap_used)]

mod camera;
mod consent;
mod cuts;
mod damage;
mod endpoints;
mod false_answers;
mod false_answers_receiver;
#[cfg(target_os = "linux")]
mod full_disk;
mod host;
mod interference;
mod laws;
mod library;
mod links;
mod money;
mod outbox;
mod pages;
mod pairs;
mod press;
mod pretend;
mod previews;
mod receiver;
mod redact;
mod said;
#[cfg(unix)]
mod sources;
mod stage;
mod suspend;
mod tokens;
mod urgent;
mod world;
