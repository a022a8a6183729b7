//! The chain: whatever is changed in a stored history is found.

use domain::chain::{ChainError, follow};
use domain::{Account, Commit, Hash, Occurred};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::given::{Given, deposited, event, on_date, opened_with, reversed, withdrawn};

fn history() -> Vec<Commit> {
    let full = event(
        "MoneyDeposited",
        json!({ "amount": "125.50", "currency": "EUR", "channel": "sepa", "reference": "Salary", "value_date": "2026-11-22" }),
    );
    Given::commit([opened_with(
        json!({ "overdraft_limit": "50.00", "opening_balance": "7.25" }),
    )])
    .and([full, withdrawn("20.00")])
    .and([reversed(3)])
    .and([deposited("0.01"), deposited("0.02")])
    .0
}

fn walk(commits: &[Commit]) -> Result<(), ChainError> {
    let mut head = None;
    for commit in commits {
        head = Some(follow(head.as_ref(), commit)?);
    }
    Ok(())
}

/// All that is stored of a commit, as text whose bytes can be flipped.
fn to_text(commit: &Commit) -> String {
    json!({
        "account_id": commit.account_id,
        "first_version": commit.first_version,
        "events": commit.events,
        "recorded_at": domain::time::format_recorded_at(commit.recorded_at),
        "source": commit.source,
        "correlation_id": commit.correlation_id,
        "idempotency_key": commit.idempotency_key,
        "request_hash": commit.request_hash,
        "notify": commit.notify,
        "after": commit.after,
        "prev_hash": commit.prev_hash,
        "hash": commit.hash,
    })
    .to_string()
}

/// `None`: it cannot even be read.
fn from_text(text: &[u8]) -> Option<Commit> {
    let mut value: Value = serde_json::from_slice(text).ok()?;
    let mut field = |name: &str| value.as_object_mut()?.remove(name);
    let text = |value: Value| value.as_str().map(str::to_owned);
    Some(Commit {
        account_id: serde_json::from_value(field("account_id")?).ok()?,
        first_version: serde_json::from_value(field("first_version")?).ok()?,
        events: serde_json::from_value(field("events")?).ok()?,
        recorded_at: serde_json::from_value(field("recorded_at")?).ok()?,
        source: text(field("source")?)?,
        correlation_id: serde_json::from_value(field("correlation_id")?).ok()?,
        idempotency_key: serde_json::from_value(field("idempotency_key")?).ok()?,
        request_hash: serde_json::from_value(field("request_hash")?).ok()?,
        notify: field("notify")?.as_bool()?,
        after: serde_json::from_value::<Account>(field("after")?).ok()?,
        prev_hash: serde_json::from_value(field("prev_hash")?).ok()?,
        hash: serde_json::from_value(field("hash")?).ok()?,
    })
}

#[test]
fn an_untouched_history_holds() {
    let commits = history();
    assert_eq!(walk(&commits), Ok(()));
    for commit in &commits {
        assert_eq!(from_text(to_text(commit).as_bytes()).as_ref(), Some(commit));
    }
}

#[test]
fn every_flipped_bit_of_every_field_is_found() {
    let commits = Given(history())
        .and([on_date(deposited("1.00"), "2003-10-20")])
        .0;
    let mut read = 0;
    for (index, commit) in commits.iter().enumerate() {
        let text = to_text(commit).into_bytes();
        for place in 0..text.len() {
            for bit in 0..7 {
                let mut flipped = text.clone();
                flipped[place] ^= 1 << bit;
                // What cannot be read is found by that; what reads as the same is no change.
                let Some(tampered) = from_text(&flipped).filter(|tampered| tampered != commit)
                else {
                    continue;
                };
                read += 1;
                let mut tampered_history = commits.clone();
                tampered_history[index] = tampered;
                assert!(
                    walk(&tampered_history).is_err(),
                    "bit {bit} of byte {place} of commit {index}: {}",
                    String::from_utf8_lossy(&flipped)
                );
            }
        }
    }
    assert!(read > 1000, "only {read} changes could be read at all");
}

#[test]
fn a_change_of_the_account_kept_beside_a_commit_is_found_even_with_a_right_hash() {
    let mut commits = history();
    let last = commits.last_mut().unwrap();
    last.after.balance = last
        .after
        .balance
        .checked_add(last.after.overdraft_limit)
        .unwrap();
    last.hash = last.compute_hash();
    assert_eq!(walk(&commits), Err(ChainError::Account(5)));
}

#[test]
fn an_event_id_of_another_place_is_found_even_with_a_right_hash() {
    let mut commits = history();
    let stolen = commits[1].events[0].event_id;
    let last = commits.last_mut().unwrap();
    last.events[1].event_id = stolen;
    last.hash = last.compute_hash();
    assert_eq!(walk(&commits), Err(ChainError::EventId(6)));
}

#[test]
fn a_rewritten_commit_is_found_by_the_one_after_it() {
    let mut commits = history();
    commits[1].source = "somebody else".to_owned();
    commits[1].hash = commits[1].compute_hash();
    assert_eq!(walk(&commits), Err(ChainError::PreviousHash(4)));
}

#[test]
fn a_first_commit_that_claims_a_past_is_found() {
    let mut commits = history();
    commits[0].prev_hash = Hash::of(b"", b"a past");
    commits[0].hash = commits[0].compute_hash();
    assert_eq!(walk(&commits), Err(ChainError::PreviousHash(1)));
}

#[test]
fn a_commit_without_events_is_found() {
    let mut commits = history();
    commits[3].events.clear();
    commits[3].hash = commits[3].compute_hash();
    assert_eq!(walk(&commits), Err(ChainError::Empty(5)));
}

#[test]
fn whether_customers_are_told_is_part_of_the_chain() {
    let commits = Given::commit([opened_with(json!({}))])
        .and_loaded([deposited("1.00"), withdrawn("0.40")])
        .and([deposited("2.00")])
        .0;
    assert_eq!(walk(&commits), Ok(()));
    let content = String::from_utf8(commits[1].canonical_bytes()).unwrap();
    assert!(
        content.contains(r#""notify":false,"recorded_at""#),
        "{content}"
    );
    for index in 0..3 {
        let mut changed = commits.clone();
        changed[index].notify = !changed[index].notify;
        assert!(walk(&changed).is_err(), "commit {index}");
        let read = Commit::read(
            &commits[index].canonical_bytes(),
            commits[index].prev_hash,
            commits[index].hash,
        );
        assert_eq!(read.unwrap(), commits[index]);
    }
}

#[test]
fn a_commit_that_says_nothing_of_telling_is_told() {
    let commit = &Given::commit([opened_with(json!({}))]).0[0];
    let content = String::from_utf8(commit.canonical_bytes()).unwrap();
    assert!(!content.contains("notify"), "{content}");
}

#[test]
fn a_date_without_a_time_is_part_of_the_chain() {
    let commits = Given::commit([on_date(opened_with(json!({})), "2003-10-20")])
        .and([deposited("1.00")])
        .0;
    let content = |index: usize| String::from_utf8(commits[index].canonical_bytes()).unwrap();
    assert!(
        content(0).contains(
            r#""occurred_at":"2003-10-20T00:00:00Z","occurred_on":"2003-10-20","schema""#
        ),
        "{}",
        content(0)
    );
    assert!(!content(1).contains("occurred_on"), "{}", content(1));
    assert_eq!(walk(&commits), Ok(()));
    let mut changed = commits.clone();
    let date = &mut changed[0].events[0].occurred;
    *date = Occurred::At(date.at());
    assert!(walk(&changed).is_err(), "the date became a time");
}

#[test]
fn a_hash_has_one_length_and_hex_digits_only() {
    let hash = history()[0].hash;
    assert_eq!(hash.to_string().parse(), Ok(hash));
    for text in [
        String::new(),
        "0".repeat(63),
        "0".repeat(65),
        "g".repeat(64),
        "+f".repeat(32),
        "é".repeat(32),
    ] {
        assert!(text.parse::<Hash>().is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn swapped_dropped_and_inserted_commits_are_found(one in 0_usize..4, other in 0_usize..4) {
        let commits = history();

        let mut swapped = commits.clone();
        swapped.swap(one, other);
        prop_assert_eq!(walk(&swapped).is_ok(), one == other);

        let mut dropped = commits.clone();
        dropped.remove(one);
        // A history that only lacks its end is a shorter history.
        prop_assert_eq!(walk(&dropped).is_ok(), one == 3);

        let mut inserted = commits.clone();
        inserted.insert(other, commits[one].clone());
        prop_assert!(walk(&inserted).is_err());
    }

    #[test]
    fn swapped_dropped_and_inserted_events_of_a_commit_are_found(at in 0_usize..2) {
        let commits = history();
        let changed = |change: &dyn Fn(&mut Commit)| {
            let mut commits = commits.clone();
            change(&mut commits[1]);
            walk(&commits)
        };
        prop_assert!(changed(&|commit| commit.events.swap(0, 1)).is_err());
        let dropped = changed(&|commit| drop(commit.events.remove(at)));
        prop_assert!(dropped.is_err());
        prop_assert!(changed(&|commit| commit.events.insert(at, commit.events[at].clone())).is_err());
    }
}

/// A change of the hashed content, or of its form, breaks every stored history. This
/// value may change only together with a migration.
#[test]
fn the_hash_of_a_commit_never_changes() {
    let commits = history();
    let hashes: Vec<String> = commits
        .iter()
        .map(|commit| commit.hash.to_string())
        .collect();
    insta::assert_json_snapshot!(hashes);
    insta::assert_snapshot!(
        "the_request_hash_of_a_body_never_changes",
        commits[1].request_hash
    );
}
