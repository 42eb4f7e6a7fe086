//! A gate on the loopback before a server: it lets pass, or does what a censor does, and counts the bytes of each connection.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// What is done to who comes.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// Led to this address.
    To(SocketAddr),
    /// Listened to, without a word.
    Silence,
    /// Reset after the first words.
    Reset,
}

/// What passed on one connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct Passed {
    up: Vec<u8>,
    down: u64,
    /// How much had passed each way when the client had ended the handshake.
    handshake: Option<(u64, u64)>,
}

impl Passed {
    /// Bytes from the client, and to it.
    pub(crate) fn bytes(&self) -> (u64, u64) {
        (self.up.len() as u64, self.down)
    }

    /// How many of them came after the handshake of TLS; all, where there was none.
    pub(crate) fn beyond_tls(&self) -> u64 {
        let (up, down) = self.bytes();
        match self.handshake {
            Some((of_up, of_down)) => up - of_up + down - of_down,
            // It ended in the midst of a handshake.
            None if self.up.first() == Some(&HANDSHAKE) => 0,
            None => up + down,
        }
    }

    /// The client's handshake ends with its first encrypted record (RFC 8446 §2, §5.1): it shows no certificate.
    fn look(&mut self) {
        if self.handshake.is_some() || self.up.first() != Some(&HANDSHAKE) {
            return;
        }
        let mut at = 0;
        while let Some(head) = self.up.get(at..at + 5) {
            let (kind, length) = (head[0], usize::from(u16::from_be_bytes([head[3], head[4]])));
            at += 5 + length;
            if kind == ENCRYPTED && at <= self.up.len() {
                self.handshake = Some((at as u64, self.down));
                return;
            }
        }
    }
}

/// Types of records (RFC 8446 §5.1).
const HANDSHAKE: u8 = 22;
const ENCRYPTED: u8 = 23;

/// The gate; it is open as long as the runtime lives.
#[derive(Clone)]
pub(crate) struct Gate {
    address: SocketAddr,
    mode: Arc<Mutex<Mode>>,
    passed: Arc<Mutex<Vec<Passed>>>,
}

impl Gate {
    pub(crate) async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let gate = Self { address, mode: Arc::new(Mutex::new(Mode::To(server))), passed: Arc::default() };
        let open = gate.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let at = {
                    let mut all = open.passed.lock().unwrap();
                    all.push(Passed::default());
                    all.len() - 1
                };
                tokio::spawn(open.clone().pass(stream, at));
            }
        });
        gate
    }

    pub(crate) fn port(&self) -> u16 {
        self.address.port()
    }

    /// From the next connection on.
    pub(crate) fn set(&self, mode: Mode) {
        *self.mode.lock().unwrap() = mode;
    }

    /// What passed on each connection so far, in the order in which they came.
    pub(crate) fn passed(&self) -> Vec<Passed> {
        self.passed.lock().unwrap().clone()
    }

    async fn pass(self, stream: TcpStream, at: usize) {
        let mode = *self.mode.lock().unwrap();
        match mode {
            Mode::To(server) => {
                let Ok(further) = TcpStream::connect(server).await else { return };
                let ((from_client, to_client), (from_server, to_server)) = (stream.into_split(), further.into_split());
                let other = self.clone();
                let up = self.carry(from_client, Some(to_server), at, true);
                tokio::join!(up, other.carry(from_server, Some(to_client), at, false));
            }
            Mode::Silence => {
                let (from_client, _held) = stream.into_split();
                self.carry(from_client, None, at, true).await;
            }
            Mode::Reset => {
                let mut stream = stream;
                let mut words = [0; 4096];
                let read = stream.read(&mut words).await.unwrap_or(0);
                self.note(at, &words[..read], true);
                stream.set_zero_linger().unwrap();
            }
        }
    }

    async fn carry(self, mut from: OwnedReadHalf, mut to: Option<OwnedWriteHalf>, at: usize, up: bool) {
        let mut bytes = vec![0; 16 << 10];
        while let Ok(read @ 1..) = from.read(&mut bytes).await {
            self.note(at, &bytes[..read], up);
            if let Some(to) = &mut to
                && to.write_all(&bytes[..read]).await.is_err()
            {
                return;
            }
        }
    }

    fn note(&self, at: usize, bytes: &[u8], up: bool) {
        let mut all = self.passed.lock().unwrap();
        let passed = &mut all[at];
        if up {
            passed.up.extend_from_slice(bytes);
            passed.look();
        } else {
            passed.down += bytes.len() as u64;
        }
    }
}
