//! What can befall one request, and seeded schedules of it.

use satchel_kernel::outcome::Cut;

use crate::Chance;

/// What befalls a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// No connection is made.
    NoConnection,
    /// The connection breaks in the body: so many bytes arrived, and more were handed to the socket.
    CutUp {
        /// Bytes that arrived; clamped to the body.
        arrived: u64,
        /// Bytes beyond them that the socket took; clamped to the body.
        held: u64,
    },
    /// All arrives and is acted on; the reply is lost.
    LostReply(Cut),
    /// As `CutUp`, but what arrived is acted on only after the next request.
    LateUp {
        /// Bytes that arrive, later; clamped to the body.
        arrived: u64,
    },
    /// As `LostReply`, but all is acted on only after the next request.
    LateWhole,
    /// We end it ourselves after so many bytes, for this reason (the source changed, the link changed, a pause).
    OursUp {
        /// Bytes that arrived; clamped to the body.
        sent: u64,
        /// Why.
        cut: Cut,
    },
    /// A page of somebody else answers, with this status; nothing reaches the server.
    Page(u16),
    /// Another host answers, which proves to be itself, with every mark and all that one could wish to hear.
    Elsewhere,
    /// Somebody else's certificate.
    Certificate,
    /// A gateway of the right host answers with this status, without marks.
    Gateway(u16),
    /// The service itself is busy, with this status, and does nothing.
    Busy(u16),
    /// Over plain HTTP somebody forges the service's word, with this status; with identity it is an imposter's page.
    Forged(u16),
    /// A byte of the body is another one when it arrives.
    Corrupt,
    /// The process is killed after the state was stored and before the request goes out.
    StopBefore,
    /// The process is killed after the server acted and before its answer is recorded.
    StopAfter,
    /// As `StopBefore`, and it stays off for so many hours.
    Sleep(u32),
    /// The wall clock jumps by so many hours, and the answer comes as if nothing was.
    Clock(i32),
    /// The stored state is of a version that nobody knows; the process is killed.
    Forget,
    /// The stored state is damaged; the process is killed.
    Damage,
}

/// One of each kind, for exhaustive runs.
pub const EACH: &[Fault] = &[
    Fault::NoConnection,
    Fault::CutUp { arrived: 0, held: 0 },
    Fault::CutUp { arrived: 0, held: u64::MAX },
    Fault::CutUp { arrived: 300, held: 0 },
    Fault::CutUp { arrived: 300, held: 50 },
    Fault::CutUp { arrived: u64::MAX, held: 0 },
    Fault::LostReply(Cut::NoReply),
    Fault::OursUp { sent: 300, cut: Cut::Stopped },
    Fault::LateUp { arrived: 300 },
    Fault::LateWhole,
    Fault::Page(200),
    Fault::Page(302),
    Fault::Elsewhere,
    Fault::Certificate,
    Fault::Gateway(404),
    Fault::Gateway(413),
    Fault::Gateway(502),
    Fault::Busy(423),
    Fault::Busy(503),
    Fault::Forged(404),
    Fault::StopBefore,
    Fault::StopAfter,
    Fault::Sleep(24 * 40),
    Fault::Clock(-24 * 400),
    Fault::Forget,
    Fault::Damage,
];

impl Fault {
    /// Any fault, for a body of up to `length` bytes.
    pub fn any(chance: &mut Chance, length: u64) -> Self {
        let one_of = |chance: &mut Chance, of: &[u16]| of[chance.below(of.len() as u64) as usize];
        match chance.below(25) {
            0 => Self::None,
            1 => Self::NoConnection,
            2..=7 => {
                let arrived = chance.below(length + 1);
                let held = if chance.below(2) == 0 { 0 } else { chance.below(length + 1) };
                Self::CutUp { arrived, held }
            }
            8 => Self::LostReply(Cut::NoReply),
            9 => Self::LostReply(Cut::Reset),
            10 => Self::LateUp { arrived: chance.below(length + 1) },
            11 => Self::LateWhole,
            12 => Self::Page(one_of(chance, &[200, 201, 204, 302, 307, 308, 401, 403, 404, 410, 451, 503, 511])),
            13 => Self::Certificate,
            14 => Self::Gateway(one_of(chance, &[200, 301, 401, 403, 404, 410, 413, 429, 500, 502, 503])),
            15 => Self::Busy(one_of(chance, &[401, 408, 423, 425, 429, 500, 502, 503])),
            16 => Self::Forged(one_of(chance, &[404, 410])),
            17 => Self::StopBefore,
            18 | 19 => Self::StopAfter,
            20 => Self::Sleep(chance.below(24 * 90) as u32),
            21 => Self::Clock(chance.below(48_000) as i32 - 24_000),
            22 => Self::Forget,
            23 => Self::Elsewhere,
            _ => Self::Damage,
        }
    }

    /// Up to `most` faults from a seed.
    pub fn schedule(seed: u64, length: u64, most: u64) -> Vec<Self> {
        let mut chance = Chance::new(seed);
        let count = chance.below(most + 1);
        (0..count).map(|_| Self::any(&mut chance, length)).collect()
    }
}
