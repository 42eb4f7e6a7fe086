//! Pages by the engine itself, without a boundary: `satchel-page FOLDER`. What `cargo xtask bench ffi` compares the other
//! languages with. Makes the outbox that all of them list: a thousand photos that were read and wait for a target.

#![allow(clippy::unwrap_used, clippy::disallowed_methods, reason = "a benchmark measures time, and may fail loudly")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use satchel::kernel::link::Link;
use satchel::{AddOptions, Config, Filter, Outbox, RunOptions};

const PHOTOS: u32 = 1_000;

fn main() {
    let folder = PathBuf::from(std::env::args_os().nth(1).unwrap());
    satchel::runtime::handle().block_on(async {
        let outbox = Outbox::open(Config::new(folder.join("outbox"))).await.unwrap();
        fill(&outbox, &folder).await;
        let filter = Filter { before: None, limit: PHOTOS };
        let id = outbox.list(filter).await.unwrap()[0].id;
        let page = timed(50, async || assert_eq!(outbox.list(filter).await.unwrap().len(), PHOTOS as usize)).await;
        let one = timed(200, async || _ = outbox.asset(id).await.unwrap()).await;
        let counts = timed(200, async || _ = outbox.counts().await.unwrap()).await;
        println!(r#"{{"language":"rust","page_us":{page:?},"one_us":{one:?},"counts_us":{counts:?}}}"#);
    });
}

/// As a gallery in the middle of a trip: everything was read, and nobody answers.
async fn fill(outbox: &Outbox, folder: &Path) {
    let photos = folder.join("photos");
    fs::create_dir_all(&photos).unwrap();
    for number in 0..PHOTOS {
        fs::write(photos.join(format!("IMG_{number:05}.jpg")), format!("photo {number}")).unwrap();
    }
    outbox.set_tus_target("http://127.0.0.1:9/files/".parse().unwrap()).await.unwrap();
    outbox.add_folder(&photos, &AddOptions::default(), |_| std::ops::ControlFlow::Continue(())).await.unwrap();
    outbox.set_link(Link::default());
    let options = RunOptions { linger: Duration::ZERO, ..RunOptions::default() };
    outbox.run(options, Default::default()).await.unwrap();
    assert_eq!(outbox.counts().await.unwrap().open, u64::from(PHOTOS), "all were read");
}

/// How long each took, in microseconds, after as many that do not count.
async fn timed(times: usize, mut work: impl AsyncFnMut()) -> Vec<f64> {
    let mut took = Vec::with_capacity(times);
    for round in 0..2 * times {
        let start = Instant::now();
        work().await;
        if round >= times {
            took.push((start.elapsed().as_secs_f64() * 1e7).round() / 10.0);
        }
    }
    took
}
