//! What the customers of a load were told.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use serde::Serialize;
use serde_json::{Value, json};

use crate::client::Client;
use crate::exit::Failure;

/// Time between two looks.
const PAUSE: Duration = Duration::from_millis(500);
/// Letters in one redrive at most.
const REDRIVE: u32 = 100;

/// The notifications by phase, and the time until all were settled after the last request.
#[derive(Debug, Default, Serialize)]
pub(super) struct Mails {
    pub states: BTreeMap<String, usize>,
    pub expected: usize,
    pub settled_after_ms: u64,
    /// The number of redriven letters.
    pub redriven: usize,
}

impl Mails {
    pub(super) fn all(&self) -> usize {
        self.states.values().sum()
    }

    /// Whether some are missing or not settled.
    pub(super) fn open(&self) -> bool {
        let ended = ["SENT", "SKIPPED", "REJECTED"];
        let settled = ended.iter().filter_map(|state| self.states.get(*state));
        settled.sum::<usize>() < self.expected
    }
}

/// Counts the notifications of these accounts.
pub(super) fn count(
    client: &Client,
    accounts: impl Iterator<Item = String>,
) -> Result<Mails, Failure> {
    let mut mails = Mails::default();
    for account in accounts {
        let path = format!("accounts/{account}/notifications");
        let mut cursor: Option<String> = None;
        loop {
            let mut query = vec![("limit", "1000")];
            query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
            let page = client.get(&path, &query)?;
            for notification in page["notifications"].as_array().into_iter().flatten() {
                let state = notification["state"].as_str().unwrap_or_default();
                *mails.states.entry(state.to_owned()).or_default() += 1;
            }
            match page["next"].as_str() {
                Some(next) => cursor = Some(next.to_owned()),
                None => break,
            }
        }
    }
    Ok(mails)
}

/// Waits until this many are settled, and meanwhile redrives the dead letters of events that failed while the mailer was
/// down.
pub(super) fn settle(
    client: &Client,
    accounts: &[String],
    expected: usize,
    patience: Duration,
) -> Result<Mails, Failure> {
    let started = Instant::now();
    let mut redriven = 0;
    loop {
        let mut mails = count(client, accounts.iter().cloned())?;
        mails.expected = expected;
        mails.redriven = redriven;
        mails.settled_after_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        if !mails.open() || started.elapsed() > patience {
            return Ok(mails);
        }
        redriven += redrive(client)?;
        std::thread::sleep(PAUSE);
    }
}

fn redrive(client: &Client) -> Result<usize, Failure> {
    let answer = client.post("dead-letters/redrive", &json!({ "max": REDRIVE }))?;
    let letters = answer["redriven"].as_array().map_or(&[][..], Vec::as_slice);
    let done = |letter: &&Value| letter["outcome"] == "redriven";
    Ok(letters.iter().filter(done).count())
}
