//! An outbox full of hostile files sends what is good, and each of them as the bytes that it is (law 7).

use std::collections::BTreeMap;
use std::fs;
use std::time::Duration;

use satchel::clock::Clock;
use satchel::kernel::ids::BlobHash;
use satchel::{AddOptions, AssetState, Config, Error, Filter, Link, Outbox, Policy, Proof, RunOptions};
use satchel_receiver::Receiver;
use tokio_util::sync::CancellationToken;

use crate::hostile;

/// Good ones, added before, between and after the others.
const GOOD: usize = 24;

/// Longer than it may take on a busy machine, unoptimised.
const HANG: Duration = Duration::from_secs(300);

#[tokio::test(flavor = "multi_thread")]
async fn hostile_files_hold_back_no_good_one_and_travel_as_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let (photos, store) = (dir.path().join("photos"), dir.path().join("store"));
    fs::create_dir(&photos).unwrap();
    let mut config = satchel_receiver::Config::new("127.0.0.1:0".parse().unwrap(), store);
    config.plain_http = false;
    let desk = Receiver::start(config).await.unwrap();
    let policy = Some(Policy::over_any_link());
    let config = Config { policy, clock: Clock::system(), ..Config::new(dir.path().join("outbox")) };
    let outbox = Outbox::open(config).await.unwrap();
    outbox.set_link(Link::wifi());
    let paired = satchel::pairing::pair(&desk.pairing_code(), "a test's phone", None).await.unwrap();
    outbox.set_receiver(&paired).await.unwrap();

    let cases = hostile::all();
    let every = cases.len() / GOOD;
    let (mut good, mut hostile) = (BTreeMap::new(), BTreeMap::new());
    for (n, case) in cases.iter().enumerate() {
        if n % every == 0 && good.len() < GOOD {
            let path = photos.join(format!("IMG_{n:04}.jpg"));
            let bytes = satchel_testkit::samples::picture(&path, n as u64).unwrap();
            let id = outbox.add(&path, &AddOptions::default()).await.unwrap().id();
            good.insert(id, BlobHash::of(&bytes));
        }
        let path = photos.join(format!("{n:04}.{}", case.ending));
        fs::write(&path, &case.bytes).unwrap();
        match outbox.add(&path, &AddOptions::default()).await {
            Ok(added) => drop(hostile.insert(added.id(), case)),
            // Nothing is no photo.
            Err(Error::Source(_)) if case.bytes.is_empty() => {}
            Err(other) => panic!("{}: {other}", case.name),
        }
    }
    assert_eq!(good.len(), GOOD);

    let options = RunOptions { linger: Duration::ZERO, ..RunOptions::default() };
    let run = outbox.run(options, CancellationToken::new());
    let report = tokio::time::timeout(HANG, run).await.expect("it hangs").unwrap();
    assert_eq!(report.counts.waiting(), 0, "{:?}", report.counts);
    let mut parked = Vec::new();
    for asset in outbox.list(Filter { before: None, limit: 1000 }).await.unwrap() {
        let delivered = asset.state == AssetState::Delivered { proof: Proof::Receipt };
        if let Some(hash) = good.remove(&asset.id) {
            assert!(delivered, "{}: {:?}", asset.name, asset.state);
            assert_eq!(BlobHash::of(&fs::read(desk.blob_path(&hash)).unwrap()), hash);
        } else if let Some(case) = hostile.remove(&asset.id) {
            if delivered {
                assert!(fs::read(desk.blob_path(&BlobHash::of(&case.bytes))).unwrap() == case.bytes, "{}", case.name);
            } else {
                assert!(matches!(asset.state, AssetState::Parked { .. }), "{}: {:?}", case.name, asset.state);
                parked.push(case.name.as_str());
            }
        }
    }
    assert!(good.is_empty() && hostile.is_empty(), "{} and {} are in no list", good.len(), hostile.len());
    // None of these is unreadable, so none has a reason to wait for a person.
    assert!(parked.is_empty(), "{parked:?}");
}
