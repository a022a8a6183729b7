//! The times that one redrive has projected.
//!
//! After an outage of the stream there is a letter for every batch, and their times overlap. Each alone would project all of
//! them again.

use chrono::{DateTime, Utc};

use crate::query::time_index::{Range, SAFETY_WINDOW};

/// Ranges of time whose commits were all projected, in no order. They may overlap.
#[derive(Debug, Default)]
pub(super) struct Seen(Vec<Range>);

impl Seen {
    /// Returns the parts of `range` that are not projected yet.
    pub(super) fn left_of(&self, range: Range) -> Vec<Range> {
        let mut left = vec![range];
        for seen in &self.0 {
            left = left
                .into_iter()
                .flat_map(|part| without(part, *seen))
                .collect();
        }
        left
    }

    /// Adds a range whose projection began at `began`. Its part within the safety window does not count, because the time index
    /// may have got further commits there.
    pub(super) fn add(&mut self, range: Range, began: DateTime<Utc>) {
        let to = range.to.min(began - SAFETY_WINDOW);
        if range.from < to {
            self.0.push(Range { to, ..range });
        }
    }
}

fn without(part: Range, seen: Range) -> Vec<Range> {
    let before = Range {
        from: part.from,
        to: part.to.min(seen.from),
    };
    let after = Range {
        from: part.from.max(seen.to),
        to: part.to,
    };
    if seen.to <= part.from || part.to <= seen.from {
        return vec![part];
    }
    [before, after]
        .into_iter()
        .filter(|range| range.from < range.to)
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn range((from, length): (i64, i64)) -> Range {
        Range {
            from: at(from),
            to: at(from + length),
        }
    }

    proptest! {
        #[test]
        fn what_is_left_is_what_no_earlier_range_held(
            seen in proptest::collection::vec((0_i64..100, 1_i64..30), 0..8),
            asked in (0_i64..100, 1_i64..60),
        ) {
            let mut all = Seen::default();
            for seen in &seen {
                all.add(range(*seen), at(1_000));
            }
            let left = all.left_of(range(asked));
            for second in 0..200 {
                let time = at(second);
                let expected = range(asked).contains(time)
                    && !seen.iter().any(|seen| range(*seen).contains(time));
                let times = left.iter().filter(|part| part.contains(time)).count();
                prop_assert_eq!(times, usize::from(expected));
            }
        }
    }

    #[test]
    fn what_was_too_young_for_the_time_index_is_projected_again() {
        let mut seen = Seen::default();
        seen.add(range((0, 100)), at(60));
        let left = seen.left_of(range((0, 100)));
        assert_eq!(left, [range((45, 55))]);
    }
}
