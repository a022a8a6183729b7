//! What is disturbed while the bank reports: each fault of each service alone, then all together.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use tests::deployed::{Faults, Kind, Rule, Service};

use super::{PREFIX, bank::Bank, operator::Operator};

/// Enough of one fault, even if it could meet more calls.
const SCENARIO: Duration = Duration::from_secs(30);
/// By then some call has met the fault, on any machine, unless something is wrong.
const FIRST_FAULT: Duration = Duration::from_secs(150);
/// Between an account's reports, where the faults have not met enough calls yet.
const PAUSE: Duration = Duration::from_secs(1);
const POLL: Duration = Duration::from_millis(100);

/// Accounts that all report at once.
const TOGETHER: usize = 4;
const MOVEMENTS_TOGETHER: i64 = 6;
/// The last reports are still on their way when the last is acknowledged.
const AFTERMATH: Duration = Duration::from_secs(4);

/// One kind of fault of one service, until it has met some calls. The account's movements go on from `number`; without
/// one it is opened first, and that may meet all the faults there are: then nothing else is reported.
pub fn alone(
    faults: &Faults,
    bank: &Bank,
    operator: &Operator,
    (service, kind): (Service, Kind),
    number: &mut Option<i64>,
) {
    let account = format!("{PREFIX}-{service:?}");
    let before = faults.injected().of(service, kind);
    let met = || faults.injected().of(service, kind) - before;
    let rule = Rule {
        service,
        kind,
        // Of DynamoDB's calls some are let through, so that all operations are met.
        percent: if service == Service::DynamoDb {
            60
        } else {
            100
        },
        // More than one call is tried, so the retry fails, too. A timeout costs its whole time at each.
        at_most: match (service, kind) {
            (Service::Ses, Kind::TimedOut) => 1,
            (Service::Ses, _) | (_, Kind::TimedOut) => 2,
            (Service::EventBridge | Service::Sqs, _) => 5,
            (Service::DynamoDb, _) => 10,
        },
    };
    faults.set(&rules_that_show(rule));
    let number = number.get_or_insert_with(|| {
        bank.open(&account);
        0
    });
    let began = Instant::now();
    let patience = || if met() > 0 { SCENARIO } else { FIRST_FAULT };
    while met() < rule.at_most && began.elapsed() < patience() {
        *number += 1;
        bank.move_money(&account, *number);
        if service == Service::Sqs {
            // A letter of the operator's own, for what reads and removes letters.
            operator.write_of_a_parked_account(&account);
            // Whatever comes of it: that is seen in the end.
            let _ = operator.try_redrive();
        }
        let sent = Instant::now();
        while met() < rule.at_most && sent.elapsed() < PAUSE {
            thread::sleep(POLL);
        }
    }
    assert!(met() > 0, "no call of {service:?} was {}", kind.name());
    // What of the faults is left would meet the next service's.
    faults.set(&[]);
}

/// A letter of notify's is written where SES is silent: SQS's faults meet none without one of SES's.
fn rules_that_show(rule: Rule) -> Vec<Rule> {
    let silent = Rule {
        service: Service::Ses,
        kind: Kind::AnswerLost,
        percent: 100,
        at_most: 1,
    };
    match rule.service {
        Service::Sqs => vec![silent, rule],
        _ => vec![rule],
    }
}

/// Everything at once, on several accounts, and the operator redrives in the middle of it.
pub fn together(faults: &Faults, bank: &Bank, operator: &Operator) {
    let rules: Vec<Rule> = Service::ALL
        .into_iter()
        .flat_map(|service| Kind::ALL.map(|kind| rule_among_others(service, kind)))
        .collect();
    faults.set(&rules);
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            for index in (0..TOGETHER).cycle() {
                if done.load(Ordering::Relaxed) {
                    break;
                }
                // It is redriven by a read of the account's history, among the rest.
                operator.write_of_a_parked_account(&account_of(index));
                // Whatever comes of it: that is seen in the end.
                let _ = operator.try_redrive();
                thread::sleep(AFTERMATH);
            }
        });
        let banks: Vec<_> = (0..TOGETHER)
            .map(|index| {
                scope.spawn(move || {
                    let account = account_of(index);
                    bank.open(&account);
                    for number in 1..=MOVEMENTS_TOGETHER {
                        bank.move_money(&account, number);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = banks.into_iter().map(|bank| bank.join()).collect();
        thread::sleep(AFTERMATH);
        // Before what failed is told: the operator would go on for ever.
        done.store(true, Ordering::Relaxed);
        for end in ended {
            end.unwrap();
        }
    });
    faults.set(&[]);
}

fn account_of(index: usize) -> String {
    format!("{PREFIX}-{index}")
}

/// About a third of each service's calls; fewer of DynamoDB's, which are many for each report.
fn rule_among_others(service: Service, kind: Kind) -> Rule {
    let percent = match (service, kind) {
        (Service::DynamoDb, Kind::TimedOut) => 1,
        (Service::DynamoDb, _) => 5,
        (_, Kind::TimedOut) => 3,
        _ => 10,
    };
    Rule {
        service,
        kind,
        percent,
        at_most: 0,
    }
}
