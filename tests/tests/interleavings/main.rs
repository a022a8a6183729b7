//! Every interleaving of two workers, a network, a mailer and an operator, to a
//! bound: at most one automatic mail, nothing stuck, nothing SENT that was not.

#![allow(
    clippy::print_stdout,
    unreachable_pub,
    reason = "a test program prints how many orders it has tried, and no other crate uses it"
)]

use tests::interleavings::{Bounds, Scene, explore};

/// SES cannot tell afterwards what became of an attempt; a mailbox on the same
/// machine can.
const CANNOT_TELL: bool = false;
const CAN_TELL: bool = true;

#[track_caller]
fn every_promise_holds(scene: &Scene, bounds: Bounds) {
    let explored = explore(scene, bounds).unwrap_or_else(|broken| panic!("{broken}"));
    println!("{bounds:?}: {explored}");
    // A model that leads to one end only has not looked around.
    assert!(explored.ends.len() >= 5, "{explored}");
}

#[test]
fn two_workers_and_two_faults_make_no_second_mail_and_nothing_stuck() {
    let bounds = Bounds {
        faults: 2,
        waits: 1,
        deliveries: 2,
        redrives: 0,
    };
    every_promise_holds(&Scene::of_a_deposit(CANNOT_TELL), bounds);
}

#[test]
fn an_operator_at_any_time_beside_two_workers_adds_one_mail_at_most() {
    let bounds = Bounds {
        faults: 1,
        waits: 1,
        deliveries: 3,
        redrives: 1,
    };
    every_promise_holds(&Scene::of_a_deposit(CANNOT_TELL), bounds);
}

#[test]
fn a_mailer_that_can_tell_afterwards_makes_no_second_mail_either() {
    let bounds = Bounds {
        faults: 1,
        waits: 1,
        deliveries: 3,
        redrives: 1,
    };
    every_promise_holds(&Scene::of_a_deposit(CAN_TELL), bounds);
}

#[test]
fn a_letter_that_is_named_twice_while_its_wish_is_carried_out_adds_one_mail_at_most() {
    let scene = Scene::of_an_unknown_mail(CANNOT_TELL);
    let named_twice = Bounds {
        faults: 0,
        waits: 1,
        deliveries: 3,
        redrives: 2,
    };
    every_promise_holds(&scene, named_twice);
    let with_a_fault = Bounds {
        faults: 1,
        waits: 0,
        deliveries: 3,
        redrives: 2,
    };
    every_promise_holds(&scene, with_a_fault);
}

#[test]
fn a_wish_that_dies_or_fails_at_any_call_is_finished_by_the_next_delivery() {
    let bounds = Bounds {
        faults: 1,
        waits: 1,
        deliveries: 2,
        redrives: 1,
    };
    every_promise_holds(&Scene::of_an_unknown_mail(CANNOT_TELL), bounds);
}
