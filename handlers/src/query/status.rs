//! How things stand: what was recorded and told in the last hours, and what has not come through.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use domain::notification::{Notification, Phase};
use domain::time::{format_recorded_at, format_time, parse_stored_time};
use domain::{AccountId, NotificationId, Version};
use futures::future::{try_join_all, try_join4};
use serde::Serialize;

use super::decided::for_newest;
use super::time_index::{self, PageLimit, Range};
use super::{EventView, views};
use crate::error::Result;
use crate::ports::{
    Clock, DUE_SHARDS, DeadLetterQueue, EventStore, Notifications, ReadModel, Schedules,
};

/// The longest time that a status covers, in hours: a week.
pub const MAX_HOURS: u32 = 168;
/// The time that a status covers by default, in hours.
pub const DEFAULT_HOURS: u32 = 24;
/// Events, and notifications, that one status counts. With more in its time, the newest are counted, and it says since when.
pub const MAX_COUNTED: usize = 5000;
/// Periods of equal length into which the time is divided.
const PERIODS: u32 = 60;
/// The newest commits whose accounts are compared with the read model.
const COMPARED: usize = 100;
/// Commits that are read at a time.
const READ_AT_ONCE: usize = 500;
/// The time after which an event that its balance does not contain is late. The projection usually follows within a second.
const PROJECTED_WITHIN: TimeDelta = TimeDelta::minutes(1);
/// How far ahead the next run of a schedule is looked for: further than any can be.
const LOOK_AHEAD: TimeDelta = TimeDelta::days(50 * 366);

/// Reads the status.
pub struct StatusReader {
    /// The event store.
    pub store: Arc<dyn EventStore>,
    /// The read model of balances.
    pub read_model: Arc<dyn ReadModel>,
    /// The notifications.
    pub notifications: Arc<dyn Notifications>,
    /// The schedules.
    pub schedules: Arc<dyn Schedules>,
    /// The dead letters.
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for StatusReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("StatusReader").finish_non_exhaustive()
    }
}

/// How things stand, as the API returns it. Times are in RFC 3339.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Status {
    /// The time of the status.
    pub as_of: String,
    /// The beginning of the time that it covers.
    pub from: String,
    /// The recorded events.
    pub events: Counted,
    /// The decided notifications. Digests are not among them.
    pub notifications: Told,
    /// The time in equal periods, oldest first.
    pub periods: Vec<Period>,
    /// The number of dead letters.
    pub dead_letters: usize,
    /// The oldest event that its account's balance does not contain yet, among those of the newest 100 commits.
    pub oldest_unprojected: Option<EventView>,
    /// Whether that event was recorded more than a minute before.
    pub is_projection_late: bool,
    /// The schedule that is due next.
    pub next_run: Option<NextRun>,
}

/// A count, and since when it is complete.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Counted {
    /// The number of those since then.
    pub count: usize,
    /// The time since which all were counted: the beginning, unless there are more than [`MAX_COUNTED`].
    pub since: String,
}

/// What became of the notifications.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    /// Their number.
    #[serde(flatten)]
    pub counted: Counted,
    /// Their number by state and reason, the most frequent first.
    pub by_state: Vec<StateCount>,
    /// From the recording of an event to its mail, where both were counted and the customer did not wish to wait.
    pub lag: Option<Lag>,
}

/// The number of notifications of one state and reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StateCount {
    /// The state. A notification that shares a mail has that mail's.
    pub state: Phase,
    /// The reason of what waits or was skipped. Others are the mailer's words.
    pub reason: Option<String>,
    /// The number of notifications.
    pub count: usize,
}

/// Times from the recording of an event to the acceptance of its mail, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Lag {
    /// Mails of which it is known.
    pub mails: usize,
    /// The median.
    pub median_ms: i64,
    /// The longest.
    pub longest_ms: i64,
}

/// One of the periods.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Period {
    /// Its beginning.
    pub from: String,
    /// Events that were recorded in it.
    pub events: usize,
    /// Mails for events of this period: the median from recording to mail; `None` if there are none.
    pub median_lag_ms: Option<i64>,
    /// The longest of these.
    pub longest_lag_ms: Option<i64>,
}

/// The schedule that is due next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NextRun {
    /// The account.
    pub account_id: AccountId,
    /// The schedule.
    pub schedule_id: domain::ScheduleId,
    /// When it is due.
    pub next_at: String,
}

/// What was read of the events.
#[derive(Default)]
struct Recorded {
    at: HashMap<(AccountId, Version), DateTime<Utc>>,
    since: DateTime<Utc>,
}

impl StatusReader {
    /// Reads the status of the last hours, at most [`MAX_HOURS`].
    ///
    /// It reads every event and notification of this time, up to [`MAX_COUNTED`] each.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: a store did not answer; read again.
    /// - `Permanent`: stored data cannot be read; a retry does not help.
    pub async fn read(&self, hours: u32) -> Result<Status> {
        let now = self.clock.now();
        let from = now - TimeDelta::hours(i64::from(hours.clamp(1, MAX_HOURS)));
        let from = time_index::first_microsecond(from);
        // What is recorded while this is read has a later time than now.
        let range = Range {
            from,
            to: DateTime::<Utc>::MAX_UTC,
        };
        let (recorded, letters, oldest_unprojected, next_run) = try_join4(
            self.recorded(range),
            self.dead_letters.look(0),
            self.oldest_unprojected(),
            self.next_run(now),
        )
        .await?;
        let unprojected_since = oldest_unprojected
            .as_ref()
            .and_then(|event| parse_stored_time(&event.recorded_at).ok());
        let mut by_state: BTreeMap<(Phase, Option<String>), usize> = BTreeMap::new();
        let mut lags: Vec<(DateTime<Utc>, i64)> = Vec::new();
        let mut mails: HashSet<NotificationId> = HashSet::new();
        let since = for_newest(
            self.notifications.as_ref(),
            range,
            MAX_COUNTED,
            |own, mail| {
                let fate = mail.unwrap_or(own);
                // Other reasons are the mailer's own words, as many as there are answers.
                let is_ours = matches!(fate.phase(), Phase::Planned | Phase::Skipped);
                let reason = fate.reason().filter(|_| is_ours).map(str::to_owned);
                *by_state.entry((fate.phase(), reason)).or_default() += 1;
                if mails.insert(fate.id()) {
                    lags.extend(lag(own, fate, &recorded));
                }
            },
        )
        .await?;
        let told = by_state.values().sum();
        let mut by_state: Vec<StateCount> = by_state
            .into_iter()
            .map(|((state, reason), count)| StateCount {
                state,
                reason,
                count,
            })
            .collect();
        by_state.sort_by_key(|one| std::cmp::Reverse(one.count));
        Ok(Status {
            as_of: format_time(now),
            from: format_time(from),
            events: Counted {
                count: recorded.at.len(),
                since: format_time(recorded.since),
            },
            notifications: Told {
                counted: Counted {
                    count: told,
                    since: format_time(since),
                },
                by_state,
                lag: summary(lags.iter().map(|(_, lag)| *lag).collect()),
            },
            periods: periods(from, now, &recorded, &lags),
            dead_letters: letters.waiting,
            oldest_unprojected,
            is_projection_late: unprojected_since.is_some_and(|at| now - at > PROJECTED_WITHIN),
            next_run,
        })
    }

    /// Reads when the newest events of the range were recorded.
    async fn recorded(&self, range: Range) -> Result<Recorded> {
        let limit = PageLimit {
            commits: READ_AT_ONCE,
            events: READ_AT_ONCE,
        };
        let mut recorded = Recorded {
            since: range.from,
            ..Recorded::default()
        };
        let mut after = None;
        loop {
            let page =
                time_index::page_within(self.store.as_ref(), range, after, true, limit).await?;
            for commit in &page.commits {
                let versions = commit.first_version..=commit.last_version();
                let events = versions.map(|version| {
                    let key = (commit.account_id.clone(), version);
                    (key, commit.recorded_at)
                });
                recorded.at.extend(events);
            }
            match page.next {
                None => return Ok(recorded),
                Some(next) if recorded.at.len() >= MAX_COUNTED => {
                    recorded.since = next.recorded_at;
                    return Ok(recorded);
                }
                next => after = next,
            }
        }
    }

    async fn oldest_unprojected(&self) -> Result<Option<EventView>> {
        let all = Range {
            from: DateTime::UNIX_EPOCH,
            to: DateTime::<Utc>::MAX_UTC,
        };
        let page = time_index::page(self.store.as_ref(), all, None, true, COMPARED).await?;
        let mut accounts: Vec<&AccountId> = page
            .commits
            .iter()
            .map(|commit| &commit.account_id)
            .collect();
        accounts.sort_unstable();
        accounts.dedup();
        let projected = accounts.iter().map(async |account| {
            let row = self.read_model.load(account).await?;
            Ok::<_, crate::Error>((*account, row.map_or(0, |row| row.value.version())))
        });
        let projected: BTreeMap<&AccountId, Version> =
            try_join_all(projected).await?.into_iter().collect();
        let oldest_first = page.commits.iter().rev();
        let mut events = oldest_first.flat_map(views);
        Ok(events.find(|event| projected.get(&event.account_id) < Some(&event.version)))
    }

    async fn next_run(&self, now: DateTime<Utc>) -> Result<Option<NextRun>> {
        let due = (0..DUE_SHARDS).map(|shard| self.schedules.due(shard, now + LOOK_AHEAD, 1));
        let due = try_join_all(due).await?;
        Ok(due.into_iter().flatten().min().map(|due| NextRun {
            account_id: due.account_id,
            schedule_id: due.schedule_id,
            next_at: format_time(due.next_at),
        }))
    }
}

/// The time from an event's recording to its mail, if both are known and the mail was not to wait.
fn lag(
    own: &Notification,
    fate: &Notification,
    recorded: &Recorded,
) -> Option<(DateTime<Utc>, i64)> {
    // One that shares the mail of its event did not wait, although it is stored so.
    let is_of_event = fate.subject().is_mail_of_event();
    let waited = if is_of_event { fate } else { own }.facts().waited;
    let sent_at = fate.facts().sent_at.filter(|_| !waited)?;
    // By the version: what follows from an event has an id of its own.
    let key = (own.account_id().clone(), own.source().version);
    let at = recorded.at.get(&key)?;
    Some((*at, (sent_at - at).num_milliseconds().max(0)))
}

fn summary(mut lags: Vec<i64>) -> Option<Lag> {
    lags.sort_unstable();
    Some(Lag {
        mails: lags.len(),
        median_ms: *lags.get(lags.len() / 2)?,
        longest_ms: *lags.last()?,
    })
}

/// Divides the time into periods.
fn periods(
    from: DateTime<Utc>,
    now: DateTime<Utc>,
    recorded: &Recorded,
    lags: &[(DateTime<Utc>, i64)],
) -> Vec<Period> {
    let length = ((now - from) / PERIODS.cast_signed()).max(TimeDelta::milliseconds(1));
    let index = |at: DateTime<Utc>| {
        let periods = (at - from).num_milliseconds() / length.num_milliseconds();
        usize::try_from(periods.clamp(0, i64::from(PERIODS) - 1)).unwrap_or(0)
    };
    let mut events = vec![0; PERIODS as usize];
    let mut lags_of = vec![Vec::new(); PERIODS as usize];
    for at in recorded.at.values() {
        events[index(*at)] += 1;
    }
    for (at, lag) in lags {
        lags_of[index(*at)].push(*lag);
    }
    (0..PERIODS)
        .zip(events)
        .zip(lags_of)
        .map(|((number, events), lags)| {
            let lag = summary(lags);
            Period {
                from: format_recorded_at(from + length * number.cast_signed()),
                events,
                median_lag_ms: lag.map(|lag| lag.median_ms),
                longest_lag_ms: lag.map(|lag| lag.longest_ms),
            }
        })
        .collect()
}
