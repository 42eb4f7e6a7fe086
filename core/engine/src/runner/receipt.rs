//! Whether a receipt is the pinned server's word on just what was sent.

use satchel_kernel::outcome::{Outcome, Request};
use satchel_kernel::protocol::keys::SigningKey;
use satchel_kernel::state::Trouble;

use super::upload::Upload;
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
    /// It is signed by a key that is not known: the server's chain of keys is to be asked for.
    UnknownKey(Request),
    /// It cannot be told now.
    Later(Trouble),
}

/// Checks the receipt of an upload by the pinned key.
pub(super) fn check(upload: &Upload, sealed: Option<&str>) -> Checked {
    let Some((sealed, pinned, expected)) = promised(upload, sealed) else { return Checked::None };
    match verify(sealed, pinned, None, &expected) {
        Ok(_) => Checked::Good { key: None },
        Err(BadReceipt::UnknownKey { .. }) => {
            let spec = &upload.target.spec;
            let base = spec.receiver.as_ref().unwrap_or(&spec.create);
            Checked::UnknownKey(calls::keys_request(base, &spec.headers, &upload.inner.config.patience))
        }
        Err(_) => Checked::Bad,
    }
}

/// Checks it by the chain of keys that the server told.
pub(super) fn check_by_chain(upload: &Upload, sealed: Option<&str>, request: &Request, outcome: &Outcome) -> Checked {
    let Some((sealed, pinned, expected)) = promised(upload, sealed) else { return Checked::None };
    let Ok(chain) = calls::parse_keys(request, outcome) else { return Checked::Later(Trouble::Cut) };
    match verify(sealed, pinned, Some(&chain.value), &expected) {
        Ok(verified) => Checked::Good { key: Some(verified.key_in_use) },
        Err(_) => Checked::Bad,
    }
}

/// The receipt, the key that must have signed it or lead to the one that did, and what it must say.
fn promised<'a>(upload: &'a Upload, sealed: Option<&'a str>) -> Option<(&'a str, &'a SigningKey, Expected<'a>)> {
    let spec = &upload.target.spec;
    spec.receiver.as_ref()?;
    let (server, account, pinned) = (spec.server.as_ref()?, spec.account.as_ref()?, spec.key.as_ref()?);
    let (nonce, hash, length) = (upload.job.nonce, upload.out.hash, upload.out.length);
    Some((sealed?, pinned, Expected { server, account, nonce, hash, length }))
}
