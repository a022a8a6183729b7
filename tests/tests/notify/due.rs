//! What is due and fails stops no other.

use domain::notification::Phase;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::Clock;
use serde_json::json;
use tests::world::{Fault, World, account, deposited};

use crate::given::*;

/// More than are taken up at once.
const WAITING: usize = 10;

/// As many deposits as that came in the night and wait for the morning.
async fn waiting() -> World {
    let quiet = json!({ "quiet_hours": { "from": "22:00", "to": "07:00" } });
    let world = deposit_for(quiet).await;
    for number in 1..WAITING {
        world
            .append(
                &world.appender(),
                &account(1),
                &format!("more-{number}"),
                [deposited("125.50")],
            )
            .await
            .unwrap();
    }
    world.project(world.stream()).await;
    world.clock.set("2026-11-22T22:30:00Z".parse().unwrap());
    world.settle().await;
    world.clock.set("2026-11-23T06:00:00Z".parse().unwrap());
    world.faults.forget_trace();
    world
}

#[tokio::test]
async fn a_notification_that_fails_for_good_and_cannot_be_put_off_either_stops_no_other() {
    for nth in 1..24 {
        let world = waiting().await;
        let broken = Error::Permanent("an item cannot be read".into());
        let passing = Error::Retryable("throttled".into());
        world
            .faults
            .at("notifications.get", 0, Fault::FailBefore(broken));
        world
            .faults
            .at("notifications.get", nth, Fault::FailBefore(passing));
        let beat = world.notifier().run_due(Duration::from_secs(60)).await;
        let beat = beat.unwrap_or_else(|error| panic!("get {nth} ends the beat: {error}"));
        assert!(beat.failed > 0, "{beat:?}");
        let notifications = world.notifications.all();
        assert_eq!(notifications.len(), WAITING);
        let sent = notifications
            .iter()
            .filter(|one| one.phase() == Phase::Sent);
        assert!(sent.count() >= WAITING - 2, "get {nth}");
    }
}

#[tokio::test]
async fn a_notification_that_fails_permanently_is_tried_again_an_hour_later() {
    let world = waiting().await;
    let broken = Error::Permanent("an item cannot be read".into());
    world
        .faults
        .at("notifications.get", 0, Fault::FailBefore(broken));
    let before = world.clock.now();
    let beat = world.notifier().run_due(Duration::from_secs(60)).await;
    assert_eq!(beat.unwrap().failed, 1);
    let mut waiting = world.notifications.all();
    waiting.retain(|one| one.phase() == Phase::Planned);
    let [waiting] = &waiting[..] else {
        panic!("{waiting:?}")
    };
    let hour = waiting.due_at().unwrap() - before;
    assert_eq!(hour.num_minutes(), 60);

    world.clock.advance(Duration::from_secs(3_601));
    let beat = world.notifier().run_due(Duration::from_secs(60)).await;
    assert_eq!(beat.unwrap().failed, 0);
    let all = world.notifications.all();
    assert!(all.iter().all(|one| one.phase() == Phase::Sent));
}
