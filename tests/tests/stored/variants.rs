//! Notifications of every shape that is written today, with any ids, texts and
//! times: what is read of an item and saved is the same item.

use aws::DynamoNotifications;
use chrono::{DateTime, TimeDelta, Utc};
use domain::NotificationId;
use domain::time::format_recorded_at;
use handlers::ports::{DECISION_SHARDS, Notifications, Saved};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::file::Golden;
use crate::items::{key, put_before};
use crate::machine::{Machine, Tables};

const CASES: u32 = 256;
/// The slices of the index of what is due.
const SLICES: u8 = 4;

#[derive(Debug)]
struct Variant {
    notification_id: Uuid,
    correlation_id: String,
    /// What the mailer says.
    text: String,
    later: TimeDelta,
    more_revisions: u64,
}

fn variant() -> impl Strategy<Value = Variant> {
    const DAYS: i64 = 100 * 24 * 3_600;
    (
        any::<u128>(),
        "[A-Za-z0-9._:-]{1,64}",
        "[^\\p{Cc}]{1,60}",
        prop_oneof![
            (-DAYS..DAYS).prop_map(TimeDelta::seconds),
            (-DAYS..DAYS).prop_map(|seconds| TimeDelta::milliseconds(seconds * 1_000 + 1)),
            any::<i32>().prop_map(|nanos| TimeDelta::nanoseconds(nanos.into())),
        ],
        0..1_000_u64,
    )
        .prop_map(
            |(id, correlation_id, text, later, more_revisions)| Variant {
                notification_id: Uuid::from_u128(id),
                correlation_id,
                text,
                later,
                more_revisions,
            },
        )
}

impl Variant {
    fn of(&self, item: &Value) -> Value {
        let mut item = item.clone();
        let reason = item["reason"]["S"].as_str().map(str::to_owned);
        let is_free = matches!(item["state"]["S"].as_str(), Some("RETRY_AT" | "UNKNOWN"));
        for (name, attribute) in item.as_object_mut().unwrap() {
            // Days and months of what it tells are of one calendar.
            if name != "content" {
                self.change(attribute, reason.as_deref().filter(|_| is_free));
            }
        }
        item["notification_id"] = json!({ "S": self.notification_id });
        item["correlation_id"] = json!({ "S": self.correlation_id });
        let revision: u64 = item["revision"]["N"].as_str().unwrap().parse().unwrap();
        item["revision"]["N"] = (revision + self.more_revisions).to_string().into();
        if let Some(due) = item["due_at"]["S"].as_str().map(str::to_owned) {
            item["due"]["S"] = format_recorded_at(due.parse().unwrap()).into();
            let slice = self.notification_id.as_bytes()[15] % SLICES;
            item["due_slice"]["N"] = slice.to_string().into();
        }
        item
    }

    fn change(&self, value: &mut Value, reason: Option<&str>) {
        match value {
            Value::String(text) if Some(text.as_str()) == reason => text.clone_from(&self.text),
            Value::String(text) => {
                if let Ok(time) = text.parse::<DateTime<Utc>>() {
                    *value = json!(time + self.later);
                }
            }
            Value::Array(values) => values
                .iter_mut()
                .for_each(|value| self.change(value, reason)),
            Value::Object(fields) => fields
                .values_mut()
                .for_each(|value| self.change(value, reason)),
            _ => {}
        }
    }
}

async fn written(tables: &Tables, item: &Value) -> Value {
    const TABLE: &str = "notifications";
    let port = DynamoNotifications(tables.0.client());
    let key = key(item, &["notification_id"]);
    tables.put(TABLE, item);
    let id: NotificationId = item["notification_id"]["S"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut read = port.get(id).await.unwrap().unwrap();
    put_before(tables, TABLE, item, &key);
    read.revision -= 1;
    assert_eq!(port.save(&read).await, Ok(Saved::Written));
    let mut written = tables.get(TABLE, &key).unwrap();
    let attributes = written.as_object_mut().unwrap();
    // Facts follow from the history, where none are stored, and from them the place among all decisions, which a digest has not.
    attributes.remove("facts");
    let place = ["decided_slice", "decided"].map(|name| attributes.remove(name));
    let decided_at = item["history"]["L"][0]["M"]["at"]["S"].as_str().unwrap();
    let decided_at: DateTime<Utc> = decided_at.parse().unwrap();
    let slice = id.uuid().as_bytes()[15] % DECISION_SHARDS;
    let expected = [slice.into(), decided_at.timestamp_nanos_opt().unwrap()];
    let expected = expected.map(|number| json!({ "N": number.to_string() }));
    let is_digest = item.get("position").is_none();
    assert_eq!(
        place,
        expected.map(|number| Some(number).filter(|_| !is_digest))
    );
    tables.delete(TABLE, &key);
    written
}

#[test]
fn a_notification_of_any_shape_is_saved_as_it_was_read() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let machine = runtime.block_on(Machine::new());
    let tables = runtime.block_on(machine.engine());
    let items: Vec<Value> = Golden::all("items/notifications")
        .into_iter()
        .filter(|golden| !golden.name().contains("/old-"))
        .map(|golden| golden.content["stored"].clone())
        .collect();
    let mut runner = TestRunner::new(Config {
        cases: CASES,
        ..Config::with_source_file(file!())
    });
    let shape = prop::sample::select(items);
    let result = runner.run(&(shape, variant()), |(shape, variant)| {
        let item = variant.of(&shape);
        prop_assert_eq!(runtime.block_on(written(&tables, &item)), item);
        Ok(())
    });
    runtime.block_on(tables.0.stop());
    result.unwrap_or_else(|error| panic!("{error}"));
}
