//! A server that does to its connections whatever a test says.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use url::Url;

/// Listens, and counts who comes.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    pub(super) connections: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Server {
    /// Gives each connection to `serve`.
    pub(super) async fn start<F>(serve: impl Fn(TcpStream) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(AtomicUsize::new(0));
        let count = connections.clone();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(serve(stream));
            }
        });
        Self { address, connections, task }
    }

    pub(super) fn url(&self) -> Url {
        format!("http://{}/files/", self.address).parse().unwrap()
    }

    pub(super) fn https(&self) -> Url {
        format!("https://localhost:{}/files/", self.address.port()).parse().unwrap()
    }

    pub(super) fn count(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

/// Reads a request's head; empty when the peer closed instead.
pub(super) async fn head(stream: &mut (impl AsyncRead + Unpin)) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => return String::new(),
        }
    }
    String::from_utf8(head).unwrap().to_ascii_lowercase()
}

/// The length that a head declares.
pub(super) fn length(head: &str) -> usize {
    let line = head.lines().find_map(|l| l.strip_prefix("content-length: "));
    line.map_or(0, |l| l.trim().parse().unwrap())
}

/// Reads a request whole, and answers it.
pub(super) async fn answer(
    stream: &mut (impl AsyncRead + AsyncWrite + Unpin),
    text: &str,
) -> Option<(String, Vec<u8>)> {
    let head = head(stream).await;
    if head.is_empty() {
        return None;
    }
    let mut body = vec![0; length(&head)];
    stream.read_exact(&mut body).await.ok()?;
    stream.write_all(text.as_bytes()).await.ok()?;
    stream.flush().await.ok()?;
    Some((head, body))
}

/// Reads until the peer is gone; says how much came.
pub(super) async fn drain(stream: &mut (impl AsyncRead + Unpin)) -> u64 {
    let mut buffer = vec![0; 64 * 1024];
    let mut total = 0;
    while let Ok(n @ 1..) = stream.read(&mut buffer).await {
        total += n as u64;
    }
    total
}
