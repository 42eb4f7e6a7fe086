//! The target's credential, and where it may go: to the target's own origins, and never in the clear.

use std::fmt;

use reqwest::header::HeaderValue;
use satchel_kernel::outcome::Request;
use url::{Host, Origin, Url};

use super::SendRefused;

/// A bearer token (RFC 6750). It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(HeaderValue);

/// A text cannot be a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this cannot be a token: it must be one line of ASCII without spaces, as the server gave it")]
pub struct BadToken;

impl Token {
    /// Takes the token as the server gave it, without `Bearer`.
    ///
    /// # Errors
    /// When it is empty or holds anything but visible ASCII.
    pub fn new(text: &str) -> Result<Self, BadToken> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(BadToken);
        }
        let mut value = HeaderValue::from_str(&format!("Bearer {text}")).map_err(|_| BadToken)?;
        value.set_sensitive(true);
        Ok(Self(value))
    }

    /// The token as it was given. It is not for logs.
    pub fn reveal(&self) -> &str {
        self.0.to_str().unwrap_or_default().trim_start_matches("Bearer ")
    }

    pub(super) fn header(&self) -> HeaderValue {
        self.0.clone()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token")
    }
}

/// The token that this request is to carry, if any.
pub(super) fn for_request<'a>(
    credential: Option<&'a Token>,
    request: &Request,
    origins: &[Origin],
) -> Result<Option<&'a Token>, SendRefused> {
    let Some(token) = credential else { return Ok(None) };
    if !request.authorize || !origins.contains(&request.url.origin()) {
        return Ok(None);
    }
    if request.url.scheme() == "https" || is_loopback(&request.url) {
        return Ok(Some(token));
    }
    Err(SendRefused::PlainHttp { host: request.url.host_str().unwrap_or_default().to_owned() })
}

/// Whether what is sent there stays on this machine. (`localhost` is always loopback: RFC 6761 §6.3.)
fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}
