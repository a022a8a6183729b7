//! The events table's stream, and the event source mapping that calls
//! `project`: ordered per item only, at least once, in shards that split;
//! batches that are halved, tried again, and given up.

use std::collections::VecDeque;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use domain::Commit;
use handlers::project::StreamRecord;
use serde_json::json;

use super::RECORD_AGE;
use crate::bugs;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, MILLISECOND, Micros, SECOND};

/// The function's timeout.
const TIMEOUT: Micros = 60 * SECOND;
const FIRST_WAIT: Micros = 100 * MILLISECOND;
const LONGEST_WAIT: Micros = 60 * SECOND;

#[derive(Debug, Clone)]
struct Record {
    number: u64,
    commit: Arc<Commit>,
    arrived_at: Micros,
    /// By the clock of where the store is.
    written_at: DateTime<Utc>,
    garbled: bool,
}

#[derive(Debug, Default)]
struct Shard {
    records: VecDeque<Record>,
    /// Read to its end before this one is begun.
    parent: Option<usize>,
    closed: bool,
    busy: bool,
    /// Failures of the batch at its front.
    failures: u32,
    /// Halved by a failure, until the front has gone through.
    batch: Option<usize>,
}

#[derive(Debug)]
pub struct Stream {
    shards: Vec<Shard>,
    numbers: u64,
    /// Nothing is read before this: the mapping is off, or cannot call.
    from: Micros,
}

impl Stream {
    pub fn new(shards: usize) -> Self {
        Stream {
            shards: (0..shards).map(|_| Shard::default()).collect(),
            numbers: 0,
            from: 0,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.shards.iter().all(|shard| shard.records.is_empty())
    }
}

impl Core {
    pub(super) fn write_to_stream(&mut self, commit: Arc<Commit>) {
        let written_at = match self.state.setup.one_machine {
            true => commit.recorded_at,
            false => self.time(),
        };
        // Nothing orders the commits of one account: each is an item of its own.
        let mut delay = self.chances.way(&mut self.rng);
        if self
            .chances
            .happens(&mut self.rng, Hop::StreamToProject, Fault::Reorder)
        {
            self.coverage.note(Hop::StreamToProject, Fault::Reorder);
            delay += self.rng.u64(..3 * SECOND);
        }
        self.after(delay, move |core| core.arrive(commit, written_at));
    }

    fn arrive(&mut self, commit: Arc<Commit>, written_at: DateTime<Utc>) {
        if self.rng.u32(..400) == 0 && self.chances.on {
            self.split_a_shard();
        }
        if bugs::is("mapping-starts-at-latest") && self.now < 2 * SECOND {
            return;
        }
        let garbled = self
            .chances
            .happens(&mut self.rng, Hop::StreamToProject, Fault::Garbled);
        if garbled {
            self.coverage.note(Hop::StreamToProject, Fault::Garbled);
            if self.rng.bool() {
                let key = (commit.account_id.clone(), commit.first_version);
                self.state.unreadable.insert(key);
            }
        }
        let open: Vec<usize> = (0..self.state.stream.shards.len())
            .filter(|index| !self.state.stream.shards[*index].closed)
            .collect();
        let shard = open[self.rng.usize(..open.len())];
        self.state.stream.numbers += 1;
        let record = Record {
            number: self.state.stream.numbers,
            commit,
            arrived_at: self.now,
            written_at,
            garbled,
        };
        self.state.stream.shards[shard].records.push_back(record);
        let delay = self.chances.way(&mut self.rng);
        self.after(delay, move |core| core.poll_shard(shard));
    }

    fn split_a_shard(&mut self) {
        let parent = self.rng.usize(..self.state.stream.shards.len());
        if self.state.stream.shards[parent].closed {
            return;
        }
        self.state.stream.shards[parent].closed = true;
        for _ in 0..2 {
            self.state.stream.shards.push(Shard {
                parent: Some(parent),
                ..Shard::default()
            });
        }
    }

    /// Calls `project` with the front of the shard, unless it is being called.
    fn poll_shard(&mut self, index: usize) {
        if self.now < self.state.stream.from {
            let left = self.state.stream.from - self.now;
            self.after(left, move |core| core.poll_shard(index));
            return;
        }
        if self
            .chances
            .happens(&mut self.rng, Hop::StreamToProject, Fault::Outage)
        {
            self.coverage.note(Hop::StreamToProject, Fault::Outage);
            let outage = self.chances.outage(&mut self.rng);
            self.state.stream.from = self.now + outage;
            self.after(outage, move |core| core.poll_shard(index));
            return;
        }
        let stream = &self.state.stream;
        let shard = &stream.shards[index];
        let parent_left = shard
            .parent
            .is_some_and(|parent| !stream.shards[parent].records.is_empty());
        if shard.busy || shard.records.is_empty() || parent_left {
            if parent_left {
                self.after(SECOND, move |core| core.poll_shard(index));
            }
            return;
        }
        if self.now - shard.records[0].arrived_at > RECORD_AGE {
            self.give_up(index, 1, "RecordAgeExceeded");
            self.after(0, move |core| core.poll_shard(index));
            return;
        }
        let size = shard.batch.unwrap_or(self.state.setup.batch);
        let records: Vec<Record> = shard.records.iter().take(size).cloned().collect();
        self.state.stream.shards[index].busy = true;
        let given: Vec<StreamRecord> = records.iter().map(given).collect();
        let process = self.new_process();
        self.tell(|_| {
            let what: Vec<String> = records.iter().map(told).collect();
            format!("project is called with {}", what.join(", "))
        });
        let work = super::functions::project(self, process, given);
        let count = records.len();
        let numbers: Vec<String> = records.iter().map(|record| number(record.number)).collect();
        let task = self.spawn(process, work, move |core, answer| {
            core.batch_ended(index, count, &numbers, answer);
        });
        self.after(TIMEOUT, move |core| {
            if core.is_running(task) {
                core.crash(process);
            }
        });
    }

    /// `answer`: the numbers that failed, or nothing from a function that died.
    fn batch_ended(
        &mut self,
        index: usize,
        count: usize,
        numbers: &[String],
        answer: Option<Vec<String>>,
    ) {
        self.state.stream.shards[index].busy = false;
        let failed_from = match &answer {
            None => {
                self.coverage.note(Hop::StreamToProject, Fault::CrashAfter);
                Some(0)
            }
            Some(failed) => failed
                .first()
                .and_then(|first| numbers.iter().position(|number| number == first)),
        };
        let again = failed_from.is_none()
            && self
                .chances
                .happens(&mut self.rng, Hop::StreamToProject, Fault::Duplicate);
        let died_before = failed_from.is_none()
            && self
                .chances
                .happens(&mut self.rng, Hop::StreamToProject, Fault::CrashBefore);
        let shard = &mut self.state.stream.shards[index];
        let mut wait = 0;
        match failed_from {
            None if again || died_before => {
                // Done, and nobody noted it: the same batch comes again.
                let fault = if again {
                    Fault::Duplicate
                } else {
                    Fault::CrashBefore
                };
                self.coverage.note(Hop::StreamToProject, fault);
                wait = MILLISECOND;
            }
            None => {
                shard.records.drain(..count);
                shard.failures = 0;
                shard.batch = None;
            }
            Some(failed_from) => {
                shard.records.drain(..failed_from);
                if failed_from > 0 {
                    shard.failures = 0;
                }
                let left = count - failed_from;
                shard.failures += 1;
                shard.batch = Some((left / 2).max(1));
                let failures = shard.failures;
                wait = (FIRST_WAIT << failures.min(12)).min(LONGEST_WAIT);
                let unlucky =
                    self.chances
                        .happens(&mut self.rng, Hop::StreamToProject, Fault::GivenUp);
                if failures >= self.state.setup.batch_attempts && self.chances.on || unlucky {
                    self.give_up(index, left, "RetryAttemptsExhausted");
                }
            }
        }
        self.after(wait, move |core| core.poll_shard(index));
    }

    /// Tells the positions of the records, not the records, and goes on behind them.
    fn give_up(&mut self, index: usize, count: usize, condition: &str) {
        self.coverage.note(Hop::StreamToProject, Fault::GivenUp);
        let shard = &mut self.state.stream.shards[index];
        let given_up: Vec<Record> = shard.records.drain(..count).collect();
        shard.failures = 0;
        shard.batch = None;
        if bugs::is("no-destination-for-the-stream") {
            return;
        }
        let (Some(first), Some(last)) = (given_up.first(), given_up.last()) else {
            return;
        };
        let time = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Millis, true);
        let body = json!({
            "requestContext": {
                "requestId": number(first.number),
                "functionArn": "arn:aws:lambda:eu-west-1:123456789012:function:project",
                "condition": condition,
                "approximateInvokeCount": self.state.setup.batch_attempts,
            },
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "version": "1.0",
            "timestamp": time(self.time()),
            "DDBStreamBatchInfo": {
                "shardId": format!("shardId-{index:05}"),
                "startSequenceNumber": number(first.number),
                "endSequenceNumber": number(last.number),
                "approximateArrivalOfFirstRecord": time(first.written_at),
                "approximateArrivalOfLastRecord": time(last.written_at),
                "batchSize": given_up.len(),
                "streamArn": "arn:aws:dynamodb:eu-west-1:123456789012:table/events/stream/x",
            },
        });
        self.put_letter(body.to_string(), &[], 0);
    }

    /// The mapping is on again, whatever was.
    pub fn end_stream_outage(&mut self) {
        self.state.stream.from = 0;
        for index in 0..self.state.stream.shards.len() {
            self.after(0, move |core| core.poll_shard(index));
        }
    }
}

fn number(number: u64) -> String {
    format!("{number:021}")
}

/// For the story.
fn told(record: &Record) -> String {
    let garbled = if record.garbled { " garbled" } else { "" };
    format!(
        "{} {}{garbled}",
        record.commit.account_id, record.commit.first_version
    )
}

fn given(record: &Record) -> StreamRecord {
    StreamRecord {
        sequence_number: number(record.number),
        account_id: record.commit.account_id.clone(),
        first_version: record.commit.first_version,
        commit: if record.garbled {
            Err("the commit cannot be read: missing field `hash`".to_owned())
        } else {
            Ok(record.commit.as_ref().clone())
        },
    }
}
