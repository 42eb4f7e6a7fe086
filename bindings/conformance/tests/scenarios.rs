//! Every scenario, played by the Rust runner in processes of its own.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says so by a panic")]

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

fn play(name: &str) {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = Command::new(env!("CARGO_BIN_EXE_satchel-stage"))
        .arg(folder.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut address = String::new();
    BufReader::new(stage.stdout.take().unwrap()).read_line(&mut address).unwrap();
    let scenario = satchel_conformance::scenarios().join(format!("{name}.json"));
    // As often as the scenario kills its runner, and once more.
    let kills = std::fs::read_to_string(&scenario).unwrap().matches(r#""do": "kill""#).count();
    let play = || {
        let mut runner = Command::new(env!("CARGO_BIN_EXE_satchel-scenario"));
        runner.arg(&scenario).arg(address.trim()).arg(folder.path()).output().unwrap()
    };
    for _ in 0..kills {
        assert!(!play().status.success(), "{name}: a runner that should kill itself ended well");
    }
    let output = play();
    // Its input ends, so it does.
    drop(stage.stdin.take());
    stage.wait().unwrap();
    assert_eq!(output.status.code(), Some(0), "{name}: {}", String::from_utf8_lossy(&output.stderr));
}

macro_rules! scenarios {
    ($($name:ident),+ $(,)?) => {
        $(#[test] fn $name() { play(stringify!($name)); })+

        #[test]
        fn none_is_left_out() {
            let mut there: Vec<_> = std::fs::read_dir(satchel_conformance::scenarios())
                .unwrap()
                .map(|file| Path::new(&file.unwrap().file_name()).file_stem().unwrap().to_string_lossy().into_owned())
                .collect();
            there.sort();
            let mut played = [$(stringify!($name)),+];
            played.sort_unstable();
            assert_eq!(there, played);
        }
    };
}

scenarios! {
    add, bad_input, block_page, blocked, budget, endpoints, fate_unknown, film, fresh_token, grant, host_http, kill, ledger, library, links,
    lying_server, money, network_mark, pair, parked, policy, post_edited, power, pretend, previews, price, receipts, redaction,
    removed, resume, small_budget, staged, suspend, twin, wake,
}
