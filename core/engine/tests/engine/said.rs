//! What a file says of when and where goes into its post, where no person said otherwise.

use satchel::{AddOptions, AssetId, Link, Outbox, Place as Where, Post, PostEdit};

use super::camera::{PLACE, TIME, jpeg, tells, write};
use super::outbox::caption;
use super::world::{Place, add, lose_database, noise, pair, receiver, run, run_out, states};

fn told() -> Where {
    Where { latitude: Some(PLACE.0), longitude: Some(PLACE.1), name: None }
}

async fn post(outbox: &Outbox, id: AssetId) -> Post {
    outbox.asset(id).await.unwrap().post
}

#[tokio::test(flavor = "multi_thread")]
async fn time_with_its_zone_and_place_come_from_the_file_and_reach_the_receiver() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let photo = write(&place, "IMG_0001.jpg", &tells(&jpeg(160, 120, 1)));
    let options = AddOptions { post: caption("words"), ..AddOptions::default() };
    let id = outbox.add(&photo.path, &options).await.unwrap().id();
    run_out(&outbox).await;
    let view = outbox.asset(id).await.unwrap();
    assert_eq!((view.post.time.as_deref(), view.post.place), (Some(TIME), Some(told())));
    assert_eq!((view.post.caption.as_deref(), view.revision), (Some("words"), 1));
    let there = desk.assets().await.unwrap().pop().unwrap();
    assert_eq!((there.time.as_deref(), there.latitude, there.longitude), (Some(TIME), Some(PLACE.0), Some(PLACE.1)));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_said_wins_whenever_it_was_said() {
    let place = Place::new();
    let outbox = place.open().await;
    let bytes = tells(&jpeg(160, 120, 1));
    let here = Where { latitude: None, longitude: None, name: Some("Gdynia".into()) };
    let post_edit = PostEdit { place: Some(here.clone()), ..PostEdit::default() };
    let options = AddOptions { post: post_edit, ..AddOptions::default() };
    let before = outbox.add(&write(&place, "a.jpg", &bytes).path, &options).await.unwrap().id();
    let after = add(&outbox, &write(&place, "b.jpg", &bytes).path).await;
    let away = add(&outbox, &write(&place, "c.jpg", &bytes).path).await;
    run(&outbox).await;
    assert_eq!(
        (post(&outbox, before).await.place, post(&outbox, before).await.time.as_deref()),
        (Some(here), Some(TIME))
    );
    outbox.edit_post(after, PostEdit { time: Some("2020-01-01".into()), ..PostEdit::default() }).await.unwrap();
    // Taken away stays taken away: the file's word is taken once.
    let nowhere = PostEdit { time: Some(String::new()), place: Some(Where::default()), ..PostEdit::default() };
    outbox.edit_post(away, nowhere).await.unwrap();
    let posts = [post(&outbox, before).await, post(&outbox, after).await, post(&outbox, away).await];
    assert_eq!((posts[1].time.as_deref(), posts[1].place.clone()), (Some("2020-01-01"), Some(told())));
    assert_eq!((posts[2].time.clone(), posts[2].place.clone()), (None, Some(Where::default())));
    // The journal tells it the same way, before the files are read again and after.
    drop(outbox);
    lose_database(&place.folder);
    let outbox = place.open().await;
    for round in 0..2 {
        for (id, post_before) in [before, after, away].into_iter().zip(&posts) {
            assert_eq!(post(&outbox, id).await, *post_before, "round {round}");
        }
        run(&outbox).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_becomes_another_before_it_goes_says_its_own() {
    let place = Place::new();
    let outbox = place.open().await;
    outbox.set_link(Link::none());
    let photo = write(&place, "a.jpg", &tells(&jpeg(160, 120, 1)));
    let id = add(&outbox, &photo.path).await;
    run(&outbox).await;
    assert_eq!(post(&outbox, id).await.place, Some(told()));
    // A copy of the next card under the same name is another asset, with nothing to say.
    write(&place, "a.jpg", &jpeg(160, 120, 2));
    let other = add(&outbox, &photo.path).await;
    run(&outbox).await;
    assert_ne!(other, id);
    assert_eq!(post(&outbox, other).await, Post::default());
}

/// Law 7: whatever a file says of itself, it is read, and goes.
#[tokio::test(flavor = "multi_thread")]
async fn bad_metadata_parks_nothing() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    pair(&outbox, &desk, None).await;
    let good = tells(&jpeg(160, 120, 1));
    let mut count = 0;
    for seed in 0..40u64 {
        let mut bytes = good.clone();
        let mut chance = satchel_testkit::Chance::new(seed);
        // Within the EXIF, which begins behind the first marker.
        for _ in 0..1 + chance.below(30) {
            let at = 4 + usize::try_from(chance.below(300)).unwrap();
            bytes[at] = u8::try_from(chance.below(256)).unwrap();
        }
        if seed % 5 == 0 {
            bytes.truncate(60 + usize::try_from(seed).unwrap() * 7);
        }
        bytes.extend(noise(usize::try_from(seed).unwrap(), seed));
        add(&outbox, &write(&place, &format!("{seed}.jpg"), &bytes).path).await;
        count += 1;
    }
    let report = run_out(&outbox).await;
    assert_eq!((report.counts.delivered, report.counts.posts_delivered), (count, count), "{:?}", states(&outbox).await);
    assert_eq!(report.counts.needs_person(), 0, "{:?}", states(&outbox).await);
}
