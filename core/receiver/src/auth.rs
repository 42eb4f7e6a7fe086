//! Which device asks: a bearer token (RFC 6750) that pairing gave it.

use hyper::header;
use hyper::http::request::Parts;

use crate::listen::Peer;
use crate::refusal::Refusal;
use crate::server::App;
use crate::store::people::{self, Caller};

/// The token of a request; none is read from a connection on which others could read it too.
pub(crate) fn bearer(parts: &Parts) -> Result<Option<&str>, Refusal> {
    let Some(value) = parts.headers.get(header::AUTHORIZATION) else { return Ok(None) };
    let safe = parts.extensions.get::<Peer>().is_some_and(|p| p.tls || p.address.ip().to_canonical().is_loopback());
    if !safe {
        return Err(Refusal::new(
            403,
            "plain_http",
            "a token was sent without TLS, where others can read it: revoke it, and use https",
        )
        .closing());
    }
    let token =
        value.to_str().ok().and_then(|v| v.split_once(' ')).filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"));
    Ok(token.map(|(_, token)| token.trim()))
}

/// The device that asks, or 401.
pub(crate) async fn device(app: &App, parts: &Parts) -> Result<Caller, Refusal> {
    let none = || {
        Refusal::new(401, "token", "a device's token is missing, wrong or revoked: pair the device with this receiver")
            .with(header::WWW_AUTHENTICATE, "Bearer")
            .closing()
    };
    let token = bearer(parts)?.ok_or_else(none)?.to_owned();
    app.store.read(move |c| people::caller(c, &token)).await?.ok_or_else(none)
}
