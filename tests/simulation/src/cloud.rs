//! The services: their state, and what they do by themselves.

pub mod functions;
pub mod letters;
pub mod provider;
pub mod rules;
pub mod store;
pub mod stream;

use domain::email::AddressHash;
use domain::notification::Notification;
use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{AccountId, CustomerId, NotificationId, ScheduleId};
use handlers::ports::{
    CustomerRevision, MonotoneClock, ReadModelRow, ReplayJob, ScheduleRow, ShadowRow, Suppression,
    Versioned,
};

use crate::book::Book;
use crate::clocks::Clocks;
use crate::kernel::{DAY, HOUR, MINUTE, Micros, SECOND};
use crate::ports::mailer::Away;

/// What an installation, and AWS, have set up; drawn anew for each seed.
#[derive(Debug, Clone)]
pub struct Setup {
    /// Most records of a batch.
    pub batch: usize,
    /// Failures of a batch after which it is given up.
    pub batch_attempts: u32,
    /// Shards of the stream at the start.
    pub shards: usize,
    /// How often the bus tries to reach a function.
    pub delivery_attempts: u32,
    /// How far clocks of processes may be off, either way.
    pub skew: Micros,
    /// Whether the mailer knows afterwards what it took, as a mailbox on one machine does.
    pub mailer_tells: bool,
    pub accounts: usize,
    pub customers: usize,
    pub api_processes: usize,
    /// Longest pause between two commands.
    pub pause: Micros,
    /// When the first command comes.
    pub begins: Micros,
    /// Whether faults go on over the night, when most of what waits is told.
    pub bad_night: bool,
    pub wishes: Wishes,
    /// Of how many of a hundred mails the provider tells what became of them.
    pub told_of: u32,
    /// Everything runs on one machine, by one clock.
    pub one_machine: bool,
    /// How often a clock is set, forth or back.
    pub clock_steps: u32,
    /// The mailer takes nothing for a week, from the last commands on.
    pub week_without_mailer: bool,
    /// Of a hundred requests, those without notifications.
    pub imports: u32,
    pub exports: bool,
    pub schedules: bool,
    /// Until when statements are waited for; what is due later, nobody waits for.
    pub last_statement: Micros,
}

/// What customers of this seed may wish beside kinds and amounts.
#[derive(Debug, Clone, Copy)]
pub struct Wishes {
    pub quiet_hours: bool,
    pub digests: bool,
    pub further_addresses: bool,
    pub statements: bool,
}

impl Setup {
    pub fn draw(rng: &mut fastrand::Rng) -> Self {
        let pause = [SECOND / 20, 2 * SECOND, MINUTE][rng.usize(..3)];
        // Half of the seeds are busy when the first digests are told.
        let early = rng.u64(..=pause * 50);
        let begins = match rng.bool() {
            true => (10 * MINUTE).saturating_sub(early),
            false => 0,
        };
        let accounts = [1, 2, 8, 30][rng.usize(..4)];
        let statements = rng.bool();
        // Of few accounts: each mail is tried some hundred times.
        let week_without_mailer = accounts <= 2 && rng.u32(..40) == 0;
        Setup {
            batch: [1, 3, 10, 100][rng.usize(..4)],
            batch_attempts: [3, 10, 100][rng.usize(..3)],
            shards: rng.usize(1..5),
            delivery_attempts: [3, 185][rng.usize(..2)],
            skew: [0, SECOND / 2, 2 * SECOND][rng.usize(..3)],
            mailer_tells: rng.u32(..3) == 0,
            accounts,
            customers: rng.usize(1..6),
            api_processes: rng.usize(1..4),
            pause,
            begins,
            bad_night: rng.u32(..4) == 0 && !week_without_mailer,
            wishes: Wishes {
                quiet_hours: rng.bool(),
                digests: rng.bool(),
                further_addresses: rng.u32(..3) == 0,
                statements,
            },
            told_of: [0, 100, 100][rng.usize(..3)],
            one_machine: rng.u32(..4) == 0,
            clock_steps: [0, 0, 4][rng.usize(..3)],
            week_without_mailer,
            imports: [0, 0, 20][rng.usize(..3)],
            exports: rng.u32(..6) == 0,
            schedules: rng.bool(),
            last_statement: match statements && rng.u32(..4) == 0 {
                true => TWO_MONTHS,
                false => ONE_MONTH,
            },
        }
    }
}

/// A week after the first night: statements of the first month alone.
const ONE_MONTH: Micros = 8 * DAY;
/// Those of the month after, too.
const TWO_MONTHS: Micros = 34 * DAY;

/// A record is gone from the stream after this; a batch is given up long before.
pub const RECORD_AGE: Micros = 6 * HOUR;
/// How long the bus goes on trying to reach a function.
pub const DELIVERY_AGE: Micros = 24 * HOUR;

#[derive(Debug)]
pub struct State {
    pub setup: Setup,
    pub book: Book,
    pub store: store::Store,
    pub stream: stream::Stream,
    pub rows: BTreeMap<AccountId, Versioned<ReadModelRow>>,
    pub customers: BTreeMap<CustomerId, Vec<CustomerRevision>>,
    pub notifications: BTreeMap<NotificationId, Arc<Notification>>,
    /// How often each of them was written.
    pub notification_revisions: BTreeMap<NotificationId, u64>,
    /// By the address's hash: what was told last, and when it was lifted last.
    pub suppressions: BTreeMap<AddressHash, (Option<Suppression>, Option<DateTime<Utc>>)>,
    pub letters: letters::Letters,
    pub replays: BTreeMap<String, Versioned<ReplayJob>>,
    pub schedules: BTreeMap<(AccountId, ScheduleId), Versioned<ScheduleRow>>,
    pub shadows: BTreeMap<(String, AccountId), ShadowRow>,
    /// No delivery to functions before this.
    pub deliveries_from: Micros,
    /// Attempts of mails that the mailer has said it never took.
    pub closed: std::collections::BTreeSet<(NotificationId, u32)>,
    pub accepted: BTreeMap<(NotificationId, u32), String>,
    pub ids: u128,
    /// Commits that the projector's code cannot read yet: it is older than the API's.
    pub unreadable: std::collections::BTreeSet<(AccountId, domain::Version)>,
    pub apis: Vec<crate::actors::Api>,
    pub asked: Vec<crate::actors::Asked>,
    pub requests: u64,
    /// Requests without an answer that ends them.
    pub unanswered: u64,
    /// The minutes in which the heartbeat is to beat.
    pub beats: std::collections::BTreeSet<Micros>,
    pub beats_in_peace: u64,
    pub clocks: Clocks,
    /// The clock of the one machine, where there is one.
    pub machine: Option<Arc<MonotoneClock>>,
    pub exports: crate::actors::Exports,
    pub clock_steps: u64,
    pub mailer_out: Option<Away>,
}

impl State {
    pub fn new(setup: Setup) -> Self {
        State {
            stream: stream::Stream::new(setup.shards),
            setup,
            book: Book::default(),
            store: store::Store::default(),
            rows: BTreeMap::new(),
            customers: BTreeMap::new(),
            notifications: BTreeMap::new(),
            notification_revisions: BTreeMap::new(),
            suppressions: BTreeMap::new(),
            letters: letters::Letters::default(),
            replays: BTreeMap::new(),
            schedules: BTreeMap::new(),
            shadows: BTreeMap::new(),
            deliveries_from: 0,
            closed: std::collections::BTreeSet::new(),
            accepted: BTreeMap::new(),
            ids: 0,
            unreadable: std::collections::BTreeSet::new(),
            apis: Vec::new(),
            asked: Vec::new(),
            requests: 0,
            unanswered: 0,
            beats: std::collections::BTreeSet::new(),
            beats_in_peace: 0,
            clocks: Clocks::default(),
            machine: None,
            exports: crate::actors::Exports::default(),
            clock_steps: 0,
            mailer_out: None,
        }
    }
}
