//! What the tests of this folder start from and hold at the end.

use domain::{AccountId, Commit, EventId, IntegrationEvent};
use handlers::composition::Composition;
use handlers::project::StreamRecord;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use tests::world::{World, account, deposited, event, opened, withdrawn};

/// Three accounts whose commits of one to three events are written in turn,
/// and a customer who is told of everything.
pub async fn three_accounts() -> World {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    let appender = world.appender();
    for number in 1..=3 {
        world
            .append(&appender, &account(number), "open", [opened()])
            .await
            .unwrap();
    }
    for round in 0..3 {
        for number in 1..=3 {
            let id = account(number);
            let write = |name: &str| format!("{name}-{round}");
            let movements = [deposited("10.00"), withdrawn("2.50"), withdrawn("99.00")];
            world
                .append(&appender, &id, &write("three"), movements)
                .await
                .unwrap();
            world
                .append(&appender, &id, &write("one"), [deposited("0.25")])
                .await
                .unwrap();
        }
    }
    let reversal = event(
        "TransactionReversed",
        json!({ "reverses": EventId::new(&account(1), 2) }),
    );
    world
        .append(&appender, &account(1), "reversal", [reversal])
        .await
        .unwrap();
    world
}

/// What must come out: the fold of what the store holds.
#[track_caller]
pub fn assert_projected(world: &World) {
    let mut last: BTreeMap<AccountId, Commit> = BTreeMap::new();
    for commit in world.store.log() {
        last.insert(commit.account_id.clone(), commit);
    }
    for (id, commit) in last {
        let row = world.read_model.row(&id).unwrap().value;
        assert_eq!(
            row.balance.map(|balance| balance.head),
            Some(commit.head()),
            "{id}"
        );
        assert_eq!(row.parked, None);
    }
}

pub fn expected_events(world: &World) -> BTreeSet<EventId> {
    let commits = world.store.log();
    let events = commits
        .iter()
        .flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap());
    events.map(|event| event.metadata.event_id).collect()
}

pub fn published_events(world: &World) -> Vec<EventId> {
    let id = |entry: &handlers::ports::BusEntry| {
        entry.detail["metadata"]["event_id"]
            .as_str()
            .unwrap()
            .parse()
            .unwrap()
    };
    world.bus.published().iter().map(id).collect()
}

/// Every event at least once, and no other.
#[track_caller]
pub fn assert_published(world: &World) {
    let published: BTreeSet<EventId> = published_events(world).into_iter().collect();
    assert_eq!(published, expected_events(world));
}

/// One mail for each event that deserves one. What follows from an event is in the mail of that event.
#[track_caller]
pub fn assert_one_mail_each(world: &World) {
    let commits = world.store.log();
    let told = commits
        .iter()
        .flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap());
    let told = told
        .filter(|event| event.type_name() != "AccountOpened" && event.fact.reported().is_some())
        .count();
    let mails = world.mailer.accepted();
    let ids: BTreeSet<_> = mails.iter().map(|mail| mail.notification_id).collect();
    assert_eq!((mails.len(), ids.len()), (told, told));
}

pub fn batch_of(records: &[StreamRecord], account: &AccountId) -> Vec<StreamRecord> {
    records
        .iter()
        .filter(|record| record.account_id == *account)
        .cloned()
        .collect()
}
