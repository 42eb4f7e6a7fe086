//! The receiver's page in a real browser while the command sends photos to it over a slow link.
//!
//! `cargo xtask test` sets Chromium up and runs this.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

#[path = "../../receiver/tests/browser/mod.rs"]
mod browser;
mod foreign;

use std::net::Ipv4Addr;
use std::process::Stdio;
use std::time::Duration;

use browser::Browser;
use foreign::outbox::{Outbox, photo};
use satchel_receiver::{Config, Receiver};
use satchel_testkit::link::{Conditions, Rate, Simulator};
use tokio::process::Command;
use tokio::time::timeout;

#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "foreign: node, chromium"]
async fn a_photo_appears_while_the_engine_sends_it() {
    let home = tempfile::tempdir().unwrap();
    let config = Config::new((Ipv4Addr::LOCALHOST, 0).into(), home.path().join("desk"));
    let receiver = Receiver::start(config).await.unwrap();
    let link = Simulator::start((Ipv4Addr::LOCALHOST, 0).into(), receiver.addr(), 1).unwrap();
    let mut browser = Browser::start();
    browser.open(&receiver.page_url()).await;
    browser.wait("#live[data-state=on]").await;

    let outbox = Outbox(home.path().join("outbox"));
    let mut code = receiver.pairing_code();
    code.port = link.addr().port();
    outbox.pair(&code.to_string());
    let camera = home.path().join("camera");
    std::fs::create_dir(&camera).unwrap();
    let market = photo(&camera, "market.jpg", 600_000, "market");
    let harbour = photo(&camera, "harbour.jpg", 3_000_000, "harbour");
    outbox.add(&["--caption", "Market, early", "--tag", "market"], &[&market.path]);
    outbox.add(&["--caption", "Harbour", "--tag", "harbour"], &[&harbour.path]);

    // Slow enough to be watched: seconds, and the larger one takes much longer, even when both are sent at once.
    link.set(Conditions { up: Rate::Steady(600_000), ..Conditions::open() });
    let mut sync = Command::from(outbox.sync(&format!("https://{}", link.addr()), 120));
    let mut sync = sync.stdout(Stdio::null()).kill_on_drop(true).spawn().unwrap();
    browser.wait(".tile[data-state=waiting] progress").await;
    assert!(sync.try_wait().unwrap().is_none(), "the engine is still sending");
    browser.wait_for(".tile[data-state=here]", 1).await;
    assert!(sync.try_wait().unwrap().is_none(), "one is there while the other one is on its way");
    link.set(Conditions::open());
    browser.wait_for(".tile[data-state=here]", 2).await;
    let ended = timeout(Duration::from_secs(60), sync.wait()).await.expect("the sync ends").unwrap();
    assert_eq!(ended.code(), Some(0));

    browser.wait("#tags a[data-tag=harbour]").await;
    browser.click("#tags a[data-tag=harbour]").await;
    browser.wait_for(".tile", 1).await;
    assert!(browser.texts(".tile .caption").await.contains(&"Harbour".to_owned()));
    let (loads, complaints) = browser.history().await;
    assert_eq!((loads, complaints), (1, vec![]), "no reload, and nothing went wrong in the page");

    let status = outbox.status();
    assert!(status.iter().all(|asset| asset["state"] == "delivered" && asset["proof"] == "receipt"), "{status:#?}");
    assert_eq!(receiver.completed_uploads().await.unwrap().len(), 2);
    receiver.shutdown().await;
}
