//! What is armed to go off at an exact byte: cuts, lost replies, cuts by chance.

use super::conditions::{Conditions, Cut, LostReply, Mode, RandomCuts, Whose};
use super::connection::End;
use crate::chance::Chance;

/// What is armed for the link. It is asked under one lock with the read itself, so that a cut falls on its
/// byte however many connections there are.
#[derive(Debug)]
pub(super) struct Charges {
    chance: Chance,
    generation: u64,
    cut: Option<(Charge, Whose)>,
    lost: Option<LostReply>,
    /// Mean and what is left, in bytes.
    random: Option<(u64, u64)>,
    reset_after: Option<u64>,
}

/// Bytes from the client that may still be forwarded, and read, before the cut.
#[derive(Debug, Clone, Copy)]
struct Charge {
    forward: u64,
    read: u64,
}

/// What is armed for one connection, in one generation of the conditions.
#[derive(Debug)]
pub(super) struct Mine {
    generation: u64,
    charge: Option<Charge>,
    /// Read from the client in this generation.
    read: u64,
}

/// What becomes of bytes that were just read from the client.
pub(super) struct Taken {
    /// How many of them are forwarded.
    pub(super) forward: usize,
    /// A cut, and whether what is on its way is forwarded before it.
    pub(super) cut: Option<(End, bool)>,
}

impl Charges {
    pub(super) fn new(chance: Chance) -> Self {
        Self { chance, generation: 0, cut: None, lost: None, random: None, reset_after: None }
    }

    pub(super) fn chance(&mut self) -> &mut Chance {
        &mut self.chance
    }

    /// Arms what the conditions name and disarms everything else.
    pub(super) fn arm(&mut self, conditions: &Conditions) {
        self.generation += 1;
        self.cut = conditions.cut_after.map(|Cut { after, swallowed, whose }| {
            (Charge { forward: after.saturating_sub(swallowed), read: after }, whose)
        });
        self.lost = conditions.lose_reply.filter(|lost| lost.times > 0);
        self.random = match conditions.random_cuts {
            Some(RandomCuts::Bytes(mean)) => Some((mean, self.draw(mean))),
            _ => None,
        };
        self.reset_after = match conditions.mode {
            Mode::Reset { after } => Some(after),
            _ => None,
        };
    }

    fn draw(&mut self, mean: u64) -> u64 {
        (self.chance.exponential(mean as f64) as u64).max(1)
    }

    /// What a connection that was just accepted is armed with.
    pub(super) fn claim(&mut self) -> Mine {
        let next = self.cut.take_if(|(_, whose)| *whose == Whose::NextConnection).map(|(charge, _)| charge);
        Mine { generation: self.generation, charge: next.or(self.for_each()), read: 0 }
    }

    fn for_each(&self) -> Option<Charge> {
        self.reset_after.map(|after| Charge { forward: after, read: after })
    }

    fn renew(&self, mine: &mut Mine) {
        if mine.generation != self.generation {
            *mine = Mine { generation: self.generation, charge: self.for_each(), read: 0 };
        }
    }

    /// How many bytes may be read from the client before something goes off: at most `wanted`.
    pub(super) fn allow(&self, mine: &mut Mine, wanted: usize) -> usize {
        self.renew(mine);
        let link = match self.cut {
            Some((charge, Whose::WholeLink)) => charge.read,
            _ => u64::MAX,
        };
        let own = mine.charge.map_or(u64::MAX, |charge| charge.read);
        let random = self.random.map_or(u64::MAX, |(_, left)| left);
        link.min(own).min(random).min(wanted as u64) as usize
    }

    /// Books `read` bytes, no more than [`Charges::allow`] allowed. 0 bytes set off what is armed for byte 0.
    pub(super) fn took(&mut self, mine: &mut Mine, read: usize) -> Taken {
        let bytes = read as u64;
        mine.read += bytes;
        if let Some((charge, Whose::WholeLink)) = &mut self.cut {
            charge.read -= bytes;
            let forward = charge.forward.min(bytes);
            charge.forward -= forward;
            if charge.read == 0 {
                self.cut = None;
                return Taken { forward: forward as usize, cut: Some((End::Cut, true)) };
            }
            if charge.forward == 0 {
                // From here on bytes are missing on this connection, so the cut must fall on no other.
                mine.charge = Some(*charge);
                self.cut = None;
                return Taken { forward: forward as usize, cut: None };
            }
        }
        let mut taken = Taken { forward: read, cut: None };
        if let Some((mean, left)) = &mut self.random {
            let mean = *mean;
            *left -= bytes;
            if *left == 0 {
                self.random = Some((mean, self.draw(mean)));
                taken.cut = Some((End::Cut, false));
            }
        }
        if let Some(charge) = &mut mine.charge {
            charge.read -= bytes;
            taken.forward = charge.forward.min(bytes) as usize;
            charge.forward -= taken.forward as u64;
            if charge.read == 0 {
                taken.cut = Some((End::Cut, true));
            }
        }
        taken
    }

    /// Whether the reply that begins now is to be lost.
    pub(super) fn loses_reply(&mut self, mine: &mut Mine) -> bool {
        self.renew(mine);
        match &mut self.lost {
            // Without a byte since the conditions were set, this is the reply to an older request.
            Some(lost) if lost.times > 0 && mine.read >= lost.after.max(1) => {
                lost.times -= 1;
                true
            }
            _ => false,
        }
    }
}
