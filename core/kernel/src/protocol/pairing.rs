//! Pairing: how a device and a receiver come to trust each other.
//!
//! The receiver shows one text, as letters and as a QR code. It names the address, pins the receiver's
//! certificate key and holds a code that works once:
//! `satchel://<host>:<port>/pair?pin=<pin>&code=<code>`.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use url::Url;

use super::keys::SigningKey;

/// What the receiver shows and the device is given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PairingCode {
    /// Host name or address; an IPv6 address in brackets.
    pub host: String,
    /// TCP port.
    pub port: u16,
    /// SHA-256 of the certificate's SubjectPublicKeyInfo, base64url without padding (the hash of RFC 7469 §2.4).
    pub pin: String,
    /// Works once.
    pub code: String,
}

/// A text was not a pairing code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a pairing code: it looks like satchel://HOST:PORT/pair?pin=…&code=… and is printed by `satchel serve`")]
pub struct NotAPairingCode;

impl fmt::Display for PairingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, pin, code } = self;
        write!(f, "satchel://{host}:{port}/pair?pin={pin}&code={code}")
    }
}

impl FromStr for PairingCode {
    type Err = NotAPairingCode;
    fn from_str(text: &str) -> Result<Self, NotAPairingCode> {
        let url = Url::parse(text.trim()).map_err(|_| NotAPairingCode)?;
        let named = |name| url.query_pairs().find(|(n, v)| n == name && !v.is_empty()).map(|(_, v)| v.into_owned());
        match (url.scheme(), url.path(), url.host_str(), url.port(), named("pin"), named("code")) {
            ("satchel", "/pair", Some(host), Some(port), Some(pin), Some(code)) => {
                Ok(Self { host: host.to_owned(), port, pin, code })
            }
            _ => Err(NotAPairingCode),
        }
    }
}

/// `POST /v1/pair`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairRequest {
    /// From the pairing code.
    pub code: String,
    /// What the device is called in the receiver's list, 1 to 100 characters.
    pub device: String,
    /// The contributor under whose name a newcomer's photos are shown, 1 to 100 characters; the device's name when left out.
    /// A code that belongs to an account already ignores it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contributor: Option<String>,
}

/// What the device keeps.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PairReply {
    /// The receiver's id.
    pub server: String,
    /// The account's id.
    pub account: String,
    /// The device's id.
    pub device: String,
    /// A bearer token (RFC 6750) for this device alone, which the receiver can revoke.
    pub token: String,
    /// The key that signs receipts, pinned from now on.
    pub key: SigningKey,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_reads_back() {
        for host in ["192.168.1.5", "[fe80::1]", "desk.example"] {
            let code = PairingCode { host: host.into(), port: 8443, pin: "a-_b".into(), code: "K7QX-2M".into() };
            assert_eq!(code.to_string().parse(), Ok(code));
        }
    }

    #[test]
    fn other_links_are_refused() {
        for bad in [
            "",
            "https://h:1/pair?pin=a&code=b",
            "satchel://h/pair?pin=a&code=b",
            "satchel://h:1/pair?pin=&code=b",
            "satchel://h:1/other?pin=a&code=b",
        ] {
            assert_eq!(bad.parse::<PairingCode>(), Err(NotAPairingCode), "{bad}");
        }
    }
}
