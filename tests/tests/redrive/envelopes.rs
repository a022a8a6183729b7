//! What each envelope tells, and where it goes back to.

use crate::given::*;
use handlers::composition::Composition;
use handlers::dead_letter::LetterKind;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{World, account};

#[tokio::test]
async fn each_envelope_tells_what_failed_for_which_event_why_when_and_how_often() {
    let world = published().await;
    let event = delivered(&world);
    world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
    world
        .dead_letters
        .put_foreign(&function_record(&event), &[]);
    world.dead_letters.put_foreign(
        &stream_record("2026-11-22T12:00:00Z", "2026-11-22T12:00:02Z"),
        &[],
    );
    world.dead_letters.put_foreign(
        &json!({ "ledgerbell": "account-parked", "account_id": "ACC-1", "reason": "version 3 should come next, and 4 does", "at": "2026-11-22T12:00:00Z" }),
        &[],
    );
    world.dead_letters.put_foreign(
        &json!({
            "ledgerbell": "notification-unknown", "notification_id": "1c4d1c6b-6e6c-5d58-b2ac-1f2f1b2f7a53", "attempts": 1,
            "reason": "the request timed out", "at": "2026-11-22T12:00:00Z", "event_type": "MoneyDeposited", "event": event["detail"],
        }),
        &[],
    );
    world
        .dead_letters
        .put_foreign(&json!({ "Records": [] }), &[]);
    let letters = world.redriver().list(10).await.unwrap().letters;
    let kinds: Vec<LetterKind> = letters.iter().map(|letter| letter.kind).collect();
    use LetterKind::{Account, Delivery, Function, Notification, Stream, Unreadable};
    assert_eq!(
        kinds,
        [
            Delivery,
            Function,
            Stream,
            Account,
            Notification,
            Unreadable
        ]
    );
    insta::assert_json_snapshot!(letters);
}

#[tokio::test]
async fn an_event_that_missed_its_function_gets_there_with_its_lineage_and_twice_is_once() {
    for envelope in [
        |event: &Value| event.clone(),
        function_record as fn(&Value) -> Value,
    ] {
        let world = published().await;
        let event = delivered(&world);
        world.bus.take_waiting();
        let letters: Vec<String> = (0..2)
            .map(|_| {
                world
                    .dead_letters
                    .put_foreign(&envelope(&event), &RULE_ATTRIBUTES)
            })
            .collect();
        let redriven = world.redriver().redrive(&any(10)).await.unwrap();
        assert_eq!(outcomes(&redriven), ["redriven"; 2]);
        let again = world.bus.published().pop().unwrap();
        assert_eq!(again.detail["metadata"]["redrive"], letters[1]);
        assert_eq!(again.detail["metadata"]["target"], "notify");
        assert_eq!(again.detail["data"], event["detail"]["data"]);
        world.settle().await;
        assert_eq!(world.mailer.accepted().len(), 1);
        assert_eq!(world.dead_letters.bodies(), Vec::<Value>::new());
        assert_eq!(world.redriver().redrive(&any(10)).await.unwrap().len(), 0);
    }
}

#[tokio::test]
async fn an_event_that_was_meant_for_one_consumer_goes_back_to_that_one() {
    let world = published().await;
    let mut event = delivered(&world);
    event["detail"]["metadata"]["replay"] = json!("replay-1");
    event["detail"]["metadata"]["target"] = json!("analytics");
    world.bus.take_waiting();
    world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
    world.redriver().redrive(&any(10)).await.unwrap();
    let again = world.bus.published().pop().unwrap();
    assert_eq!(again.detail["metadata"]["target"], "analytics");
    world.settle().await;
    assert_eq!(world.mailer.accepted(), []);
}

#[tokio::test]
async fn what_cannot_be_read_stays_and_says_so() {
    let world = World::default();
    for body in [
        json!("nonsense"),
        json!({ "ledgerbell": "unheard-of" }),
        json!({ "DDBStreamBatchInfo": { "batchSize": 1 } }),
        json!({ "requestPayload": { "no": "event" } }),
        json!({ "detail-type": "MoneyDeposited" }),
    ] {
        world.dead_letters.put_foreign(&body, &[]);
    }
    let letters = world.redriver().list(10).await.unwrap().letters;
    assert!(
        letters
            .iter()
            .all(|letter| letter.kind == LetterKind::Unreadable),
        "{letters:?}"
    );
    let redriven = world.redriver().redrive(&any(10)).await.unwrap();
    assert!(
        redriven
            .iter()
            .all(|told| told.outcome.starts_with("failed: it cannot be read")),
        "{redriven:?}"
    );
    assert_eq!(world.dead_letters.bodies().len(), 5);
    assert_eq!(world.bus.published(), []);
}

#[tokio::test]
async fn a_batch_of_the_stream_that_was_given_up_is_projected_again_from_the_store() {
    let world = World::default();
    world.customer_with("ana@example.com", json!({})).await;
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    world.account_with(&account(2), &["3.00"]).await;
    world.dead_letters.put_foreign(
        &stream_record("2026-11-22T12:00:00Z", "2026-11-22T12:00:02Z"),
        &[],
    );
    // The time index may lag, and the letter is the last that knows of the batch.
    let too_early = world.redriver().redrive(&any(10)).await.unwrap();
    assert_eq!(
        outcomes(&too_early),
        [
            "failed: its records are so new that the time index may not have them; redrive it after 2026-11-22T12:00:17Z"
        ]
    );
    assert_eq!(world.dead_letters.bodies().len(), 1);
    world.clock.advance(Duration::from_secs(20));
    let redriven = world.redriver().redrive(&any(10)).await.unwrap();
    assert_eq!(
        (outcomes(&redriven), redriven[0].detail.as_str()),
        (vec!["redriven"], "2 accounts of that time projected again")
    );
    for number in [1, 2] {
        let last = world.store.of(&account(number)).pop().unwrap();
        assert_eq!(
            world
                .read_model
                .row(&account(number))
                .unwrap()
                .value
                .balance
                .unwrap()
                .head,
            last.head()
        );
    }
    world.settle().await;
    assert_eq!(world.mailer.accepted().len(), 3);
    assert_eq!(world.dead_letters.bodies().len(), 0);
}

#[tokio::test]
async fn batches_of_one_time_are_projected_once_in_a_redrive() {
    let world = World::default();
    world.account_with(&account(1), &["1.00", "2.00"]).await;
    for _ in 0..20 {
        world.dead_letters.put_foreign(
            &stream_record("2026-11-22T12:00:00Z", "2026-11-22T12:00:02Z"),
            &[],
        );
    }
    world.clock.advance(Duration::from_secs(3600));
    let redriven = world.redriver().redrive(&any(100)).await.unwrap();
    assert_eq!(outcomes(&redriven), ["redriven"; 20]);
    assert_eq!(world.bus.published().len(), 3);
    assert_eq!(world.dead_letters.bodies().len(), 0);
}

#[tokio::test]
async fn a_batch_given_up_is_looked_for_in_its_own_time_only() {
    let world = World::default();
    world.account_with(&account(1), &["1.00"]).await;
    world.clock.advance(Duration::from_secs(3600));
    world.account_with(&account(2), &["1.00"]).await;
    world.dead_letters.put_foreign(
        &stream_record("2026-11-22T13:00:00Z", "2026-11-22T13:00:02Z"),
        &[],
    );
    world.clock.advance(Duration::from_secs(20));
    world.redriver().redrive(&any(10)).await.unwrap();
    assert_eq!(world.read_model.row(&account(1)), None);
    assert_eq!(
        world.read_model.row(&account(2)).unwrap().value.version(),
        2
    );
}

#[tokio::test]
async fn an_event_goes_back_to_the_function_that_acts_on_its_type() {
    for (event_type, consumer) in [
        ("MoneyDeposited", "notify"),
        ("OperationSkipped", "notify"),
        ("OperationScheduled", "schedule"),
        ("OperationCancelled", "schedule"),
    ] {
        let world = published().await;
        let mut event = delivered(&world);
        event["detail-type"] = json!(event_type);
        world.dead_letters.put_foreign(&event, &RULE_ATTRIBUTES);
        world.redriver().redrive(&any(10)).await.unwrap();
        let again = world.bus.published().pop().unwrap();
        assert_eq!(again.event_type, event_type);
        assert_eq!(again.detail["metadata"]["target"], consumer, "{event_type}");
    }
}
