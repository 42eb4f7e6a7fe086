//! Laws 2 and 3 over sockets: whatever answers in the service's place, nothing completes, nothing is destroyed, the
//! credential goes nowhere else, and the honest server gets all afterwards, once.

use satchel::{AssetState, Outbox, ParkReason, TargetId, Token};
use satchel_testkit::liar::{FalseAnswer, FalseLocation, FalseOffset, Lie, LyingTus, Point, When};

use super::world::{Photo, Place, add, aim, all, open, run, run_out, side_by_side, states, trusting};

const TOKEN: &str = "a-token-that-nobody-else-may-see";

/// More than the buffers of both kernels hold, in bytes.
const LARGE: usize = 24 << 20;

/// Where a lie is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    Creation,
    Patch,
    /// After the upload was cut half way, when its offset is asked for.
    Head,
}

struct Case {
    place: Place,
    tus: LyingTus,
    outbox: Outbox,
    photo: Photo,
    #[allow(dead_code, reason = "says which target the case is about when it fails")]
    target: TargetId,
}

async fn case(tls: bool, length: usize) -> Case {
    let place = Place::new();
    let tus = if tls { LyingTus::start_tls().await } else { LyingTus::start().await }.unwrap();
    tus.require_token(TOKEN);
    let outbox = open(trusting(place.config(), &tus)).await;
    let target = aim(&outbox, &tus).await;
    outbox.set_token(target, Token::new(TOKEN).unwrap());
    let photo = place.photo("IMG_0001.JPG", length, 1);
    add(&outbox, &photo.path).await;
    Case { place, tus, outbox, photo, target }
}

impl Case {
    /// Leaves an upload behind that was begun and cut.
    async fn begin(&self) {
        self.tus.lie(When::next(Point::Patch), Lie::False(FalseAnswer::ResetEarly));
        self.tus.lie(Point::Head, Lie::False(FalseAnswer::Close));
        run(&self.outbox).await;
        self.tus.honest();
        self.outbox.try_now().await.unwrap();
    }

    /// Nothing is said to be done that is not, and nobody else heard a word.
    async fn unharmed(&self, what: &str) {
        let counts = self.outbox.counts().await.unwrap();
        let there = self.tus.completions_of(&self.photo.hash) as u64;
        assert!(
            counts.delivered <= there,
            "{what}: delivered, but the server has {there}: {:?}",
            states(&self.outbox).await
        );
        assert_eq!(self.tus.decoy().connections(), 0, "{what}: somebody else was called");
        let bytes = std::fs::read(&self.photo.path).unwrap();
        assert_eq!(bytes, self.photo.bytes, "{what}: the original was touched");
    }

    /// The honest server gets it, once.
    async fn ends_well(&self, what: &str) {
        self.tus.honest();
        let report = run_out(&self.outbox).await;
        assert_eq!(
            (report.counts.delivered, report.counts.needs_person()),
            (1, 0),
            "{what}: {:?}",
            states(&self.outbox).await
        );
        assert_eq!(self.tus.completions_of(&self.photo.hash), 1, "{what}: completed not once");
        assert_eq!(self.tus.completed().len(), 1, "{what}: something else was completed");
        assert_eq!(self.tus.decoy().connections(), 0, "{what}: somebody else was called");
    }
}

/// Tells one false answer at one moment, for two runs; then an honest server.
async fn told(tls: bool, moment: Moment, answer: FalseAnswer) {
    let what = format!("{answer} at {moment:?}, {}", if tls { "TLS" } else { "plain HTTP" });
    let case = case(tls, 40_000).await;
    if moment == Moment::Head {
        case.begin().await;
    }
    let point = match moment {
        Moment::Creation => Point::Any,
        Moment::Patch => Point::Patch,
        Moment::Head => Point::Head,
    };
    case.tus.lie(point, Lie::False(answer));
    for _ in 0..2 {
        let report = run(&case.outbox).await;
        assert_eq!(report.counts.delivered, 0, "{what}: said to be delivered");
        assert_eq!(report.counts.waiting() + report.counts.needs_person(), 1, "{what}: {:?}", report.counts);
        assert_eq!(
            report.counts.needs_person(),
            0,
            "{what}: parked, though it passes: {:?}",
            states(&case.outbox).await
        );
        assert!(report.wake.at_utc_ms.is_some(), "{what}: nobody knows when to try again");
        case.unharmed(&what).await;
        case.outbox.try_now().await.unwrap();
    }
    assert!(case.tus.lies_told() > 0 || answer == FalseAnswer::SelfSigned, "{what}: it was never told");
    case.ends_well(&what).await;
}

fn everything(tls: bool) -> Vec<(bool, Moment, FalseAnswer)> {
    let moments = [Moment::Creation, Moment::Patch, Moment::Head];
    let answers = FalseAnswer::ALL.into_iter().filter(move |a| tls || !a.needs_tls());
    answers.flat_map(|a| moments.map(|m| (tls, m, a))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn over_plain_http_no_false_answer_completes_or_destroys() {
    side_by_side(everything(false).into_iter().map(|(tls, moment, answer)| told(tls, moment, answer))).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn over_tls_no_false_answer_completes_or_destroys() {
    side_by_side(everything(true).into_iter().map(|(tls, moment, answer)| told(tls, moment, answer))).await;
}

/// The server itself lies, once; and honest again, it gets all, once.
async fn lied(tls: bool, point: Point, lie: Lie) {
    let what = format!("{lie:?} at {point:?}, {}", if tls { "TLS" } else { "plain HTTP" });
    // The most that a server can claim unrefuted is what was handed to the socket: here, a part of it.
    let claims = point == Point::Head && matches!(lie, Lie::Offset(FalseOffset::AboveSent) | Lie::Forget);
    let case = case(tls, if claims { LARGE } else { 40_000 }).await;
    if point == Point::Head {
        case.begin().await;
    }
    let before = case.tus.lies_told();
    case.tus.lie(When::next(point), lie.clone());
    run(&case.outbox).await;
    case.unharmed(&what).await;
    assert_eq!(case.tus.lies_told(), before + 1, "{what}: it was not told");
    let parked = case.outbox.counts().await.unwrap().needs_person() > 0;
    // A proven service may refuse for good at once; whoever retries is served.
    let may_park = matches!(&lie, Lie::Status { marks: true, status: 404 | 410 | 413 | 409, .. })
        || matches!(lie, Lie::Location(FalseLocation::Foreign));
    assert!(!parked || may_park, "{what}: parked: {:?}", states(&case.outbox).await);
    if parked {
        let id = all(&case.outbox).await[0].id;
        case.outbox.retry(id).await.unwrap();
    }
    case.ends_well(&what).await;
    drop(case.place);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lie_that_is_told_once_costs_nothing_but_time() {
    let mut cases = Vec::new();
    for point in [Point::Create, Point::Patch, Point::Head] {
        for status in [401, 404, 409, 410, 413, 423, 429, 500, 502, 503, 504] {
            cases.push((point, Lie::marked(status)));
            cases.push((point, Lie::unmarked(status)));
        }
        cases.extend([Lie::Twice, Lie::Unmarked, Lie::LoseAnswer, Lie::retry_after(429, "1")].map(|lie| (point, lie)));
    }
    for offset in FalseOffset::ALL {
        cases.push((Point::Patch, Lie::Offset(offset)));
        cases.push((Point::Head, Lie::Offset(offset)));
    }
    cases.push((Point::Head, Lie::Length));
    cases.push((Point::Head, Lie::Forget));
    cases.extend(FalseLocation::ALL.map(|place| (Point::Create, Lie::Location(place))));
    let both =
        [false, true].into_iter().flat_map(|tls| cases.clone().into_iter().map(move |(point, lie)| (tls, point, lie)));
    side_by_side(both.map(|(tls, point, lie)| lied(tls, point, lie))).await;
}

/// Law 1: committed, the answer lost, the upload gone. A server that cannot be asked for a content leaves it to a person.
#[tokio::test(flavor = "multi_thread")]
async fn what_may_have_arrived_is_not_sent_twice_without_leave() {
    for tls in [false, true] {
        let case = case(tls, 40_000).await;
        case.tus.lie(When::next(Point::Patch), Lie::LoseAnswer);
        case.tus.lie(Point::Head, Lie::Forget);
        for _ in 0..3 {
            run(&case.outbox).await;
            case.outbox.try_now().await.unwrap();
        }
        case.tus.honest();
        let report = run(&case.outbox).await;
        assert_eq!((report.counts.delivered, report.counts.needs_person()), (0, 1), "{:?}", states(&case.outbox).await);
        let asset = all(&case.outbox).await.remove(0);
        assert_eq!(asset.state, AssetState::Parked { reason: ParkReason::FateUnknown });
        assert_eq!(case.tus.completed().len(), 1);
        case.outbox.retry(asset.id).await.unwrap();
        let report = run_out(&case.outbox).await;
        assert_eq!((report.counts.delivered, case.tus.completed().len()), (1, 2), "with leave it goes once more");
    }
}
