//! The proposed events of a request, read from its body.

use serde_json::Value;

use crate::event::{MAX_TEXT_CHARS, plain, read_movement, read_opening};
use crate::fields::{FieldError, Fields, name_of};
use crate::request_hash::RequestHash;
use crate::time::{parse_date, parse_time};
use crate::{Event, EventId, Occurred};

/// Events in one commit, so that a commit is one item and one answer. A request with more is refused with 400.
pub const MAX_EVENTS: usize = 25;

/// An event that a caller proposes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedEvent {
    /// When it happened, according to the caller.
    pub occurred: Occurred,
    /// The content of the event.
    pub content: ProposedContent,
}

/// The content of a proposed event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProposedContent {
    /// An event that is complete.
    Event(Event),
    /// A reversal, whose movement and amount are read from the account's history.
    Reversal {
        /// The event to reverse.
        reverses: EventId,
        /// The reason, in the bank's words.
        reason: Option<String>,
    },
}

/// The events of one request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProposedEvents {
    /// One to [`MAX_EVENTS`] events, in order.
    pub events: Vec<ProposedEvent>,
    /// Whether customers are notified of them. Of imported history they are not.
    pub notify: bool,
    /// The hash by which a retry is recognised.
    pub request_hash: RequestHash,
}

impl ProposedEvents {
    /// Reads a body `{"events": [...], "notify"?: true}`.
    ///
    /// # Errors
    /// Every fault of the body, each with its pointer; a retry does not help.
    pub fn read(body: Value) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(body, "");
        let events = match fields.required("events") {
            Some(Value::Array(events)) => Some(events),
            Some(other) => {
                fields.refuse(
                    "events",
                    format!("must be an array, not {}", name_of(&other)),
                );
                None
            }
            None => None,
        };
        let notify = match fields.take("notify") {
            None => true,
            Some(Value::Bool(notify)) => notify,
            Some(other) => {
                let detail = format!("must be true or false, not {}", name_of(&other));
                fields.refuse("notify", detail);
                true
            }
        };
        let events = fields.finish(events)?;
        if events.is_empty() || events.len() > MAX_EVENTS {
            let detail = format!(
                "must hold 1 to {MAX_EVENTS} events, and holds {}",
                events.len()
            );
            return Err(vec![FieldError::pointer("/events", detail)]);
        }
        let mut errors = Vec::new();
        let mut proposed = Vec::with_capacity(events.len());
        for (index, event) in events.into_iter().enumerate() {
            match read_report(event, &format!("/events/{index}")) {
                Ok(report) => proposed.push(report),
                Err(found) => errors.extend(found),
            }
        }
        for (index, report) in proposed.iter().enumerate().skip(1) {
            if matches!(
                report.content,
                ProposedContent::Event(Event::AccountOpened(_))
            ) {
                let detail = "AccountOpened can only be the first event of an account";
                errors.push(FieldError::pointer(format!("/events/{index}/type"), detail));
            }
        }
        if !errors.is_empty() {
            return Err(errors);
        }
        Ok(ProposedEvents::with(proposed, notify))
    }

    /// Returns events of this program, without a request: those of a schedule.
    #[must_use]
    pub fn of(proposed: Vec<ProposedEvent>) -> Self {
        ProposedEvents::with(proposed, true)
    }

    fn with(events: Vec<ProposedEvent>, notify: bool) -> Self {
        let request_hash = RequestHash::of(&events, notify);
        ProposedEvents {
            events,
            notify,
            request_hash,
        }
    }
}

fn read_report(event: Value, pointer: &str) -> Result<ProposedEvent, Vec<FieldError>> {
    let mut fields = Fields::new(event, pointer);
    let event_type = fields.text("type");
    let occurred = read_occurred(&mut fields);
    let data = fields.required("data");
    let content = event_type.zip(data).and_then(|(event_type, data)| {
        let data = Fields::new(data, fields.pointer_to("data"));
        let read = match event_type.as_str() {
            "AccountOpened" => read_opening(data).map(|opening| Event::AccountOpened(opening).into()),
            "MoneyDeposited" => read_movement(data).map(|movement| Event::MoneyDeposited(movement).into()),
            "MoneyWithdrawn" => read_movement(data).map(|movement| Event::MoneyWithdrawn(movement).into()),
            "AccountClosed" => data.finish(Some(Event::AccountClosed.into())),
            "TransactionReversed" => read_reversal_report(data),
            _ => {
                fields.refuse(
                    "type",
                    "must be AccountOpened, MoneyDeposited, MoneyWithdrawn, TransactionReversed or AccountClosed",
                );
                return None;
            }
        };
        read.map_err(|errors| fields.add_errors(errors)).ok()
    });
    let report = occurred
        .zip(content)
        .map(|(occurred, content)| ProposedEvent { occurred, content });
    fields.finish(report)
}

/// Reads a time or a date. One of them is required, and with both a caller could contradict itself.
fn read_occurred(fields: &mut Fields) -> Option<Occurred> {
    match (fields.has("occurred_at"), fields.has("occurred_on")) {
        (_, false) => fields.parsed("occurred_at", parse_time).map(Occurred::At),
        (false, true) => fields.parsed("occurred_on", parse_date).map(Occurred::On),
        (true, true) => {
            fields.take("occurred_at");
            fields.take("occurred_on");
            let detail = "must not be given beside occurred_at: it is for a date without a time";
            fields.refuse("occurred_on", detail);
            None
        }
    }
}

fn read_reversal_report(mut data: Fields) -> Result<ProposedContent, Vec<FieldError>> {
    let reverses = data.parsed("reverses", str::parse);
    let reason = data.optional_parsed("reason", |text| plain(text, MAX_TEXT_CHARS));
    data.finish(reverses.map(|reverses| ProposedContent::Reversal { reverses, reason }))
}

impl From<Event> for ProposedContent {
    fn from(event: Event) -> Self {
        ProposedContent::Event(event)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn pointers(body: Value) -> Vec<String> {
        ProposedEvents::read(body)
            .unwrap_err()
            .into_iter()
            .map(|error| match error.location {
                crate::Location::Pointer(pointer) => pointer,
                other => panic!("{other:?} is not in the body"),
            })
            .collect()
    }

    fn deposit(data: Value) -> Value {
        json!({ "events": [{ "type": "MoneyDeposited", "occurred_at": "2026-11-22T10:00:00Z", "data": data }] })
    }

    #[test]
    fn each_fault_of_a_body_is_named_by_its_pointer() {
        let eur = |amount: Value| deposit(json!({ "amount": amount, "currency": "EUR" }));
        for amount in [
            json!("12.345"),
            json!("1e3"),
            json!("-1.00"),
            json!("NaN"),
            json!(125.5),
            json!(null),
        ] {
            assert_eq!(pointers(eur(amount)), ["/events/0/data/amount"]);
        }
        assert_eq!(
            pointers(deposit(json!({ "amount": "1.00", "currency": "XXX1" }))),
            ["/events/0/data/currency"]
        );
        assert_eq!(
            pointers(deposit(
                json!({ "amount": "1.00", "currency": "EUR", "a/b": 1 })
            )),
            ["/events/0/data/a~1b"]
        );
        assert_eq!(pointers(json!({ "events": [], "more": 1 })), ["/more"]);
        assert_eq!(pointers(json!({ "events": [] })), ["/events"]);
        assert_eq!(pointers(json!([])), [""]);
        for notify in [json!("false"), json!(0), json!(null)] {
            let mut body = eur(json!("1.00"));
            body["notify"] = notify;
            assert_eq!(pointers(body), ["/notify"]);
        }
        assert_eq!(
            pointers(
                json!({ "events": [{ "type": "Nonsense", "occurred_at": "2026-11-22T10:00:00", "data": {} }] })
            ),
            ["/events/0/occurred_at", "/events/0/type"]
        );
    }

    #[test]
    fn an_event_has_either_a_time_or_a_date() {
        let closing = |members: Value| {
            let mut event = json!({ "type": "AccountClosed", "data": {} });
            event
                .as_object_mut()
                .unwrap()
                .extend(members.as_object().unwrap().clone());
            json!({ "events": [event] })
        };
        let date = ProposedEvents::read(closing(json!({ "occurred_on": "2003-10-20" }))).unwrap();
        let expected = Occurred::On("2003-10-20".parse().unwrap());
        assert_eq!(date.events[0].occurred, expected);
        for ends in ["1900-01-01", "9999-12-31"] {
            ProposedEvents::read(closing(json!({ "occurred_on": ends }))).unwrap();
        }
        let both = json!({ "occurred_at": "2003-10-20T00:00:00Z", "occurred_on": "2003-10-20" });
        assert_eq!(pointers(closing(both)), ["/events/0/occurred_on"]);
        assert_eq!(pointers(closing(json!({}))), ["/events/0/occurred_at"]);
        for wrong in [
            json!("2003-02-30"),
            json!("2003-10-20T00:00"),
            json!("2003-10-20T00:00:00Z"),
            json!("2003-1-2"),
            json!("20.10.2003"),
            json!("0000-01-01"),
            json!("1899-12-31"),
            json!("10000-01-01"),
            json!(20_031_020),
            json!(null),
            json!(["2003-10-20"]),
        ] {
            let body = closing(json!({ "occurred_on": wrong }));
            assert_eq!(pointers(body), ["/events/0/occurred_on"], "{wrong}");
        }
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let body = json!({ "events": [
            { "type": "MoneyDeposited", "occurred_at": "yesterday", "data": { "amount": "1", "currency": "EUR", "reference": "a\nb" } },
            { "type": "AccountOpened", "occurred_at": "2026-11-22T10:00:00Z", "data": { "currency": "EUR" } },
        ]});
        assert_eq!(
            pointers(body),
            [
                "/events/0/occurred_at",
                "/events/0/data/amount",
                "/events/0/data/reference",
                "/events/1/data/customer_id"
            ]
        );
    }

    #[test]
    fn the_same_body_has_the_same_hash_however_it_is_spaced() {
        let one =
            ProposedEvents::read(deposit(json!({ "amount": "1.00", "currency": "EUR" }))).unwrap();
        let text = r#"{"events":[{"data":{"currency":"EUR","amount":"1.00"},"occurred_at":"2026-11-22T11:00:00+01:00","type":"MoneyDeposited"}]}"#;
        let two = ProposedEvents::read(serde_json::from_str(text).unwrap()).unwrap();
        let other =
            ProposedEvents::read(deposit(json!({ "amount": "1.01", "currency": "EUR" }))).unwrap();
        assert_eq!(one.request_hash, two.request_hash);
        assert_ne!(one.request_hash, other.request_hash);

        let mut body = deposit(json!({ "amount": "1.00", "currency": "EUR" }));
        body["notify"] = json!(true);
        let told = ProposedEvents::read(body.clone()).unwrap();
        assert_eq!(told, one, "customers are told where nothing is said of it");
        body["notify"] = json!(false);
        let silent = ProposedEvents::read(body).unwrap();
        assert!(!silent.notify);
        assert_ne!(silent.request_hash, one.request_hash);
    }
}
