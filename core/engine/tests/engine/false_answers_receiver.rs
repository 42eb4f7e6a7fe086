//! Laws 2 and 3 at a paired receiver: whatever answers in its place, also with its key, nothing completes, nothing is
//! destroyed, and nobody else hears the device's token. Who answers with another key hears nothing at all. Afterwards
//! the receiver gets the photo and its post, once, and signs for it.

use satchel::{AddOptions, AssetState, Config, Outbox, Proof};
use satchel_receiver::Receiver;
use satchel_testkit::certificate::SelfSigned;
use satchel_testkit::liar::{FalseAnswer, LyingGateway};
use tempfile::TempDir;

use super::outbox::caption;
use super::world::{Photo, Place, all, open, pair, receiver, run, run_out, side_by_side, states};

/// Where a lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// To the first word, whatever it is.
    First,
    Have,
    Post,
    Creation,
    /// After the creation was cut half way, when the rest is sent.
    Patch,
    /// After it was cut, when its offset is asked for.
    Head,
}

impl Moment {
    const ALL: [Self; 6] = [Self::First, Self::Have, Self::Post, Self::Creation, Self::Patch, Self::Head];

    /// Its requests: method and path.
    fn requests(self) -> (Option<&'static str>, &'static str) {
        match self {
            Self::First => (None, ""),
            Self::Have => (Some("POST"), "/v1/have"),
            Self::Post => (Some("PUT"), "/v1/posts/"),
            Self::Creation => (Some("POST"), "/files"),
            Self::Patch => (Some("PATCH"), "/files/"),
            Self::Head => (Some("HEAD"), "/files/"),
        }
    }
}

struct Case {
    what: String,
    _place: Place,
    _store: TempDir,
    receiver: Receiver,
    gateway: LyingGateway,
    outbox: Outbox,
    photo: Photo,
}

impl Case {
    /// A receiver behind a gateway that has its key, and a phone that is paired with it by way of the gateway.
    /// `trusted`: the phone's system vouches for the gateway's other certificate.
    async fn new(what: String, trusted: bool) -> Self {
        let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
        let receiver = receiver(store.path()).await;
        let own = SelfSigned::of_receiver(store.path()).unwrap();
        let gateway = LyingGateway::start(receiver.addr(), own).await.unwrap();
        let extra_roots = if trusted { vec![gateway.stranger().pem().to_owned()] } else { vec![] };
        let outbox = open(Config { extra_roots, ..place.config() }).await;
        pair(&outbox, &receiver, Some(gateway.addr().port())).await;
        let photo = place.photo("IMG_0001.JPG", 40_000, 1);
        outbox.add(&photo.path, &AddOptions { post: caption("the bridge"), ..AddOptions::default() }).await.unwrap();
        Self { what, _place: place, _store: store, receiver, gateway, outbox, photo }
    }

    /// Leaves an upload behind that was begun and cut: where its creation got no answer, or where its PATCH broke.
    async fn begin(&self, moment: Moment) {
        let (creation, patch) = (Moment::Creation.requests(), Moment::Patch.requests());
        self.gateway.cut_next(creation.0, creation.1, 10_000);
        if moment == Moment::Head {
            self.gateway.cut_next(patch.0, patch.1, 10_000);
            self.gateway.tell(Some("HEAD"), "/files/", FalseAnswer::Close);
        } else {
            self.gateway.tell(creation.0, creation.1, FalseAnswer::Close);
        }
        run(&self.outbox).await;
        assert!(self.gateway.lies_told() > 0, "{}: the upload was not cut", self.what);
        self.gateway.honest();
        self.outbox.try_now().await.unwrap();
    }

    /// What the receiver got whole: photos, and posts that it took for new.
    async fn there(&self) -> (u64, u64) {
        let photos = self.receiver.completed_uploads().await.unwrap();
        let posts = self.gateway.forwarded();
        let posts = posts.iter().filter(|f| f.path.starts_with("/v1/posts/") && f.status == 201);
        (photos.len() as u64, posts.count() as u64)
    }

    /// A run while the lie is told: nothing is said to be done that is not, nothing waits for a person, and nobody
    /// else heard a word.
    async fn suffer(&self) {
        let what = &self.what;
        let report = run(&self.outbox).await;
        let (counts, there) = (report.counts, self.there().await);
        let told = states(&self.outbox).await;
        assert!(counts.delivered <= there.0, "{what}: said to be delivered: {told:?}, {there:?}");
        assert!(counts.posts_delivered <= there.1, "{what}: the post is said to be delivered: {counts:?}");
        assert_eq!(counts.needs_person(), 0, "{what}: parked, though it passes: {told:?}, {counts:?}");
        assert!(counts.waiting() > 0, "{what}: nothing waits: {told:?}");
        assert!(report.wake.at_utc_ms.is_some(), "{what}: nobody knows when to try again");
        self.unharmed();
        self.outbox.try_now().await.unwrap();
    }

    fn unharmed(&self) {
        let what = &self.what;
        assert_eq!(self.gateway.decoy().connections(), 0, "{what}: somebody else was called");
        let bytes = std::fs::read(&self.photo.path).unwrap();
        assert_eq!(bytes, self.photo.bytes, "{what}: the original was touched");
    }

    /// The receiver itself is reached again: it gets all, once, and signs.
    async fn ends_well(&self) {
        let what = &self.what;
        self.gateway.honest();
        let counts = run_out(&self.outbox).await.counts;
        assert_eq!((counts.delivered, counts.posts_delivered), (1, 1), "{what}: {:?}", states(&self.outbox).await);
        assert_eq!(counts.needs_person(), 0, "{what}: {:?}", states(&self.outbox).await);
        let state = all(&self.outbox).await.remove(0).state;
        assert_eq!(state, AssetState::Delivered { proof: Proof::Receipt }, "{what}");
        assert_eq!(self.there().await, (1, 1), "{what}: {:?}", self.gateway.forwarded());
        let stored = self.receiver.completed_uploads().await.unwrap().remove(0).hash;
        assert_eq!(stored.to_string(), self.photo.hash, "{what}");
        let kept = std::fs::read(self.receiver.blob_path(&stored)).unwrap();
        assert_eq!(kept, self.photo.bytes, "{what}: what the receiver keeps");
        self.unharmed();
    }
}

/// Somebody with the receiver's key gives a false answer at one moment, in two runs.
async fn told(moment: Moment, answer: FalseAnswer) {
    let case = Case::new(format!("{answer} at {moment:?}"), false).await;
    if matches!(moment, Moment::Patch | Moment::Head) {
        case.begin(moment).await;
    }
    let before = case.gateway.lies_told();
    let (method, path) = moment.requests();
    case.gateway.tell(method, path, answer);
    for _ in 0..2 {
        case.suffer().await;
        let counts = case.outbox.counts().await.unwrap();
        match moment {
            Moment::First => assert_eq!((counts.delivered, counts.posts_delivered), (0, 0), "{}", case.what),
            Moment::Post => assert_eq!(counts.posts_delivered, 0, "{}: {counts:?}", case.what),
            _ => assert_eq!(counts.delivered, 0, "{}: {counts:?}", case.what),
        }
    }
    assert!(case.gateway.lies_told() > before, "{}: it was never told", case.what);
    case.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_the_receivers_key_no_false_answer_completes_or_destroys() {
    let answers = FalseAnswer::ALL.into_iter().filter(|answer| !answer.needs_tls());
    side_by_side(answers.flat_map(|answer| Moment::ALL.map(|moment| told(moment, answer)))).await;
}

/// Somebody with another key than the pinned one hears nothing, whatever they would say, and whoever vouches for them.
async fn strange(moment: Moment, answer: FalseAnswer, trusted: bool) {
    let what = format!("{answer} by a foreign key at {moment:?}, {}", if trusted { "trusted" } else { "not trusted" });
    let case = Case::new(what, trusted).await;
    if matches!(moment, Moment::Patch | Moment::Head) {
        case.begin(moment).await;
    }
    let (heard, told) = (case.gateway.seen().len(), case.gateway.lies_told());
    case.gateway.foreign_key(answer);
    for _ in 0..2 {
        let before = case.gateway.connections();
        case.suffer().await;
        assert!(case.gateway.connections() > before, "{}: it was never met", case.what);
        assert_eq!(case.outbox.counts().await.unwrap().delivered, 0, "{}", case.what);
        assert_eq!(case.gateway.lies_told(), told, "{}: it was asked", case.what);
        assert_eq!(case.gateway.seen().len(), heard, "{}: it heard {:?}", case.what, case.gateway.seen().last());
    }
    case.ends_well().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_key_than_the_pinned_one_hears_not_a_byte() {
    let mut cases = Vec::new();
    for trusted in [false, true] {
        cases.extend(FalseAnswer::ALL.map(|answer| (Moment::First, answer, trusted)));
        cases.extend([Moment::Patch, Moment::Head].map(|moment| (moment, FalseAnswer::SelfSigned, trusted)));
    }
    side_by_side(cases.into_iter().map(|(moment, answer, trusted)| strange(moment, answer, trusted))).await;
}
