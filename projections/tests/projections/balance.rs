//! The balance follows the commits, one after the other and no other way.

use domain::chain::ChainError;
use projections::Balance;
use proptest::prelude::*;

use crate::given::{Told, history, requests};

proptest! {
    #[test]
    fn a_balance_that_followed_every_commit_is_the_account_after_the_last(
        opened_with in any::<i64>(), requests in requests(),
    ) {
        let opened_with = opened_with / 2;
        let mut balance: Option<Balance> = None;
        for commit in history(opened_with, 0, &requests) {
            let next = Balance::after(balance.as_ref(), &commit).unwrap();
            prop_assert_eq!(next.version(), commit.last_version());
            prop_assert_eq!(&next.account_id, &commit.account_id);
            prop_assert_eq!(next.updated_at, commit.recorded_at);
            prop_assert_eq!(&next.head, &commit.head());
            balance = Some(next);
        }
    }

    #[test]
    fn a_commit_that_is_not_the_next_one_is_refused_by_its_version(
        requests in requests(), stands in any::<prop::sample::Index>(), comes in any::<prop::sample::Index>(),
    ) {
        let commits = history(0, 0, &requests);
        let (stands, comes) = (stands.index(commits.len()), comes.index(commits.len()));
        let mut balance = None;
        for commit in &commits[..=stands] {
            balance = Some(Balance::after(balance.as_ref(), commit).unwrap());
        }
        let after = Balance::after(balance.as_ref(), &commits[comes]);
        if comes == stands + 1 {
            prop_assert!(after.is_ok());
        } else {
            let expected = commits[stands].last_version() + 1;
            let found = commits[comes].first_version;
            prop_assert_eq!(after, Err(ChainError::Gap { expected, found }));
        }
    }
}

#[test]
fn a_commit_of_another_history_is_refused() {
    let ours = history(0, 0, &[(1, vec![Told::money(100, 1)])]);
    let theirs = history(1, 0, &[(1, vec![Told::money(100, 1)])]);
    let balance = Balance::after(None, &ours[0]).unwrap();
    assert_eq!(
        Balance::after(Some(&balance), &theirs[1]),
        Err(ChainError::PreviousHash(2))
    );
}
