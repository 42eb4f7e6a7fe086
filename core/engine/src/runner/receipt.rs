//! Whether a receipt is the pinned server's word on just what was sent.

use satchel_kernel::ids::Nonce;
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::state::Trouble;

use super::send::Sending;
use crate::http::calls;
use crate::receipts::{BadReceipt, Expected, verify};

/// What a receipt came to.
pub(super) enum Checked {
    /// There is none, and none is promised.
    None,
    /// It holds; `key` is set when a new one signed, which follows from the pinned one.
    Good { key: Option<SigningKey> },
    /// It does not hold.
    Bad,
    /// It cannot be told now.
    Later(Trouble),
}

/// Checks the receipt of an upload. One by an unknown key is held against the server's chain of keys.
pub(super) async fn check(sending: &Sending, sealed: Option<&str>) -> Checked {
    let spec = &sending.target.spec;
    let (Some(sealed), Some(server), Some(account), Some(pinned), Some(base)) =
        (sealed, &spec.server, &spec.account, &spec.key, &spec.receiver)
    else {
        return Checked::None;
    };
    let (nonce, hash, length): (Nonce, _, _) = (sending.job.nonce, sending.out.hash, sending.out.length);
    let expected = Expected { server, account, nonce, hash, length };
    match verify(sealed, pinned, None, &expected) {
        Ok(_) => return Checked::Good { key: None },
        Err(BadReceipt::UnknownKey { .. }) => {}
        Err(_) => return Checked::Bad,
    }
    let request = calls::keys_request(base, &spec.headers, &sending.inner.config.patience);
    let outcome = sending.request(&request).await;
    let Ok(chain) = calls::parse_keys(&request, &outcome) else {
        return Checked::Later(Trouble::Cut);
    };
    match verify(sealed, pinned, Some(&chain.value), &expected) {
        Ok(verified) => Checked::Good { key: Some(verified.key_in_use) },
        Err(_) => Checked::Bad,
    }
}
