//! Pages of an index by time that end with the last item of a time, not in between.
//!
//! DynamoDB does not say in which order it returns items of one time. A page that ended among them could not be continued by the
//! order of a caller.

use chrono::{DateTime, Utc};

/// Further items that are read at a time, to complete a time.
const SAME_TIME: usize = 64;

/// Returns the limit of the next read, if so many items have been read: one more than asked for shows whether the last time is
/// complete.
pub(crate) fn next_read(read: usize, limit: usize) -> i32 {
    let wanted = match (limit + 1).saturating_sub(read) {
        0 => SAME_TIME,
        wanted => wanted,
    };
    i32::try_from(wanted).unwrap_or(i32::MAX)
}

/// Returns the index at which the time of the last wanted item ends, if the end has been read.
pub(crate) fn end_of_time<T>(
    items: &[T],
    limit: usize,
    time: impl Fn(&T) -> DateTime<Utc>,
) -> Option<usize> {
    let last = time(items.get(limit.checked_sub(1)?)?);
    let mut beyond = items.iter().skip(limit);
    Some(limit + beyond.position(|item| time(item) != last)?)
}
