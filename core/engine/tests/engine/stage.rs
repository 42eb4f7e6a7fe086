//! Bytes that the host writes itself: committed they are an asset like any other, forgotten they go.

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, UNIX_EPOCH};

use satchel::clock::Clock;
use satchel::source::SourceFault;
use satchel::{AddOutcome, AssetKind, AssetState, Config, Error, PostEdit, Proof, Stage, StagedFile};
use satchel_testkit::liar::LyingTus;

use super::outbox::caption;
use super::world::{Place, aim, all, noise, open, run};

fn called(name: &str) -> StagedFile {
    StagedFile { name: name.into(), ..StagedFile::default() }
}

fn spool(place: &Place) -> Vec<PathBuf> {
    let entries = fs::read_dir(place.folder.join("spool")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().unwrap() != "lock").collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_host_wrote_goes_as_a_photo_of_its_name() {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let bytes = noise(50_000, 1);
    let Stage { id, path } = outbox.stage().await.unwrap();
    assert!(!path.exists());
    fs::write(&path, &bytes).unwrap();
    let file = StagedFile { post: caption("from the library"), ..called("IMG_0007.JPG") };
    let AddOutcome::Added(asset) = outbox.commit(id, &file).await.unwrap() else { panic!("it is not new") };
    assert!(!path.exists());
    assert_eq!(spool(&place).len(), 1, "it was copied");
    run(&outbox).await;
    let view = outbox.asset(asset).await.unwrap();
    assert_eq!((view.name.as_str(), view.kind, view.bytes), ("IMG_0007.JPG", AssetKind::Photo, 50_000));
    assert_eq!(view.post.caption.as_deref(), Some("from the library"));
    assert_eq!(view.state, AssetState::Delivered { proof: Proof::Unproven });
    assert_eq!(tus.completions_of(blake3::hash(&bytes).to_hex().as_str()), 1);
    outbox.remove(asset).await.unwrap();
    assert_eq!(spool(&place).len(), 0);
    assert!(matches!(outbox.commit(id, &file).await, Err(Error::Source(SourceFault::Gone))));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_commit_whose_answer_was_lost_may_be_repeated() {
    let place = Place::new();
    let outbox = place.open().await;
    let Stage { id, path } = outbox.stage().await.unwrap();
    fs::write(&path, noise(5_000, 1)).unwrap();
    // Killed when the file had its name and no row: the next process has the id as text.
    fs::rename(&path, path.with_extension("")).unwrap();
    drop(outbox);
    let outbox = place.open().await;
    let id = id.to_string().parse().unwrap();
    let asset = outbox.commit(id, &called("a.jpg")).await.unwrap();
    assert!(matches!(asset, AddOutcome::Added(_)));
    assert_eq!(outbox.commit(id, &called("a.jpg")).await.unwrap(), AddOutcome::Unchanged(asset.id()));
    let said = StagedFile { post: PostEdit { ..caption("words") }, urgent: true, ..called("a.jpg") };
    assert_eq!(outbox.commit(id, &said).await.unwrap(), AddOutcome::Revised(asset.id()));
    assert_eq!(all(&outbox).await.len(), 1);
    // The journal alone brings it back, from the spool.
    drop(outbox);
    fs::remove_file(place.folder.join("outbox.db")).unwrap();
    let outbox = place.open().await;
    assert_eq!(outbox.recovered().0, 1);
    let view = outbox.asset(asset.id()).await.unwrap();
    assert_eq!((view.name.as_str(), view.post.caption.as_deref(), view.urgent), ("a.jpg", Some("words"), true));
    run(&outbox).await;
    assert!(outbox.asset(asset.id()).await.unwrap().hash.is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_an_asset_is_refused_and_may_be_mended() {
    let place = Place::new();
    let outbox = place.open().await;
    let Stage { id, path } = outbox.stage().await.unwrap();
    assert!(matches!(outbox.commit(id, &called("a.jpg")).await, Err(Error::Source(SourceFault::Gone))));
    fs::write(&path, b"").unwrap();
    assert!(matches!(outbox.commit(id, &called("a.jpg")).await, Err(Error::Source(SourceFault::Empty))));
    fs::write(&path, noise(100, 1)).unwrap();
    for name in ["", "../a.jpg", "a\0.jpg", "a\\b.jpg", &"n".repeat(256)] {
        assert!(matches!(outbox.commit(id, &called(name)).await, Err(Error::Invalid(_))), "{name:?}");
    }
    #[cfg(unix)]
    {
        let Stage { id, path } = outbox.stage().await.unwrap();
        std::os::unix::fs::symlink(place.photo("mine.jpg", 100, 2).path, &path).unwrap();
        assert!(matches!(outbox.commit(id, &called("a.jpg")).await, Err(Error::Source(SourceFault::NotAFile))));
        outbox.discard(id).await.unwrap();
        assert!(place.photos.join("mine.jpg").exists() && !path.exists());
    }
    assert!("../../x".parse::<satchel::StageId>().is_err());
    assert!(outbox.commit(id, &called("a.jpg")).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_staged_and_forgotten_goes_when_it_is_old() {
    let place = Place::new();
    let outbox = place.open().await;
    let (young, old, thrown) =
        (outbox.stage().await.unwrap(), outbox.stage().await.unwrap(), outbox.stage().await.unwrap());
    for stage in [&young, &old, &thrown] {
        fs::write(&stage.path, noise(100, 1)).unwrap();
    }
    outbox.discard(thrown.id).await.unwrap();
    outbox.discard(thrown.id).await.unwrap();
    let now = Clock::system().now();
    let dated = |stage: &Stage, hours: u64| {
        let at = UNIX_EPOCH + Duration::from_millis(now.utc_ms.unsigned_abs()) - Duration::from_secs(hours * 3600);
        fs::File::options().write(true).open(&stage.path).unwrap().set_modified(at).unwrap();
    };
    dated(&young, 23);
    dated(&old, 25);
    drop(outbox);
    let outbox = open(Config { clock: Clock::system(), ..place.config() }).await;
    run(&outbox).await;
    assert_eq!(spool(&place), std::slice::from_ref(&young.path));
    assert!(outbox.commit(young.id, &called("a.jpg")).await.is_ok());
}
