//! Chaos on the deployed stack: the services fail under the functions, then there is quiet, and an operator redrives.
//!
//! It has the stack for itself, after all other tests: the faults would meet their calls, too.

mod bank;
mod notifications;
mod operator;
mod outcome;
mod scenarios;
mod stillness;
mod table;

use std::{collections::BTreeSet, time::Instant};

use serde_json::Value;
use tests::deployed::{Faults, Injected, Kind, Service, Stack};

use self::{
    bank::Bank,
    notifications::Stored,
    operator::{Listed, Operator},
    outcome::Outcome,
    table::Redriven,
};
use crate::Test;

pub const TESTS: &[Test] = &[(
    "after_faults_of_every_kind_in_every_service_nothing_is_lost_or_doubled_and_what_is_unknown_waits_for_an_operator",
    chaos,
)];

/// What the accounts' names begin with.
const PREFIX: &str = "CHAOS";
/// A letter that is redriven too early comes back once. More often would be for ever.
const MOST_ROUNDS: usize = 6;

#[allow(
    clippy::print_stdout,
    reason = "what was injected, and what came of it, is to be seen where all is well, too"
)]
fn chaos(stack: &Stack) {
    let started = Instant::now();
    let bank = Bank::with_a_customer(stack);
    let operator = Operator::of(stack, bank.caller.clone());
    // The other tests' letters, some of which nobody could ever redrive.
    operator.empty_the_queue();
    let faults = Faults::before(stack);

    for service in Service::ALL {
        let mut number = None;
        for kind in Kind::ALL {
            scenarios::alone(&faults, &bank, &operator, (service, kind), &mut number);
        }
    }
    scenarios::together(&faults, &bank, &operator);
    let injected = faults.injected();
    each_fault_was_injected(&injected);

    let redriven = redrive_to_the_end(stack, &bank, &operator);
    let outcome = Outcome::of(&bank);
    let table = table::table(&injected, &bank.acknowledged(), &redriven, &outcome);
    println!("{table}in {:.1?}", started.elapsed());
    let Outcome {
        lost,
        doubled,
        wrong,
        ..
    } = &outcome;
    assert!(
        lost.is_empty() && doubled.is_empty() && wrong.is_empty(),
        "lost: {lost:#?}\ndoubled: {doubled:#?}\nwrong: {wrong:#?}\n{}",
        stack.evidence()
    );
    assert!(
        redriven.unknown > 0,
        "no mail's outcome was unknown: the redrive shows nothing"
    );
}

fn each_fault_was_injected(injected: &Injected) {
    for service in Service::ALL {
        for kind in Kind::ALL {
            let count = injected.of(service, kind);
            assert!(count > 0, "no call of {service:?} was {}", kind.name());
        }
    }
    for operation in [
        "TransactWriteItems",
        "PutItem",
        "GetItem",
        "Query",
        "PutEvents",
        "SendEmail",
        "SendMessage",
        "ReceiveMessage",
    ] {
        assert!(
            injected.of_operation(operation) > 0,
            "no {operation} was disturbed"
        );
    }
}

/// Brings all that was reported to its end: what goes on by itself, then what an operator redrives, until nothing is left
/// to be redriven. What is missing after that is lost.
fn redrive_to_the_end(stack: &Stack, bank: &Bank, operator: &Operator) -> Redriven {
    let mut redriven = Redriven::default();
    let mut unknown = BTreeSet::new();
    for round in 0..MOST_ROUNDS {
        let stored = stillness::wait(bank);
        operator.let_the_letters_become_visible();
        every_unknown_has_a_letter(stack, &stored);
        unknown.extend(
            stored
                .iter()
                .filter(|notification| notification.state == "UNKNOWN")
                .map(|notification| notification.id.clone()),
        );
        let letters = operator.list();
        assert_eq!(
            letters.len(),
            stack.dead_letters().len(),
            "not all are listed: {letters:#?}"
        );
        let parked: Vec<&Listed> = letters
            .iter()
            .filter(|letter| letter.is_of_a_parked_account())
            .collect();
        assert!(parked.is_empty(), "parked by a fault: {parked:#?}");
        if letters.is_empty() {
            let open: Vec<&Stored> = stored.iter().filter(|one| !one.is_settled()).collect();
            assert!(open.is_empty(), "nobody hears of these: {open:#?}");
            redriven.unknown = unknown.len();
            return redriven;
        }
        // Those of notifications go on only when they are named, and first all others do.
        let (of_notifications, others): (Vec<Listed>, Vec<Listed>) = letters
            .into_iter()
            .partition(|letter| letter.kind == "notification");
        redriven.letters += operator.redrive(&others);
        if round == 0 {
            let answer = operator.try_redrive().unwrap();
            assert_eq!(answer.status, 200, "{answer:?}");
            let unnamed = answer.json()["redriven"]
                .as_array()
                .cloned()
                .unwrap_or_default();
            let sent: Vec<&Value> = unnamed
                .iter()
                .filter(|letter| letter["outcome"] == "redriven")
                .filter(|letter| of_notifications.iter().any(|one| letter["id"] == one.id))
                .collect();
            assert!(sent.is_empty(), "sent again without being named: {sent:#?}");
        } else {
            redriven.letters += operator.redrive(&of_notifications);
        }
    }
    panic!(
        "letters are left after {MOST_ROUNDS} rounds: {:#?}",
        stack.dead_letters()
    );
}

/// Who finds out that a mail's outcome is unknown? Those who look at the dead letters.
fn every_unknown_has_a_letter(stack: &Stack, stored: &[Stored]) {
    let letters = stack.dead_letters();
    for notification in stored.iter().filter(|one| one.state == "UNKNOWN") {
        let told = letters
            .iter()
            .any(|letter| letter.body.contains(&notification.id));
        assert!(told, "no letter tells of {notification:?}");
    }
}
