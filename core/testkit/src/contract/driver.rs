//! The simulated world around one upload: it does what a shell would do, breaks what can break, and watches.

mod exchange;

use std::collections::VecDeque;
use std::sync::Arc;

use satchel_kernel::ids::BootId;
use satchel_kernel::outcome::Request;
use satchel_kernel::state::{ParkReason, Trouble};
use satchel_kernel::time::Now;
use satchel_kernel::wire::{Done, Event, Job, Need, Status, Stored, Wire};

use super::faults::Fault;
use super::{Case, Server};
use crate::Chance;

/// Needs in a row, within one life, without the server telling of progress: more is a loop. Three fresh uploads,
/// each found gone by two connections after four tries of three needs each, stay below.
const MOST_IDLE_NEEDS: u32 = 60;
/// Outcomes that are kept to come again late.
const HISTORY: usize = 24;
const HOUR_MS: u64 = 3_600_000;

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    /// The target has it.
    Done(Done),
    /// The target has it, as it said when it was asked after the upload was found gone.
    Had,
    /// The upload is gone and may have completed, and the target cannot be asked.
    FateUnknown,
    /// The source is not what was hashed.
    SourceChanged,
    /// A person is asked.
    Parked(ParkReason),
    /// Given up, as asked.
    Abandoned,
    /// It rested more often than the run allows; the last trouble.
    Resting(Trouble),
}

/// One upload in a world of faults.
pub struct World {
    /// The case that is played.
    pub case: Case,
    /// What the machine is given.
    pub job: Job,
    /// What the source holds.
    pub source: Arc<[u8]>,
    /// What the payload was when it was hashed.
    payload: Arc<[u8]>,
    /// Who is talked to.
    pub server: Box<dyn Server>,
    wire: Wire,
    /// What becomes of the stored state, other than that it comes back.
    spoil: Option<fn(&mut Stored, &mut Chance)>,
    now: Now,
    server_ms: u64,
    late: VecDeque<(Request, Vec<u8>, bool)>,
    history: VecDeque<Event>,
    chance: Chance,
    idle: u32,
    told: u64,
    /// Body bytes that were handed to sockets.
    pub sent: u64,
    /// Requests that went out, in order: for messages and for what a test wants to see.
    pub requests: Vec<Request>,
    /// Rests so far.
    pub rests: u32,
    /// Rests after which a run ends.
    pub most_rests: u32,
}

impl World {
    /// A case with this payload, over TLS or over plain HTTP.
    pub fn new(case: Case, payload: &[u8], plain: bool, seed: u64) -> Self {
        let mut job = (case.job)(payload);
        let scheme = if plain { "http" } else { "https" };
        job.create.set_scheme(scheme).expect("http and https are interchangeable");
        let wire = Wire::new(case.protocol);
        let source: Arc<[u8]> = payload.into();
        Self {
            case,
            job,
            source: source.clone(),
            payload: source,
            server: (case.server)(),
            wire,
            spoil: None,
            now: Now { utc_ms: 1_795_000_000_000, boot: BootId::from_bytes([1; 16]), since_boot_ms: 0, zone_min: 60 },
            server_ms: 0,
            late: VecDeque::new(),
            history: VecDeque::new(),
            chance: Chance::new(seed),
            idle: 0,
            told: 0,
            sent: 0,
            requests: vec![],
            rests: 0,
            most_rests: 40,
        }
    }

    /// With another server than the case's.
    #[must_use]
    pub fn with_server(mut self, server: impl Server + 'static) -> Self {
        self.server = Box::new(server);
        self
    }

    /// Where the machine stands.
    pub fn status(&self) -> &Status {
        self.wire.status()
    }

    /// Whether identity is proved on this link.
    fn proves(&self) -> bool {
        self.job.create.scheme() == "https"
    }

    /// Plays until the machine has ended or rested too often. `fault` is asked once for each need.
    ///
    /// # Errors
    /// Which promise of the contract was broken.
    pub fn run(&mut self, mut fault: impl FnMut(u32, &Need) -> Fault) -> Result<End, String> {
        let mut needs = self.step(Event::Start)?;
        for turn in 0.. {
            let Some(need) = needs.pop() else {
                match self.ended()? {
                    Some(end) => return self.verify(end),
                    None => needs = self.step(Event::Start)?,
                }
                continue;
            };
            self.idle += 1;
            if self.idle > MOST_IDLE_NEEDS {
                return Err(format!("{} needs without progress: it loops", self.idle));
            }
            needs = match self.act(&need, fault(turn, &need))? {
                Some(event) => self.step(event)?,
                None => self.begin_life()?,
            };
        }
        unreachable!("turns do not run out before a loop is noticed")
    }

    /// Plays faults in order, and then nothing more goes wrong.
    ///
    /// # Errors
    /// As [`World::run`].
    pub fn run_schedule(&mut self, faults: &[Fault]) -> Result<End, String> {
        self.run(|turn, _| faults.get(turn as usize).copied().unwrap_or(Fault::None))
    }

    /// Gives up, whatever is under way.
    ///
    /// # Errors
    /// As [`World::run`].
    pub fn abandon(&mut self) -> Result<End, String> {
        self.server.abandoning();
        let mut needs = self.step(Event::Abandon)?;
        while let Some(need) = needs.pop() {
            let event = self.act(&need, Fault::None)?;
            needs = self.step(event.expect("without a fault something comes of a need"))?;
        }
        match self.ended()? {
            Some(end) => Ok(end),
            None => Err("it rests although nothing went wrong".into()),
        }
    }

    /// A person retries what was parked, or the target was asked about what was lost and does not have it.
    pub fn retry(&mut self) {
        self.wire = self.wire.clone().retry();
        self.rests = 0;
    }

    /// One step. Its state counts as stored from here on, before any of its needs is acted on.
    fn step(&mut self, event: Event) -> Result<Vec<Need>, String> {
        // These two may come at any time, and void what is under way.
        let start = matches!(event, Event::Start | Event::Abandon);
        let (wire, needs) = self.wire.clone().step(&self.job, event.clone(), &self.now);
        if start {
            self.idle = 0;
            self.server.restarted();
        } else {
            self.unmoved(&wire, &event, "doubled")?;
        }
        if needs.is_empty() && *wire.status() == Status::Running {
            return Err(format!("it runs and needs nothing after {event:?}"));
        }
        if let Some(open) = needs.first()
            && self.history.iter().any(|old| named(old) == Some(id_of(open)))
        {
            return Err(format!("the name of {open:?} was used before"));
        }
        // Dear, and every run has many steps.
        if self.chance.below(8) == 0 {
            let again = Wire::restore(self.case.protocol, &wire.store(), wire.locator(), self.job.length);
            if again.as_ref() != Some(&wire) {
                return Err(format!("{wire:?} was stored and came back as {again:?}"));
            }
        }
        if self.history.len() == HISTORY {
            self.history.pop_front();
        }
        self.wire = wire;
        if !start {
            self.history.push_back(event);
        }
        let old = self.chance.below(HISTORY as u64) as usize;
        if let Some(late) = self.history.get(old).cloned() {
            self.unmoved(&self.wire, &late, "late")?;
        }
        if self.told < self.server.told() {
            (self.told, self.idle) = (self.server.told(), 0);
        }
        Ok(needs)
    }

    /// An event that was dealt with before changes nothing.
    fn unmoved(&self, wire: &Wire, event: &Event, how: &str) -> Result<(), String> {
        let (after, needs) = wire.clone().step(&self.job, event.clone(), &self.now);
        if after == *wire && needs.is_empty() {
            return Ok(());
        }
        Err(format!("the {how} {event:?} changed {wire:?} to {after:?} with {needs:?}"))
    }

    /// After a stop: what was stored with the last need is all that is left.
    fn begin_life(&mut self) -> Result<Vec<Need>, String> {
        let mut stored = self.wire.store();
        if let Some(spoil) = self.spoil.take() {
            spoil(&mut stored, &mut self.chance);
        }
        self.wire = Wire::restore(self.case.protocol, &stored, self.wire.locator(), self.job.length)
            .ok_or("a stored state came back as nothing")?;
        self.step(Event::Start)
    }

    /// What to make of a machine that needs nothing; `None` when it is to be started again.
    fn ended(&mut self) -> Result<Option<End>, String> {
        Ok(Some(match self.wire.status().clone() {
            Status::Running => return Err("it runs and needs nothing".into()),
            Status::Done(done) => End::Done(done),
            Status::Abandoned => End::Abandoned,
            Status::SourceChanged => End::SourceChanged,
            Status::Park(reason) => End::Parked(reason),
            Status::Rest(rest) => {
                self.rests += 1;
                if self.rests > self.most_rests {
                    return Ok(Some(End::Resting(rest.trouble)));
                }
                self.pass(rest.after_ms.unwrap_or(60_000));
                return Ok(None);
            }
            Status::Lost => {
                // A receiver is asked whatever went out.
                if !self.job.satchel && !self.wire.may_have_completed(&self.job) {
                    return Err("lost, although its last byte never went out".into());
                }
                self.settle();
                match self.server.has(&self.job.hash) {
                    None => End::FateUnknown,
                    Some(true) => End::Had,
                    Some(false) => {
                        self.wire = self.wire.clone().retry();
                        return Ok(None);
                    }
                }
            }
        }))
    }

    fn pass(&mut self, ms: u64) {
        self.now.utc_ms += ms.cast_signed();
        self.now.since_boot_ms += ms;
        self.server_ms += ms;
    }

    /// What is still under way arrives.
    fn settle(&mut self) {
        while let Some((request, body, whole)) = self.late.pop_front() {
            let _ = self.server.handle(&request, &body, whole, self.server_ms);
        }
    }

    /// What must hold at every end.
    fn verify(&mut self, end: End) -> Result<End, String> {
        self.settle();
        let completed = self.server.completed();
        if completed.iter().any(|bytes| bytes[..] != self.payload[..]) {
            return Err("the server completed other bytes than the payload's".into());
        }
        let copies = completed.len();
        match end {
            End::Done(_) | End::Had if copies == 0 => Err(format!("{end:?}, but the server has nothing whole")),
            _ if copies > 1 => Err(format!("{copies} completed uploads of one payload, at the end {end:?}")),
            _ => Ok(end),
        }
    }
}

fn id_of(need: &Need) -> u32 {
    match need {
        Need::Send(id, _) | Need::Digest(id, ..) | Need::Wait(id, _) => id.0,
    }
}

fn named(event: &Event) -> Option<u32> {
    match event {
        Event::Outcome(id, ..)
        | Event::Digest(id, _)
        | Event::Waited(id)
        | Event::Progress(id, _)
        | Event::Interim(id, _) => Some(id.0),
        Event::Start | Event::Abandon => None,
    }
}
