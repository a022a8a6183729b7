//! All accounts in recorded order, merged from the slices of the time index.

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use domain::Commit;
use domain::identifiers::TIME_INDEX_SHARDS;
use futures::future::try_join_all;

use crate::error::Result;
use crate::ports::{CommitPosition, EventStore};

/// How far readers that want everything stay behind now. A commit is stamped
/// before it is written, and its write may take as long as the store's client
/// waits (12 s); the index lags behind the table, and clocks of writers
/// differ. What is younger could still get something before it.
pub const SAFETY_WINDOW: TimeDelta = TimeDelta::seconds(15);

/// Commits of one microsecond that are expected at most. Where there are more,
/// a page takes more than one look.
const FIRST_OVERLAP: usize = 64;
/// How many commits are read at once, as DynamoDB reads them in one batch.
const READ_AT_ONCE: usize = 100;

/// From (inclusive) and to (exclusive), by recorded time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    pub from: DateTime<Utc>,
    pub to: DateTime<Utc>,
}

impl Range {
    pub fn contains(&self, time: DateTime<Utc>) -> bool {
        (self.from..self.to).contains(&time)
    }
}

/// The first whole microsecond that is not before this time. Commits are
/// recorded at whole ones, so a range that begins or ends between two of them
/// is the one that begins or ends here.
pub fn first_microsecond(time: DateTime<Utc>) -> DateTime<Utc> {
    let whole = time.trunc_subsecs(6);
    match whole < time {
        true => whole
            .checked_add_signed(TimeDelta::microseconds(1))
            .unwrap_or(whole),
        false => whole,
    }
}

#[derive(Debug)]
pub struct Page {
    pub commits: Vec<Commit>,
    pub next: Option<CommitPosition>,
}

/// Where a page ends at the latest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageLimit {
    pub commits: usize,
    /// No commit is read behind the one that reaches this number of events.
    pub events: usize,
}

/// When the newest commit was recorded; `None` where there is none.
pub async fn newest(store: &dyn EventStore) -> Result<Option<DateTime<Utc>>> {
    let range = Range {
        from: DateTime::UNIX_EPOCH,
        to: DateTime::<Utc>::MAX_UTC,
    };
    let (places, _) = places(store, range, None, true, 1).await?;
    Ok(places.first().map(|place| place.recorded_at))
}

/// Up to `limit` commits after `position`.
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

/// The commits after `position`, up to the first limit that is reached.
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

/// Up to `limit` places after `position`, and whether there are more.
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
            // The upper end is exclusive, and others of the same time may be left.
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
    // What was seen before at the same microsecond comes again, and is left out.
    let overlap = if position.is_some() { FIRST_OVERLAP } else { 0 };
    // Of each slice twice its share: accounts are spread evenly over them. Where
    // they are not, or many commits share a microsecond, another look takes more.
    let mut wanted = overlap + 2 * (limit + 1).div_ceil(usize::from(TIME_INDEX_SHARDS)) + 1;
    let mut places = loop {
        let slices = (0..TIME_INDEX_SHARDS)
            .map(|slice| store.recorded(slice, range.from, range.to, newest_first, wanted));
        let slices = try_join_all(slices).await?;
        // A slice that gave all it was asked for may have more, from the last
        // time that it gave on, of that microsecond too: before it the order of
        // all slices is known.
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
