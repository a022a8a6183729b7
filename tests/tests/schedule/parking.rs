//! A schedule that can never succeed stops no other.

use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{Event, Occurred, Occurrence, Schedule};
use handlers::Error;
use handlers::append::Append;
use handlers::composition::Composition;
use handlers::ports::{LastRun, Saved, ScheduleRow, Schedules};
use handlers::schedule::HeartbeatReport;
use serde_json::{Value, json};
use tests::world::{Fault, World, account, withdrawn};

use crate::given::*;

const DONE: HeartbeatReport = HeartbeatReport {
    done: 1,
    skipped: 0,
    failed: 0,
    unfinished: false,
};

/// Deposits of so much that the account cannot hold one more.
const LARGEST: &str = "92233720368547758.07";

async fn put_as(world: &World, name: &str, schedule: Schedule) {
    let mut change = change(Some(schedule), None);
    change.schedule_id = id(name);
    world.scheduler().change(&change).await.unwrap();
}

fn deposit(amount: &str, when: Value) -> Schedule {
    Schedule::read(body("MoneyDeposited", amount, when)).unwrap()
}

async fn state(world: &World, name: &str) -> &'static str {
    let view = world.scheduler().get(&account(1), &id(name)).await;
    view.unwrap().state
}

/// An occurrence of the schedule `rent`, as a version of this program that
/// knew no key space of its own recorded it.
async fn ran_under_the_earlier_key(world: &World, at: &str, amount: &str) -> LastRun {
    let occurrence = Occurrence {
        schedule_id: id("rent"),
        at: time(at),
    };
    let mut movement = withdrawal(amount, json!({ "at": at })).operation.movement;
    movement.scheduled = Some(occurrence.clone());
    let key = format!("schedule:rent:{}", domain::time::format_time(occurrence.at));
    let request = Append {
        account_id: account(1),
        idempotency_key: key.parse().unwrap(),
        if_match: None,
        source: "schedule".to_owned(),
        correlation_id: key.parse().unwrap(),
        proposed: ProposedEvents::of(vec![ProposedEvent {
            occurred: Occurred::At(time(at)),
            content: ProposedContent::Event(Event::MoneyWithdrawn(movement)),
        }]),
    };
    let recorded = world.appender().append(&request).await.unwrap();
    LastRun {
        occurrence: occurrence.at,
        version: recorded.last_version(),
        skipped: None,
    }
}

#[tokio::test]
async fn a_schedule_at_a_time_finer_than_the_store_keeps_runs_once_and_so_do_the_others() {
    let world = world_with("500.00").await;
    let fine = json!({ "at": "2026-11-22T13:00:00.1234567Z" });
    put_as(&world, "fine", withdrawal("1.00", fine)).await;
    let whole = json!({ "at": "2026-11-22T13:00:01Z" });
    put_as(&world, "whole", withdrawal("2.00", whole)).await;
    world.clock.set(time("2026-11-22T13:00:30Z"));
    assert_eq!(beat(&world).await, HeartbeatReport { done: 2, ..DONE });
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    assert_left(
        &world,
        &[
            ("2026-11-22T13:00:00.123456Z", "1.00"),
            ("2026-11-22T13:00:01Z", "2.00"),
        ],
    );
    assert_eq!(state(&world, "fine").await, "finished");
}

#[tokio::test]
async fn a_row_that_an_earlier_version_left_due_for_ever_is_finished_by_the_next_beat() {
    let world = world_with("500.00").await;
    let fine = withdrawal("1.00", json!({ "at": "2026-11-22T13:00:00.1234567Z" }));
    put(&world, fine).await.unwrap();
    world.clock.set(time("2026-11-22T13:00:30Z"));
    let kept = "2026-11-22T13:00:00.123456Z";
    let last = ran_under_the_earlier_key(&world, kept, "1.00").await;
    let stored = world.schedules.get(&account(1), &id("rent")).await.unwrap();
    let for_ever = stored.unwrap().map(|row| ScheduleRow {
        next_at: Some(time(kept)),
        last: Some(last),
        ..row
    });
    let saved = world.schedules.save(&for_ever).await;
    assert_eq!(saved, Ok(Saved::Written));
    assert_eq!(beat(&world).await, DONE);
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    assert_left(&world, &[(kept, "1.00")]);
    assert_eq!(next_at(&world).await, None);
}

#[tokio::test]
async fn a_schedule_that_cannot_be_worked_off_is_parked_with_a_dead_letter_and_the_others_run() {
    let world = world_with(LARGEST).await;
    let at = |minute: u8| json!({ "at": format!("2026-11-22T13:0{minute}") });
    put_as(&world, "too-much", deposit("5.00", at(1))).await;
    put_as(&world, "rent", withdrawal("1.00", at(2))).await;
    world.clock.set(time("2026-11-22T13:10:00Z"));
    assert_eq!(beat(&world).await, HeartbeatReport { failed: 1, ..DONE });
    assert_left(&world, &[("2026-11-22T13:02:00Z", "1.00")]);
    // It is not tried again, beat after beat.
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    assert_eq!(state(&world, "too-much").await, "parked");
    let letters = world.redriver().list(10).await.unwrap().letters;
    assert_eq!(letters.len(), 1, "{letters:?}");
    assert_eq!(letters[0].account_id, Some(account(1)));
    assert!(letters[0].what.contains("too-much"), "{}", letters[0].what);
    assert!(letters[0].reason.contains("range"), "{}", letters[0].reason);

    // Somebody mends what the letter names, and it goes on.
    world
        .append(&world.appender(), &account(1), "room", [withdrawn("9.00")])
        .await
        .unwrap();
    let any = handlers::redrive::Selection {
        max: 10,
        ..Default::default()
    };
    let redriven = world.redriver().redrive(&any).await.unwrap();
    assert_eq!(redriven[0].outcome, "redriven", "{redriven:?}");
    assert_eq!(beat(&world).await, DONE);
    assert_eq!(state(&world, "too-much").await, "finished");
    assert_eq!(world.dead_letters.bodies(), Vec::<Value>::new());
}

#[tokio::test]
async fn a_parked_schedule_that_is_changed_or_cancelled_is_parked_no_more() {
    for cancelled in [false, true] {
        let world = world_with(LARGEST).await;
        let soon = json!({ "at": "2026-11-22T13:01" });
        put(&world, deposit("5.00", soon)).await.unwrap();
        world.clock.set(time("2026-11-22T13:10:00Z"));
        assert_eq!(beat(&world).await.failed, 1);
        let later = withdrawal("1.00", json!({ "at": "2026-11-22T13:20" }));
        let wish = change(Some(later).filter(|_| !cancelled), None);
        world.scheduler().change(&wish).await.unwrap();
        world.clock.set(time("2026-11-22T13:30:00Z"));
        let expected = u64::from(!cancelled);
        assert_eq!(beat(&world).await.done, expected, "cancelled: {cancelled}");
        // The letter has nothing to say any more, and does no harm.
        let any = handlers::redrive::Selection {
            max: 10,
            ..Default::default()
        };
        let redriven = world.redriver().redrive(&any).await.unwrap();
        assert_eq!(redriven[0].outcome, "redriven", "{redriven:?}");
        assert_eq!(beat(&world).await, HeartbeatReport::default());
    }
}

#[tokio::test]
async fn a_row_that_cannot_be_read_is_parked_as_well() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T13:00:30Z"));
    let broken = Error::Permanent("a schedule has no readable content".into());
    world
        .faults
        .at("schedules.get", 0, Fault::FailBefore(broken));
    assert_eq!(beat(&world).await.failed, 1);
    world.faults.clear();
    assert_eq!(beat(&world).await, HeartbeatReport::default());
    assert_eq!(world.dead_letters.bodies().len(), 1);
}

#[tokio::test]
async fn a_schedule_whose_letter_or_parking_fails_stays_due_and_is_parked_at_the_next_beat() {
    for call in ["dead_letters.put", "schedules.park"] {
        let world = world_with(LARGEST).await;
        let at = |minute: u8| json!({ "at": format!("2026-11-22T13:0{minute}") });
        put_as(&world, "too-much", deposit("5.00", at(1))).await;
        put_as(&world, "rent", withdrawal("1.00", at(2))).await;
        world.clock.set(time("2026-11-22T13:10:00Z"));
        let passing = Error::Retryable("throttled".into());
        world.faults.at(call, 0, Fault::FailBefore(passing));
        assert_eq!(
            beat(&world).await,
            HeartbeatReport { failed: 1, ..DONE },
            "{call}"
        );
        let again = beat(&world).await;
        assert_eq!((again.failed, again.done), (1, 0), "{call}");
        assert_eq!(beat(&world).await, HeartbeatReport::default(), "{call}");
        assert_eq!(state(&world, "too-much").await, "parked");
    }
}

#[tokio::test]
async fn an_occurrence_that_ran_under_the_key_of_an_earlier_version_does_not_run_again() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    world.clock.set(time("2026-11-22T13:30:00Z"));
    ran_under_the_earlier_key(&world, "2026-11-22T13:00:00Z", "1.00").await;
    assert_eq!(beat(&world).await, DONE);
    assert_left(&world, &[("2026-11-22T13:00:00Z", "1.00")]);
    assert_eq!(next_at(&world).await, Some(time("2026-11-22T14:00:00Z")));
}

#[tokio::test]
async fn a_caller_who_took_a_key_that_schedules_used_before_stops_neither_a_run_nor_a_change() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    for key in [
        "schedule:rent:2026-11-22T13:00:00Z",
        "schedule:rent:after:0",
        "schedule:rent:after:2",
    ] {
        world
            .append(&world.appender(), &account(1), key, [withdrawn("1.00")])
            .await
            .unwrap();
    }
    world.clock.set(time("2026-11-22T13:30:00Z"));
    assert_eq!(beat(&world).await, DONE);
    assert_left(&world, &[("2026-11-22T13:00:00Z", "1.00")]);
    put(&world, hourly("2.00")).await.unwrap();
    world.clock.set(time("2026-11-22T14:30:00Z"));
    assert_eq!(beat(&world).await, DONE);
    assert_eq!(left(&world)[1].1, "2.00");
}

#[tokio::test]
async fn a_change_that_an_earlier_version_recorded_and_did_not_follow_is_followed() {
    let world = world_with("500.00").await;
    put(&world, hourly("1.00")).await.unwrap();
    let dearer = Event::OperationScheduled(Box::new(domain::OperationScheduled {
        schedule_id: id("rent"),
        schedule: hourly("3.00"),
    }));
    let key = "schedule:rent:after:2";
    let request = Append {
        account_id: account(1),
        idempotency_key: key.parse().unwrap(),
        if_match: None,
        source: "teller".to_owned(),
        correlation_id: key.parse().unwrap(),
        proposed: ProposedEvents::of(vec![ProposedEvent {
            occurred: Occurred::At(time("2026-11-22T12:30:00Z")),
            content: ProposedContent::Event(dearer),
        }]),
    };
    world.appender().append(&request).await.unwrap();
    world.clock.set(time("2026-11-22T13:30:00Z"));
    assert_eq!(beat(&world).await, DONE);
    assert_left(&world, &[("2026-11-22T13:00:00Z", "3.00")]);
}
