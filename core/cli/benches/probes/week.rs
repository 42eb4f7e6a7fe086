//! A week in simulated time: the planner says what goes and when to wake, a world says what comes of it.

use std::collections::VecDeque;

use satchel::kernel::gate::{Grade, Imposter, Verdict};
use satchel::kernel::health::{Block, Contrast, Evidence, Fares, Heard, How, Met, PROBE_BYTES, PROBE_CAP_MS, find};
use satchel::kernel::ids::{BootId, DeliveryId, EndpointId};
use satchel::kernel::money::budget::{Budget, BudgetView, Covers, Period};
use satchel::kernel::money::price;
use satchel::kernel::outcome::Cut;
use satchel::kernel::planner::{
    Action, CANDIDATES, Candidate, EndpointView, GATHER_MS, Group, RADIO_AWAKE_MS, Snapshot, TargetView,
    World as Around, permit, plan,
};
use satchel::kernel::protocol::post::Rendition;
use satchel::kernel::retry::mix;
use satchel::kernel::time::Now;
use satchel::kernel::wire::trouble_of;
use satchel::{AssetKind, Link, LinkClass, TargetId};
use satchel_testkit::Chance;

use crate::worlds::{Episode, World};

pub(crate) const DAY_MS: u64 = 24 * 3_600_000;
pub(crate) const WEEK_MS: u64 = 7 * DAY_MS;
const QUARTER_MS: u64 = 15 * 60_000;
/// So many broken rules tell enough.
const ENOUGH: usize = 20;
const TARGET: TargetId = TargetId(1);
/// A Monday in 2026, in milliseconds since 1970.
const MONDAY_MS: i64 = 1_795_392_000_000;
/// As long as a phone waits for a connection, and knocks at the other port.
const SILENCE_MS: u64 = 25_000;
const ANSWER_MS: u64 = 1_500;

/// What one probe costs, in billed bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Cost {
    pub(crate) by: Option<Block>,
    pub(crate) billed: u64,
}

/// What came of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Week {
    pub(crate) probes: u64,
    pub(crate) bytes: u64,
    /// By probes more than [`RADIO_AWAKE_MS`] after other traffic.
    pub(crate) wake_ups: u64,
    /// Requests for photos that met a block.
    pub(crate) tries: u64,
    /// From the end of each block until the endpoint carries: where it is the only one, of those at whose end something waited.
    pub(crate) delays_ms: Vec<u64>,
    /// Probes every quarter of an hour, each of which wakes the radio.
    pub(crate) fixed_probes: u64,
    pub(crate) fixed_bytes: u64,
    /// Rules that were not kept.
    pub(crate) broken: Vec<String>,
}

/// The week as it goes.
struct Playing<'a> {
    world: &'a World,
    costs: &'a [Cost],
    episodes: Vec<Episode>,
    seed: u64,
    at: u64,
    fares: Vec<Fares>,
    queue: VecDeque<i64>,
    left: u64,
    /// When the radio was last in use.
    radio: Option<u64>,
    /// The last probe of the first endpoint, if it was to be followed by another all the time since.
    last_probe: Option<u64>,
    /// The end of a block that nothing was sent after yet.
    lifted: Option<u64>,
    week: Week,
}

/// Plays it.
pub(crate) fn play(world: &World, seed: u64, costs: &[Cost]) -> Week {
    let mut chance = Chance::new(seed);
    let episodes = world.episodes(&mut chance);
    let mut moves: VecDeque<u64> = world.moves(&mut chance).into();
    let mut playing = Playing {
        world,
        costs,
        episodes,
        seed: mix(seed),
        at: 0,
        fares: vec![Fares::default(); world.endpoints],
        queue: VecDeque::new(),
        left: world.budget,
        radio: None,
        last_probe: None,
        lifted: None,
        week: Week::default(),
    };
    playing.fixed();
    // It was met before: what has nothing to send knows of it as well.
    playing.meet(0, playing.by(0), false);
    let mut lifts: VecDeque<u64> = playing.episodes.iter().map(|one| one.to).filter(|at| *at < WEEK_MS).collect();
    let (mut photo, mut midnight, mut photos) = (0, DAY_MS, 0);
    // A machine that runs hot would not come to the week's end.
    while playing.at < WEEK_MS && playing.week.broken.len() < ENOUGH {
        while world.photo_every_ms.is_some() && photo <= playing.at {
            photos += 1;
            photo += world.photo_every_ms.unwrap_or(WEEK_MS);
            playing.queue.push_front(photos);
        }
        if midnight <= playing.at {
            midnight += DAY_MS;
            playing.left = world.budget;
        }
        while moves.front().is_some_and(|at| *at <= playing.at) {
            moves.pop_front();
            playing.moves();
        }
        while lifts.front().is_some_and(|at| *at <= playing.at) {
            playing.lifted = lifts.pop_front().filter(|_| !playing.queue.is_empty() || world.endpoints > 1);
        }
        let wakes = playing.act(midnight);
        // What happens by itself, and is no reason for a phone to wake, is waited for as well: nothing comes of it but notes.
        let events =
            [Some(midnight), moves.front().copied(), lifts.front().copied(), world.photo_every_ms.map(|_| photo)];
        let next = events.into_iter().flatten().chain(wakes).min().unwrap_or(WEEK_MS);
        playing.at = next.max(playing.at + 1);
    }
    playing.week
}

impl Playing<'_> {
    /// Does what the plan says now; when to wake next.
    fn act(&mut self, midnight: u64) -> Option<u64> {
        // More than this at one instant is a machine that runs hot.
        for _ in 0..200 {
            let (now, snapshot) = (self.now(), self.snapshot(midnight));
            let made = plan(&now, &snapshot, &self.world.policy);
            let began = self.at;
            for action in &made.actions {
                match action {
                    Action::Probe { endpoint, .. } => self.probe(*endpoint, &snapshot),
                    Action::Send { endpoint, delivery, .. } => self.send(*endpoint, *delivery),
                    other => self.week.broken.push(format!("{other:?} was planned")),
                }
            }
            if self.queue.is_empty() || !self.has_leave(&snapshot) {
                self.last_probe = None;
            }
            if !made.actions.is_empty() {
                self.at = self.at.max(began + 1);
                continue;
            }
            let wake = made.wake.at_utc_ms.map(|at| u64::try_from(at - MONDAY_MS).unwrap_or(0));
            if wake.is_some_and(|at| at <= self.at) {
                self.week.broken.push(format!("woken for nothing at {} min", self.at / 60_000));
            }
            return wake;
        }
        self.week.broken.push(format!("no end of it at {} min", self.at / 60_000));
        None
    }

    fn probe(&mut self, endpoint: EndpointId, snapshot: &Snapshot) {
        if !self.has_leave(snapshot) {
            self.week.broken.push(format!("a probe without leave at {} min", self.at / 60_000));
        }
        if let Some(last) = self.last_probe
            && endpoint.0 == 1
            && self.at - last > PROBE_CAP_MS + GATHER_MS
        {
            self.week.broken.push(format!("{} min without a probe", (self.at - last) / 60_000));
        }
        let at = usize::try_from(endpoint.0 - 1).unwrap();
        let (by, woke) = (self.by(at), self.radio_sleeps());
        let cost = self.cost(by);
        if cost > self.left {
            self.week.broken.push("past the budget".into());
        }
        self.left = self.left.saturating_sub(cost);
        self.week.probes += 1;
        self.week.bytes += cost;
        self.week.wake_ups += u64::from(woke);
        self.meet(at, by, true);
        self.last_probe = (at == 0).then_some(self.at);
    }

    fn send(&mut self, endpoint: EndpointId, delivery: DeliveryId) {
        let at = usize::try_from(endpoint.0 - 1).unwrap();
        let by = self.by(at);
        let cost = if by.is_some() { self.cost(by) } else { price::expected(self.world.photo_bytes) };
        self.left = self.left.saturating_sub(cost);
        self.week.tries += u64::from(by.is_some());
        self.meet(at, by, false);
        if by.is_none() {
            self.queue.retain(|one| *one != delivery.0);
            if at == 0 {
                let lifted = self.lifted.take();
                self.week.delays_ms.extend(lifted.map(|lifted| self.at - lifted));
            }
        }
    }

    /// What a request found, and what is kept of the endpoint.
    fn meet(&mut self, at: usize, by: Option<Block>, probe: bool) {
        self.at += if by == Some(Block::Silence) { SILENCE_MS } else { ANSWER_MS };
        self.radio = Some(self.at);
        let (now, before) = (self.now(), self.fares[at]);
        let (verdict, cut) = met(by);
        let evidence = evidence(by, &before, probe);
        let Some(finding) = find(&evidence) else { return };
        let trouble = trouble_of(verdict, evidence.status);
        let met = Met { trouble, cut, times: 1, probe, authentic: by.is_none(), progressed: false, asked_ms: None };
        self.fares[at] = before.after(finding, &met, &now, self.seed ^ (at as u64 + 1));
        if at == 0 && !probe && self.last_probe.is_some() {
            // What traffic tries tells as much.
            self.last_probe = Some(self.at);
        }
    }

    fn moves(&mut self) {
        let now = self.now();
        self.fares.iter_mut().for_each(|fares| *fares = fares.elsewhere(&now));
        self.last_probe = None;
    }

    fn by(&self, endpoint: usize) -> Option<Block> {
        let episode = self.episodes.iter().find(|one| (one.from..one.to).contains(&self.at));
        episode.filter(|_| endpoint == 0).map(|one| one.by)
    }

    fn cost(&self, by: Option<Block>) -> u64 {
        self.costs.iter().find(|cost| cost.by == by).unwrap().billed
    }

    fn radio_sleeps(&self) -> bool {
        self.radio.is_none_or(|last| self.at.saturating_sub(last) > RADIO_AWAKE_MS)
    }

    /// What the rules say of it, asked apart from the planner.
    fn has_leave(&self, snapshot: &Snapshot) -> bool {
        let mut policy = self.world.policy.clone();
        policy.rules.iter_mut().flat_map(|rule| &mut rule.allow).for_each(|way| way.up_to_bytes = None);
        let item = snapshot.groups[0].item();
        snapshot.open > 0 && permit::permit(&self.now(), &item, PROBE_BYTES, None, &snapshot.world, &policy).is_ok()
    }

    fn now(&self) -> Now {
        Now {
            utc_ms: MONDAY_MS.saturating_add_unsigned(self.at),
            boot: BootId::from_bytes([7; 16]),
            since_boot_ms: self.at + DAY_MS,
            zone_min: 0,
        }
    }

    fn snapshot(&self, midnight: u64) -> Snapshot {
        let view = |(at, fares): (usize, &Fares)| EndpointView {
            id: EndpointId(at as i64 + 1),
            store: 0,
            proves: true,
            fares: *fares,
        };
        let endpoints = self.fares.iter().enumerate().map(view).collect();
        let target = TargetView { id: TARGET, have_check: false, rest: None, endpoints };
        let budget = Budget {
            name: "mobile".into(),
            covers: Covers::Class(LinkClass::Metered),
            bytes: self.world.budget,
            period: Period::Day,
        };
        let refills_in_ms = Some(midnight.saturating_sub(self.at));
        let around = Around {
            link: Link { network: Some("SIM".into()), roaming: Some(false), ..Link::cellular() },
            targets: vec![target],
            budgets: vec![BudgetView { budget, left: self.left, refills_in_ms }],
            ..Around::default()
        };
        let open = self.queue.len() as u64;
        let group = Group {
            target: TARGET,
            kind: AssetKind::Photo,
            rendition: Rendition::Original,
            album: String::new(),
            urgent: false,
            open,
            bytes: open * self.world.photo_bytes,
        };
        let candidate = |id: &i64| Candidate {
            delivery: DeliveryId(*id),
            target: TARGET,
            class: Rendition::Original,
            urgent: false,
            order: *id,
            unrendered: false,
            group: 0,
            todo: self.world.photo_bytes,
            grant: None,
            store: None,
        };
        let candidates = self.queue.iter().take(CANDIDATES).map(candidate).collect();
        Snapshot { world: around, groups: vec![group], candidates, open, ..Snapshot::default() }
    }

    /// What a probe every quarter of an hour would cost, while the endpoint is blocked, and once when it is open again.
    fn fixed(&mut self) {
        let ticks = |one: &Episode| (one.to.min(WEEK_MS) - one.from.min(WEEK_MS)).div_ceil(QUARTER_MS);
        for one in self.episodes.clone() {
            let lifted = u64::from(one.to < WEEK_MS);
            self.week.fixed_probes += ticks(&one) + lifted;
            self.week.fixed_bytes += ticks(&one) * self.cost(Some(one.by)) + lifted * self.cost(None);
        }
    }
}

fn met(by: Option<Block>) -> (Verdict, Option<Cut>) {
    match by {
        None => (Verdict::Service(Grade::Proven), None),
        Some(Block::Certificate) => (Verdict::Imposter(Imposter::Certificate), Some(Cut::Certificate)),
        Some(Block::Silence) => (Verdict::Silence(Cut::NoConnection), Some(Cut::NoConnection)),
        Some(_) => (Verdict::Silence(Cut::Handshake), Some(Cut::Handshake)),
    }
}

/// What was seen.
fn evidence(by: Option<Block>, before: &Fares, probe: bool) -> Evidence {
    let (verdict, cut) = met(by);
    let is_silent = by == Some(Block::Silence);
    Evidence {
        verdict,
        status: if by.is_none() { 204 } else { 0 },
        how: if is_silent { How::Silent } else { How::Connected },
        other_port: if is_silent && probe { How::Refused } else { How::Unknown },
        heard: if is_silent { Heard::Nothing } else { Heard::Tls },
        tls: true,
        only_dates: false,
        captive_hint: false,
        no_internet_hint: false,
        contrast: Contrast::Unknown,
        open_by_address: false,
        known: before.known,
        in_a_row: cut.map_or(0, |cut| before.in_a_row_with(cut, 1)),
        probe,
    }
}
