//! What rules, budgets and redaction make of a pair: it goes as one, each half as its target takes it.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn rules_let_a_pair_through_as_one_or_not() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let (still, film) = (place.photo("IMG_1.JPG", 60_000, 1), motion(&place, "IMG_1.MOV", 50_000, 2));
    let id = add(&outbox, &still, &film).await.id();
    let up_to = |bytes: u64| {
        let rules = format!(r#"{{"version": 2, "rules": [{{"allow": [{{"over": "any", "up_to_bytes": {bytes}}}]}}]}}"#);
        Policy::from_json(&rules).unwrap()
    };
    outbox.set_policy(up_to(100_000));
    run(&outbox).await;
    assert_eq!(tus.created(), 0, "each half alone would have been small enough");
    let state = outbox.asset(id).await.unwrap().state;
    assert!(matches!(state, AssetState::Waiting { .. }), "{state:?}");
    // A budget that either half alone would fit into, and both do not: said at once.
    outbox.set_link(Link::cellular());
    let (covers, period) = (Covers::Class(LinkClass::Metered), Period::Day);
    outbox.set_budget(Budget { name: "home".into(), covers, bytes: 90_000, period }).await.unwrap();
    let price = outbox.price(Selection::These(vec![id])).await.unwrap();
    assert!(price.budgets[0].never, "{price:?}");
    outbox.set_policy(up_to(120_000));
    run(&outbox).await;
    assert_eq!(tus.created(), 0);
    outbox.set_link(Link::wifi());
    run(&outbox).await;
    assert_eq!((tus.completions_of(&still.hash), tus.completions_of(&film.hash)), (1, 1));
    assert!(matches!(outbox.asset(id).await.unwrap().state, AssetState::Delivered { .. }));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_pair_whose_place_is_not_to_be_learnt_only_the_still_goes() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    let id = add(&outbox, &still, &film).await.id();
    run_out(&outbox).await;
    let view = outbox.asset(id).await.unwrap();
    assert_eq!(view.state, AssetState::Parked { reason: ParkReason::CannotRedact });
    let originals = view.deliveries.iter().filter(|d| d.rendition == Rendition::Original);
    let there: Vec<_> = originals.map(|d| (matches!(d.state, AssetState::Delivered { .. }), d.redacted)).collect();
    assert!(there.contains(&(true, true)) && there.contains(&(false, true)) && there.len() == 2, "{there:?}");
    let parts = shown(&desk).await;
    assert!(parts.iter().all(|part| part.0 == "still") && parts.iter().any(|part| part.1 == "original" && part.3));
}

/// What is said of a target's share of an asset's originals: whether each is there, and whether without its metadata.
async fn originals(outbox: &Outbox, id: AssetId) -> Vec<(bool, bool)> {
    let view = outbox.asset(id).await.unwrap();
    let originals = view.deliveries.iter().filter(|d| d.rendition == Rendition::Original);
    originals.map(|d| (matches!(d.state, AssetState::Delivered { .. }), d.redacted)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_target_that_takes_otherwise_from_now_on_loses_no_half() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let target = pair(&outbox, &desk, None).await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    // The still went whole; its motion comes when the place is not to be learnt any more.
    let id = crate::world::add(&outbox, &still.path).await;
    run_out(&outbox).await;
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    add(&outbox, &still, &film).await;
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, AssetState::Parked { reason: ParkReason::CannotRedact });
    assert_eq!(originals(&outbox, id).await, [(true, false), (false, true)]);
    // And whole again.
    outbox.set_redaction(target, Redaction::None).await.unwrap();
    run_out(&outbox).await;
    assert_eq!(originals(&outbox, id).await, [(true, false), (true, false)]);
    assert_eq!(outbox.asset(id).await.unwrap().state, delivered());

    // The other way round: the still went without its place.
    outbox.set_redaction(target, Redaction::Location).await.unwrap();
    let (still, film) = (write(&place, "IMG_2.JPG", &jpeg(160, 120, 3)), motion(&place, "IMG_2.MOV", 9_000, 4));
    let id = add(&outbox, &still, &film).await.id();
    run_out(&outbox).await;
    outbox.set_redaction(target, Redaction::None).await.unwrap();
    run_out(&outbox).await;
    assert_eq!(originals(&outbox, id).await, [(true, true), (true, false)]);
    let state = outbox.asset(id).await.unwrap().state;
    assert!(matches!(state, AssetState::Delivered { proof } if !proof.safe_to_free()), "{state:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_that_becomes_a_pair_is_counted_as_one() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let words = r#"{"version": 2, "rules": [{"for": {"renditions": ["text"]}, "allow": [{"over": "any"}]}]}"#;
    let outbox = open(Config { policy: Some(Policy::from_json(words).unwrap()), ..place.config() }).await;
    pair(&outbox, &desk, None).await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    crate::world::add(&outbox, &still.path).await;
    // Its words are there, and its preview may follow.
    run(&outbox).await;
    add(&outbox, &still, &film).await;
    outbox.set_policy(Policy::over_any_link());
    run_out(&outbox).await;
    // With a deadline a run goes on as long as anything is open.
    let options = RunOptions { deadline: Some(Duration::from_secs(60)), ..RunOptions::default() };
    let report = within(outbox.run(options, CancellationToken::new())).await.unwrap();
    assert!(!report.stopped, "{report:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_that_waits_for_another_link_says_so_in_the_wake() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let rules =
        r#"{"version": 2, "rules": [{"allow": [{"over": "free"}, {"over": ["cellular"], "up_to_bytes": 70000}]}]}"#;
    outbox.set_policy(Policy::from_json(rules).unwrap());
    outbox.set_link(Link::cellular());
    let (still, film) = (place.photo("IMG_1.JPG", 60_000, 1), motion(&place, "IMG_1.MOV", 50_000, 2));
    add(&outbox, &still, &film).await;
    run(&outbox).await;
    let report = run(&outbox).await;
    assert_eq!((tus.created(), report.wake.needs), (0, Some(LinkNeed::Unmetered)), "{report:?}");
}
