//! SOCKS5 (RFC 1928) with name and password (RFC 1929), as far as the HTTP library speaks it: who it is for, and where to.

use std::fmt;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use satchel_kernel::ids::TargetId;
use satchel_kernel::outcome::Cut;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Route;

const VERSION: u8 = 5;
const BY_PASSWORD: u8 = 2;
const PASSWORD_VERSION: u8 = 1;
const CONNECT: u8 = 1;

/// Where a connection is to go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Host {
    Name(String),
    Address(IpAddr),
}

impl Host {
    /// As it stands in a URL, or an IPv6 address without the brackets that it has there.
    pub(super) fn of(text: &str) -> Self {
        text.parse().map_or_else(|_| Self::Name(text.to_owned()), Self::Address)
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

/// Somebody who knows the secret, and waits to be connected.
pub(super) struct Caller {
    pub(super) local: TcpStream,
    pub(super) target: TargetId,
    pub(super) route: Route,
    pub(super) host: Host,
    pub(super) port: u16,
}

/// Hears out whoever came. None: it is not ours, and is to be dropped without a word.
pub(super) async fn receive(mut local: TcpStream, secret: &str) -> Option<Caller> {
    let mut greeting = [0; 2];
    local.read_exact(&mut greeting).await.ok()?;
    let [VERSION, methods] = greeting else { return None };
    let mut offered = vec![0; usize::from(methods)];
    local.read_exact(&mut offered).await.ok()?;
    if !offered.contains(&BY_PASSWORD) {
        return None;
    }
    local.write_all(&[VERSION, BY_PASSWORD]).await.ok()?;

    let PASSWORD_VERSION = local.read_u8().await.ok()? else { return None };
    let name = text(&mut local).await?;
    let word = text(&mut local).await?;
    if aws_lc_rs::constant_time::verify_slices_are_equal(&word, secret.as_bytes()).is_err() {
        return None;
    }
    let (target, route) = std::str::from_utf8(&name).ok()?.strip_prefix('t')?.split_once('r')?;
    let (target, route) = (TargetId(target.parse().ok()?), route.parse().ok()?);
    local.write_all(&[PASSWORD_VERSION, 0]).await.ok()?;

    let mut request = [0; 4];
    local.read_exact(&mut request).await.ok()?;
    let [VERSION, CONNECT, _, kind] = request else { return None };
    let host = match kind {
        1 => Host::Address(Ipv4Addr::from(local.read_u32().await.ok()?).into()),
        3 => Host::Name(String::from_utf8(text(&mut local).await?).ok()?),
        4 => Host::Address(Ipv6Addr::from(local.read_u128().await.ok()?).into()),
        _ => return None,
    };
    let port = local.read_u16().await.ok()?;
    Some(Caller { local, target, route, host, port })
}

/// A text with its length before it.
async fn text(local: &mut TcpStream) -> Option<Vec<u8>> {
    let mut text = vec![0; usize::from(local.read_u8().await.ok()?)];
    local.read_exact(&mut text).await.ok()?;
    Some(text)
}

/// It is connected.
pub(super) async fn grant(local: &mut TcpStream) -> io::Result<()> {
    answer(local, 0).await
}

/// It is not connected. Why is told by [`super::Door::unconnected_since`]; the number is for whoever looks at the bytes.
pub(super) async fn refuse(local: &mut TcpStream, cut: Cut) {
    let code = match cut {
        Cut::NoAddress => 4,
        Cut::NoConnection => 5,
        _ => 2,
    };
    // Whoever asked may be gone.
    let _ = answer(local, code).await;
}

async fn answer(local: &mut TcpStream, code: u8) -> io::Result<()> {
    local.write_all(&[VERSION, code, 0, 1, 0, 0, 0, 0, 0, 0]).await
}
