//! `satchel serve` and `satchel sync`, each in a process of its own; and what the receiver shows a viewer.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;

use reqwest::Client;
use satchel_kernel::policy::Policy;
use satchel_kernel::protocol::pairing::PairingCode;
use serde_json::{Value, json};
use tokio::process::{Child, Command};

use super::photos::Photo;

fn satchel(command: &str) -> Command {
    let mut satchel = Command::new(env!("CARGO_BIN_EXE_satchel"));
    satchel.arg(command).kill_on_drop(true).stdin(Stdio::null());
    satchel
}

/// Adds a folder.
pub(crate) async fn added(outbox: &Path, folder: &Path) {
    let add = satchel("add").arg("--outbox").arg(outbox).arg("--json").arg(folder).stdout(Stdio::null()).status();
    assert!(add.await.unwrap().success());
}

/// A receiver. It ends with the value.
pub(crate) struct Desk {
    pub(crate) address: SocketAddr,
    url: String,
    code: PairingCode,
    viewer: Client,
    cookie: String,
    serving: std::process::Child,
}

impl Desk {
    pub(crate) async fn start(store: &Path) -> Self {
        let mut serving = std::process::Command::new(env!("CARGO_BIN_EXE_satchel"))
            .args(["serve", "--json", "--listen", "127.0.0.1:0", "--store"])
            .arg(store)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(serving.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        std::thread::spawn(move || out.lines().for_each(drop));
        let said: Value = serde_json::from_str(&line).unwrap();
        let text = |name: &str| said[name].as_str().unwrap().to_owned();
        // Its certificate is its own; this viewer sits at the same machine.
        let viewer = Client::builder().danger_accept_invalid_certs(true).build().unwrap();
        let url = text("url").trim_end_matches('/').to_owned();
        let login = viewer.post(format!("{url}/api/login")).header("Satchel-Page", "1");
        let reply = login.json(&json!({ "key": text("viewer_key") })).send().await.unwrap();
        let cookie = reply.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let (address, code) = (text("address").parse().unwrap(), text("pairing").parse().unwrap());
        Self { address, url, code, viewer, cookie, serving }
    }

    /// Pairs through the link, so that all that follows goes through it.
    pub(crate) async fn pair(&self, outbox: &Path, port: u16) {
        let code = PairingCode { port, ..self.code.clone() };
        let pair = satchel("pair")
            .arg("--outbox")
            .arg(outbox)
            .arg("--json")
            .arg(code.to_string())
            .stdout(Stdio::null())
            .status();
        assert!(pair.await.unwrap().success());
        // Everything may go over mobile data: what is measured is the order.
        let rules = outbox.with_extension("rules.json");
        std::fs::write(&rules, Policy::over_any_link().to_json()).unwrap();
        let mut set = satchel("policy");
        set.args(["set", "--json", "--outbox"]).arg(outbox).arg(&rules).stdout(Stdio::null());
        assert!(set.status().await.unwrap().success());
    }

    async fn assets(&self) -> Vec<Value> {
        let request = self.viewer.get(format!("{}/api/assets?order=arrived&limit=500", self.url));
        let reply = request.header("Cookie", &self.cookie).send().await.unwrap();
        let page: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
        page["assets"].as_array().unwrap().clone()
    }

    /// Posts that a viewer can see with a preview.
    pub(crate) async fn viewable(&self) -> usize {
        self.assets().await.iter().filter(|asset| asset["posted"] == true && part(asset, "preview").is_some()).count()
    }

    /// Hash and length of each preview that is here.
    pub(crate) async fn previews(&self) -> Vec<(String, u64)> {
        let assets = self.assets().await;
        let previews = assets.iter().filter_map(|asset| part(asset, "preview"));
        previews.map(|part| (part["hash"].as_str().unwrap().to_owned(), part["length"].as_u64().unwrap())).collect()
    }

    /// Of these photos, those whose bytes the receiver gives out as they were.
    pub(crate) async fn originals(&self, photos: &[Photo]) -> usize {
        let mut whole = std::collections::BTreeSet::new();
        for asset in self.assets().await {
            let Some(part) = part(&asset, "original") else { continue };
            let address = format!("{}/media/{}/{}", self.url, asset["id"], part["position"]);
            let reply = self.viewer.get(address).header("Cookie", &self.cookie).send().await.unwrap();
            whole.insert(blake3::hash(&reply.bytes().await.unwrap()).to_hex().to_string());
        }
        photos.iter().filter(|photo| whole.contains(&photo.hash)).count()
    }
}

impl Drop for Desk {
    fn drop(&mut self) {
        let _ = self.serving.kill();
        let _ = self.serving.wait();
    }
}

fn part<'a>(asset: &'a Value, rendition: &str) -> Option<&'a Value> {
    asset["parts"].as_array()?.iter().find(|part| part["rendition"] == rendition && part["here"] == true)
}

/// A sync under way. It ends with the value.
pub(crate) struct Sync(Child);

impl Sync {
    pub(crate) fn start(outbox: &Path) -> Self {
        let mut sync = satchel("sync");
        Self(
            sync.arg("--outbox")
                .arg(outbox)
                .args(["--json", "--link", "cellular"])
                .stdout(Stdio::null())
                .spawn()
                .unwrap(),
        )
    }

    /// Waits for its end; whether all was delivered.
    pub(crate) async fn ended(&mut self) -> bool {
        self.0.wait().await.unwrap().success()
    }
}
