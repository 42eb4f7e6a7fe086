//! The one who interferes, on a connection that is theirs: what they hear, and what they say or do not say.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use url::Url;

use super::case::{Action, Written};
use crate::stream::Stream;
use crate::talk::{Head, reason};

/// How long a client may still send after it got its answer.
const PATIENCE: Duration = Duration::from_secs(2);
/// What a padded body is made of.
const FILLER: &[u8] = b"<!-- this page was made for you -->\n";

/// What was heard by others than the server.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Arc<Mutex<Vec<u8>>>);

impl Heard {
    pub(super) fn hear(&self, bytes: &[u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
    }

    pub(super) fn request(&self, head: &Head) {
        self.hear(&head.on_the_wire());
    }

    pub(super) fn all(&self) -> Vec<u8> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Written {
    /// What it is on the wire. A redirect to another host leads to the decoy's, so that it is seen who follows it.
    pub(super) fn on_the_wire(&self, method: &str, decoy: &str) -> Vec<u8> {
        let Self { status, headers, body, pad } = self;
        let mut content = body.as_bytes().to_vec();
        content.extend(FILLER.iter().cycle().take(*pad as usize));
        let mut text = format!("HTTP/1.1 {status} {}\r\n", reason(*status));
        let has = |wanted: &str| headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(wanted));
        for (name, value) in headers {
            let value = if name.eq_ignore_ascii_case("location") { elsewhere(value, decoy) } else { value.clone() };
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        // Some statuses have no body and no length (RFC 9110 section 8.6).
        let bare = matches!(status, 204 | 304) && content.is_empty();
        if !bare && !has("content-length") && !has("transfer-encoding") {
            text.push_str(&format!("Content-Length: {}\r\n", content.len()));
        }
        if !has("connection") {
            text.push_str("Connection: close\r\n");
        }
        text.push_str("\r\n");
        let mut bytes = text.into_bytes();
        if method != "HEAD" {
            bytes.extend(content);
        }
        bytes
    }
}

/// The same place at the decoy, where a redirect names a host.
fn elsewhere(location: &str, decoy: &str) -> String {
    let Ok(url) = Url::parse(location) else { return location.to_owned() };
    if !matches!(url.scheme(), "http" | "https") {
        return location.to_owned();
    }
    let place = &url[url::Position::BeforePath..];
    format!("{decoy}{place}")
}

/// Does it to a connection whose client was heard out, or is not listened to. `held`: ends when whoever is held is let go.
pub(super) async fn treat(
    mut stream: Stream,
    action: &Action,
    method: &str,
    decoy: &str,
    heard: &Heard,
    held: impl Future<Output = ()>,
) -> io::Result<()> {
    match action {
        Action::Reply(written) => stream.write_all(&written.on_the_wire(method, decoy)).await?,
        Action::Raw(text) => stream.write_all(text.as_bytes()).await?,
        Action::Close(_) => {}
        Action::Silence(_) => {
            let listening = async {
                // Who says nothing more may still wait for an answer; who broke off does not.
                if listen(&mut stream, heard).await.is_ok() {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                () = held => {}
                () = listening => {}
            }
            stream.reset();
            return Ok(());
        }
        _ => {
            stream.reset();
            return Ok(());
        }
    }
    stream.shutdown().await?;
    // Closing with the client's bytes unread would reset the connection before the answer was read.
    let _ = tokio::time::timeout(PATIENCE, listen(&mut stream, heard)).await;
    Ok(())
}

/// Hears what comes until the client has no more to say.
async fn listen(stream: &mut Stream, heard: &Heard) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        match stream.read(&mut buffer).await? {
            0 => return Ok(()),
            read => heard.hear(&buffer[..read]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_reply_has_what_it_says_and_what_http_needs() {
        let written = |json: &str| serde_json::from_str::<Written>(json).unwrap();
        let bytes = |json: &str, method: &str| {
            String::from_utf8(written(json).on_the_wire(method, "http://127.0.0.1:9")).unwrap()
        };
        let page = bytes(r#"{"status":403,"headers":[["Content-Type","text/html"]],"body":"<p>no","pad":40}"#, "POST");
        assert!(
            page.starts_with("HTTP/1.1 403 Forbidden\r\nContent-Type: text/html\r\nContent-Length: 45\r\n"),
            "{page}"
        );
        assert!(page.contains("\r\n\r\n<p>no<!-- ") && page.len() > 45);
        let head = bytes(r#"{"status":404,"body":"gone"}"#, "HEAD");
        assert!(head.contains("Content-Length: 4\r\n") && head.ends_with("\r\n\r\n"), "{head}");
        assert!(!bytes(r#"{"status":204}"#, "PATCH").contains("Content-Length"));
        let wrong = bytes(r#"{"status":200,"headers":[["content-length","9"],["connection","keep-alive"]]}"#, "GET");
        assert_eq!(wrong, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\nconnection: keep-alive\r\n\r\n");
    }

    #[test]
    fn who_is_sent_elsewhere_comes_to_the_decoy() {
        let decoy = "http://127.0.0.1:9";
        assert_eq!(elsewhere("http://login.hotel.example/a?b=c#d", decoy), "http://127.0.0.1:9/a?b=c#d");
        assert_eq!(elsewhere("https://10.0.0.1:8443/", decoy), "http://127.0.0.1:9/");
        for same in ["/login", "login", "//other.example/x", "mailto:a@b.example"] {
            assert_eq!(elsewhere(same, decoy), same);
        }
    }
}
