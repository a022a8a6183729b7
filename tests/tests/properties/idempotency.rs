//! Appending as a state machine, against a model that knows of no store, no
//! process and no fault: one account, what each key led to, and a version.

use std::collections::BTreeMap;

use handlers::append::{Append, Appender, Recorded};
use handlers::composition::Composition;
use handlers::error::{Error, Result};
use proptest::prelude::*;
use serde_json::Value;
use tests::world::{Fault, World, account, deposited, opened, request, withdrawn};

use crate::run;

/// One request, and what goes wrong with its write.
#[derive(Debug, Clone)]
struct Send {
    account: u32,
    key: u8,
    body: usize,
    /// By how much the version that it names is wrong; `None`: it names none.
    if_match: Option<u64>,
    process: usize,
    fault: Option<Fault>,
}

fn send() -> impl Strategy<Value = Send> {
    let error = || Error::Unknown("timed out".into());
    let fault = prop_oneof![
        6 => Just(None),
        1 => Just(Some(Fault::FailBefore(error()))),
        1 => Just(Some(Fault::FailAfter(error()))),
        1 => Just(Some(Fault::StopBefore)),
        1 => Just(Some(Fault::StopAfter)),
    ];
    let if_match = prop_oneof![3 => Just(None), 3 => Just(Some(0)), 1 => Just(Some(1))];
    (
        1_u32..3,
        0_u8..6,
        0..bodies().len(),
        if_match,
        0_usize..2,
        fault,
    )
        .prop_map(|(account, key, body, if_match, process, fault)| Send {
            account,
            key,
            body,
            if_match,
            process,
            fault,
        })
}

fn bodies() -> [Vec<Value>; 4] {
    [
        vec![opened()],
        vec![opened(), deposited("5.00")],
        vec![deposited("1.00")],
        vec![withdrawn("2.00"), deposited("1.00"), deposited("3.00")],
    ]
}

#[derive(Debug, Default)]
struct Model {
    version: u64,
    /// By key: which body, and the first version it was given.
    keys: BTreeMap<u8, (usize, u64)>,
}

#[derive(Debug, PartialEq)]
enum Answer {
    /// From this version on; `true`: by an earlier request.
    Recorded(u64, bool),
    KeyReused,
    WrongVersion,
    /// An account that was never opened, or was opened before.
    Refused,
}

impl Model {
    fn answer(&self, send: &Send) -> Answer {
        let opens = send.body < 2;
        match self.keys.get(&send.key) {
            Some((body, first)) if *body == send.body => Answer::Recorded(*first, true),
            Some(_) => Answer::KeyReused,
            None if send.if_match.is_some_and(|wrong| wrong > 0) => Answer::WrongVersion,
            None if opens == (self.version > 0) => Answer::Refused,
            None => Answer::Recorded(self.version + 1, false),
        }
    }

    fn record(&mut self, send: &Send) {
        self.keys.insert(send.key, (send.body, self.version + 1));
        self.version += bodies()[send.body].len() as u64;
    }
}

fn heard(answer: Result<Recorded>) -> Answer {
    match answer {
        Ok(recorded) => Answer::Recorded(recorded.first_version, recorded.replayed),
        Err(Error::KeyReused) => Answer::KeyReused,
        Err(Error::VersionConflict { .. }) => Answer::WrongVersion,
        Err(Error::NotFound(_) | Error::Refused(_)) => Answer::Refused,
        Err(other) => panic!("{other:?}"),
    }
}

async fn step(world: &World, processes: &[Appender], model: &mut Model, send: &Send) {
    let key = format!("key-{}", send.key);
    let request = Append {
        if_match: send.if_match.map(|wrong| model.version + wrong),
        ..request(&account(send.account), &key, bodies()[send.body].clone())
    };
    if let Some(fault) = &send.fault {
        world.faults.at("store.append", 0, fault.clone());
    }
    let expected = model.answer(send);
    let answer = processes[send.process].append(&request);
    let answer = world.faults.until_crash(answer).await;
    world.faults.clear();
    let is_new = expected == Answer::Recorded(model.version + 1, false);
    match (answer.map(heard), &send.fault) {
        // It died around a write. Only the store knows what that was: a process
        // that remembered an old version was overtaken, and wrote nothing.
        (None, fault) => {
            if last_version(world, send.account) > model.version {
                assert!(is_new && *fault == Some(Fault::StopAfter), "{send:?}");
                model.record(send);
            }
        }
        // The write was made, its answer was lost, and asking again found it.
        (Some(Answer::Recorded(first, true)), Some(Fault::FailAfter(_))) if is_new => {
            assert_eq!(first, model.version + 1, "{send:?}");
            model.record(send);
        }
        (Some(answer), _) => {
            assert_eq!(answer, expected, "{send:?} to {model:?}");
            if is_new {
                model.record(send);
            }
        }
    }
}

fn last_version(world: &World, number: u32) -> u64 {
    let commits = world.store.of(&account(number));
    commits.last().map_or(0, domain::Commit::last_version)
}

/// What is stored is what the model says, and every key still answers.
async fn assert_stored(world: &World, number: u32, model: &Model) {
    let mut head = None;
    for commit in world.store.of(&account(number)) {
        head = Some(domain::chain::follow(head.as_ref(), &commit).unwrap());
    }
    assert_eq!(head.map_or(0, |head| head.version()), model.version);
    let process = world.appender();
    for (key, (body, first)) in &model.keys {
        let events = bodies()[*body].clone();
        let answer = world
            .append(&process, &account(number), &format!("key-{key}"), events)
            .await;
        assert_eq!(heard(answer), Answer::Recorded(*first, true));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn whatever_is_sent_by_whomever_with_whatever_fault_each_key_acts_once(
        sends in prop::collection::vec(send(), 1..30),
    ) {
        run(async {
            let world = World::default();
            let processes = [world.appender(), world.appender()];
            let mut models = [Model::default(), Model::default()];
            for send in &sends {
                let model = &mut models[send.account as usize - 1];
                step(&world, &processes, model, send).await;
            }
            for (number, model) in (1..).zip(&models) {
                assert_stored(&world, number, model).await;
            }
        });
    }
}
