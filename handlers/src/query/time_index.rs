//! The commits of all accounts in recorded order, merged from the shards of the time index.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::Commit;
use domain::identifiers::TIME_INDEX_SHARDS;
use futures::future::try_join_all;

use crate::error::Result;
use crate::ports::{CommitPosition, EventStore};

/// How far complete readers stay behind now.
///
/// A commit gets its time before its write, which may take as long as the store's client waits (12 s). The index follows the
/// table with a delay, and the writers' clocks differ. So an older commit may still appear before a younger one.
pub const SAFETY_WINDOW: TimeDelta = TimeDelta::seconds(15);

/// Expected commits of one microsecond. With more, a page takes more than one read of the index.
const FIRST_OVERLAP: usize = 64;
/// Commits that are read at a time, as many as DynamoDB reads in one batch.
const READ_AT_ONCE: usize = 100;

/// A range of recorded times.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The beginning, inclusive.
    pub from: DateTime<Utc>,
    /// The end, exclusive.
    pub to: DateTime<Utc>,
}

impl Range {
    /// Whether the time is in the range.
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// The first whole microsecond that is not before this time. Commits are recorded at whole microseconds, so a range that begins
/// or ends between two of them is equal to one that begins or ends here.
pub fn first_microsecond(time: DateTime<Utc>) -> DateTime<Utc> {
    let whole = time.trunc_subsecs(6);
    match whole < time {
        true => whole
            .checked_add_signed(TimeDelta::microseconds(1))
            .unwrap_or(whole),
        false => whole,
    }
}

/// A page of commits in recorded order.
#[derive(Debug)]
pub struct Page {
    /// The commits.
    pub commits: Vec<Commit>,
    /// The position after which the next page begins; `None` at the end.
    pub next: Option<CommitPosition>,
}

/// The limits of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    /// The number of commits.
    pub commits: usize,
    /// The number of events, after which no further commit is read. The last commit may exceed it.
    pub events: usize,
}

/// Reads the time at which the newest commit was recorded; `None` if there is no commit.
///
/// # Errors
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: the index cannot be read; a retry does not help.
pub async fn newest(store: &dyn EventStore) -> Result<Option<DateTime<Utc>>> {
    let range = Range {
        from: DateTime::UNIX_EPOCH,
        to: DateTime::<Utc>::MAX_UTC,
    };
    let (places, _) = places(store, range, None, true, 1).await?;
    Ok(places.first().map(|place| place.recorded_at))
}

/// Reads at most `limit` commits of the range after `position`.
///
/// # Errors
/// - `Retryable`, `Unknown`: the store did not answer; read again.
/// - `Permanent`: a commit cannot be read, or the index contains one that the store lacks; a retry does not help.
pub async fn page(
    store: &dyn EventStore,
    range: Range,
    position: Option<CommitPosition>,
    newest_first: bool,
    limit: usize,
) -> Result<Page> {
    let limit = PageLimit {
        commits: limit,
        events: usize::MAX,
    };
    page_within(store, range, position, newest_first, limit).await
}

/// Reads the commits of the range after `position`, up to the first limit that is reached.
///
/// # Errors
/// Those of [`page`].
pub async fn page_within(
    store: &dyn EventStore,
    range: Range,
    position: Option<CommitPosition>,
    newest_first: bool,
    limit: PageLimit,
) -> Result<Page> {
    let (places, mut more) = places(store, range, position, newest_first, limit.commits).await?;
    let mut commits: Vec<Commit> = Vec::new();
    let mut events = 0;
    for chunk in places.chunks(READ_AT_ONCE) {
        if events >= limit.events {
            break;
        }
        for commit in store.commits_at(chunk).await? {
            if events >= limit.events {
                break;
            }
            events += commit.events.len();
            commits.push(commit);
        }
    }
    more |= commits.len() < places.len();
    let next = commits.last().filter(|_| more).map(CommitPosition::of);
    Ok(Page { commits, next })
}

/// Reads at most `limit` positions after `position`, and whether there are more.
async fn places(
    store: &dyn EventStore,
    range: Range,
    position: Option<CommitPosition>,
    newest_first: bool,
    limit: usize,
) -> Result<(Vec<CommitPosition>, bool)> {
    let mut range = range;
    if let Some(position) = &position {
        if newest_first {
            // The upper end is exclusive, and further commits may have the same time.
            let after = position
                .recorded_at
                .checked_add_signed(TimeDelta::microseconds(1));
            range.to = range.to.min(after.unwrap_or(DateTime::<Utc>::MAX_UTC));
        } else {
            range.from = range.from.max(position.recorded_at);
        }
    }
    let beyond = |place: &CommitPosition| match &position {
        None => true,
        Some(position) if newest_first => place < position,
        Some(position) => place > position,
    };
    // Commits of the same microsecond that were read before are read again, and left out.
    let overlap = if position.is_some() { FIRST_OVERLAP } else { 0 };
    // Twice the share of each shard, because accounts are spread evenly over them. If they are not, or if many commits share
    // a microsecond, the next read takes more.
    let mut wanted = overlap + 2 * (limit + 1).div_ceil(usize::from(TIME_INDEX_SHARDS)) + 1;
    let mut places = loop {
        let slices = (0..TIME_INDEX_SHARDS)
            .map(|slice| store.recorded(slice, range.from, range.to, newest_first, wanted));
        let slices = try_join_all(slices).await?;
        // A shard with a full answer may have more commits from its last microsecond on. Before that, the order of all shards
        // is known.
        let ends = slices.iter().filter(|places| places.len() >= wanted);
        let ends = ends.filter_map(|places| places.last().map(|place| place.recorded_at));
        let horizon = if newest_first { ends.max() } else { ends.min() };
        let known = |place: &CommitPosition| match horizon {
            None => true,
            Some(horizon) if newest_first => place.recorded_at > horizon,
            Some(horizon) => place.recorded_at < horizon,
        };
        let mut places: Vec<CommitPosition> = slices.into_iter().flatten().collect();
        places.retain(|place| beyond(place) && known(place));
        if places.len() > limit || horizon.is_none() {
            break places;
        }
        wanted *= 4;
    };
    places.sort();
    if newest_first {
        places.reverse();
    }
    let more = places.len() > limit;
    places.truncate(limit);
    Ok((places, more))
}
