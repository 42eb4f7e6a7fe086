//! What bytes cost: what counts as one, budgets and their periods, grants, and the price before sending.

mod billed;
pub mod budget;
pub mod grant;
pub mod price;
pub mod reckoned;

pub use billed::{PER_CONNECTION, billed, room};
