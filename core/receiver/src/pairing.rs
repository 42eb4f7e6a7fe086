//! Pairing: a code that works once, and the device that it turns into one with a token.
//!
//! Codes live in memory only: a restart voids them. Ten wrong tries void all, so that 40 bits are enough.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use satchel_kernel::protocol::pairing::{PairReply, PairRequest};

use crate::refusal::Refusal;
use crate::server::App;
use crate::store::people;
use crate::{chance, clock};

const TRIES: u32 = 10;
const MAX_NAME: usize = 100;

#[derive(Default)]
struct Inner {
    /// Code (hashed) to the account that it joins; `None` makes a new one.
    live: HashMap<Vec<u8>, Option<String>>,
    wrong: u32,
}

/// The codes that work now.
#[derive(Default)]
pub(crate) struct Codes(Mutex<Inner>);

impl Codes {
    /// Makes a code. It also forgives the wrong tries before it.
    pub(crate) fn issue(&self, account: Option<String>) -> String {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let code = chance::code();
        inner.wrong = 0;
        inner.live.insert(chance::hashed(&code), account);
        code
    }

    /// Spends a code: it does not work again.
    fn spend(&self, code: &str) -> Result<Option<String>, Refusal> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if inner.wrong >= TRIES {
            return Err(Refusal::new(429, "too_many_tries", "too many wrong codes: ask for a new one at the receiver"));
        }
        if let Some(account) = inner.live.remove(&chance::hashed(&normal(code))) {
            return Ok(account);
        }
        inner.wrong += 1;
        if inner.wrong >= TRIES {
            inner.live.clear();
        }
        Err(Refusal::new(
            403,
            "wrong_code",
            "this code is wrong or was used already: ask for a new one at the receiver",
        ))
    }

    /// Gives a code back that could not be used for no fault of its own.
    fn restore(&self, code: &str, account: Option<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).live.insert(chance::hashed(&normal(code)), account);
    }
}

/// As people type it: any case, with or without the dash.
fn normal(code: &str) -> String {
    let letters: String =
        code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).take(64).collect();
    if letters.len() == 8 { format!("{}-{}", &letters[..4], &letters[4..]) } else { letters }
}

fn name(text: &str, what: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let fine = !text.is_empty() && text.chars().count() <= MAX_NAME && !text.chars().any(char::is_control);
    if fine {
        Ok(text.to_owned())
    } else {
        Err(Refusal::bad(
            "bad_name",
            format!("the {what}'s name must have 1 to {MAX_NAME} characters, none of them control characters"),
        ))
    }
}

/// `POST /v1/pair`.
pub(crate) async fn pair(app: &App, request: PairRequest) -> Result<PairReply, Refusal> {
    let device = name(&request.device, "device")?;
    let contributor = name(request.contributor.as_deref().unwrap_or(&device), "contributor")?;
    let account = app.codes.spend(&request.code)?;
    let token = chance::token();
    let (joined, secret) = (account.clone(), token.clone());
    let stored = app.store.write(move |tx| {
        let now = clock::unix_now();
        let account = match joined {
            Some(account) => account,
            None => people::new_account(tx, &contributor, now)?,
        };
        let device = people::new_device(tx, &account, &device, &secret, now)?;
        Ok((account, device))
    });
    match stored.await {
        Ok((account, device)) => {
            app.hub.send(crate::hub::Event::Paired);
            Ok(PairReply { server: app.server.clone(), account, device, token, key: app.signer.key() })
        }
        Err(error) => {
            app.codes.restore(&request.code, account);
            Err(error.into())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_works_once_however_it_is_typed() {
        let codes = Codes::default();
        let code = codes.issue(None);
        assert!(codes.spend(&code.to_lowercase().replace('-', " ")).is_ok());
        assert!(codes.spend(&code).is_err());
    }

    #[test]
    fn ten_wrong_tries_void_all_codes_until_the_next() {
        let codes = Codes::default();
        let code = codes.issue(None);
        for _ in 0..TRIES {
            assert!(codes.spend("AAAA-AAAA").is_err());
        }
        assert!(codes.spend(&code).is_err());
        let next = codes.issue(None);
        assert!(codes.spend(&code).is_err(), "the old code stays void");
        assert!(codes.spend(&next).is_ok());
    }
}
