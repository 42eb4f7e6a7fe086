//! Who may look: someone who has the viewer's key, as a cookie after logging in or as a bearer.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse as _, Response};
use hyper::header::{self, HeaderName, HeaderValue};
use hyper::http::request::Parts;
use hyper::{Request, StatusCode};
use serde::Deserialize;

use crate::refusal::Refusal;
use crate::server::App;
use crate::store::people;
use crate::{api, auth, chance, clock};

/// A login lasts 30 days.
const LASTS: i64 = 30 * 24 * 3600;
/// Only a script of the page's own origin can add this header: a deed needs it besides the cookie.
const OWN_PAGE: HeaderName = HeaderName::from_static("satchel-page");

/// Proof that a viewer asks.
pub(super) struct Viewer;

/// Proof that a viewer asks for a change, from the page itself.
pub(super) struct Deed;

impl FromRequestParts<Arc<App>> for Viewer {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        let none = || Refusal::new(401, "login", "log in with the link or the viewer key that `satchel serve` prints");
        if auth::bearer(parts)?.is_some_and(|key| is_key(app, key)) {
            return Ok(Self);
        }
        let token = cookie(app, parts).ok_or_else(none)?.to_owned();
        let known = app.store.read(move |c| people::is_viewer(c, &token, clock::unix_now())).await?;
        known.then_some(Self).ok_or_else(none)
    }
}

impl FromRequestParts<Arc<App>> for Deed {
    type Rejection = Refusal;
    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Refusal> {
        Viewer::from_request_parts(parts, app).await?;
        if parts.headers.contains_key(OWN_PAGE) || auth::bearer(parts)?.is_some() {
            return Ok(Self);
        }
        Err(Refusal::new(403, "own_page", "changes come from the page itself, with the header Satchel-Page: 1"))
    }
}

/// Compared by hash, so that the time tells nothing about the key.
fn is_key(app: &App, key: &str) -> bool {
    chance::hashed(key) == chance::hashed(&app.viewer_key)
}

/// Cookies do not tell ports apart, so that each receiver's has a name of its own.
fn cookie_name(app: &App) -> String {
    let host = if app.config.plain_http { "" } else { "__Host-" };
    format!("{host}satchel-{}", &app.server[..8])
}

fn cookie<'a>(app: &App, parts: &'a Parts) -> Option<&'a str> {
    let name = cookie_name(app);
    let all = parts.headers.get_all(header::COOKIE).into_iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

fn set_cookie(app: &App, value: &str, age: i64) -> HeaderValue {
    let secure = if app.config.plain_http { "" } else { "; Secure" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={age}{secure}", cookie_name(app));
    HeaderValue::from_str(&text).expect("names and tokens are ASCII")
}

#[derive(Deserialize)]
struct Login {
    key: String,
}

/// `POST /api/login`.
pub(super) async fn login(State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, body) = request.into_parts();
    if !parts.headers.contains_key(OWN_PAGE) {
        return Err(Refusal::new(403, "own_page", "log in from the page itself, with the header Satchel-Page: 1"));
    }
    let bad = || Refusal::new(401, "login", "this is not the viewer key; `satchel serve` prints it");
    let login: Login = serde_json::from_slice(&api::bytes(body, 4096).await?).map_err(|_| bad())?;
    if !is_key(&app, login.key.trim()) {
        return Err(bad());
    }
    let token = chance::token();
    let cookie = set_cookie(&app, &token, LASTS);
    let now = clock::unix_now();
    app.store.write(move |tx| people::add_viewer(tx, &token, now, now + LASTS)).await?;
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}

/// `POST /api/logout`.
pub(super) async fn logout(_: Deed, State(app): State<Arc<App>>, request: Request<Body>) -> Result<Response, Refusal> {
    let (parts, _) = request.into_parts();
    if let Some(token) = cookie(&app, &parts).map(str::to_owned) {
        app.store.write(move |tx| people::end_viewer(tx, &token)).await?;
    }
    let cookie = set_cookie(&app, "", 0);
    Ok((StatusCode::NO_CONTENT, [(header::SET_COOKIE, cookie)]).into_response())
}
