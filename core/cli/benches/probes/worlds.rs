//! Weeks of blocks: what the service meets, what waits, what the rules allow, and which networks the phone is on.

use satchel::Policy;
use satchel::kernel::health::Block;
use satchel::kernel::policy::{NEVER_ON_MOBILE_DATA, WITHIN_MY_BUDGET};
use satchel_testkit::Chance;

use crate::week::{DAY_MS, WEEK_MS};

const HOUR_MS: u64 = 3_600_000;

/// A world.
pub(crate) struct World {
    pub(crate) name: &'static str,
    /// The first is blocked, the others are open.
    pub(crate) endpoints: usize,
    pub(crate) policy: Policy,
    /// Billed bytes of each day.
    pub(crate) budget: u64,
    /// A photo is taken so often.
    pub(crate) photo_every_ms: Option<u64>,
    pub(crate) photo_bytes: u64,
    pub(crate) blocks: Blocks,
    /// The phone changes networks so often a day.
    pub(crate) moves_a_day: u64,
    /// The rules allow probes at all.
    pub(crate) may_probe: bool,
}

/// When the first endpoint is blocked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Blocks {
    /// All week, in one way.
    AllWeek,
    /// For some hours each, in one way or another.
    OnAndOff,
}

/// A time in which it is blocked, in milliseconds from the week's beginning.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Episode {
    pub(crate) from: u64,
    pub(crate) to: u64,
    pub(crate) by: Block,
}

pub(crate) fn all() -> Vec<World> {
    let ready = |name| Policy::ready(name).unwrap();
    let usual = || World {
        name: "blocked all week, 50 MB a day",
        endpoints: 1,
        policy: ready(WITHIN_MY_BUDGET),
        budget: 50_000_000,
        photo_every_ms: Some(HOUR_MS),
        photo_bytes: 400_000,
        blocks: Blocks::AllWeek,
        moves_a_day: 0,
        may_probe: true,
    };
    vec![
        usual(),
        World { name: "on and off, for hours", blocks: Blocks::OnAndOff, ..usual() },
        World { name: "two endpoints, the first blocked all week", endpoints: 2, ..usual() },
        World { name: "two endpoints, the first on and off", endpoints: 2, blocks: Blocks::OnAndOff, ..usual() },
        World { name: "blocked all week, another network 6 times a day", moves_a_day: 6, ..usual() },
        World { name: "blocked all week, 60 KB a day", budget: 60_000, photo_bytes: 2_000, ..usual() },
        World { name: "blocked all week, nothing waits", photo_every_ms: None, may_probe: false, ..usual() },
        World {
            name: "blocked all week, never on mobile data",
            policy: ready(NEVER_ON_MOBILE_DATA),
            may_probe: false,
            ..usual()
        },
    ]
}

impl World {
    pub(crate) fn episodes(&self, chance: &mut Chance) -> Vec<Episode> {
        let any = |chance: &mut Chance| {
            [Block::Certificate, Block::Reset, Block::Silence][usize::try_from(chance.below(3)).unwrap()]
        };
        match self.blocks {
            Blocks::AllWeek => vec![Episode { from: 0, to: WEEK_MS, by: any(chance) }],
            Blocks::OnAndOff => {
                let (mut at, mut all) = (0, Vec::new());
                while at < WEEK_MS {
                    let from = at + hours(chance, 3.0);
                    at = from + hours(chance, 5.0);
                    all.push(Episode { from, to: at, by: any(chance) });
                }
                all
            }
        }
    }

    /// When the phone comes to another network.
    pub(crate) fn moves(&self, chance: &mut Chance) -> Vec<u64> {
        let mut all: Vec<_> = (0..self.moves_a_day * (WEEK_MS / DAY_MS)).map(|_| chance.below(WEEK_MS)).collect();
        all.sort_unstable();
        all
    }
}

fn hours(chance: &mut Chance, mean: f64) -> u64 {
    let ms = chance.exponential(mean) * HOUR_MS as f64;
    (ms as u64).max(60_000)
}
