//! The numbers behind "nothing lost, nothing doubled".

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;
use tests::one_machine::{Acknowledged, Outcome};

#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    acknowledged: usize,
    /// Requests that had to be sent more than once.
    retried: usize,
    events: usize,
    mails: usize,
    lost_events: usize,
    lost_mails: usize,
    doubled_events: usize,
    doubled_mails: usize,
}

impl Counts {
    /// Holds what was acknowledged against what is there, account by account.
    pub fn of(answers: &[Vec<Acknowledged>], outcomes: &[Outcome]) -> Self {
        let mut counts = Counts::default();
        for (answers, outcome) in answers.iter().zip(outcomes) {
            counts.add(answers, outcome);
        }
        counts
    }

    fn add(&mut self, answers: &[Acknowledged], outcome: &Outcome) {
        let events = occurrences(&outcome.events[1..], |event| &event["data"]["reference"]);
        let mails = occurrences(&outcome.mails, |mail| &mail["notification_id"]);
        let ids: BTreeMap<&str, &Value> = outcome.events[1..]
            .iter()
            .filter_map(|event| Some((event["data"]["reference"].as_str()?, &event["event_id"])))
            .collect();
        let stored = |one: &&Acknowledged| {
            ids.get(one.append.key.as_str()) == Some(&&one.answer.json["events"][0]["event_id"])
        };
        self.acknowledged += answers.len();
        self.retried += answers.iter().filter(|one| one.sent > 1).count();
        self.events += outcome.events.len() - 1;
        self.mails += outcome.mails.len();
        self.lost_events += answers.iter().filter(|one| !stored(one)).count();
        self.lost_mails += (outcome.events.len() - 1).saturating_sub(mails.len());
        self.doubled_events += events.values().filter(|times| **times > 1).count();
        self.doubled_mails += mails.values().filter(|times| **times > 1).count();
    }

    pub fn lost(&self) -> usize {
        self.lost_events + self.lost_mails
    }

    pub fn doubled(&self) -> usize {
        self.doubled_events + self.doubled_mails
    }
}

fn occurrences<'a>(
    rows: &'a [Value],
    name: impl Fn(&'a Value) -> &'a Value,
) -> BTreeMap<&'a str, usize> {
    let mut times = BTreeMap::new();
    for row in rows {
        *times
            .entry(name(row).as_str().unwrap_or_default())
            .or_default() += 1;
    }
    times
}

impl fmt::Display for Counts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} appends acknowledged, {} of them sent again, {} events, {} mails; lost {}, doubled {}",
            self.acknowledged,
            self.retried,
            self.events,
            self.mails,
            self.lost(),
            self.doubled()
        )
    }
}
