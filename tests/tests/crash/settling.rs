//! Everything comes to its end, and what came of it is looked at.

use std::collections::BTreeSet;
use std::thread;

use serde_json::{Value, json};
use tests::one_machine::{Acknowledged, Api, Disk, Load, Outcome, eventually, settled};

/// How many ask at the same time.
const ASKERS: usize = 8;

/// What an operator saw and did until everything was done.
#[derive(Debug, Default)]
pub struct Redriven {
    pub letters: usize,
    pub reasons: BTreeSet<String>,
}

/// Waits until everything is projected and told; what has become a dead letter
/// for a reason that passes is redriven once, as an operator would.
#[track_caller]
pub fn settle(api: &Api, disk: &Disk, loads: &[Load], passing: &[&str]) -> Redriven {
    let mut redriven = Redriven::default();
    let mails: usize = loads.iter().map(Load::total).sum();
    eventually("everything is delivered or a dead letter", || {
        match (disk.deliveries(), disk.mails()) {
            (0, told) if told + redriven_now(api, passing, &mut redriven) >= mails => Ok(()),
            (waiting, told) => Err(format!(
                "{waiting} deliveries wait, {told} mails of {mails}"
            )),
        }
    });
    redriven
}

/// Redrives what there is; answers with how many letters that were.
#[track_caller]
fn redriven_now(api: &Api, passing: &[&str], redriven: &mut Redriven) -> usize {
    let letters = api.dead_letters();
    if letters.is_empty() {
        return 0;
    }
    for letter in &letters {
        let reason = letter["reason"].as_str().unwrap_or_default();
        assert!(
            passing.iter().any(|passing| reason.contains(passing)),
            "not explained: {letter:#}"
        );
        redriven.reasons.insert(reason.to_owned());
    }
    let ids: Vec<&Value> = letters.iter().map(|letter| &letter["id"]).collect();
    let answer = api.send("POST", "/v1/dead-letters/redrive", &json!({ "ids": ids }));
    for letter in answer.json["redriven"].as_array().into_iter().flatten() {
        assert_eq!(letter["outcome"], "redriven", "{}", answer.text);
        redriven.letters += 1;
    }
    0
}

/// What came of each load, with its own mails only; no mail is left over.
#[track_caller]
pub fn outcomes(api: &Api, disk: &Disk, loads: &[Load]) -> Vec<Outcome> {
    let mails = loads.iter().map(Load::total).sum();
    let mut outcomes: Vec<Outcome> = loads
        .iter()
        .map(|load| settled(api, disk, &load.account, load.total() + 1, mails))
        .collect();
    let mut of_none = disk.mails();
    for outcome in &mut outcomes {
        let ids: Vec<Value> = outcome
            .notifications
            .iter()
            .map(|notification| notification["notification_id"].clone())
            .collect();
        outcome
            .mails
            .retain(|mail| ids.contains(&mail["notification_id"]));
        of_none -= outcome.mails.len();
    }
    assert_eq!(of_none, 0, "mails without a notification");
    outcomes
}

/// Sends every acknowledged request once more: each is answered as it was.
#[track_caller]
pub fn each_is_answered_as_before(api: &Api, acknowledged: &[Acknowledged]) {
    thread::scope(|scope| {
        for share in acknowledged.chunks(acknowledged.len().div_ceil(ASKERS).max(1)) {
            scope.spawn(move || {
                for one in share {
                    let again = api.try_append(&one.append).unwrap();
                    assert_eq!(again.status, 200, "{one:?}: {}", again.text);
                    assert_eq!(again.header("idempotency-replayed"), "true", "{one:?}");
                    assert_eq!(again.text, one.answer.text, "{one:?}");
                }
            });
        }
    });
}
