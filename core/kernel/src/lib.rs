//! Everything in Satchel that decides, and nothing that touches the world.
//!
//! No file, socket, clock, random number or SQL is reached from here: time and chance come in as
//! arguments, effects go out as values (law 8: same snapshot, same plan). The engine's runner is the
//! one loop around it.
//!
//! Read in this order: [`planner`] (what to do now), [`policy`] and [`money`] (what may go, and what it costs), [`wire`] (how bytes travel), [`gate`] (what an
//! answer really was), [`health`] (what stands in the way), [`state`] (what can be said of an asset), [`protocol`] (documents that travel).

pub mod gate;
pub mod health;
pub mod ids;
pub mod link;
pub mod money;
pub mod outcome;
pub mod planner;
pub mod policy;
pub mod power;
pub mod protocol;
pub mod retry;
pub mod state;
pub mod time;
pub mod wake;
pub mod wire;
