//! For testers: what connections meet in place of the network.

use std::time::Duration;

use satchel::pretend;

use crate::link::choice;

/// What connections meet. Nothing of it outlasts the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq, uniffi::Record)]
pub struct Pretend {
    /// So much goes each way, over all connections together, in bytes a second, 100 or more.
    #[uniffi(default = None)]
    pub bytes_per_second: Option<u64>,
    /// Answers come no sooner than this after what was asked, in milliseconds; at most 30,000.
    #[uniffi(default = None)]
    pub latency_ms: Option<u64>,
    /// This stands in the place of every server.
    #[uniffi(default = None)]
    pub stands: Option<StandIn>,
}

impl From<Pretend> for pretend::Pretend {
    fn from(Pretend { bytes_per_second, latency_ms, stands }: Pretend) -> Self {
        Self { bytes_per_second, latency: latency_ms.map(Duration::from_millis), stands: stands.map(Into::into) }
    }
}

choice! {
    /// What stands in a server's place. None of its bytes leave the device.
    StandIn for pretend::StandIn {
        /// A page that says that the service is blocked.
        Page,
        /// Nothing: no connection is made.
        Silence,
        /// Somebody who resets the connection once the first bytes went.
        Reset,
    }
}
