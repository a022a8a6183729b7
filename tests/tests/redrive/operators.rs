//! Looks, bounds, choices, interruptions.

use crate::given::*;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::DeadLetterQueue;
use handlers::redrive::{MAX_LETTERS, Selection};
use serde_json::json;
use std::collections::BTreeSet;
use std::time::Duration;
use tests::world::{Fault, account};

#[tokio::test]
async fn a_look_and_a_dry_run_change_nothing() {
    let world = published().await;
    let event = delivered(&world);
    world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
    world
        .dead_letters
        .put_foreign(&function_record(&event), &[]);
    world.dead_letters.put_foreign(&json!("nonsense"), &[]);
    let (bodies, published, rows) = (
        world.dead_letters.bodies(),
        world.bus.published(),
        world.read_model.rows(),
    );
    for _ in 0..3 {
        assert_eq!(world.redriver().list(10).await.unwrap().letters.len(), 3);
        let dry = Selection {
            dry_run: true,
            ..any(10)
        };
        let told = world.redriver().redrive(&dry).await.unwrap();
        assert_eq!(outcomes(&told), ["would-redrive"; 3]);
    }
    assert_eq!(world.dead_letters.bodies(), bodies);
    assert_eq!(world.bus.published(), published);
    assert_eq!(world.read_model.rows(), rows);
    assert_eq!(world.notifications.all(), []);
}

#[tokio::test]
async fn looks_at_once_and_dry_runs_hide_nothing_from_one_another() {
    let world = published().await;
    let event = delivered(&world);
    for _ in 0..25 {
        world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
    }
    let places = world.dead_letters.places();
    let (one, other) = (world.redriver(), world.redriver());
    let dry = Selection {
        dry_run: true,
        ..any(MAX_LETTERS)
    };
    let (first, told, second) = futures::join!(
        one.list(MAX_LETTERS),
        other.redrive(&dry),
        other.list(MAX_LETTERS)
    );
    for listing in [first.unwrap(), second.unwrap()] {
        assert_eq!((listing.letters.len(), listing.waiting), (25, 25));
        assert!(listing.complete);
    }
    assert_eq!(told.unwrap().len(), 25);
    assert_eq!(world.dead_letters.places(), places, "a letter was taken");
}

#[tokio::test]
async fn a_list_says_that_it_is_not_all_where_somebody_has_the_rest_or_it_was_bounded() {
    let world = published().await;
    let event = delivered(&world);
    for _ in 0..3 {
        world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
    }
    let bounded = world.redriver().list(2).await.unwrap();
    assert_eq!((bounded.letters.len(), bounded.waiting), (2, 3));
    assert!(!bounded.complete);
    // As a redrive does that has not got to its end.
    let a_while = Duration::from_secs(60);
    let taken = world.dead_letters.receive(10, a_while).await.unwrap();
    let listing = world.redriver().list(10).await.unwrap();
    assert_eq!((listing.letters.len(), listing.waiting), (0, 3));
    assert!(!listing.complete, "nobody knows what the three are");
    for letter in taken {
        world.dead_letters.remove(&letter.receipt).await.unwrap();
    }
    let listing = world.redriver().list(10).await.unwrap();
    assert_eq!((listing.letters.len(), listing.waiting), (0, 0));
    assert!(listing.complete);
}

#[tokio::test]
async fn max_is_a_bound_and_ids_are_a_choice() {
    let world = published().await;
    let event = delivered(&world);
    let letters: Vec<String> = (0..25)
        .map(|_| world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES))
        .collect();
    let before = world.bus.published().len();
    assert_eq!(world.redriver().redrive(&any(3)).await.unwrap().len(), 3);
    assert_eq!(world.bus.published().len(), before + 3);
    assert_eq!(world.dead_letters.ids().len(), 22);

    let chosen = ids(&[&letters[20], "letter-of-nobody", &letters[7]]);
    let redriven = world.redriver().redrive(&chosen).await.unwrap();
    let told: BTreeSet<(&str, &str)> = redriven
        .iter()
        .map(|told| (told.id.as_str(), told.outcome.as_str()))
        .collect();
    let expected = [
        (letters[20].as_str(), "redriven"),
        (letters[7].as_str(), "redriven"),
        ("letter-of-nobody", "not-found"),
    ];
    assert_eq!(told, BTreeSet::from(expected));
    assert_eq!(world.dead_letters.ids().len(), 20);
    // Those that were only looked at are there for the next one at once.
    assert_eq!(
        world
            .redriver()
            .list(MAX_LETTERS)
            .await
            .unwrap()
            .letters
            .len(),
        20
    );
    assert_eq!(
        world.redriver().redrive(&any(1000)).await.unwrap().len(),
        20
    );
}

#[tokio::test]
async fn a_bus_that_refuses_leaves_the_letter_where_it_is() {
    let world = published().await;
    world
        .dead_letters
        .put_foreign(&delivered(&world), &RULE_ATTRIBUTES);
    world.faults.at(
        "bus.publish",
        0,
        Fault::FailBefore(Error::Retryable("throttled".into())),
    );
    let redriven = world.redriver().redrive(&any(10)).await.unwrap();
    assert_eq!(outcomes(&redriven), ["failed: throttled"]);
    assert_eq!(world.redriver().list(10).await.unwrap().letters.len(), 1);
}

#[tokio::test]
async fn two_operators_at_once_send_one_mail() {
    let world = published().await;
    world.bus.take_waiting();
    world
        .dead_letters
        .put_foreign(&delivered(&world), &RULE_ATTRIBUTES);
    let (one, other) = (world.redriver(), world.redriver());
    let selection = any(10);
    let (first, second) = futures::join!(one.redrive(&selection), other.redrive(&selection));
    assert_eq!(first.unwrap().len() + second.unwrap().len(), 1);
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn an_operator_who_stops_half_way_loses_no_letter() {
    for fault in [Fault::StopBefore, Fault::StopAfter] {
        let world = published().await;
        world.bus.take_waiting();
        world
            .dead_letters
            .put_foreign(&delivered(&world), &RULE_ATTRIBUTES);
        world.faults.at("dead_letters.remove", 0, fault);
        assert!(
            world
                .faults
                .until_crash(world.redriver().redrive(&any(10)))
                .await
                .is_none()
        );
        world.clock.advance(Duration::from_secs(600));
        world.redriver().redrive(&any(10)).await.unwrap();
        world.settle().await;
        assert_eq!(world.mailer.accepted().len(), 1);
        assert_eq!(world.dead_letters.bodies().len(), 0);
    }
}

#[tokio::test]
async fn a_letter_of_an_account_that_goes_on_already_does_no_harm() {
    let world = published().await;
    let letter = json!({ "ledgerbell": "account-parked", "account_id": "ACC-1", "reason": "x", "at": "2026-11-22T12:00:00Z" });
    for _ in 0..2 {
        world.dead_letters.put_foreign(&letter, &[]);
    }
    let before = (world.read_model.rows(), world.bus.published());
    world.redriver().redrive(&any(10)).await.unwrap();
    assert_eq!((world.read_model.rows(), world.bus.published()), before);
    assert_eq!(world.dead_letters.bodies().len(), 0);
    assert_eq!(
        world
            .read_model
            .row(&account(1))
            .unwrap()
            .value
            .balance
            .unwrap()
            .version(),
        2
    );
}
