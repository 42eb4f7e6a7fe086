//! A warning page in the service's place: the HTTP reply of a portal or an authority, which knows nothing
//! of the service and does not care what it was asked for.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::conditions::Page;
use super::{SOCKET_BUFFER, Shared};
use crate::stream::Stream;
use crate::talk::reason;

/// How long a client may still send after it got its page.
const PATIENCE: Duration = Duration::from_secs(2);
/// The longest request head that is waited for, in bytes.
const LONGEST_HEAD: usize = 32 * 1024;

/// Answers the first request with the page, over TLS where the client begins so, and closes.
pub(super) async fn serve(shared: &Shared, client: TcpStream, page: &Page) {
    let Ok(mut stream) = Stream::as_the_client_wants(client, &shared.certificate).await else { return };
    let swallow = |read: usize| {
        shared.count(|stats| {
            stats.read_up += read as u64;
            stats.swallowed_up += read as u64;
        });
    };
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") && head.len() < LONGEST_HEAD {
        match stream.read_buf(&mut head).await {
            Ok(read @ 1..) => swallow(read),
            _ => return,
        }
    }
    if stream.write_all(&reply(page, head.starts_with(b"HEAD "))).await.is_err() {
        return;
    }
    shared.count(|stats| stats.pages += 1);
    // Closing with the client's bytes unread would reset the connection before the page was read.
    let rest = async {
        let _ = stream.shutdown().await;
        let mut sink = vec![0; SOCKET_BUFFER];
        while let Ok(read @ 1..) = stream.read(&mut sink).await {
            swallow(read);
        }
    };
    let _ = tokio::time::timeout(PATIENCE, rest).await;
}

fn reply(page: &Page, without_body: bool) -> Vec<u8> {
    let reason = reason(page.status);
    let location = page.location.as_ref().map(|to| format!("Location: {to}\r\n")).unwrap_or_default();
    let status = page.status;
    let length = WARNING.len();
    let head = format!(
        "HTTP/1.1 {status} {reason}\r\nServer: gateway\r\nContent-Type: text/html; charset=utf-8\r\n\
         Cache-Control: no-store\r\n{location}Content-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    let body = if without_body { "" } else { WARNING };
    [head.as_bytes(), body.as_bytes()].concat()
}

pub(crate) const WARNING: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Notice: access restricted</title>
<style>
body { font: 17px/1.5 Georgia, serif; margin: 0; background: #eef0f3; color: #1c2733 }
header { background: #1f3a5f; color: #fff; padding: 1.2em 2em; letter-spacing: .04em }
main { max-width: 38em; margin: 3em auto; padding: 2em; background: #fff; border-top: 4px solid #a22 }
small { color: #667 }
</style>
</head>
<body>
<header>National Communications Authority</header>
<main>
<h1>Access to this resource is restricted</h1>
<p>The resource that you requested is not available on this network. The restriction was put in place
under the Information Networks Act, article 14, by decision no. 2216.</p>
<p>If you believe that this is an error, turn to your provider.</p>
<form method="post" action="/acknowledge"><button>I have read this notice</button></form>
<p><small>Reference 7F-0419-2216. Your request has been recorded.</small></p>
</main>
</body>
</html>
"#;
