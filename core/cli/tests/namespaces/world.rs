//! What lies between the phone and the servers: addresses, a cable, the packet filter, names.

use std::io::Write as _;
use std::net::Ipv4Addr;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::names::{Answer, Names};

/// The service's address.
pub(crate) const PHOTOS: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 1);
/// The same service's other address.
pub(crate) const BACKUP: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 2);
/// Somebody else.
pub(crate) const OTHER: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 66);
/// An address that nobody has a reason to block.
pub(crate) const NEUTRAL: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 204);
/// The name server's.
const NAMES: Ipv4Addr = Ipv4Addr::new(10, 9, 0, 53);
/// The phone's.
const PHONE: &str = "10.9.0.100/24";

/// The namespaces of this test, in the first of which it runs.
pub(crate) struct World {
    pub(crate) home: TempDir,
    pub(crate) names: Names,
}

impl World {
    /// Lays the cable. Only inside namespaces of our own.
    pub(crate) fn open() -> Self {
        let home = tempfile::tempdir().unwrap();
        // Where `ip netns` keeps names, and where services of the system's might answer for the resolver.
        run("mount", &["-t", "tmpfs", "tmpfs", "/run"]);
        run("ip", &["link", "set", "lo", "up"]);
        run("ip", &["netns", "add", "phone"]);
        run("ip", &["link", "add", "cable", "type", "veth", "peer", "name", "wifi", "netns", "phone"]);
        for address in [PHOTOS, BACKUP, OTHER, NEUTRAL, NAMES] {
            run("ip", &["address", "add", &format!("{address}/24"), "dev", "cable"]);
        }
        run("ip", &["link", "set", "cable", "up"]);
        run("ip", &["-n", "phone", "address", "add", PHONE, "dev", "wifi"]);
        run("ip", &["-n", "phone", "link", "set", "lo", "up"]);
        run("ip", &["-n", "phone", "link", "set", "wifi", "up"]);
        let count = |address| {
            format!(
                "add rule inet count received ip daddr {address} tcp dport {{ 80, 443, 1080 }} counter comment \"{address}\"\n"
            )
        };
        nft(&format!(
            "add table inet count\n\
             add chain inet count received {{ type filter hook input priority 100; }}\n{}{}",
            count(PHOTOS),
            count(BACKUP)
        ));
        let names = Names::serve(NAMES);
        for (name, address) in [("photos", PHOTOS), ("backup", BACKUP), ("neutral", NEUTRAL)] {
            names.set(&format!("{name}.test"), Answer::Is(address));
        }
        etc(&home.path().join("etc"));
        Self { home, names }
    }

    /// Interferes with what comes to the servers, by one rule of nftables.
    pub(crate) fn filter(&self, rule: &str) {
        nft(&format!(
            "add table inet wall\n\
             add chain inet wall input {{ type filter hook input priority 0; }}\n\
             add rule inet wall input {rule}\n"
        ));
    }

    /// Sends whoever goes to port 80 anywhere to this address and port.
    pub(crate) fn turn_port_80_to(&self, address: Ipv4Addr, port: u16) {
        nft(&format!(
            "add table ip wall\n\
             add chain ip wall turn {{ type nat hook prerouting priority -100; }}\n\
             add rule ip wall turn tcp dport 80 dnat to {address}:{port}\n"
        ));
    }

    /// Nobody interferes any more.
    pub(crate) fn lift(&self) {
        // Adding what is there already is no fault, deleting what is not would be one.
        nft("add table inet wall\ndelete table inet wall\nadd table ip wall\ndelete table ip wall\n");
    }

    /// Bytes that arrived at one of the service's addresses so far, packets' headers and all.
    pub(crate) fn bytes_to(&self, address: Ipv4Addr) -> u64 {
        let listed = run("nft", &["list", "chain", "inet", "count", "received"]);
        let comment = format!("\"{address}\"");
        let line = listed.lines().find(|line| line.contains(&comment)).unwrap_or_else(|| panic!("{listed}"));
        line.split("bytes ").nth(1).unwrap().split_whitespace().next().unwrap().parse().unwrap()
    }
}

/// The phone's own `/etc`: names are asked for at our server, and nowhere else.
fn etc(folder: &Path) {
    std::fs::create_dir(folder).unwrap();
    let lines = [
        ("resolv.conf", format!("nameserver {NAMES}\noptions timeout:1 attempts:2\n")),
        ("hosts", "127.0.0.1 localhost\n".into()),
        ("nsswitch.conf", "hosts: files dns\n".into()),
    ];
    for (name, text) in lines {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn run(program: &str, words: &[&str]) -> String {
    let output = Command::new(program).args(words).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program} {words:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn nft(rules: &str) {
    let mut child = Command::new("nft").args(["-f", "-"]).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(rules.as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{rules}");
}
