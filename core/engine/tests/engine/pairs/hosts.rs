//! Pairs that are no files of their own: items of a media library, what the host wrote, copies.

use super::*;

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_the_motion_by_itself_is_not_the_pairs() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let outbox = place.open().await;
    let (still, film) = (write(&place, "IMG_1.JPG", &jpeg(160, 120, 1)), motion(&place, "IMG_1.MOV", 9_000, 2));
    let copy = AddOptions { copy: true, ..AddOptions::default() };
    let by_itself = outbox.add(&film.path, &copy).await.unwrap().id();
    let id = outbox.add(&still.path, &AddOptions { copy: true, ..with(&film) }).await.unwrap().id();
    // The card goes, and so does the film by itself.
    fs::remove_file(&film.path).unwrap();
    fs::remove_file(&still.path).unwrap();
    outbox.remove(by_itself).await.unwrap();
    // Nor is a place in the outbox two things.
    let (one, two) = (outbox.stage().await.unwrap(), outbox.stage().await.unwrap());
    fs::write(&one.path, jpeg(160, 120, 3)).unwrap();
    fs::write(&two.path, &film.bytes[..5_000]).unwrap();
    let called = |name: &str| StagedFile { name: name.into(), ..StagedFile::default() };
    outbox.commit(two.id, &called("IMG_2.MOV")).await.unwrap();
    let motion = Some(Motion::Staged { stage: two.id, name: "IMG_2.MOV".into() });
    let refused = outbox.commit(one.id, &StagedFile { motion, ..called("IMG_2.JPG") }).await;
    assert!(matches!(refused, Err(Error::Invalid(_))), "{refused:?}");
    pair(&outbox, &desk, None).await;
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, delivered(), "{:?}", states(&outbox).await);
}

struct Items(Vec<(&'static str, std::path::PathBuf)>);

impl MediaLibrary for Items {
    fn open(&self, id: &str) -> Result<OpenItem, LibraryFault> {
        let (_, path) = self.0.iter().find(|(known, _)| *known == id).ok_or(LibraryFault::Gone)?;
        let file = fs::File::open(path).map_err(|_| LibraryFault::Gone)?;
        Ok(OpenItem { file, read_mode: 0, modified_utc_ms: Some(1_700_000_000_000) })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn pairs_of_a_library_and_pairs_that_the_host_wrote() {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let desk = receiver(store.path()).await;
    let (still, film) = (write(&place, "1", &jpeg(160, 120, 1)), motion(&place, "2", 9_000, 2));
    let album = Items(vec![("still/1", still.path.clone()), ("motion/1", film.path.clone())]);
    let outbox = open(Config { library: Some(std::sync::Arc::new(album)), ..place.config() }).await;
    pair(&outbox, &desk, None).await;
    let item = |id: &str, name: &str| LibraryItem { id: id.into(), name: name.into() };
    let motion = Some(Motion::Item(item("motion/1", "IMG_1.MOV")));
    let options = AddOptions { motion, ..AddOptions::default() };
    let id = outbox.add_item(&item("still/1", "IMG_1.JPG"), &options).await.unwrap().id();
    let again = outbox.add_item(&item("still/1", "IMG_1.JPG"), &options).await.unwrap();
    assert_eq!(again, AddOutcome::Unchanged(id));
    run_out(&outbox).await;
    assert_eq!(outbox.asset(id).await.unwrap().state, delivered(), "{:?}", states(&outbox).await);
    assert_eq!(shown(&desk).await[1], file("motion", "original", "IMG_1.MOV"));
    outbox.remove(id).await.unwrap();

    let (one, two) = (outbox.stage().await.unwrap(), outbox.stage().await.unwrap());
    fs::write(&one.path, jpeg(160, 120, 3)).unwrap();
    fs::write(&two.path, &film.bytes[..5_000]).unwrap();
    let motion = Some(Motion::Staged { stage: two.id, name: "IMG_2.MOV".into() });
    let staged = StagedFile { name: "IMG_2.JPG".into(), motion, ..StagedFile::default() };
    let id = outbox.commit(one.id, &staged).await.unwrap().id();
    assert_eq!(outbox.commit(one.id, &staged).await.unwrap(), AddOutcome::Unchanged(id), "its answer was lost");
    run_out(&outbox).await;
    let view = outbox.asset(id).await.unwrap();
    assert_eq!((view.kind, view.state), (AssetKind::Pair, delivered()));
    let spool = || fs::read_dir(place.folder.join("spool")).unwrap().count();
    let before = spool();
    outbox.remove(id).await.unwrap();
    assert_eq!(spool(), before - 2, "both copies went");
}
