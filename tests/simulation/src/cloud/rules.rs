//! The bus: rules hand events to functions, at least once and in no order,
//! through two planes of retries that fail separately.

use std::borrow::Cow;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use handlers::ports::BusEntry;
use handlers::{Error, replay};
use serde_json::{Value, json};

use super::DELIVERY_AGE;
use super::functions::{Function, invoke};
use crate::book::CANARY;
use crate::bugs;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, HOUR, MINUTE, Micros, SECOND};
use crate::ports::Role;

/// The functions' timeout.
const TIMEOUT: Micros = 90 * SECOND;
/// Failures of a function after which Lambda gives an event up.
const MAX_FAILURES: u32 = 3;
/// How long Lambda goes on trying when a function has no room.
const THROTTLED_AGE: Micros = 6 * HOUR;

/// What a function is handed.
#[derive(Debug)]
pub(super) enum Envelope {
    /// An entry of ours, put into its envelope where somebody looks at the whole.
    Entry {
        id: u128,
        time: DateTime<Utc>,
        entry: Arc<BusEntry>,
    },
    /// From a service.
    Whole(Value),
}

impl Envelope {
    pub(super) fn event_type(&self) -> &str {
        match self {
            Envelope::Entry { entry, .. } => &entry.event_type,
            Envelope::Whole(whole) => whole["detail-type"].as_str().unwrap_or_default(),
        }
    }

    pub(super) fn detail(&self) -> &Value {
        match self {
            Envelope::Entry { entry, .. } => &entry.detail,
            Envelope::Whole(whole) => &whole["detail"],
        }
    }

    pub(super) fn whole(&self) -> Cow<'_, Value> {
        match self {
            Envelope::Whole(whole) => Cow::Borrowed(whole),
            Envelope::Entry { id, time, entry } => Cow::Owned(json!({
                "version": "0",
                "id": format!("bus-{id}"),
                "detail-type": entry.event_type,
                "source": "ledgerbell",
                "time": time.to_rfc3339_opts(SecondsFormat::Secs, true),
                "detail": entry.detail,
            })),
        }
    }
}

/// An event on its way to a function.
#[derive(Debug, Clone)]
struct Delivery {
    function: Function,
    envelope: Arc<Envelope>,
    began: Micros,
    tries: u32,
}

impl Delivery {
    fn new(function: Function, envelope: &Arc<Envelope>, began: Micros) -> Self {
        Delivery {
            function,
            envelope: Arc::clone(envelope),
            began,
            tries: 0,
        }
    }
}

impl Core {
    /// What the bus does with an entry that it took.
    pub fn take_entry(&mut self, entry: &Arc<BusEntry>, from: Role) {
        if holds_text(&entry.detail, CANARY) {
            self.violate("no personal data on the bus", || entry.detail.to_string());
        }
        let metadata = &entry.detail["metadata"];
        self.tell(|_| {
            format!(
                "the bus takes {} of {} version {} from {from:?}",
                entry.event_type, metadata["account_id"], metadata["version"]
            )
        });
        if from == Role::Replay && entry.event_type != replay::REQUESTED {
            let addressed = metadata["replay"].is_string() && metadata["target"].is_string();
            if !addressed {
                self.violate("a replay tells nobody", || {
                    format!("{} without its mark", entry.event_type)
                });
            }
            let event = metadata["event_id"].as_str().and_then(|id| id.parse().ok());
            let replay = metadata["replay"].as_str().unwrap_or_default();
            if let Some(event) = event {
                let published = &mut self.state.book.replayed;
                published
                    .entry(replay.to_owned())
                    .or_default()
                    .insert(event);
            }
        }
        if let Some(function) = rules(entry) {
            self.state.ids += 1;
            let envelope = Arc::new(Envelope::Entry {
                id: self.state.ids,
                time: self.time(),
                entry: Arc::clone(entry),
            });
            let mut copies = 1;
            if self
                .chances
                .happens(&mut self.rng, Hop::BusToFunction, Fault::Duplicate)
            {
                self.coverage.note(Hop::BusToFunction, Fault::Duplicate);
                copies = 2;
            }
            for _ in 0..copies {
                let mut delay = self.chances.way(&mut self.rng);
                if self
                    .chances
                    .happens(&mut self.rng, Hop::BusToFunction, Fault::Reorder)
                {
                    self.coverage.note(Hop::BusToFunction, Fault::Reorder);
                    delay += self.rng.u64(..2 * MINUTE);
                }
                let delivery = Delivery::new(function, &envelope, self.now);
                self.after(delay, move |core| core.deliver(delivery));
            }
        }
    }

    /// What the default bus does with an event of the provider's.
    pub(super) fn take_provider_event(&mut self, envelope: &Arc<Envelope>) {
        let delivery = Delivery::new(Function::Feedback, envelope, self.now);
        self.deliver(delivery);
    }

    /// The scheduler calls without EventBridge's plane.
    pub fn call(&mut self, function: Function, event: Value) {
        let envelope = Arc::new(Envelope::Whole(event));
        let delivery = Delivery::new(function, &envelope, self.now);
        self.run_function(Attempt {
            delivery,
            failures: 0,
        });
    }

    /// EventBridge's plane: reaching the function.
    fn deliver(&mut self, mut delivery: Delivery) {
        self.coverage.called(Hop::BusToFunction);
        if self
            .chances
            .happens(&mut self.rng, Hop::BusToFunction, Fault::Outage)
        {
            self.coverage.note(Hop::BusToFunction, Fault::Outage);
            let outage = self.chances.outage(&mut self.rng);
            self.state.deliveries_from = self.now + outage;
        }
        if self.now >= self.state.deliveries_from {
            let attempt = Attempt {
                delivery: Delivery {
                    began: self.now,
                    tries: 0,
                    ..delivery
                },
                failures: 0,
            };
            self.after(0, move |core| core.run_function(attempt));
            return;
        }
        delivery.tries += 1;
        let old = self.now - delivery.began > DELIVERY_AGE;
        if delivery.tries >= self.state.setup.delivery_attempts || old {
            self.coverage.note(Hop::BusToFunction, Fault::GivenUp);
            if bugs::is("no-dead-letters-for-the-rule") {
                return;
            }
            let tries = delivery.tries.to_string();
            let attributes = [
                ("ERROR_CODE", "NO_PERMISSIONS"),
                ("ERROR_MESSAGE", "the function could not be reached"),
                ("RETRY_ATTEMPTS", tries.as_str()),
            ];
            self.put_letter(delivery.envelope.whole().to_string(), &attributes, 0);
            return;
        }
        let wait = (SECOND << delivery.tries.min(9)) + self.rng.u64(..SECOND);
        self.after(wait, move |core| core.deliver(delivery));
    }

    /// Lambda's plane: calling the function, and calling it again.
    fn run_function(&mut self, attempt: Attempt) {
        let throttled = self
            .chances
            .happens(&mut self.rng, Hop::BusToFunction, Fault::Throttle);
        if throttled {
            self.coverage.note(Hop::BusToFunction, Fault::Throttle);
            if self.now - attempt.delivery.began > THROTTLED_AGE {
                self.function_given_up(
                    &attempt,
                    "EventAgeExceeded",
                    &Error::Retryable("throttled".into()),
                );
                return;
            }
            let wait = self.rng.u64(SECOND..5 * MINUTE);
            self.after(wait, move |core| core.run_function(attempt));
            return;
        }
        let process = self.new_process();
        let Delivery {
            function, envelope, ..
        } = attempt.delivery.clone();
        let work = invoke(self, process, function, envelope);
        let task = self.spawn(process, work, move |core, answer| {
            core.function_ended(attempt, answer);
        });
        self.state.book.began.insert(task, self.now);
        self.after(TIMEOUT, move |core| {
            if core.is_running(task) {
                core.crash(process);
            }
        });
    }

    fn function_ended(&mut self, mut attempt: Attempt, answer: Option<Result<(), Error>>) {
        let error = match answer {
            Some(Ok(())) => {
                // Lambda's queue is eventually consistent: it may call once more.
                if self
                    .chances
                    .happens(&mut self.rng, Hop::BusToFunction, Fault::Duplicate)
                {
                    self.coverage.note(Hop::BusToFunction, Fault::Duplicate);
                    let wait = self.rng.u64(..2 * MINUTE);
                    self.after(wait, move |core| core.run_function(attempt));
                }
                return;
            }
            Some(Err(error)) => error,
            None => {
                self.coverage.note(Hop::BusToFunction, Fault::CrashAfter);
                Error::Unknown("the process died or timed out".into())
            }
        };
        attempt.failures += 1;
        if attempt.failures >= MAX_FAILURES {
            self.function_given_up(&attempt, "RetriesExhausted", &error);
            return;
        }
        let wait = Micros::from(attempt.failures) * MINUTE + self.rng.u64(..10 * SECOND);
        self.after(wait, move |core| core.run_function(attempt));
    }

    fn function_given_up(&mut self, attempt: &Attempt, condition: &str, error: &Error) {
        self.coverage.note(Hop::BusToFunction, Fault::GivenUp);
        if bugs::is("no-destination-for-the-function") {
            return;
        }
        let name = attempt.delivery.function.name();
        let body = json!({
            "version": "1.0",
            "timestamp": self.time().to_rfc3339_opts(SecondsFormat::Millis, true),
            "requestContext": {
                "requestId": "simulated",
                "functionArn": format!("arn:aws:lambda:eu-west-1:123456789012:function:{name}"),
                "condition": condition,
                "approximateInvokeCount": attempt.failures,
            },
            "requestPayload": attempt.delivery.envelope.whole(),
            "responseContext": { "statusCode": 200, "executedVersion": "$LATEST", "functionError": "Unhandled" },
            "responsePayload": { "errorType": error.class(), "errorMessage": error.to_string() },
        });
        self.put_letter(body.to_string(), &[], 0);
    }
}

#[derive(Debug, Clone)]
struct Attempt {
    delivery: Delivery,
    failures: u32,
}

fn holds_text(value: &Value, text: &str) -> bool {
    match value {
        Value::String(string) => string.contains(text),
        Value::Array(values) => values.iter().any(|value| holds_text(value, text)),
        Value::Object(fields) => fields
            .iter()
            .any(|(name, value)| name.contains(text) || holds_text(value, text)),
        _ => false,
    }
}

/// The rules of the template, which tests hold against its patterns.
fn rules(entry: &BusEntry) -> Option<Function> {
    let metadata = &entry.detail["metadata"];
    if entry.event_type == replay::REQUESTED {
        return Some(Function::Replay);
    }
    let of_schedules = ["OperationScheduled", "OperationCancelled"];
    if of_schedules.contains(&entry.event_type.as_str()) {
        let addressed = metadata["target"].is_null() && metadata["replay"].is_null()
            || metadata["target"] == "schedule";
        return addressed.then_some(Function::Schedule);
    }
    let told = [
        "MoneyDeposited",
        "MoneyWithdrawn",
        "TransactionReversed",
        "AccountOverdrawn",
        "OperationSkipped",
        "AccountClosed",
    ];
    let for_notify = told.contains(&entry.event_type.as_str())
        && metadata["replay"].is_null()
        && (metadata["target"].is_null() || metadata["target"] == "notify");
    for_notify.then_some(Function::Notify)
}
