//! The asynchronous calls of functions, as in Lambda: a failed call is retried,
//! and finally becomes a dead letter.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, SecondsFormat, Utc};
use handlers::composition::Composition;
use handlers::feedback::Feedback;
use handlers::http::Api;
use handlers::notify::Notifier;
use handlers::ports::Clock;
use handlers::replay::Replayer;
use handlers::schedule::Scheduler;
use handlers::{Error, Result};
use rusqlite::{Transaction, params};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};
use tokio::task::JoinSet;

use crate::composition::Machine;
use crate::dead_letters;
use crate::durable::Durable;

/// Concurrent calls of one function. Further deliveries wait.
const CONCURRENCY: usize = 8;
/// Failures after which an event becomes a dead letter: Lambda's first call and
/// two retries.
const MAX_FAILURES: u32 = 3;
/// Seconds before the first retry, doubled for the second. Longer than the lease
/// here, so that the lease of a crashed process has ended. (Lambda: 1 minute.)
const FIRST_WAIT: Duration = Duration::from_secs(6);
/// Seconds that a replay works before it calls itself again.
const REPLAY_BUDGET: Duration = Duration::from_secs(60);
/// Seconds that a heartbeat works on what is due. The next one continues.
const BEAT_BUDGET: Duration = Duration::from_secs(30);
/// Seconds between two looks at the queue if nothing notifies the invoker.
pub(crate) const IDLE: Duration = Duration::from_secs(1);

#[derive(Clone)]
pub(crate) struct Invoker {
    pub(crate) durable: Durable,
    pub(crate) notifier: Arc<Notifier>,
    pub(crate) replayer: Arc<Replayer>,
    pub(crate) scheduler: Arc<Scheduler>,
    pub(crate) feedback: Arc<Feedback>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) bell: Arc<Notify>,
    /// The longest time between two looks at the queue.
    pub(crate) idle: Duration,
}

impl Invoker {
    /// Shares the use cases of the API, so that the process caches accounts once.
    pub(crate) fn new(machine: &Machine, api: &Api, bell: Arc<Notify>, idle: Duration) -> Self {
        Invoker {
            durable: machine.durable.clone(),
            notifier: Arc::new(machine.notifier()),
            replayer: api.replayer.clone(),
            scheduler: api.scheduler.clone(),
            feedback: api.redriver.feedback.clone(),
            clock: machine.clock(),
            bell,
            idle,
        }
    }
}

#[derive(Debug, Clone)]
struct Delivery {
    id: i64,
    function: String,
    event: String,
    failures: u32,
}

/// The running deliveries of each function. Each function has places of its own,
/// like its workers in Lambda, so that none waits for another.
#[derive(Debug, Clone, Default)]
struct Lanes(HashMap<String, HashSet<i64>>);

impl Lanes {
    fn take(&mut self, delivery: &Delivery) {
        let lane = self.0.entry(delivery.function.clone()).or_default();
        lane.insert(delivery.id);
    }

    fn give_back(&mut self, function: &str, id: i64) {
        if let Some(lane) = self.0.get_mut(function) {
            lane.remove(&id);
        }
    }

    fn under_way(&self, function: &str) -> Option<&HashSet<i64>> {
        self.0.get(function)
    }
}

impl Invoker {
    /// Delivers until it is stopped, and then finishes the running calls.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        let mut working: JoinSet<(String, i64)> = JoinSet::new();
        let mut lanes = Lanes::default();
        while !*stop.borrow() {
            while let Some(done) = working.try_join_next() {
                let (function, id) = done.unwrap_or_default();
                lanes.give_back(&function, id);
            }
            for delivery in self.due(&lanes).await {
                lanes.take(&delivery);
                let invoker = self.clone();
                working.spawn(async move {
                    let (function, id) = (delivery.function.clone(), delivery.id);
                    invoker.deliver(delivery).await;
                    (function, id)
                });
            }
            tokio::select! {
                Some(done) = working.join_next(), if !working.is_empty() => {
                    let (function, id) = done.unwrap_or_default();
                    lanes.give_back(&function, id);
                }
                () = self.bell.notified() => {}
                () = tokio::time::sleep(self.idle) => {}
                _ = stop.changed() => {}
            }
        }
        while working.join_next().await.is_some() {}
    }

    /// Returns the due deliveries that have a place, the oldest of each function
    /// first.
    async fn due(&self, lanes: &Lanes) -> Vec<Delivery> {
        let (lanes, now) = (lanes.clone(), self.clock.now().timestamp_millis());
        let due = self.durable.write_repeatable(move |transaction| {
            let mut select = transaction.prepare_cached(
                "SELECT id, function, event, failures FROM delivery WHERE function = ?1 AND due_at <= ?2
                 ORDER BY due_at, id LIMIT ?3",
            )?;
            let mut due = Vec::new();
            for function in functions(transaction)? {
                let taken = lanes.under_way(&function);
                let taken_count = taken.map_or(0, HashSet::len);
                let room = CONCURRENCY.saturating_sub(taken_count);
                if room == 0 {
                    continue;
                }
                let look_at = i64::try_from(room + taken_count).unwrap_or(i64::MAX);
                let rows = select.query_map(params![function, now, look_at], |row| {
                    Ok(Delivery { id: row.get(0)?, function: row.get(1)?, event: row.get(2)?, failures: row.get(3)? })
                })?;
                let is_free = |id| taken.is_none_or(|taken| !taken.contains(&id));
                let free = rows.filter(|row| row.as_ref().map_or(true, |row| is_free(row.id)));
                for row in free.take(room) {
                    due.push(row?);
                }
            }
            Ok(due)
        });
        due.await.unwrap_or_else(|error| {
            tracing::error!(%error, "the deliveries cannot be read");
            Vec::new()
        })
    }

    async fn deliver(&self, delivery: Delivery) {
        let (invoker, called) = (self.clone(), delivery.clone());
        // In a task of its own, so that a panic fails the function, as in Lambda,
        // and not its caller.
        let result = tokio::spawn(async move { invoker.call_for(&called).await })
            .await
            .unwrap_or_else(|_| Err(Error::Permanent("the function panicked".into())));
        let id = delivery.id;
        let written = match result {
            Ok(()) => {
                self.durable
                    .write_repeatable(move |transaction| {
                        transaction
                            .execute("DELETE FROM delivery WHERE id = ?1", [id])
                            .map(drop)
                    })
                    .await
            }
            Err(error) => self.failed(delivery, error).await,
        };
        if let Err(error) = written {
            // It stays due and is delivered again, but not at once: on a full disk,
            // that would fail a hundred times a second.
            tracing::error!(%error, id, "the end of a delivery cannot be recorded");
            tokio::time::sleep(IDLE).await;
        }
    }

    async fn call_for(&self, delivery: &Delivery) -> Result<()> {
        let event: Value = serde_json::from_str(&delivery.event)
            .map_err(|error| Error::permanent("a stored event cannot be read", error))?;
        self.call(&delivery.function, &event).await
    }

    /// Calls a function once, by its name in the template.
    pub(crate) async fn call(&self, function: &str, event: &Value) -> Result<()> {
        let event_type = event["detail-type"].as_str().unwrap_or_default();
        match function {
            "NotifyFunction" => {
                self.notifier
                    .call(event_type, &event["detail"], BEAT_BUDGET)
                    .await
            }
            "ReplayFunction" => self.replayer.deliver(&event["detail"], REPLAY_BUDGET).await,
            "ScheduleFunction" => {
                self.scheduler
                    .call(event_type, &event["detail"], BEAT_BUDGET)
                    .await
            }
            "FeedbackFunction" => self.feedback.deliver(event).await,
            other => Err(Error::Permanent(
                format!("there is no function {other} here").into(),
            )),
        }
    }

    async fn failed(&self, delivery: Delivery, error: Error) -> Result<()> {
        let failures = delivery.failures + 1;
        tracing::warn!(function = delivery.function, failures, class = error.class(), %error, "function failed");
        let wait = FIRST_WAIT.saturating_mul(1 << (failures - 1).min(8));
        let now = self.clock.now();
        let due_at = now.timestamp_millis() + i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
        if failures < MAX_FAILURES {
            return self
                .durable
                .write_repeatable(move |transaction| {
                    transaction
                        .execute(
                            "UPDATE delivery SET failures = ?1, due_at = ?2 WHERE id = ?3",
                            params![failures, due_at, delivery.id],
                        )
                        .map(drop)
                })
                .await;
        }
        let letter = destination_record(&delivery, failures, &error, now).to_string();
        // One transaction for the letter and the end of the delivery, so that neither is lost.
        self.durable
            .write(move |transaction| {
                dead_letters::put(transaction, &letter, "{}", 0)?;
                transaction
                    .execute("DELETE FROM delivery WHERE id = ?1", [delivery.id])
                    .map(drop)
            })
            .await
    }
}

/// Returns the functions with deliveries, with one look-up for each, however many
/// deliveries there are.
fn functions(transaction: &Transaction<'_>) -> rusqlite::Result<Vec<String>> {
    let mut next =
        transaction.prepare_cached("SELECT min(function) FROM delivery WHERE function > ?1")?;
    let mut found: Vec<String> = Vec::new();
    loop {
        let last = found.last().map_or("", String::as_str);
        match next.query_row([last], |row| row.get::<_, Option<String>>(0))? {
            Some(function) => found.push(function),
            None => return Ok(found),
        }
    }
}

/// Returns the record that Lambda sends to an on-failure destination.
fn destination_record(
    delivery: &Delivery,
    failures: u32,
    error: &Error,
    now: DateTime<Utc>,
) -> Value {
    json!({
        "version": "1.0",
        "timestamp": now.to_rfc3339_opts(SecondsFormat::Millis, true),
        "requestContext": {
            "requestId": format!("local-{}", delivery.id),
            "functionArn": format!("arn:aws:lambda:local:000000000000:function:{}", delivery.function),
            "condition": "RetriesExhausted",
            "approximateInvokeCount": failures,
        },
        "requestPayload": serde_json::from_str::<Value>(&delivery.event).unwrap_or(Value::Null),
        "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
        "responsePayload": { "errorType": error.class(), "errorMessage": error.to_string() },
    })
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use aws::Dynamo;
    use domain::CustomerId;
    use handlers::notify::Settings;
    use handlers::ports::{CustomerRevision, Customers, DeadLetterQueue, Saved, SystemClock};
    use rusqlite::OptionalExtension;

    use super::*;
    use crate::bus::LocalBus;
    use crate::dead_letters::LocalDeadLetters;
    use crate::in_process::Answers;
    use crate::keys::LocalKeys;
    use crate::mailbox::{Mailbox, Switch};
    use crate::template::Template;
    use crate::threads::Threads;

    struct Panicking;

    #[async_trait]
    impl Customers for Panicking {
        async fn latest(&self, _: &CustomerId) -> Result<Option<CustomerRevision>> {
            panic!("on purpose")
        }

        async fn at(&self, _: &CustomerId, _: DateTime<Utc>) -> Result<Option<CustomerRevision>> {
            panic!("on purpose")
        }

        async fn add(&self, _: &CustomerRevision) -> Result<Saved> {
            panic!("on purpose")
        }

        async fn erase_before(&self, _: &CustomerId, _: u64) -> Result<()> {
            panic!("on purpose")
        }
    }

    /// An invoker whose function panics before it needs anything else.
    fn invoker(durable: &Durable, folder: &std::path::Path) -> Invoker {
        let empty = dynoxide::Database::memory().unwrap();
        let answers = Answers::new(empty, Threads::start().unwrap());
        let nowhere = Dynamo::in_process(answers.clone(), crate::tables());
        let bell = Arc::new(Notify::new());
        let bus = LocalBus::new(
            durable.clone(),
            &Template::built_in().unwrap(),
            bell.clone(),
            Arc::new(SystemClock),
        );
        let machine = Machine {
            dynamo: nowhere,
            answers,
            durable: durable.clone(),
            customers: Arc::new(Panicking),
            mailbox: Mailbox {
                durable: durable.clone(),
                clock: Arc::new(SystemClock),
                bus: Arc::new(bus.unwrap()),
                switch: Switch::default(),
            },
            keys: Arc::new(LocalKeys::open(folder).unwrap()),
            clock: Arc::new(SystemClock),
            settings: Settings {
                bank_name: "Bank".to_owned(),
                mail_from: "bank@example.com".to_owned(),
                public_url: "http://127.0.0.1:8080/v1".to_owned(),
                message_id_domain: "mailer.example".to_owned(),
                lease: Duration::from_secs(5),
                unknown_window: Duration::ZERO,
            },
        };
        Invoker::new(&machine, &machine.api(), bell, IDLE)
    }

    fn dead_letters(durable: &Durable) -> LocalDeadLetters {
        LocalDeadLetters {
            durable: durable.clone(),
            clock: Arc::new(SystemClock),
        }
    }

    #[tokio::test]
    async fn a_function_that_panics_has_failed_and_its_event_becomes_a_dead_letter() {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        let invoker = invoker(&durable, folder.path());
        for failures in 0..MAX_FAILURES {
            let delivery = Delivery {
                id: 1,
                function: "NotifyFunction".to_owned(),
                event: include_str!("../../../docs/events/examples/MoneyDeposited.json").to_owned(),
                failures,
            };
            invoker.deliver(delivery).await;
        }
        let letters = dead_letters(&durable)
            .receive(10, Duration::ZERO)
            .await
            .unwrap();
        assert_eq!(letters.len(), 1);
        let letter = handlers::dead_letter::read(&letters[0]);
        assert_eq!(letter.reason, "Permanent: the function panicked");
        assert_eq!(letter.attempts, Some(u64::from(MAX_FAILURES)));
    }
    #[tokio::test]
    async fn a_delivery_whose_end_cannot_be_recorded_waits_before_it_is_retried() {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        let invoker = invoker(&durable, folder.path());
        durable
            .write(|transaction| transaction.execute_batch("DROP TABLE delivery"))
            .await
            .unwrap();
        let delivery = Delivery {
            id: 1,
            function: "NoSuchFunction".to_owned(),
            event: "{}".to_owned(),
            failures: 0,
        };
        let at_once = tokio::time::timeout(IDLE / 2, invoker.deliver(delivery)).await;
        assert!(at_once.is_err(), "it was given back at once");
    }

    #[tokio::test]
    async fn a_replay_begins_before_a_hundred_more_of_the_deliveries_that_wait_for_others_are_done()
    {
        let folder = tempfile::tempdir().unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        durable
            .write(|transaction| {
                // Counts at the moment at which the replay's own call has ended.
                transaction.execute_batch(
                    "CREATE TABLE begun (after INTEGER);
                     CREATE TRIGGER begins AFTER UPDATE ON delivery WHEN new.function = 'ReplayFunction'
                     BEGIN
                         INSERT INTO begun SELECT count(*) FROM delivery
                         WHERE function <> 'ReplayFunction' AND failures > 0;
                     END;
                     WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 5000)
                     INSERT INTO delivery (rule, function, event, due_at) SELECT 'busy', 'BusyFunction', '{}', n FROM up;
                     INSERT INTO delivery (rule, function, event, due_at)
                     VALUES ('replay', 'ReplayFunction', '{\"detail\":{\"data\":{\"replay_id\":\"r\"}}}', 5001);",
                )
            })
            .await
            .unwrap();
        let (stop, stopped) = watch::channel(false);
        let running = tokio::spawn(invoker(&durable, folder.path()).run(stopped));
        let begun = loop {
            let begun = durable.write(|transaction| {
                transaction
                    .query_row("SELECT after FROM begun", [], |row| row.get::<_, i64>(0))
                    .optional()
            });
            if let Some(begun) = begun.await.unwrap() {
                break begun;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        stop.send(true).unwrap();
        running.await.unwrap();
        assert!(begun < 100, "it began after {begun} of 5000");
    }
}
