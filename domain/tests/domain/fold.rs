//! An account against a model of it: whatever a bank reports, in whatever
//! order, is recorded and adds up, or is refused and changes nothing.

use std::collections::BTreeMap;

use domain::chain::{ChainError, follow};
use domain::{Commit, IntegrationEvent, Money, Status, Version};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::any::{self, Report};
use crate::given::{Given, closed, deposited, opened_with, reversed, withdrawn};

/// An account as a list of what moved it.
#[derive(Debug, Clone)]
struct Model {
    balance: i128,
    limit: i128,
    version: Version,
    closed: bool,
    /// By version: by how much, and whether that was taken back.
    movements: BTreeMap<Version, (i128, bool)>,
    /// The versions at which the limit was crossed.
    overdrawn: Vec<Version>,
}

impl Model {
    fn open(balance: i64, limit: i64) -> Self {
        Model {
            balance: balance.into(),
            limit: limit.into(),
            version: 1,
            closed: false,
            movements: BTreeMap::new(),
            overdrawn: Vec::new(),
        }
    }

    /// `None`: it is to be refused.
    fn after(mut self, report: &Report) -> Option<Self> {
        self.version += 1;
        let moves = match *report {
            Report::Deposit(minor) => i128::from(minor),
            Report::Withdrawal(minor) => -i128::from(minor),
            Report::Reversal(of) => {
                let version = of.index(self.version as usize) as Version + 1;
                let (moved, reversed) = self.movements.get_mut(&version)?;
                if std::mem::replace(reversed, true) {
                    return None;
                }
                -*moved
            }
            Report::Closing => 0,
        };
        if matches!(report, Report::Deposit(_) | Report::Withdrawal(_)) {
            self.movements.insert(self.version, (moves, false));
        }
        self.closed |= matches!(report, Report::Closing);
        let before = self.balance;
        self.balance += moves;
        if before >= -self.limit && self.balance < -self.limit {
            self.overdrawn.push(self.version);
        }
        i64::try_from(self.balance).is_ok().then_some(self)
    }
}

fn cents(minor: i64) -> String {
    Money::from_minor(minor, "EUR".parse().unwrap()).to_decimal()
}

/// As a body has it; the version it would get says what a reversal can name.
fn body(report: &Report, version: Version) -> Value {
    match *report {
        Report::Deposit(minor) => deposited(&cents(minor)),
        Report::Withdrawal(minor) => withdrawn(&cents(minor)),
        Report::Reversal(of) => reversed(of.index(version as usize) as Version + 1),
        Report::Closing => closed(),
    }
}

/// The history that the requests lead to, held against the model at each step.
fn play(balance: i64, limit: i64, requests: &[Vec<Report>]) -> (Given, Model) {
    let opening = json!({ "opening_balance": cents(balance), "overdraft_limit": cents(limit) });
    let mut given = Given::commit([opened_with(opening)]);
    let mut model = Model::open(balance, limit);
    for request in requests {
        let versions = model.version + 1..;
        let bodies: Vec<Value> = versions
            .zip(request)
            .map(|(v, report)| body(report, v))
            .collect();
        let expected = request.iter().try_fold(model.clone(), Model::after);
        let head = given.head();
        let when = given.clone().when(bodies);
        assert_eq!(
            when.outcome.is_ok(),
            expected.is_some(),
            "{request:?}: {:?}",
            when.outcome
        );
        if let (Ok(commit), Some(expected)) = (when.outcome, expected) {
            assert_eq!(follow(head.as_ref(), &commit), Ok(commit.head()));
            assert_eq!(i128::from(commit.after.balance.minor()), expected.balance);
            assert_eq!(commit.after.version, expected.version);
            assert_eq!(commit.after.status == Status::Closed, expected.closed);
            given.0.push(commit);
            model = expected;
        }
    }
    (given, model)
}

fn walk(commits: &[Commit]) -> Result<(), ChainError> {
    let mut head = None;
    for commit in commits {
        head = Some(follow(head.as_ref(), commit)?);
    }
    Ok(())
}

proptest! {
    #[test]
    fn an_account_is_what_its_movements_add_up_to(
        balance in any::minor(), limit in 0_i64..1_000_000, requests in any::requests(),
    ) {
        let (given, _) = play(balance, limit, &requests);
        prop_assert_eq!(walk(&given.0), Ok(()));
    }

    #[test]
    fn what_is_published_tells_each_balance_once_and_each_crossing_of_the_limit(
        balance in -10_000_i64..10_000, limit in 0_i64..5_000, requests in any::requests(),
    ) {
        let (given, model) = play(balance, limit, &requests);
        let mut told = Money::zero("EUR".parse().unwrap());
        let mut crossings = Vec::new();
        for event in given.0.iter().flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap()) {
            if event.metadata.causation_id.is_some() {
                prop_assert_eq!(event.balances.after(), told);
                crossings.push(event.metadata.version);
                continue;
            }
            prop_assert_eq!(event.balances.before(), told);
            told = event.balances.after();
        }
        let last = given.head().unwrap().account;
        prop_assert_eq!(told, last.balance);
        prop_assert_eq!(crossings, model.overdrawn);
    }

    #[test]
    fn how_reports_are_cut_into_requests_changes_no_balance(
        balance in -10_000_i64..10_000, reports in prop::collection::vec(1_i64..10_000, 1..12), cut in 1_usize..12,
    ) {
        let reports: Vec<Report> = reports.into_iter().map(Report::Withdrawal).collect();
        let cut: Vec<Vec<Report>> = reports.chunks(cut).map(<[Report]>::to_vec).collect();
        let (one, _) = play(balance, 0, &[reports]);
        let (other, _) = play(balance, 0, &cut);
        prop_assert_eq!(one.head().unwrap().account, other.head().unwrap().account);
    }

    #[test]
    fn a_commit_of_any_history_that_was_changed_or_moved_is_found(
        requests in any::requests(), at in any::<prop::sample::Index>(), other in any::<prop::sample::Index>(),
    ) {
        let commits = play(0, 0, &requests).0.0;
        let (at, other) = (at.index(commits.len()), other.index(commits.len()));
        let changed = |change: &dyn Fn(&mut Vec<Commit>)| {
            let mut changed = commits.clone();
            change(&mut changed);
            walk(&changed)
        };
        prop_assert_eq!(changed(&|commits| commits.swap(at, other)).is_ok(), at == other);
        prop_assert_eq!(changed(&|commits| drop(commits.remove(at))).is_ok(), at + 1 == commits.len());
        prop_assert!(changed(&|commits| commits.insert(at, commits[other].clone())).is_err());
        prop_assert!(changed(&|commits| commits[at].source.push('!')).is_err());
        prop_assert!(changed(&|commits| commits[at].after.version += 1).is_err());
        // A hash that is right again is missed by the next commit.
        let rewritten = changed(&|commits| {
            commits[at].source.push('!');
            commits[at].hash = commits[at].compute_hash();
        });
        prop_assert_eq!(rewritten.is_ok(), at + 1 == commits.len());
    }
}
