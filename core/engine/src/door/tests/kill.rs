//! Killed in the middle: the meter says what had left.

use std::process::{Command, Stdio};

use super::peer::Manner;
use super::*;

const FOLDER: &str = "SATCHEL_DOOR_FOLDER";
const URL: &str = "SATCHEL_DOOR_URL";

/// Not a test: what the process does that is killed. Environment variables that name proxies, or say that this address needs none,
/// change nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a part of the_meter_outlives_a_kill, which starts it in another process"]
async fn child() {
    let (Ok(folder), Ok(url)) = (std::env::var(FOLDER), std::env::var(URL)) else { return };
    let door = Door::new().unwrap();
    door.note_in(Some(Arc::new(Meter::open(folder.as_ref(), boot(1)).unwrap())));
    door.enter(TARGET, Account { id: 42, allowance: 1 << 30 });
    let url: Url = url.parse().unwrap();
    send(&http(&door, &url), &upload(&url, 8 << 20)).await;
}

#[test]
fn the_meter_outlives_a_kill() {
    for kill_at in [1u64, 5_000, 20_000, 50_000] {
        let folder = tempfile::tempdir().unwrap();
        let peer = Peer::start(Manner::Slow);
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "--ignored", "door::tests::kill::child"])
            .env(FOLDER, folder.path())
            .env(URL, peer.url().as_str())
            .envs([("http_proxy", "http://127.0.0.1:9"), ("ALL_PROXY", "http://127.0.0.1:9"), ("NO_PROXY", "*")])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        peer.wait_for(kill_at);
        child.kill().unwrap();
        child.wait().unwrap();
        peer.wait_for_end(1);
        let meter = Meter::open(folder.path(), boot(1)).unwrap();
        let [(42, spent)] = meter.read_left().unwrap() else { panic!("{:?}", meter.read_left()) };
        println!("killed at {kill_at}: metered {}, at the peer {}", spent.sent, peer.read());
        assert!(spent.sent >= peer.read() && spent.connections == 1, "{spent:?}, {}", peer.read());
        assert!(spent.sent - peer.read() <= 64 * 1024 + 16 * 1024, "{spent:?}, {}", peer.read());
    }
}
