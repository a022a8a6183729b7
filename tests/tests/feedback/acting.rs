//! What an event does: to the notification, and to the address.

use domain::email::AddressHash;
use domain::notification::{DeliveryStatus, Phase};
use handlers::composition::Composition;
use handlers::error::{Contended, Error};
use handlers::ports::{Clock, Notifications, Saved, SuppressionReason, Suppressions};
use serde_json::json;
use tests::world::{Fault, World};

use crate::given::{
    ADDRESS, ID, example, notification, of, stored, suppression, with_message, world_with,
};

#[tokio::test]
async fn a_permanent_bounce_suppresses_the_address_and_shows_in_the_timeline() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    world.feedback().deliver(&example("Bounce")).await.unwrap();
    let found = world
        .suppressions
        .get(&AddressHash::of("Recipient@EXAMPLE.com"))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(found.reason, SuppressionReason::PermanentBounce);
    assert_eq!(found.notification_id, ID);
    assert_eq!(
        stored(&world).provider().status(),
        Some(DeliveryStatus::Bounced)
    );
    assert_eq!(stored(&world).provider().events().len(), 1);
}

#[tokio::test]
async fn deliveries_and_delays_suppress_nobody() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    for event_type in ["Send", "DeliveryDelay", "Delivery", "Reject"] {
        world
            .feedback()
            .deliver(&example(event_type))
            .await
            .unwrap();
    }
    assert_eq!(suppression(&world).await, None);
}

#[tokio::test]
async fn that_a_mail_was_taken_is_written_only_where_its_answer_has_not_told_it() {
    let sent = with_message(Phase::Sent, 2, Some("m-2".to_owned()));
    let world = world_with(sent.clone()).await;
    let tell = async |message, attempt| {
        let event = of("Send", message, attempt);
        world.feedback().deliver(&event).await.unwrap();
        stored(&world)
    };
    assert_eq!(tell("m-2", 2).await, sent, "known");
    // Of another attempt, it is news.
    assert_eq!(tell("m-1", 1).await.provider().events().len(), 1);
    assert_eq!(tell("m-3", 2).await.provider().events().len(), 2);
}

#[tokio::test]
async fn a_mail_of_unknown_outcome_is_settled_by_the_first_event_of_it() {
    let world = world_with(notification(Phase::Unknown, 1)).await;
    world
        .feedback()
        .deliver(&of("Send", "m-1", 1))
        .await
        .unwrap();
    let found = stored(&world);
    assert_eq!(
        (found.phase(), found.message_id()),
        (Phase::Sent, Some("m-1"))
    );
}

#[tokio::test]
async fn an_event_of_a_mail_that_was_never_sent_here_changes_nothing() {
    let world = World::default();
    world.feedback().deliver(&example("Bounce")).await.unwrap();
    assert_eq!(suppression(&world).await, None);
    assert!(world.notifications.all().is_empty());
}

#[tokio::test]
async fn an_event_told_again_does_not_undo_that_the_suppression_was_lifted() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    world.feedback().deliver(&example("Bounce")).await.unwrap();
    world
        .suppressions
        .lift(&AddressHash::of(ADDRESS), world.clock.now())
        .await
        .unwrap();
    world.feedback().deliver(&example("Bounce")).await.unwrap();
    assert_eq!(suppression(&world).await, None);
}

#[tokio::test]
async fn a_time_in_the_future_does_not_suppress_for_ever() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    let mut event = example("Complaint");
    event["detail"]["complaint"]["timestamp"] = json!("9999-01-01T00:00:00Z");
    world.feedback().deliver(&event).await.unwrap();
    assert!(suppression(&world).await.is_some());
    world
        .suppressions
        .lift(&AddressHash::of(ADDRESS), world.clock.now())
        .await
        .unwrap();
    assert_eq!(suppression(&world).await, None);
}

#[tokio::test]
async fn a_report_whose_writes_all_lose_their_race_is_refused_and_recorded_by_its_retry() {
    let world = world_with(notification(Phase::Unknown, 1)).await;
    let (feedback, event) = (world.feedback(), example("Delivery"));
    let began = world.clock.now();
    let mut reporting = Box::pin(feedback.deliver(&event));
    let refused = loop {
        world.faults.at("notifications.save", 0, Fault::StopBefore);
        if let Some(outcome) = world.faults.until_stop(&mut reporting).await {
            break outcome;
        }
        // Another worker writes it first.
        let read = world.notifications.get(ID).await.unwrap().unwrap();
        let saved = world.notifications.save(&read).await;
        assert_eq!(saved, Ok(Saved::Written));
        world.faults.resume();
    };
    let busy = Error::Busy {
        what: Contended::Notification(ID),
        attempts: 8,
    };
    assert_eq!(refused, Err(busy));
    // 20 ms, doubled six times.
    assert_eq!((world.clock.now() - began).num_milliseconds(), 2540);
    assert_eq!(stored(&world).phase(), Phase::Unknown);

    world.faults.clear();
    feedback.deliver(&event).await.unwrap();
    assert_eq!(stored(&world).phase(), Phase::Sent);
}

#[tokio::test]
async fn an_event_is_tried_again_where_a_store_fails_and_nothing_is_lost() {
    for call in [
        "notifications.get",
        "suppressions.add",
        "notifications.save",
    ] {
        for fault in [
            Fault::FailBefore(Error::Retryable("down".into())),
            Fault::FailAfter(Error::Unknown("lost".into())),
        ] {
            let world = world_with(notification(Phase::Unknown, 1)).await;
            world.faults.forget_trace();
            world.faults.at(call, 0, fault.clone());
            world
                .feedback()
                .deliver(&example("Bounce"))
                .await
                .unwrap_err();
            world.feedback().deliver(&example("Bounce")).await.unwrap();
            let found = stored(&world);
            assert_eq!(
                (found.phase(), found.provider().status()),
                (Phase::Sent, Some(DeliveryStatus::Bounced)),
                "{call}"
            );
            assert!(suppression(&world).await.is_some(), "{call}");
        }
    }
}

#[tokio::test]
async fn events_that_come_at_the_same_moment_are_all_kept() {
    let world = world_with(notification(Phase::Sent, 1)).await;
    let (feedback, events) = (
        world.feedback(),
        ["Send", "DeliveryDelay", "Delivery", "Bounce", "Complaint"],
    );
    let all = events.map(example);
    let done = futures::future::join_all(all.iter().map(|event| feedback.deliver(event))).await;
    assert_eq!(done, vec![Ok(()); events.len()]);
    assert_eq!(stored(&world).provider().events().len(), events.len());
    assert_eq!(
        stored(&world).provider().status(),
        Some(DeliveryStatus::Complained)
    );
}
