//! How the device is fed. What the host does not know is unknown.

use serde::{Deserialize, Serialize};

/// One observation of the device's power.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Power {
    /// Whether it is being charged.
    pub charging: Option<bool>,
    /// What the battery holds, 0 to 100.
    pub battery_percent: Option<u8>,
    /// The person, or the system by itself, asked to save power (Android's battery saver, Apple's low power mode).
    pub power_save: Option<bool>,
}
