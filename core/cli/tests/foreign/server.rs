//! Servers that others wrote, as processes that a test kills and starts again over the same folder.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

/// Which server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// @tus/server on Node.
    TusNode,
    /// tusd's handler.
    Tusd,
    /// rustus.
    Rustus,
}

/// A server over a folder. It ends with the value.
#[derive(Debug)]
pub(crate) struct Server {
    kind: Kind,
    store: PathBuf,
    port: u16,
    child: Child,
}

/// One upload that the server holds whole.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Whole {
    /// BLAKE3 of what lies on the server's disk, in hexadecimal digits.
    pub(crate) hash: String,
    /// Length in bytes.
    pub(crate) length: u64,
}

impl Server {
    /// Starts one on a free port.
    pub(crate) fn start(kind: Kind, store: &Path) -> Self {
        fs::create_dir_all(store).unwrap();
        let (child, port) = launch(kind, store, 0);
        Self { kind, store: store.to_owned(), port, child }
    }

    /// Where it listens.
    pub(crate) fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// kill -9, and again over the same folder and port.
    pub(crate) fn kill_and_restart(&mut self) {
        self.kill();
        let (child, port) = launch(self.kind, &self.store, self.port);
        assert_eq!(port, self.port);
        self.child = child;
    }

    /// kill -9.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Every upload that is complete by the server's own records and bytes, in order of their hashes. An upload that
    /// was created and not finished does not count.
    pub(crate) fn whole(&self) -> Vec<Whole> {
        let mut found = Vec::new();
        for entry in fs::read_dir(self.store.join("uploads")).unwrap().flatten() {
            let record = entry.path();
            let Some(declared) = self.declared_length(&record) else { continue };
            let Ok(bytes) = fs::read(record.with_extension("")) else { continue };
            if bytes.len() as u64 == declared {
                found.push(Whole { hash: blake3::hash(&bytes).to_hex().to_string(), length: declared });
            }
        }
        found.sort();
        found
    }

    /// Ids of completed uploads in the order in which the server said so to the client, or `None` where it keeps no
    /// such log. An id stands there twice if it was completed twice.
    pub(crate) fn completions(&self) -> Option<Vec<String>> {
        let id = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        let log = fs::read_to_string(self.store.join("completed.log")).ok()?;
        Some(log.lines().map(id).collect())
    }

    /// What a record beside an upload says of its length.
    fn declared_length(&self, record: &Path) -> Option<u64> {
        let (ending, field) = match self.kind {
            Kind::TusNode => ("json", "size"),
            Kind::Tusd => ("info", "Size"),
            Kind::Rustus => ("info", "length"),
        };
        let is_record = record.extension().is_some_and(|e| e == ending);
        let text = is_record.then(|| fs::read(record).ok()).flatten()?;
        serde_json::from_slice::<serde_json::Value>(&text).ok()?.get(field)?.as_u64()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// What `cargo xtask test` tells of a part.
pub(crate) fn place(variable: &str) -> OsString {
    env::var_os(variable).unwrap_or_else(|| {
        panic!("{variable} is not set: these tests are run by `cargo xtask test`, which sets up what they need")
    })
}

fn launch(kind: Kind, store: &Path, port: u16) -> (Child, u16) {
    let (mut command, announces) = match kind {
        Kind::TusNode => {
            let mut command = Command::new(place("SATCHEL_NODE"));
            command.arg(Path::new(&place("SATCHEL_NODE_SCRIPTS")).join("tus-server.mjs"));
            (command, true)
        }
        Kind::Tusd => (Command::new(place("SATCHEL_TUSD")), true),
        Kind::Rustus => (Command::new(place("SATCHEL_RUSTUS")), false),
    };
    let port = if announces || port != 0 { port } else { free_port() };
    if announces {
        command.arg("--store").arg(store);
    } else {
        let uploads = store.join("uploads");
        command.args(["--host", "127.0.0.1", "--url", "/files/", "--max-body-size", "1000000000"]);
        command.arg("--data-dir").arg(&uploads).arg("--info-dir").arg(&uploads);
    }
    command.arg("--port").arg(port.to_string());
    // The servers end when this pipe does, so that a test that dies leaves none behind.
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut out = BufReader::new(child.stdout.take().unwrap());
    if !announces {
        thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        wait_until_it_answers(port, &mut child);
        return (child, port);
    }
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    let said = line.trim().strip_prefix("listening ").and_then(|port| port.parse().ok());
    (child, said.unwrap_or_else(|| panic!("{kind:?} did not start: {line:?}")))
}

fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

fn wait_until_it_answers(port: u16, child: &mut Child) {
    for _ in 0..500 {
        if TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok() {
            return;
        }
        assert!(child.try_wait().unwrap().is_none(), "the server ended at once");
        thread::sleep(Duration::from_millis(20));
    }
    panic!("the server does not answer on port {port}");
}
