//! The phone: an outbox, and the `satchel` command in a namespace of its own.

use std::path::PathBuf;
use std::process::{Output, Stdio};
use std::sync::Mutex;

use satchel_testkit::Chance;
use serde_json::Value;
use tokio::process::Command;

use crate::desk::Service;
use crate::world::{PHOTOS, World};

/// So often a name may need another look: what a first failure leaves open a probe tells, and that goes when it is due.
const LOOKS: usize = 6;
/// Photos that are added each time, and how large each is.
const PHOTOS_AT_ONCE: usize = 3;
const PHOTO_BYTES: usize = 60_000;

/// A phone with an outbox.
pub(crate) struct Phone<'a> {
    world: &'a World,
    /// As lists call its target, which is its first endpoint as well.
    target: String,
    /// How `sync` is told where to.
    to: Vec<String>,
    /// BLAKE3 of all photos so far.
    taken: Mutex<Vec<String>>,
    /// What its network is called.
    network: Mutex<String>,
}

impl<'a> Phone<'a> {
    pub(crate) fn new(world: &'a World, target: &str, to: &[&str]) -> Self {
        let to = to.iter().map(|&word| word.to_owned()).collect();
        Self { world, target: target.into(), to, taken: Mutex::default(), network: Mutex::new("home".into()) }
    }

    /// Comes to another network.
    pub(crate) fn comes_to(&self, network: &str) {
        network.clone_into(&mut self.network.lock().unwrap());
    }

    /// What a command that must go well prints.
    pub(crate) async fn well(&self, words: &[&str]) -> String {
        let output = self.run(words).await;
        assert!(output.status.success(), "{words:?}: {}", told(&output));
        String::from_utf8(output.stdout).unwrap()
    }

    /// Its target has a further endpoint, with the same uploads.
    pub(crate) async fn has_another_way(&self, url: &str) {
        let server = self.server();
        self.well(&["endpoint", "add", &server, url]).await;
        self.well(&["endpoint", "store", &server, "shared"]).await;
    }

    /// Its first endpoint has an address that is configured.
    pub(crate) async fn knows_address(&self, address: std::net::Ipv4Addr) {
        self.well(&["endpoint", "add", &self.server(), &self.target, "--address", &address.to_string()]).await;
    }

    /// Takes some photos, and sends them: all that were ever taken are there now, each once.
    pub(crate) async fn sends(&self, service: &impl Service) {
        let mut add = vec!["add".to_owned()];
        add.extend(self.photos());
        self.well(&add.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let link = format!("wifi,id={}", self.network.lock().unwrap());
        let mut sync = vec!["sync", "--link", &link];
        sync.extend(self.to.iter().map(String::as_str));
        self.well(&sync).await;
        let mut arrived = service.arrived().await;
        arrived.sort();
        let mut taken = self.taken.lock().unwrap().clone();
        taken.sort();
        assert_eq!(arrived, taken, "each once");
    }

    /// Sends what it takes until the first endpoint is called by this name; all of it arrives whatever it is called.
    pub(crate) async fn delivers_around(&self, name: &str, service: &impl Service) {
        let mut called = Vec::new();
        for _ in 0..LOOKS {
            self.sends(service).await;
            let ways = self.endpoints().await;
            called.push(ways[0]["health"].as_str().unwrap().to_owned());
            let carries = ways.iter().position(|way| way["carries"] == true);
            if name == "open" {
                assert_eq!(carries, Some(0), "{ways:#?}");
            } else {
                assert!(carries.is_some_and(|at| at > 0), "{called:?}: {ways:#?}");
            }
            if called.last().is_some_and(|called| called == name) {
                println!("called {called:?}");
                return;
            }
        }
        panic!("it is to be called {name}, and was called {called:?}");
    }

    /// Nobody interferes any more: what it takes goes by the first endpoint again.
    pub(crate) async fn comes_back_to_the_first(&self, service: &impl Service) {
        let mut called = Vec::new();
        for _ in 0..LOOKS {
            let before = self.world.bytes_to(PHOTOS);
            self.sends(service).await;
            let ways = self.endpoints().await;
            let went = self.world.bytes_to(PHOTOS) - before;
            called.push((ways[0]["health"].as_str().unwrap().to_owned(), went));
            if ways[0]["health"] == "open" && ways[0]["carries"] == true && went > (PHOTOS_AT_ONCE * PHOTO_BYTES) as u64
            {
                println!("afterwards {called:?}");
                return;
            }
        }
        panic!("the first carries no more: {called:?}");
    }

    /// The record of a block of the first endpoint, on the network where it is.
    pub(crate) async fn block(&self, kind: &str) -> Value {
        let all = self.blocks().await;
        let own = |one: &&Value| one["kind"] == kind && one["endpoint"] == self.target.as_str();
        let record = all.iter().find(own).unwrap_or_else(|| panic!("no {kind} of {} in {all:#?}", self.target));
        assert_eq!(record["network"], self.network.lock().unwrap().as_str(), "{record}");
        println!("recorded {record}");
        record.clone()
    }

    pub(crate) async fn blocks(&self) -> Vec<Value> {
        objects(&self.well(&["blocks", "--json"]).await)
    }

    /// The ways to its target, in order.
    pub(crate) async fn endpoints(&self) -> Vec<Value> {
        objects(&self.well(&["endpoint", "list", "--json"]).await)
    }

    fn server(&self) -> String {
        // As `--to` takes it: `tus+` before what is no receiver.
        self.to.get(1).cloned().unwrap_or_else(|| self.target.clone())
    }

    fn photos(&self) -> Vec<String> {
        let mut taken = self.taken.lock().unwrap();
        let mut paths = Vec::new();
        for _ in 0..PHOTOS_AT_ONCE {
            let mut content = vec![0; PHOTO_BYTES];
            Chance::new(taken.len() as u64 + 1).fill(&mut content);
            content[..4].copy_from_slice(&[0xFF, 0xD8, 0xFF, 0xE0]);
            let path = self.world.home.path().join(format!("{}.jpg", taken.len()));
            std::fs::write(&path, &content).unwrap();
            taken.push(blake3::hash(&content).to_hex().to_string());
            paths.push(path.to_str().unwrap().to_owned());
        }
        paths
    }

    async fn run(&self, words: &[&str]) -> Output {
        let home = self.world.home.path();
        let mut command = Command::new("nsenter");
        command.args(["--net=/run/netns/phone", "unshare", "--mount", "sh", "-c"]);
        command.arg("mount --bind \"$0\" /etc && exec \"$@\"").arg(home.join("etc"));
        command.arg(PathBuf::from(env!("CARGO_BIN_EXE_satchel"))).args(words);
        command.env("SATCHEL_OUTBOX", home.join("outbox")).env("SATCHEL_FFMPEG", "/nowhere").env("TZ", "UTC");
        command.env_remove("SATCHEL_TOKEN").current_dir(home).stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.unwrap()
    }
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn objects(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{line}: {e}"))).collect()
}
