//! Unknown outcomes, and the operator's one more time.

use crate::given::*;
use domain::notification::Phase;
use handlers::composition::Composition;
use handlers::ports::BusEntry;
use handlers::redrive::Selection;
use serde_json::json;
use tests::world::{Answer, Fault, UNKNOWN_WINDOW, World, customer};

/// A deposit whose mail ended as unknown, with its letter visible.
async fn unknown(answer: Answer) -> World {
    let world = world_with(&(vec![answer], false)).await;
    world.settle().await;
    assert_eq!(only(&world).phase(), Phase::Unknown);
    world.clock.advance(UNKNOWN_WINDOW);
    world
}

fn named(world: &World) -> Selection {
    Selection {
        ids: world.dead_letters.ids(),
        ..Selection::default()
    }
}

#[tokio::test]
async fn an_unknown_outcome_becomes_a_letter_and_is_never_sent_again_by_itself() {
    for answer in [Answer::UnknownAccepted, Answer::UnknownLost] {
        let world = unknown(answer).await;
        let letters = world.dead_letters.bodies();
        assert_eq!(letters.len(), 1);
        assert_eq!(letters[0]["ledgerbell"], "notification-unknown");
        assert!(!letters[0].to_string().contains("ana@example.com"));
        for _ in 0..3 {
            world.project(world.stream()).await;
            world.settle().await;
            let redriven = world
                .redriver()
                .redrive(&Selection {
                    max: 10,
                    ..Selection::default()
                })
                .await
                .unwrap();
            assert!(
                redriven[0]
                    .outcome
                    .starts_with("failed: the mail may have been sent"),
                "{redriven:?}"
            );
            world.settle().await;
        }
        assert_eq!(world.faults.calls("mailer.send"), 1);
        assert_eq!(world.dead_letters.bodies(), letters);
    }
}

#[tokio::test]
async fn a_letter_is_not_seen_before_a_provider_event_had_its_time() {
    let world = world_with(&(vec![Answer::UnknownLost], false)).await;
    world.settle().await;
    assert_eq!(world.redriver().list(10).await.unwrap().letters.len(), 0);
    world.clock.advance(UNKNOWN_WINDOW);
    assert_eq!(world.redriver().list(10).await.unwrap().letters.len(), 1);
}

#[tokio::test]
async fn a_redrive_that_names_the_letter_sends_once_and_twice_is_once() {
    let world = unknown(Answer::UnknownLost).await;
    let redriven = world.redriver().redrive(&named(&world)).await.unwrap();
    assert_eq!(redriven[0].outcome, "redriven");
    let request: Vec<BusEntry> = world.bus.take_waiting();
    assert_eq!(request.len(), 1);
    for _ in 0..3 {
        world.bus.wait_again(request[0].clone());
    }
    world.settle().await;
    let sent = only(&world);
    assert_eq!((sent.phase(), sent.attempts()), (Phase::Sent, 2));
    assert_eq!(world.mailer.accepted().len(), 1);
    assert_eq!(world.dead_letters.bodies().len(), 0);
}

#[tokio::test]
async fn a_resend_that_dies_or_is_put_off_at_any_step_is_finished_by_the_next_delivery() {
    for answers in [
        vec![],
        vec![LATER],
        vec![Answer::Refuse],
        vec![Answer::UnknownLost],
    ] {
        for call in 0..8 {
            for fault in [Fault::StopBefore, Fault::StopAfter] {
                let what = format!("{answers:?}, {fault:?} at call {call}");
                let world = unknown(Answer::UnknownLost).await;
                world.redriver().redrive(&named(&world)).await.unwrap();
                world.mailer.answer(answers.clone());
                let request = world.bus.take_waiting().remove(0);
                let notifier = world.notifier();
                world.faults.at_call(call, fault);
                let delivery = notifier.deliver(&request.event_type, &request.detail);
                let _ = world.faults.until_crash(delivery).await;
                world.faults.clear();
                world.bus.wait_again(request);
                world.settle().await;
                assert_at_most_once(&world, &what);
            }
        }
    }
}

#[tokio::test]
async fn an_operator_cannot_send_to_who_has_opted_out_or_is_erased() {
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    let world = unknown(Answer::UnknownLost).await;
    world.customer_with("ana@example.com", off).await;
    world.redriver().redrive(&named(&world)).await.unwrap();
    world.settle().await;
    assert_skipped(&world, "preference-off");

    let world = unknown(Answer::UnknownLost).await;
    world.customer_service().erase(&customer()).await.unwrap();
    world.redriver().redrive(&named(&world)).await.unwrap();
    world.settle().await;
    assert_skipped(&world, "erased");
}

#[tokio::test]
async fn an_old_wish_does_not_send_again_what_became_unknown_once_more() {
    let world = unknown(Answer::UnknownLost).await;
    world.redriver().redrive(&named(&world)).await.unwrap();
    let old = world.bus.take_waiting().remove(0);
    world.mailer.answer([Answer::UnknownLost]);
    world.bus.wait_again(old.clone());
    world.settle().await;
    assert_eq!(
        (only(&world).phase(), only(&world).attempts()),
        (Phase::Unknown, 2)
    );
    world.bus.wait_again(old);
    world.settle().await;
    assert_eq!(world.faults.calls("mailer.send"), 2);
    assert_eq!(world.dead_letters.bodies().len(), 1);
}

#[tokio::test]
async fn a_letter_of_an_earlier_attempt_sends_nothing_once_a_later_one_has_its_own() {
    let world = unknown(Answer::UnknownLost).await;
    let earlier = world.dead_letters.bodies().remove(0);
    world.redriver().redrive(&named(&world)).await.unwrap();
    world.mailer.answer([Answer::UnknownLost]);
    world.settle().await;
    let twice = only(&world);
    assert_eq!((twice.phase(), twice.attempts()), (Phase::Unknown, 2));

    let id = world.dead_letters.put_foreign(&earlier, &[]);
    let selection = Selection {
        max: 10,
        ids: vec![id],
        ..Selection::default()
    };
    let redriven = world.redriver().redrive(&selection).await.unwrap();
    assert_eq!(redriven[0].outcome, "redriven");
    assert!(!world.bus.has_waiting(), "{redriven:?}");
    assert_eq!(only(&world), twice);
    assert_eq!(world.mailer.accepted(), []);
}
