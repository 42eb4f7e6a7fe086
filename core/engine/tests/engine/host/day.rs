//! Days by chance: a system that loses, cuts, repeats and goes on alone, a host that dies at any moment.

use satchel::host::{HostLimits, HostOutcome, LEAST_BYTES_PER_STEP, LeaseId, Method, Taken};
use satchel::{AssetState, Outbox, Proof};
use satchel_testkit::Chance;
use satchel_testkit::liar::LyingTus;

use super::super::world::{Photo, Place, add, aim, all, receiver, run, side_by_side, states, within};
use super::system::Transfer;
use super::{bodies, host, limits};

struct Day {
    place: Place,
    outbox: Outbox,
    chance: Chance,
    photos: Vec<Photo>,
    /// What the system still has, and what came of it where it is over.
    system: Vec<(Transfer, Option<HostOutcome>)>,
    /// Outcomes that come too late, or a second time.
    late: Vec<(LeaseId, HostOutcome)>,
    token: Option<(satchel::TargetId, satchel::Token)>,
    /// PATCHes, in whatever way.
    carried: u64,
    what: String,
}

impl Day {
    async fn open(&mut self) {
        self.outbox = self.place.open().await;
        if let Some((target, token)) = &self.token {
            self.outbox.set_token(*target, token.clone());
        }
    }

    /// The host dies; its system goes on with some, has lost others, and says so or not.
    async fn dies(&mut self) {
        let mut left = vec![];
        for (transfer, outcome) in std::mem::take(&mut self.system) {
            match self.chance.below(4) {
                0 => left.push((transfer, outcome)),
                1 => {
                    let outcome = Some(within(transfer.send()).await);
                    left.push((transfer, outcome));
                }
                // Done, and the system forgot to say so.
                2 => drop(within(transfer.send()).await),
                _ => self.late.push((transfer.step.lease, within(transfer.send()).await)),
            }
        }
        self.system = left;
        self.open().await;
        let running: Vec<_> = self.system.iter().map(|(transfer, _)| transfer.step.lease).collect();
        self.outbox.host_running(host(1), &running).await.unwrap();
        assert!(bodies(&self.place).len() <= running.len(), "{}: bodies of steps that are over", self.what);
    }

    async fn asks(&mut self) {
        let budget_left = (self.chance.below(6) == 0).then(|| self.chance.below(200_000));
        let limits = HostLimits { budget_left, ..limits(1 + self.chance.below(4) as usize) };
        let given = within(self.outbox.host_steps(host(1), limits)).await.unwrap();
        assert!(given.steps.len() <= limits.most_steps);
        let bytes: u64 = given.steps.iter().filter_map(|step| step.body.as_ref()).map(|body| body.length).sum();
        assert!(budget_left.is_none_or(|left| bytes <= left), "{}: {bytes} of {budget_left:?}", self.what);
        for step in given.steps {
            let twice = self.system.iter().any(|(other, _)| step.upload.is_some() && other.step.upload == step.upload);
            assert!(!twice, "{}: an upload was leased twice", self.what);
            let transfer = Transfer::of(step);
            assert!(transfer.length() <= LEAST_BYTES_PER_STEP, "{}: a body above the cap", self.what);
            self.system.push((transfer, None));
        }
    }

    /// The system is done with one of them, in one way or another.
    async fn carries(&mut self) {
        if self.system.is_empty() {
            return;
        }
        let index = self.chance.below(self.system.len() as u64) as usize;
        let (transfer, known) = self.system.remove(index);
        self.carried += u64::from(transfer.step.method == Method::Patch);
        let half = self.chance.below(transfer.length() + 1) as usize;
        let outcome = match (known, self.chance.below(9)) {
            (Some(known), _) => known,
            (None, 0) => within(transfer.send_up_to(half)).await,
            // The connection breaks, and the system tries again by itself, from the beginning.
            (None, 1) => {
                within(transfer.send_up_to(half)).await;
                within(transfer.send()).await
            }
            (None, 2) => {
                within(transfer.send()).await;
                within(transfer.send()).await
            }
            (None, 3) => {
                within(transfer.send()).await;
                HostOutcome::Cut { sent: None, cut: satchel::host::Cut::NoReply }
            }
            (None, 4) => {
                within(transfer.send()).await;
                HostOutcome::Cut { sent: Some(0), cut: satchel::host::Cut::NoConnection }
            }
            (None, 5) => HostOutcome::Cut { sent: Some(0), cut: satchel::host::Cut::Stopped },
            (None, _) => within(transfer.send()).await,
        };
        let lease = transfer.step.lease;
        let taken = self.outbox.host_outcome(lease, outcome.clone()).await.unwrap();
        assert_ne!(taken, Taken::Stale, "{}: the outcome of a lease that holds", self.what);
        if self.chance.below(3) == 0 {
            self.late.push((lease, outcome));
        }
    }

    async fn step(&mut self) {
        match self.chance.below(20) {
            0 => self.dies().await,
            1 if !self.late.is_empty() => {
                let (lease, outcome) = self.late.swap_remove(0);
                assert_eq!(self.outbox.host_outcome(lease, outcome).await.unwrap(), Taken::Stale, "{}", self.what);
            }
            2 if self.photos.len() < 16 => {
                let n = self.photos.len() as u64;
                let photo = self.place.photo(&format!("{n}.jpg"), 1 + self.chance.below(400_000) as usize, n << 20);
                add(&self.outbox, &photo.path).await;
                self.photos.push(photo);
            }
            3 if self.chance.below(8) == 0 => drop(run(&self.outbox).await),
            4..=6 => self.asks().await,
            // A person who looks on is impatient.
            7..=10 => {
                self.outbox.try_now().await.unwrap();
                self.asks().await;
            }
            _ => self.carries().await,
        }
    }

    /// Everything is well again, and goes.
    async fn evening(&mut self) {
        self.what.push_str(", evening");
        for _ in 0..300 {
            self.outbox.try_now().await.unwrap();
            self.asks().await;
            if self.system.is_empty() {
                let given = self.outbox.host_steps(host(1), limits(4)).await.unwrap();
                if given.steps.is_empty() {
                    break;
                }
                self.system.extend(given.steps.into_iter().map(|step| (Transfer::of(step), None)));
            }
            for (transfer, known) in std::mem::take(&mut self.system) {
                let outcome = match known {
                    Some(known) => known,
                    None => within(transfer.send()).await,
                };
                self.outbox.host_outcome(transfer.step.lease, outcome).await.unwrap();
            }
        }
        let counts = self.outbox.counts().await.unwrap();
        let there = (counts.delivered, counts.waiting(), counts.needs_person());
        assert_eq!(there, (self.photos.len() as u64, 0, 0), "{}: {:?}", self.what, states(&self.outbox).await);
        assert_eq!(bodies(&self.place).len(), 0, "{}: a body is left", self.what);
    }
}

async fn day(seed: u64, place: Place, outbox: Outbox, token: Option<(satchel::TargetId, satchel::Token)>) -> Day {
    let (photos, system, late, what) = (vec![], vec![], vec![], format!("seed {seed}"));
    let mut day = Day { place, outbox, chance: Chance::new(seed), photos, system, late, token, carried: 0, what };
    for _ in 0..400 {
        day.step().await;
    }
    let patches = day.carried;
    assert!(patches >= 10, "{}: of a day only {patches} PATCHes are left", day.what);
    day.evening().await;
    day
}

async fn at_a_tus_server(seed: u64) {
    let (place, tus) = (Place::new(), LyingTus::start().await.unwrap());
    let outbox = place.open().await;
    aim(&outbox, &tus).await;
    let day = day(seed, place, outbox, None).await;
    for photo in &day.photos {
        assert_eq!(tus.completions_of(&photo.hash), 1, "{}", day.what);
    }
    for done in tus.completed() {
        let photo = day.photos.iter().find(|photo| photo.hash == done.hash).unwrap();
        assert_eq!(tus.bytes_of(&done.id).unwrap(), photo.bytes, "{}", day.what);
    }
}

async fn at_a_receiver(seed: u64) {
    let (place, store) = (Place::new(), tempfile::tempdir().unwrap());
    let receiver = receiver(store.path()).await;
    let outbox = place.open().await;
    let paired = satchel::pairing::pair(&receiver.pairing_code(), "a test's phone", None).await.unwrap();
    let target = outbox.set_receiver(&paired).await.unwrap();
    let token = satchel::Token::new(&paired.reply.token).unwrap();
    let day = day(seed, place, outbox, Some((target, token))).await;
    let completed = receiver.completed_uploads().await.unwrap();
    for photo in &day.photos {
        let once = completed.iter().filter(|c| c.hash.to_string() == photo.hash).count();
        assert_eq!(once, 1, "{}", day.what);
        assert_eq!(std::fs::read(receiver.blob_path(&photo.hash.parse().unwrap())).unwrap(), photo.bytes);
    }
    for asset in all(&day.outbox).await {
        assert_eq!(asset.state, AssetState::Delivered { proof: Proof::Receipt }, "{}: {}", day.what, asset.name);
    }
}

fn days(each: u64) -> u64 {
    std::env::var("SATCHEL_ROUNDS").ok().and_then(|n| n.parse().ok()).unwrap_or(each)
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_system_does_everything_arrives_once() {
    side_by_side((1..=days(16)).map(at_a_tus_server)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_a_system_does_a_receiver_signs_for_everything_once() {
    side_by_side((1..=days(8)).map(at_a_receiver)).await;
}
