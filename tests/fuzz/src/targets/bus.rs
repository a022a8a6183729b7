//! What the bus brings: our own events, and SES's.

use std::time::Duration;

use domain::integration_event::{Detail, IntegrationEvent};
use handlers::Error;
use handlers::composition::Composition;
use handlers::feedback;
use serde_json::{Value, json};
use world::{World, account};

use super::block_on;

const BUDGET: Duration = Duration::from_secs(1);

/// EventBridge's envelope, to every function that a rule calls.
pub(super) fn event(bytes: &[u8]) {
    let Ok(envelope) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let detail = &envelope["detail"];
    let event_type = envelope["detail-type"].as_str().unwrap_or("MoneyDeposited");
    if let Ok(event) = IntegrationEvent::from_wire(event_type, detail) {
        let written = serde_json::to_value(Detail::from(&event)).expect("an event can be written");
        assert_eq!(
            IntegrationEvent::from_wire(event.type_name(), &written),
            Ok(event)
        );
    }
    block_on(async {
        let world = World::default();
        world.account_with(&account(1), &["100.00"]).await;
        world.customer_with("ana@example.com", json!({})).await;
        let facts = world.store.log();
        settled(world.notifier().deliver(event_type, detail).await);
        settled(world.scheduler().deliver(detail).await);
        settled(world.replayer().deliver(detail, BUDGET).await);
        assert_eq!(world.store.log(), facts, "an event has changed the history");
    });
}

pub(super) fn ses_event(bytes: &[u8]) {
    let Ok(envelope) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    // Twice is as once.
    let first = format!("{:?}", feedback::read(&envelope));
    assert_eq!(first, format!("{:?}", feedback::read(&envelope)));
    block_on(async {
        let world = World::default();
        settled(world.feedback().deliver(&envelope).await);
        assert!(world.notifications.all().is_empty(), "made of nothing");
    });
}

/// What cannot be read will never be: a retry of it would be in vain.
fn settled(outcome: handlers::Result<()>) {
    match outcome {
        Ok(()) | Err(Error::Permanent(_) | Error::NotFound(_) | Error::Invalid(_)) => {}
        Err(error) => panic!("to be retried: {error}"),
    }
}
