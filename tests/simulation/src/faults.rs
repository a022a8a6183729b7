//! What can go wrong at which hop, how often in this seed, and how often it did.

use std::collections::BTreeMap;

use crate::kernel::{HOUR, MILLISECOND, MINUTE, Micros, SECOND};

/// Where a message or a call passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Hop {
    ClientToApi,
    StoreRead,
    StoreAppend,
    StreamToProject,
    BalancesRead,
    BalancesWrite,
    ProjectToBus,
    BusToFunction,
    CustomersRead,
    CustomersWrite,
    ClaimsRead,
    ClaimsWrite,
    NotifyToMailer,
    LetterPut,
    LetterReceive,
    LetterRemove,
    ReplaysRead,
    ReplaysWrite,
    SchedulesRead,
    SchedulesWrite,
    SuppressionsRead,
    SuppressionsWrite,
    MailerToFeedback,
    Heartbeat,
    Clock,
}

/// What goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    /// Refused for now (a throttle), and nothing happened.
    Throttle,
    /// The request is lost: no answer, and no effect.
    LostRequest,
    /// It takes effect, and the answer is lost.
    LostAnswer,
    /// No answer in time, and it takes effect after the caller gave up.
    LateEffect,
    /// It takes effect twice (the client's own retry), and the second answer counts.
    Twice,
    /// The caller dies before it takes effect.
    CrashBefore,
    /// The caller dies after it took effect, before the answer.
    CrashAfter,
    /// It comes again, later.
    Duplicate,
    /// What was sent later comes first.
    Reorder,
    /// Part of it is taken, the rest is not.
    Partial,
    /// It cannot be read.
    Garbled,
    /// Refused permanently.
    Refused,
    /// Given up after all retries: a dead letter.
    GivenUp,
    /// Nothing goes through for a long while.
    Outage,
    /// Clocks disagree a little.
    Skew,
    /// A clock is set forth or back, by up to an hour.
    Step,
}

use Fault as F;
use Hop as H;

pub const FAULTS: [Fault; 16] = [
    F::Throttle,
    F::LostRequest,
    F::LostAnswer,
    F::LateEffect,
    F::Twice,
    F::CrashBefore,
    F::CrashAfter,
    F::Duplicate,
    F::Reorder,
    F::Partial,
    F::Garbled,
    F::Refused,
    F::GivenUp,
    F::Outage,
    F::Skew,
    F::Step,
];

/// The hops, each with what can happen there.
pub const HOPS: [(Hop, &[Fault]); 25] = [
    (
        H::ClientToApi,
        &[
            F::Throttle,
            F::LostRequest,
            F::LostAnswer,
            F::CrashAfter,
            F::Duplicate,
            F::Reorder,
        ],
    ),
    (H::StoreRead, READ),
    (H::StoreAppend, WRITE_WITH_OUTAGES),
    (
        H::StreamToProject,
        &[
            F::CrashBefore,
            F::CrashAfter,
            F::Duplicate,
            F::Reorder,
            F::Garbled,
            F::GivenUp,
            F::Outage,
        ],
    ),
    (H::BalancesRead, READ),
    (H::BalancesWrite, WRITE),
    (
        H::ProjectToBus,
        &[
            F::Throttle,
            F::LostRequest,
            F::LostAnswer,
            F::LateEffect,
            F::Twice,
            F::CrashBefore,
            F::CrashAfter,
            F::Partial,
        ],
    ),
    (
        H::BusToFunction,
        &[
            F::Throttle,
            F::CrashAfter,
            F::Duplicate,
            F::Reorder,
            F::GivenUp,
            F::Outage,
        ],
    ),
    (H::CustomersRead, READ),
    (H::CustomersWrite, WRITE),
    (H::ClaimsRead, READ),
    (H::ClaimsWrite, WRITE_WITH_OUTAGES),
    (
        H::NotifyToMailer,
        &[
            F::Throttle,
            F::LostRequest,
            F::LostAnswer,
            F::LateEffect,
            F::CrashBefore,
            F::CrashAfter,
            F::Refused,
            F::Outage,
        ],
    ),
    (H::LetterPut, WRITE),
    (
        H::LetterReceive,
        &[
            F::Throttle,
            F::LostRequest,
            F::LostAnswer,
            F::CrashBefore,
            F::CrashAfter,
            F::Duplicate,
        ],
    ),
    (H::LetterRemove, WRITE),
    (H::ReplaysRead, READ),
    (H::ReplaysWrite, WRITE),
    (H::SchedulesRead, READ),
    (H::SchedulesWrite, WRITE),
    (H::SuppressionsRead, READ),
    (H::SuppressionsWrite, WRITE),
    (
        H::MailerToFeedback,
        &[F::LostRequest, F::Duplicate, F::Reorder],
    ),
    (H::Heartbeat, &[F::LostRequest, F::Duplicate]),
    (H::Clock, &[F::Skew, F::Step]),
];

const READ: &[Fault] = &[
    F::Throttle,
    F::LostRequest,
    F::LostAnswer,
    F::CrashBefore,
    F::CrashAfter,
];
const WRITE_WITH_OUTAGES: &[Fault] = &[
    F::Throttle,
    F::LostRequest,
    F::LostAnswer,
    F::LateEffect,
    F::Twice,
    F::CrashBefore,
    F::CrashAfter,
    F::Outage,
];
const WRITE: &[Fault] = &[
    F::Throttle,
    F::LostRequest,
    F::LostAnswer,
    F::LateEffect,
    F::Twice,
    F::CrashBefore,
    F::CrashAfter,
];

/// How likely a fault of a read of notifications is at most, in millionths.
const MOST_OF_CLAIMS_READ: u32 = 5_000;

/// Passed a hundred times less often than the others.
const SELDOM: [Hop; 9] = [
    H::CustomersWrite,
    H::SuppressionsWrite,
    H::Heartbeat,
    H::LetterPut,
    H::LetterRemove,
    H::ReplaysRead,
    H::ReplaysWrite,
    H::SchedulesRead,
    H::SchedulesWrite,
];

impl Hop {
    /// As the table of docs has it.
    pub fn name(self) -> &'static str {
        match self {
            H::ClientToApi => "client to API",
            H::StoreRead => "store, read",
            H::StoreAppend => "store, append",
            H::StreamToProject => "stream to project",
            H::BalancesRead => "balances, read",
            H::BalancesWrite => "balances, write",
            H::ProjectToBus => "project to bus",
            H::BusToFunction => "bus to function",
            H::CustomersRead => "customers, read",
            H::CustomersWrite => "customers, write",
            H::ClaimsRead => "notifications, read",
            H::ClaimsWrite => "notifications, write",
            H::NotifyToMailer => "notify to mailer",
            H::LetterPut => "dead letters, put",
            H::LetterReceive => "dead letters, receive",
            H::LetterRemove => "dead letters, remove",
            H::ReplaysRead => "replays, read",
            H::ReplaysWrite => "replays, write",
            H::SchedulesRead => "schedules, read",
            H::SchedulesWrite => "schedules, write",
            H::SuppressionsRead => "suppressions, read",
            H::SuppressionsWrite => "suppressions, write",
            H::MailerToFeedback => "mailer to feedback",
            H::Heartbeat => "heartbeat to notify",
            H::Clock => "clocks",
        }
    }

    fn index(self) -> usize {
        self as usize
    }
}

impl Fault {
    pub fn name(self) -> &'static str {
        match self {
            F::Throttle => "throttle",
            F::LostRequest => "lost request",
            F::LostAnswer => "lost answer",
            F::LateEffect => "late effect",
            F::Twice => "twice",
            F::CrashBefore => "crash before",
            F::CrashAfter => "crash after",
            F::Duplicate => "duplicate",
            F::Reorder => "reorder",
            F::Partial => "partial",
            F::Garbled => "garbled",
            F::Refused => "refused",
            F::GivenUp => "given up",
            F::Outage => "outage",
            F::Skew => "skew",
            F::Step => "step",
        }
    }

    fn index(self) -> usize {
        self as usize
    }

    /// What can happen to one call; the rest happens to messages.
    fn is_of_a_call(self) -> bool {
        self <= F::CrashAfter
    }
}

const CELLS: usize = HOPS.len() * FAULTS.len();

fn cell(hop: Hop, fault: Fault) -> usize {
    hop.index() * FAULTS.len() + fault.index()
}

/// How likely each fault is at each hop, in millionths, in this seed.
#[derive(Debug, Clone)]
pub struct Chances {
    of: [u32; CELLS],
    /// All faults of a hop together, so that one draw decides.
    total: [u32; HOPS.len()],
    pub on: bool,
    /// Until when all calls at this hop are refused.
    out_until: [Micros; HOPS.len()],
    /// How long a quick call takes at most.
    quick: Micros,
}

impl Chances {
    /// Draws the seed's own rates: many faults are absent, some are frequent.
    pub fn draw(rng: &mut fastrand::Rng) -> Self {
        let mut of = [0; CELLS];
        let calm = [0, 500, 3_000][rng.usize(..3)];
        for (hop, faults) in HOPS {
            for &fault in faults {
                of[cell(hop, fault)] = match rng.u32(..10) {
                    0..4 => calm,
                    4..7 => rng.u32(1_000..10_000),
                    7..9 => rng.u32(10_000..40_000),
                    _ => rng.u32(40_000..120_000),
                };
            }
        }
        // Hops that are seldom passed fail more often, so that all of it is seen.
        for (hop, faults) in HOPS {
            let (times, most) = match hop {
                // Only an address that bounces or complains is written there.
                H::SuppressionsWrite => (20, 130_000),
                H::LetterPut | H::Heartbeat => (10, 130_000),
                H::SchedulesWrite => (20, 130_000),
                hop if SELDOM.contains(&hop) => (3, 120_000),
                _ => continue,
            };
            for &fault in faults {
                of[cell(hop, fault)] = (of[cell(hop, fault)] * times).min(most);
            }
        }
        // A digest is told after some hundred reads in a row.
        for &fault in READ {
            let chance = &mut of[cell(H::ClaimsRead, fault)];
            *chance = (*chance).min(MOST_OF_CLAIMS_READ);
        }
        // Rare by nature: they stop a hop for hours, or permanently.
        for (hop, faults) in HOPS {
            for fault in [F::Outage, F::GivenUp, F::Garbled] {
                if faults.contains(&fault) {
                    of[cell(hop, fault)] = [0, 1_000, 8_000, 25_000][rng.usize(..4)];
                }
            }
        }
        let mut chances = Chances {
            of,
            total: [0; HOPS.len()],
            on: true,
            out_until: [0; HOPS.len()],
            quick: [2, 20, 200][rng.usize(..3)] * MILLISECOND,
        };
        chances.add_up();
        chances
    }

    fn add_up(&mut self) {
        for (hop, faults) in HOPS {
            let of_calls = faults.iter().filter(|fault| fault.is_of_a_call());
            self.total[hop.index()] = of_calls.map(|fault| self.of[cell(hop, *fault)]).sum();
        }
    }

    /// Whether, and which, of the faults of a call goes wrong at it now.
    pub fn strike(&self, rng: &mut fastrand::Rng, hop: Hop) -> Option<Fault> {
        let total = self.total[hop.index()];
        if !self.on || total == 0 {
            return None;
        }
        let mut drawn = rng.u32(..1_000_000);
        if drawn >= total {
            return None;
        }
        let (_, faults) = HOPS[hop.index()];
        let mut of_calls = faults.iter().copied().filter(|fault| fault.is_of_a_call());
        of_calls.find(|fault| {
            let chance = self.of[cell(hop, *fault)];
            if drawn < chance {
                return true;
            }
            drawn -= chance;
            false
        })
    }

    /// Whether all calls at this hop are refused now, and whether that begins now.
    pub fn is_out(&mut self, rng: &mut fastrand::Rng, hop: Hop, now: Micros) -> (bool, bool) {
        if !self.on || self.of[cell(hop, F::Outage)] == 0 {
            return (false, false);
        }
        let out = now < self.out_until[hop.index()];
        let begins = !out && self.happens(rng, hop, F::Outage);
        if begins {
            self.out_until[hop.index()] = now + rng.u64(SECOND..30 * SECOND);
        }
        (out || begins, begins)
    }

    /// Whether this one fault happens now.
    pub fn happens(&self, rng: &mut fastrand::Rng, hop: Hop, fault: Fault) -> bool {
        let chance = self.of[cell(hop, fault)];
        self.on && chance > 0 && rng.u32(..1_000_000) < chance
    }

    /// How long one way of a call takes.
    pub fn way(&self, rng: &mut fastrand::Rng) -> Micros {
        let usual = rng.u64(200..self.quick);
        match rng.u32(..200) {
            // Slow, but within what clients wait for.
            0 if self.on => usual + rng.u64(..3 * SECOND),
            1..10 if self.on => usual + rng.u64(..300 * MILLISECOND),
            _ => usual,
        }
    }

    /// How long an outage lasts: mostly minutes, now and then longer than every retry.
    pub fn outage(&self, rng: &mut fastrand::Rng) -> Micros {
        if rng.u32(..4) == 0 {
            rng.u64(5 * HOUR..9 * HOUR)
        } else {
            rng.u64(MINUTE..30 * MINUTE)
        }
    }
}

/// How often each fault happened at each hop.
#[derive(Debug, Clone)]
pub struct Coverage {
    of: [u64; CELLS],
    pub calls: [u64; HOPS.len()],
}

impl Default for Coverage {
    fn default() -> Self {
        Coverage {
            of: [0; CELLS],
            calls: [0; HOPS.len()],
        }
    }
}

impl Coverage {
    pub fn note(&mut self, hop: Hop, fault: Fault) {
        self.of[cell(hop, fault)] += 1;
    }

    pub fn called(&mut self, hop: Hop) {
        self.calls[hop.index()] += 1;
    }

    pub fn add(&mut self, other: &Coverage) {
        for (sum, more) in self.of.iter_mut().zip(other.of) {
            *sum += more;
        }
        for (sum, more) in self.calls.iter_mut().zip(other.calls) {
            *sum += more;
        }
    }

    /// The cells that happened less often than `least`.
    pub fn below(&self, least: u64) -> Vec<(Hop, Fault, u64)> {
        let mut below = Vec::new();
        for (hop, faults) in HOPS {
            for &fault in faults {
                let count = self.of[cell(hop, fault)];
                if count < least {
                    below.push((hop, fault, count));
                }
            }
        }
        below
    }

    /// As a table of Markdown.
    pub fn table(&self) -> String {
        let mut columns: BTreeMap<usize, Fault> = BTreeMap::new();
        for fault in FAULTS {
            columns.insert(fault.index(), fault);
        }
        let mut text = String::from("| hop | calls |");
        for fault in columns.values() {
            text += &format!(" {} |", fault.name());
        }
        text += "\n|---|--:|";
        text += &"--:|".repeat(columns.len());
        text.push('\n');
        for (hop, faults) in HOPS {
            text += &format!("| {} | {} |", hop.name(), self.calls[hop.index()]);
            for fault in columns.values() {
                if faults.contains(fault) {
                    text += &format!(" {} |", self.of[cell(hop, *fault)]);
                } else {
                    text += " – |";
                }
            }
            text.push('\n');
        }
        text
    }
}
