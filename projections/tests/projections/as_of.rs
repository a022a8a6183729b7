//! An account as of a point, against a sum over what counts at that point.

use domain::{Commit, Status, Version};
use projections::as_of::{AsOf, Basis, Standing, fold};
use proptest::prelude::*;

use crate::given::{Told, at, history, requests, start};

/// Every event of a history: its version, when it was recorded, when it
/// happened, and by how much it moved the balance.
fn lines(
    opened_with: i64,
    opened: i64,
    requests: &[(i64, Vec<Told>)],
) -> Vec<(Version, i64, Told)> {
    let mut lines = vec![(1, 0, Told::money(opened_with, opened))];
    for (recorded, told) in requests {
        for told in told {
            lines.push((lines.len() as Version + 1, *recorded, *told));
        }
    }
    lines
}

/// Balance, version, status, and the second at which the last line was recorded.
fn expected(counting: &[&(Version, i64, Told)]) -> Option<(i64, Version, Status, i64)> {
    let (version, recorded, _) = counting.last()?;
    let balance = counting.iter().filter_map(|(_, _, told)| told.cents).sum();
    let closed = counting.iter().any(|(_, _, told)| told.cents.is_none());
    let status = if closed { Status::Closed } else { Status::Open };
    Some((balance, *version, status, *recorded))
}

fn found(standing: Option<Standing>) -> Option<(i64, Version, Status, i64)> {
    standing.map(|standing| {
        let account = standing.account;
        let recorded = (standing.updated_at - start()).num_seconds();
        (
            account.balance.minor(),
            account.version,
            account.status,
            recorded,
        )
    })
}

proptest! {
    #[test]
    fn an_account_at_a_point_is_the_sum_of_what_counts_there(
        opened_with in -1000_i64..1000, opened in -100_i64..100, requests in requests(),
        second in -110_i64..150, version in 0_u64..25,
    ) {
        let commits = history(opened_with, opened, &requests);
        let lines = lines(opened_with, opened, &requests);
        let told = |as_of| found(fold(commits.clone(), as_of).unwrap());
        let sum = |counts: &dyn Fn(&&(Version, i64, Told)) -> bool| {
            expected(&lines.iter().filter(counts).collect::<Vec<_>>())
        };
        prop_assert_eq!(told(AsOf::Version(version)), sum(&|line| line.0 <= version));
        let time = at(second);
        prop_assert_eq!(told(AsOf::Time(time, Basis::Recorded)), sum(&|line| line.1 <= second));
        prop_assert_eq!(told(AsOf::Time(time, Basis::Occurred)), sum(&|line| line.2.happened <= second));
    }

    #[test]
    fn an_account_at_its_last_version_is_the_account_kept_with_its_last_commit(requests in requests()) {
        let commits = history(0, 0, &requests);
        let last: &Commit = commits.last().unwrap();
        for version in [last.last_version(), Version::MAX] {
            let standing = fold(commits.clone(), AsOf::Version(version)).unwrap().unwrap();
            prop_assert_eq!(&standing.account, &last.after);
            prop_assert_eq!(standing.updated_at, last.recorded_at);
        }
    }
}

#[test]
fn an_account_was_not_open_before_anything_counts() {
    let commits = history(0, 0, &[(1, vec![Told::money(100, 1)])]);
    for as_of in [
        AsOf::Version(0),
        AsOf::Time(at(-1), Basis::Recorded),
        AsOf::Time(at(-1), Basis::Occurred),
    ] {
        assert_eq!(fold(commits.clone(), as_of), Ok(None));
    }
    assert_eq!(fold([], AsOf::Version(Version::MAX)), Ok(None));
}

#[test]
fn a_point_in_time_holds_what_happened_in_that_very_moment() {
    let commits = history(500, 0, &[(7, vec![Told::money(100, 3)])]);
    for (as_of, cents) in [
        (AsOf::Time(at(6), Basis::Recorded), 500),
        (AsOf::Time(at(7), Basis::Recorded), 600),
        (AsOf::Time(at(2), Basis::Occurred), 500),
        (AsOf::Time(at(3), Basis::Occurred), 600),
    ] {
        let standing = fold(commits.clone(), as_of).unwrap().unwrap();
        assert_eq!(standing.account.balance.minor(), cents, "{as_of:?}");
    }
}

#[test]
fn money_that_moved_before_the_account_was_opened_here_counts_with_its_limit_and_customer() {
    let commits = history(500, 10, &[(20, vec![Told::money(-70, 5)])]);
    let before = fold(commits.clone(), AsOf::Time(at(9), Basis::Occurred))
        .unwrap()
        .unwrap();
    assert_eq!(before.account.balance.minor(), -70);
    assert_eq!(
        (before.account.version, before.account.status),
        (2, Status::Open)
    );
    let last = &commits[1].after;
    assert_eq!(before.account.overdraft_limit, last.overdraft_limit);
    assert_eq!(before.account.customer_id, last.customer_id);
}

#[test]
fn what_moved_before_an_opening_that_counts_later_was_moved_in_an_open_account() {
    let closing = Told {
        cents: None,
        happened: 8,
    };
    let commits = history(500, 10, &[(20, vec![Told::money(-70, 5), closing])]);
    let status = |second| {
        let standing = fold(commits.clone(), AsOf::Time(at(second), Basis::Occurred)).unwrap();
        standing.unwrap().account.status
    };
    assert_eq!((status(7), status(8)), (Status::Open, Status::Closed));
}

#[test]
fn an_event_that_cannot_be_read_is_an_error_that_names_its_version() {
    let mut commits = history(0, 0, &[(1, vec![Told::money(100, 1), Told::money(1, 1)])]);
    commits[1].events[1].schema = 99;
    let error = fold(commits, AsOf::Version(1)).unwrap_err();
    assert!(error.to_string().starts_with("version 3: "), "{error}");
}
