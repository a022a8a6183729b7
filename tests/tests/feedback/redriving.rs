//! Dead letters about mails whose end is known meanwhile, and events of SES
//! that could not be noted.

use domain::notification::{DeliveryStatus, Phase};
use std::time::Duration;

use handlers::composition::Composition;
use handlers::ports::DeadLetterQueue;
use handlers::redrive::Selection;
use serde_json::json;
use tests::world::{Answer, UNKNOWN_WINDOW, World, account, deposited, opened};

use crate::given::{ADDRESS, example, notification, stored, world_with};

fn up_to(max: usize) -> Selection {
    Selection {
        max,
        ..Selection::default()
    }
}

/// A deposit whose mail ended as unknown, with its letter visible.
async fn unknown() -> World {
    let world = World::default();
    world.customer_with(ADDRESS, json!({})).await;
    world.mailer.answer([Answer::UnknownAccepted]);
    let appender = world.appender();
    for (key, event) in [("open", opened()), ("first", deposited("125.50"))] {
        world
            .append(&appender, &account(1), key, [event])
            .await
            .unwrap();
    }
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(stored(&world).phase(), Phase::Unknown);
    world.clock.advance(UNKNOWN_WINDOW);
    world
}

/// An event of SES about the mail of that deposit.
fn told(world: &World, event_type: &str) -> serde_json::Value {
    let mut event = example(event_type);
    let id = stored(world).id().to_string();
    event["detail"]["mail"]["tags"]["notification_id"] = json!([id]);
    event
}

#[tokio::test]
async fn the_letter_of_a_mail_that_is_settled_meanwhile_is_dropped_without_being_named() {
    for (event_type, state) in [("Send", Phase::Sent), ("Reject", Phase::Rejected)] {
        let world = unknown().await;
        let kept = world.redriver().redrive(&up_to(10)).await.unwrap();
        assert!(
            kept[0]
                .outcome
                .starts_with("failed: the mail may have been sent"),
            "{kept:?}"
        );
        world
            .feedback()
            .deliver(&told(&world, event_type))
            .await
            .unwrap();
        assert_eq!(stored(&world).phase(), state);
        let dropped = world.redriver().redrive(&up_to(10)).await.unwrap();
        assert_eq!(dropped[0].outcome, "redriven", "{dropped:?}");
        assert!(dropped[0].detail.contains(state.as_str()), "{dropped:?}");
        assert!(world.dead_letters.bodies().is_empty());
        world.settle().await;
        assert_eq!(world.faults.calls("mailer.send"), 1, "sent again");
    }
}

#[tokio::test]
async fn a_named_letter_of_a_settled_mail_sends_nothing_either() {
    let world = unknown().await;
    world
        .feedback()
        .deliver(&told(&world, "Delivery"))
        .await
        .unwrap();
    let named = Selection {
        ids: world.dead_letters.ids(),
        ..Selection::default()
    };
    world.redriver().redrive(&named).await.unwrap();
    world.settle().await;
    assert_eq!(world.faults.calls("mailer.send"), 1);
    assert!(world.dead_letters.bodies().is_empty());
}

#[tokio::test]
async fn an_event_that_could_not_be_noted_is_noted_by_a_redrive_and_not_put_on_the_bus() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    let record = json!({
        "version": "1.0",
        "timestamp": "2026-11-22T12:05:31.123Z",
        "requestContext": {
            "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:ledgerbell-feedback:$LATEST",
            "condition": "RetriesExhausted",
            "approximateInvokeCount": 3,
        },
        "requestPayload": example("Bounce"),
        "responsePayload": { "errorType": "Retryable", "errorMessage": "the table is throttled" },
    });
    world
        .dead_letters
        .put(&record.to_string(), Duration::ZERO)
        .await
        .unwrap();
    let listed = serde_json::to_string(&world.redriver().list(10).await.unwrap()).unwrap();
    assert!(
        listed.contains("Email Bounced") && !listed.contains('@'),
        "{listed}"
    );
    let redriven = world.redriver().redrive(&up_to(10)).await.unwrap();
    assert_eq!(redriven[0].outcome, "redriven", "{redriven:?}");
    assert_eq!(
        stored(&world).provider().status(),
        Some(DeliveryStatus::Bounced)
    );
    assert!(world.bus.published().is_empty());
    assert_eq!(world.redriver().list(10).await.unwrap().letters.len(), 0);
}
