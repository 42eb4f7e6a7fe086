//! Pages of assets, as a gallery asks for them.

use std::fs;
use std::ops::ControlFlow;
use std::time::Duration;

use satchel::{AddOptions, Change, Filter, Link};
use satchel_testkit::liar::LyingTus;

use super::world::{Place, add, aim, all, run, run_out};

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_assets_are_told_in_pages_and_never_read_twice() {
    let place = Place::new();
    for n in 0..2_000u64 {
        place.photo(&format!("{n:04}.jpg"), 64 + n as usize, n);
    }
    let old = std::time::UNIX_EPOCH + Duration::from_secs(1_000_000);
    for entry in fs::read_dir(&place.photos).unwrap() {
        fs::File::options().write(true).open(entry.unwrap().path()).unwrap().set_modified(old).unwrap();
    }
    let outbox = place.open().await;
    let report = outbox.add_folder(&place.photos, &AddOptions::default(), |_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((report.added, report.failed), (2_000, 0));
    outbox.set_link(Link::none());
    run(&outbox).await;
    let mut before = None;
    let mut seen = 0;
    loop {
        let page = outbox.list(Filter { before, limit: 333 }).await.unwrap();
        let Some(last) = page.last() else { break };
        assert!(page.windows(2).all(|w| w[0].seq > w[1].seq));
        assert!(page.iter().all(|a| a.hash.is_some()));
        before = Some(last.seq);
        seen += page.len();
    }
    assert_eq!(seen, 2_000);
    let mut changes = outbox.observe();
    let again = outbox.add_folder(&place.photos, &AddOptions::default(), |_| ControlFlow::Continue(())).await.unwrap();
    assert_eq!((again.added, again.unchanged), (0, 2_000));
    let counts = outbox.counts().await.unwrap();
    assert_eq!(counts.unread, 0, "something is to be read again");
    run(&outbox).await;
    while let Ok(change) = changes.try_recv() {
        assert!(!matches!(change, Change::Read { .. }), "{change:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_says_of_each_asset_what_the_asset_says() {
    let place = Place::new();
    let (one, two) = (LyingTus::start().await.unwrap(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &one).await;
    aim(&outbox, &two).await;
    for n in 0..6u64 {
        // The last is the first one's twin.
        add(&outbox, &place.photo(&format!("{n}.jpg"), 3_000, n % 5).path).await;
    }
    run_out(&outbox).await;
    let listed = all(&outbox).await;
    outbox.remove(listed[2].id).await.unwrap();
    let gone = place.photo("gone.jpg", 3_000, 7);
    add(&outbox, &gone.path).await;
    fs::remove_file(&gone.path).unwrap();
    outbox.set_link(Link::none());
    add(&outbox, &place.photo("waits.jpg", 3_000, 8).path).await;
    run(&outbox).await;
    add(&outbox, &place.photo("unread.jpg", 3_000, 9).path).await;

    let page = all(&outbox).await;
    let names: Vec<&str> = page.iter().map(|asset| asset.name.as_str()).collect();
    assert_eq!(names, ["unread.jpg", "waits.jpg", "gone.jpg", "5.jpg", "4.jpg", "2.jpg", "1.jpg", "0.jpg"]);
    let deliveries: Vec<usize> = page.iter().map(|asset| asset.deliveries.len()).collect();
    assert_eq!(deliveries, [0, 2, 0, 2, 2, 2, 2, 2]);
    for asset in &page {
        assert_eq!(*asset, outbox.asset(asset.id).await.unwrap());
    }
    // And so where a page ends in the middle.
    let filter = Filter { before: Some(page[1].seq), limit: 4 };
    assert_eq!(outbox.list(filter).await.unwrap(), page[2..6]);
}
