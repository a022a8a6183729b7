//! Whatever dies or fails at whatever step.

use crate::given::*;
use domain::notification::Phase;
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::BusEntry;
use std::time::Duration;
use tests::world::{Answer, Fault, LEASE};

/// All answers of a mailer, with whether it knows afterwards.
fn mailers() -> Vec<(Vec<Answer>, bool)> {
    let scripts = [
        vec![],
        vec![Answer::Refuse],
        vec![LATER],
        vec![LATER, LATER, Answer::UnknownAccepted],
        vec![LATER, Answer::Refuse],
        vec![Answer::UnknownAccepted],
        vec![Answer::UnknownLost],
    ];
    scripts
        .into_iter()
        .flat_map(|script| [(script.clone(), true), (script, false)])
        .collect()
}

#[tokio::test]
async fn a_worker_that_dies_at_any_step_with_any_mailer_sends_at_most_once_and_forgets_nothing() {
    let mut cases = 0;
    for mailer in mailers() {
        let calls = {
            let world = world_with(&mailer).await;
            world.settle().await;
            world.faults.trace().len()
        };
        for call in 0..calls {
            for fault in [Fault::StopBefore, Fault::StopAfter] {
                let what = format!("{mailer:?}, {fault:?} at call {call}");
                let world = world_with(&mailer).await;
                world.faults.at_call(call, fault.clone());
                let event = world.bus.take_waiting();
                for entry in &event {
                    let notifier = world.notifier();
                    // Delivered until it dies, or has been through.
                    while tests::world::reaches_notify(entry) {
                        let delivery = notifier.deliver(&entry.event_type, &entry.detail);
                        match world.faults.until_crash(delivery).await {
                            Some(Err(_)) => world.clock.advance(LEASE),
                            Some(Ok(())) | None => break,
                        }
                    }
                }
                event
                    .into_iter()
                    .for_each(|entry| world.bus.wait_again(entry));
                world.settle().await;
                assert_at_most_once(&world, &what);
                assert_eq!(world.notifications.all().len(), 1, "{what}");
                cases += 1;
            }
        }
    }
    assert!(cases > 150, "{cases}");
}

#[tokio::test]
async fn a_store_that_fails_at_any_step_costs_no_second_mail() {
    let error = || Error::Unknown("timed out".into());
    for mailer in mailers() {
        for call in 0..10 {
            for fault in [Fault::FailBefore(error()), Fault::FailAfter(error())] {
                let what = format!("{mailer:?}, {fault:?} at call {call}");
                let world = world_with(&mailer).await;
                world.faults.at_call(call, fault);
                world.deliver_bus().await;
                world.settle().await;
                assert_at_most_once(&world, &what);
            }
        }
    }
}

#[tokio::test]
async fn a_mailbox_that_knows_afterwards_leaves_nothing_unknown_after_a_crash() {
    for fault in [Fault::StopBefore, Fault::StopAfter] {
        let world = world_with(&(vec![], true)).await;
        world.faults.at("mailer.send", 0, fault);
        assert!(
            world
                .faults
                .until_crash(world.deliver_bus())
                .await
                .is_none()
        );
        world.project(world.stream()).await;
        world.settle().await;
        assert_eq!(only(&world).phase(), Phase::Sent);
        assert_eq!(world.mailer.accepted().len(), 1);
        assert_eq!(world.dead_letters.bodies().len(), 0);
    }
}

#[tokio::test]
async fn two_workers_on_one_event_send_one_mail_wherever_the_first_one_pauses() {
    for knows in [true, false] {
        for call in 0..7 {
            for pause in [Duration::ZERO, LEASE * 2] {
                let world = world_with(&(vec![], knows)).await;
                let entry: BusEntry = world
                    .bus
                    .take_waiting()
                    .into_iter()
                    .find(tests::world::reaches_notify)
                    .unwrap();
                let (slow, quick) = (world.notifier(), world.notifier());
                let mut delivery = Box::pin(slow.deliver(&entry.event_type, &entry.detail));
                world.faults.at_call(call, Fault::StopBefore);
                let stopped = world.faults.until_stop(&mut delivery).await.is_none();
                world.clock.advance(pause);
                let _ = quick.deliver(&entry.event_type, &entry.detail).await;
                world.faults.resume();
                if stopped {
                    let _ = delivery.await;
                }
                world.bus.wait_again(entry.clone());
                world.settle().await;
                let what = format!("knows {knows}, call {call}, pause {pause:?}");
                assert!(world.mailer.accepted().len() <= 1, "{what}");
                let sent = only(&world);
                assert!(is_final(sent.phase()), "{what}: {sent:?}");
                // Within the lease the second worker leaves it to the first.
                assert!(
                    pause > Duration::ZERO || sent.phase() == Phase::Sent,
                    "{what}: {sent:?}"
                );
                // A worker that slept past its lease may send what the other had to call unknown.
                assert!(
                    sent.phase() == Phase::Unknown || world.mailer.accepted().len() == 1,
                    "{what}: {sent:?}"
                );
            }
        }
    }
}
