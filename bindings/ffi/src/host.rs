//! What only the host can do.

use crate::SatchelError;

/// The host's store for secrets: Android's Keystore, Apple's Keychain. The outbox keeps no token by itself.
///
/// Called on threads of Satchel's own that may wait; never while anything is locked.
#[uniffi::export(with_foreign)]
pub trait Credentials: Send + Sync {
    /// The token kept for a target, by the target's address; none where there is none.
    fn load(&self, target: String) -> Result<Option<String>, SatchelError>;
    /// Keeps a target's token, in place of an earlier one; it must be durable when this returns.
    fn store(&self, target: String, token: String) -> Result<(), SatchelError>;
}
