//! `--to URL`: a paired receiver, or any tus endpoint.

use std::path::Path;

use satchel::{Outbox, TargetId, TargetView, Token};
use url::{Host, Url};

use crate::credentials;

/// Where `--to` points.
#[derive(Debug, Clone)]
pub(crate) enum To {
    /// `https://…`: a receiver that was paired.
    Receiver(Url),
    /// `tus+http://…`, `tus+https://…`: any tus endpoint.
    Tus(Url),
}

impl std::str::FromStr for To {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let form = "give a paired receiver as https://HOST:PORT/, or a tus endpoint as tus+https://HOST/PATH";
        let (tus, rest) = match text.strip_prefix("tus+") {
            Some(rest) => (true, rest),
            None => (false, text),
        };
        let url = Url::parse(rest).map_err(|e| format!("not an address ({e}); {form}"))?;
        match (url.scheme(), url.host()) {
            ("http" | "https", Some(_)) if tus => Ok(Self::Tus(url)),
            ("https", Some(_)) => Ok(Self::Receiver(url)),
            ("http", Some(_)) => Err(format!("a receiver is reached by https only; {form}")),
            _ => Err(format!("not an address of a server; {form}")),
        }
    }
}

/// Sets the target up and gives it its credential. Without `--to`: all targets that the outbox knows.
pub(crate) async fn choose(
    outbox: &Outbox,
    folder: &Path,
    to: Option<&To>,
    token: Option<&str>,
) -> Result<Vec<TargetId>, Box<dyn std::error::Error + Send + Sync>> {
    if let Some(To::Tus(url)) = to {
        // Before it is kept: what is refused leaves nothing behind.
        if let Some(token) = token {
            carried(url.as_str(), token)?;
        }
        outbox.set_tus_target(url.clone()).await?;
    }
    let known = outbox.targets().await?;
    let chosen: Vec<&TargetView> = match to {
        None => known.iter().collect(),
        Some(To::Tus(url) | To::Receiver(url)) => known.iter().filter(|t| t.url == url.as_str()).collect(),
    };
    match (to, chosen.is_empty()) {
        (None, true) => return Err("no server is set up; pair with one (`satchel pair CODE`), or give --to".into()),
        (Some(To::Receiver(url)), true) => {
            return Err(format!("this outbox is not paired with {url}; do so with `satchel pair CODE`, or give tus+{url} if it is a bare tus endpoint").into());
        }
        _ => {}
    }
    for target in &chosen {
        let kept = match token {
            Some(token) => Some(token.to_owned()),
            None => credentials::of(folder, &target.url)?,
        };
        if let Some(token) = kept {
            outbox.set_token(target.id, carried(&target.url, &token)?);
        }
    }
    Ok(chosen.iter().map(|t| t.id).collect())
}

/// A token that this target may be sent.
fn carried(url: &str, token: &str) -> Result<Token, Box<dyn std::error::Error + Send + Sync>> {
    if !may_carry_a_token(url) {
        return Err(format!(
            "a token must not go to {url} over plain HTTP, where anyone on the way can read it; use tus+https"
        )
        .into());
    }
    Ok(Token::new(token)?)
}

/// Bearers go over TLS, or stay on this machine (RFC 6750 §5.3).
fn may_carry_a_token(url: &str) -> bool {
    let Ok(url) = Url::parse(url) else { return false };
    url.scheme() == "https"
        || match url.host() {
            Some(Host::Ipv4(ip)) => ip.is_loopback(),
            Some(Host::Ipv6(ip)) => ip.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        }
}
