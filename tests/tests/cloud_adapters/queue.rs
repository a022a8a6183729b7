//! Dead letters, and events on their way to a queue.

use std::time::Duration;

use aws::{EventBridge, SqsDeadLetters};
use handlers::ports::{Bus, BusEntry, DeadLetterQueue};
use serde_json::json;
use tests::second_opinion::emulated;

use crate::made::aws;

fn queue(name: &str) -> (SqsDeadLetters, String) {
    let shared = emulated();
    let url = aws(
        &shared,
        &[
            "sqs",
            "create-queue",
            "--queue-name",
            name,
            "--query",
            "QueueUrl",
        ],
    );
    (SqsDeadLetters::new(&shared, url.clone()), url)
}

#[tokio::test]
async fn a_letter_is_seen_without_being_taken_and_goes_once_it_is_removed() {
    let (queue, _) = queue("letters");
    queue.put(r#"{"a":1}"#, Duration::ZERO).await.unwrap();
    queue.put(r#"{"a":2}"#, Duration::ZERO).await.unwrap();
    let view = queue.look(10).await.unwrap();
    let mut bodies: Vec<_> = view
        .letters
        .iter()
        .map(|letter| letter.body.as_str())
        .collect();
    bodies.sort_unstable();
    assert_eq!(
        (bodies, view.waiting),
        (vec![r#"{"a":1}"#, r#"{"a":2}"#], 2)
    );

    let taken = queue.receive(10, Duration::from_secs(60)).await.unwrap();
    assert_eq!(taken.len(), 2);
    assert!(
        queue
            .receive(10, Duration::from_secs(60))
            .await
            .unwrap()
            .is_empty()
    );
    queue.remove(&taken[0].receipt).await.unwrap();
    queue.release(&taken[1].receipt).await.unwrap();
    let left = queue.receive(10, Duration::from_secs(60)).await.unwrap();
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].body, taken[1].body);
}

#[tokio::test]
async fn an_entry_of_the_bus_reaches_what_a_rule_sends_it_to_as_it_was_published() {
    let shared = emulated();
    let (queue, url) = queue("subscriber");
    let attributes = [
        "sqs",
        "get-queue-attributes",
        "--queue-url",
        &url,
        "--attribute-names",
        "QueueArn",
        "--query",
        "Attributes.QueueArn",
    ];
    let arn = aws(&shared, &attributes);
    aws(&shared, &["events", "create-event-bus", "--name", "bell"]);
    let rule = [
        "events",
        "put-rule",
        "--name",
        "deposits",
        "--event-bus-name",
        "bell",
    ];
    let pattern = r#"{"source":["ledgerbell"],"detail-type":["MoneyDeposited"]}"#;
    aws(
        &shared,
        &[&rule[..], &["--event-pattern", pattern]].concat(),
    );
    let target = format!("Id=1,Arn={arn}");
    aws(
        &shared,
        &[
            "events",
            "put-targets",
            "--rule",
            "deposits",
            "--event-bus-name",
            "bell",
            "--targets",
            &target,
        ],
    );

    let entry = |event_type: &str, number: usize| BusEntry {
        event_type: event_type.to_owned(),
        detail: json!({ "event_id": number, "amount": "12.50" }),
    };
    // More than one call takes.
    let mut entries: Vec<_> = (0..23)
        .map(|number| entry("MoneyDeposited", number))
        .collect();
    entries.push(entry("MoneyWithdrawn", 23));
    let outcomes = EventBridge::new(&shared, "bell".to_owned())
        .publish(&entries)
        .await;
    assert!(
        outcomes.len() == 24 && outcomes.iter().all(Result::is_ok),
        "{outcomes:?}"
    );

    let mut came = Vec::new();
    while came.len() < 23 {
        let letters = queue.receive(10, Duration::from_secs(60)).await.unwrap();
        assert!(!letters.is_empty(), "{came:?}");
        for letter in letters {
            let event: serde_json::Value = serde_json::from_str(&letter.body).unwrap();
            assert_eq!(event["source"], "ledgerbell");
            assert_eq!(event["detail"]["amount"], "12.50");
            came.push(event["detail"]["event_id"].as_u64().unwrap());
        }
    }
    came.sort_unstable();
    assert_eq!(came, (0..23).collect::<Vec<u64>>());
    assert!(
        queue
            .receive(10, Duration::from_secs(60))
            .await
            .unwrap()
            .is_empty()
    );
}
