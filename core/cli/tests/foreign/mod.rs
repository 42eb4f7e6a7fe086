//! What tests against servers that others wrote share: the servers, and the command that sends to them.
//!
//! The servers are set up by `cargo xtask test`, which tells in environment variables where they are.

#![allow(dead_code, reason = "each test target uses its part of this")]

pub(crate) mod outbox;
pub(crate) mod server;
