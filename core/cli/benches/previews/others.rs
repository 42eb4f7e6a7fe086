//! tus-js-client, sending the same photos as they are to @tus/server over a link of its own.

use std::env;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use satchel_testkit::link::{Conditions, Simulator};

/// Server, link and client. They end with the value.
pub(crate) struct Others {
    store: PathBuf,
    processes: Vec<Child>,
    _link: Simulator,
}

impl Others {
    /// `None` where there is no Node with their packages.
    pub(crate) async fn start(store: &Path, photos: &Path, conditions: Conditions) -> Option<Self> {
        let (node, scripts) = (env::var_os("SATCHEL_NODE")?, PathBuf::from(env::var_os("SATCHEL_NODE_SCRIPTS")?));
        fs::create_dir_all(store).unwrap();
        let start = |script: &str, arguments: &[&std::ffi::OsStr]| {
            let mut node = Command::new(&node);
            node.arg(scripts.join(script)).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap()
        };
        let mut server = start("tus-server.mjs", &["--store".as_ref(), store.as_ref()]);
        let mut line = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let port: u16 = line.trim().strip_prefix("listening ").unwrap().parse().unwrap();
        let link =
            Simulator::start("127.0.0.1:0".parse().unwrap(), SocketAddr::from(([127, 0, 0, 1], port)), 1).unwrap();
        link.set(conditions);
        let to = format!("http://{}/files/", link.addr());
        let client = start("upload-all.mjs", &["--to".as_ref(), to.as_ref(), "--folder".as_ref(), photos.as_ref()]);
        Some(Self { store: store.to_owned(), processes: vec![client, server], _link: link })
    }

    /// Photos that the server has whole, as it noted down itself.
    pub(crate) fn complete(&self) -> usize {
        fs::read_to_string(self.store.join("completed.log")).map_or(0, |log| log.lines().count())
    }
}

impl Drop for Others {
    fn drop(&mut self) {
        for process in &mut self.processes {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
