//! What becomes of a pair whose post is deleted at the receiver while its motion is on its way.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_on_its_way_when_its_post_is_deleted_there_does_not_come_after_it() {
    for twin in [false, true] {
        deleted_under_way(twin).await;
    }
}

/// `twin`: another post shows the still too, and stays.
async fn deleted_under_way(twin: bool) {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let link = Simulator::start("127.0.0.1:0".parse().unwrap(), desk.addr(), 1).unwrap();
    let outbox = open(place.patient()).await;
    pair(&outbox, &desk, Some(link.addr().port())).await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 900_000, 2));
    if twin {
        crate::world::add(&outbox, &write(&place, "twin.JPG", &still.bytes).path).await;
        run_out(&outbox).await;
    }
    let kept = desk.assets().await.unwrap();
    let id = add(&outbox, &still, &film).await.id();
    let stop = CancellationToken::new();
    link.set(Conditions::open().rates(200_000, 1_000_000));
    let running = tokio::spawn({
        let (outbox, stop) = (outbox.clone(), stop.clone());
        async move { outbox.run(at_once(), stop).await }
    });
    // The motion is on its way, behind its post and its still.
    within(async {
        while link.stats().forwarded_up < 400_000 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    stop.cancel();
    within(running).await.unwrap().unwrap();
    for asset in desk.assets().await.unwrap().into_iter().filter(|a| kept.iter().all(|k| k.id != a.id)) {
        desk.delete_asset(asset.id).await.unwrap();
    }
    link.set(Conditions::open());
    run_out(&outbox).await;
    assert_eq!(desk.assets().await.unwrap().len(), kept.len(), "what was deleted stays so");
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::DeletedThere });
    // A person wants it there all the same.
    assert_eq!(add(&outbox, &still, &film).await, AddOutcome::Revised(id));
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, delivered(), "{:?}", states(&outbox).await);
    let assets = desk.assets().await.unwrap();
    assert!(assets.len() == kept.len() + 1 && assets.iter().flat_map(|asset| &asset.parts).all(|part| part.here));
    let stills = desk.completed_uploads().await.unwrap().into_iter().filter(|done| done.hash.to_string() == still.hash);
    assert_eq!(stills.count(), if twin { 1 } else { 2 });
}
