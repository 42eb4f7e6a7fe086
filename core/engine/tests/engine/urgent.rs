//! What a person says is pressing, and what was tried for it.

use satchel::{Error, Link};
use satchel_testkit::liar::LyingTus;

use super::world::{Place, add, aim, lose_database, run, run_out};

/// A person's word that something is pressing holds until it is taken back, whatever happens to the database; a twin's is its own.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_urgent_may_be_so_no_more() {
    let place = Place::new();
    let (photo, twin) = (place.photo("IMG_1.JPG", 20_000, 1), place.photo("IMG_2.JPG", 20_000, 1));
    let outbox = place.open().await;
    let tus = LyingTus::start().await.unwrap();
    aim(&outbox, &tus).await;
    let (id, other) = (add(&outbox, &photo.path).await, add(&outbox, &twin.path).await);
    outbox.set_link(Link::none());
    run(&outbox).await;
    for id in [id, other] {
        outbox.set_urgent(id, true).await.unwrap();
    }
    outbox.set_urgent(id, false).await.unwrap();
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    assert!(!outbox.asset(id).await.unwrap().urgent);
    assert!(outbox.asset(other).await.unwrap().urgent);
    let attempts = outbox.attempts(id).await.unwrap();
    assert!(attempts.is_empty(), "{attempts:?}");
    let unknown = satchel::AssetId::from_bytes([7; 16]);
    assert!(matches!(outbox.set_urgent(unknown, true).await, Err(Error::NoSuchAsset(_))));
    assert!(matches!(outbox.attempts(unknown).await, Err(Error::NoSuchAsset(_))));
    run_out(&outbox).await;
    let attempts = outbox.attempts(id).await.unwrap();
    assert!(attempts.iter().any(|one| one.words() == "the server took it"), "{attempts:?}");
    assert_eq!(attempts, outbox.attempts(other).await.unwrap(), "a twin's are the same");
}
