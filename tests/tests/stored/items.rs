//! DynamoDB's items, one table after the other: put as they were stored, read
//! and written again through the adapters, and shown by the API.

use aws::{
    DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel, DynamoReplays,
    DynamoSchedules, DynamoSuppressions,
};
use domain::email::AddressHash;
use handlers::ports::{
    Customers, EventStore, Notifications, ReadModel, Replays, ReversalMark, Saved, Schedules,
    Suppressions,
};
use serde_json::{Value, json};

use crate::file::Golden;
use crate::machine::{Machine, Tables};

/// The table's golden items, each with its key.
fn goldens(table: &str) -> Vec<Golden> {
    Golden::all(&format!("items/{table}"))
}

fn text<'a>(item: &'a Value, member: &str) -> &'a str {
    item[member]["S"].as_str().unwrap()
}

fn number(item: &Value, member: &str) -> u64 {
    item[member]["N"].as_str().unwrap().parse().unwrap()
}

/// What names an item in its table.
pub fn key(item: &Value, members: &[&str]) -> Value {
    let parts = members
        .iter()
        .map(|member| ((*member).to_owned(), item[*member].clone()));
    Value::Object(parts.collect())
}

/// Puts the item back by one revision, so that it can be written again.
pub fn put_before(tables: &Tables, table: &str, item: &Value, key: &Value) {
    match number(item, "revision") {
        1 => tables.delete(table, key),
        revision => {
            let mut before = item.clone();
            before["revision"]["N"] = (revision - 1).to_string().into();
            tables.put(table, &before);
        }
    }
}

/// Holds the item that was written again against the one that was stored, and
/// puts that back.
fn check_rewritten(tables: &Tables, table: &str, golden: &mut Golden, key: &Value) {
    let stored = golden.content["stored"].clone();
    let rewritten = tables.get(table, key).unwrap();
    golden.check("rewritten", Some(rewritten).filter(|item| *item != stored));
    tables.put(table, &stored);
}

/// Holds what the API answers against what it answered.
async fn check_shown(machine: &Machine, goldens: &mut [Golden]) {
    let running = machine.start(std::sync::Arc::default()).await;
    for golden in goldens {
        let Some(path) = golden.content["path"].as_str().map(str::to_owned) else {
            continue;
        };
        let mut shown = running.get(&path).await;
        // Of a problem, its words and its request's id are not of the item.
        if shown["status"].is_number() {
            shown = json!({ "type": shown["type"], "status": shown["status"] });
        }
        golden.check("shown", Some(shown));
    }
    running.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn notifications_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "notifications";
    let machine = Machine::new().await;
    let tables = machine.engine().await;
    let port = DynamoNotifications(tables.0.client());
    let mut goldens = goldens(TABLE);
    for golden in &mut goldens {
        let item = golden.content["stored"].clone();
        let key = key(&item, &["notification_id"]);
        tables.put(TABLE, &item);
        let id = text(&item, "notification_id").parse().unwrap();
        let mut read = port.get(id).await.unwrap().unwrap();
        put_before(&tables, TABLE, &item, &key);
        read.revision -= 1;
        let saved = port.save(&read).await;
        assert_eq!(saved, Ok(Saved::Written), "{}", golden.name());
        // Facts follow from the history, where none are stored.
        let mut rewritten = tables.get(TABLE, &key).unwrap();
        let facts = rewritten.as_object_mut().unwrap().remove("facts");
        golden.check("facts", facts);
        golden.check(
            "rewritten",
            Some(rewritten).filter(|rewritten| *rewritten != item),
        );
        tables.put(TABLE, &item);
    }
    tables.0.stop().await;
    check_shown(&machine, &mut goldens).await;
}

/// Reads each golden item of the table and lets it be written again, which leaves what was stored, and holds the API against
/// what it showed.
async fn check_items(
    table: &'static str,
    key_members: &[&str],
    write_again: impl AsyncFn(&Tables, &Value, &Value),
) {
    let machine = Machine::new().await;
    let tables = machine.engine().await;
    let mut goldens = goldens(table);
    for golden in &mut goldens {
        eprintln!("{}", golden.name());
        let item = golden.content["stored"].clone();
        let key = key(&item, key_members);
        tables.put(table, &item);
        write_again(&tables, &item, &key).await;
        check_rewritten(&tables, table, golden, &key);
    }
    tables.0.stop().await;
    check_shown(&machine, &mut goldens).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn customers_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "customers";
    let write_again = async |tables: &Tables, item: &Value, key: &Value| {
        let port = DynamoCustomers(tables.0.client());
        let customer = text(item, "customer_id").parse().unwrap();
        let read = port.latest(&customer).await.unwrap().unwrap();
        // Who cannot be read is not written again, and shown as a problem.
        if matches!(read.person, Some(Err(_))) {
            return;
        }
        tables.delete(TABLE, key);
        assert_eq!(port.add(&read).await, Ok(Saved::Written));
    };
    check_items(TABLE, &["customer_id", "revision"], write_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn schedules_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "schedules";
    let write_again = async |tables: &Tables, item: &Value, key: &Value| {
        let port = DynamoSchedules(tables.0.client());
        let account = text(item, "account_id").parse().unwrap();
        let schedule = text(item, "schedule_id").parse().unwrap();
        let mut read = port.get(&account, &schedule).await.unwrap().unwrap();
        put_before(tables, TABLE, item, key);
        read.revision -= 1;
        assert_eq!(port.save(&read).await, Ok(Saved::Written));
    };
    check_items(TABLE, &["account_id", "schedule_id"], write_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn balances_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "balances";
    let write_again = async |tables: &Tables, item: &Value, key: &Value| {
        let port = DynamoReadModel(tables.0.client());
        let account = text(item, "account_id").parse().unwrap();
        let mut read = port.load(&account).await.unwrap().unwrap();
        put_before(tables, TABLE, item, key);
        read.revision -= 1;
        assert_eq!(port.save(&read).await, Ok(Saved::Written));
    };
    check_items(TABLE, &["account_id"], write_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn replays_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "replays";
    let write_again = async |tables: &Tables, item: &Value, key: &Value| {
        let port = DynamoReplays(tables.0.client());
        let replay = text(item, "replay_id");
        if text(item, "part") == "job" {
            let mut read = port.load(replay).await.unwrap().unwrap();
            put_before(tables, TABLE, item, key);
            read.revision -= 1;
            assert_eq!(port.save(&read).await, Ok(Saved::Written));
        } else {
            let (rows, next) = port.shadow(replay, None, 10).await.unwrap();
            assert_eq!((rows.len(), next), (1, None));
            tables.delete(TABLE, key);
            port.save_shadow(replay, &rows).await.unwrap();
        }
    };
    check_items(TABLE, &["replay_id", "part"], write_again).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suppressions_are_read_shown_and_written_as_they_were() {
    const TABLE: &str = "suppressions";
    let machine = Machine::new().await;
    let tables = machine.engine().await;
    let port = DynamoSuppressions(tables.0.client());
    let mut goldens = goldens(TABLE);
    for golden in &mut goldens {
        let item = golden.content["stored"].clone();
        let key = key(&item, &["address_hash"]);
        let address = golden.content["address"].as_str().unwrap().to_owned();
        let hash = AddressHash::of(&address);
        let lifted = item["lifted_at"]["S"].as_str().map(str::to_owned);
        tables.put(TABLE, &item);
        let is_lifted = lifted
            .as_deref()
            .is_some_and(|at| at >= text(&item, "suppressed_at"));
        let read = port.get(&hash).await.unwrap();
        assert_eq!(read.is_none(), is_lifted, "{}", golden.name());
        let mut before = item.clone();
        before.as_object_mut().unwrap().remove("lifted_at");
        tables.put(TABLE, &before);
        let read = port.get(&hash).await.unwrap().unwrap();
        tables.delete(TABLE, &key);
        if let Some(lifted) = lifted.filter(|_| !is_lifted) {
            tables.put(
                TABLE,
                &json!({ "address_hash": key["address_hash"], "lifted_at": { "S": lifted } }),
            );
        }
        port.add(&hash, &read).await.unwrap();
        if is_lifted {
            let at = text(&item, "lifted_at").parse().unwrap();
            port.lift(&hash, at).await.unwrap();
        }
        check_rewritten(&tables, TABLE, golden, &key);
        // Whose address it is, for the API to show it.
        let customer = golden.content["customer"].clone();
        tables.put("customers", &customer);
    }
    tables.0.stop().await;
    check_shown(&machine, &mut goldens).await;
}

/// A commit is written with its idempotency key, and a reversal with its mark;
/// so a file of `requests` is of the commit of the same name.
#[tokio::test(flavor = "multi_thread")]
async fn commits_and_their_keys_are_read_and_written_as_they_were() {
    const KEY: [&str; 2] = ["account_id", "idempotency_key"];
    let machine = Machine::new().await;
    let tables = machine.engine().await;
    let port = DynamoEventStore(tables.0.client());
    for mut golden in goldens("events") {
        let item = golden.content["stored"].clone();
        let key = key(&item, &["account_id", "version"]);
        tables.put("events", &item);
        let account = text(&item, "account_id").parse().unwrap();
        let version = number(&item, "version");
        let read = port
            .commit_holding(&account, version)
            .await
            .unwrap()
            .unwrap();
        assert!(read.compute_hash() == read.hash, "{}", golden.name());
        tables.delete("events", &key);

        let request_key = self::key(&item, &KEY);
        let mark = golden.content.get("mark").cloned();
        let mark_key = mark.as_ref().map(|mark| self::key(mark, &KEY));
        let marks: Vec<ReversalMark> = mark
            .iter()
            .map(|mark| ReversalMark {
                reversed: text(mark, "idempotency_key")
                    .rsplit(' ')
                    .next()
                    .unwrap()
                    .parse()
                    .unwrap(),
                by: text(mark, "reversed_by").parse().unwrap(),
            })
            .collect();
        for key in [Some(&request_key), mark_key.as_ref()]
            .into_iter()
            .flatten()
        {
            tables.delete("requests", key);
        }
        let appended = port.append(&read, &marks).await.unwrap();
        assert_eq!(format!("{appended:?}"), "Done", "{}", golden.name());
        let written = tables.get("requests", &request_key);
        golden.check("request", written);
        if let Some((mark, key)) = mark.zip(mark_key) {
            let written = tables.get("requests", &key);
            assert_eq!(written.as_ref(), Some(&mark), "{}", golden.name());
            let reversed = marks[0].reversed;
            let by = port.reversed_by(&account, reversed).await.unwrap();
            assert_eq!(by, Some(marks[0].by), "{}", golden.name());
        }
        check_rewritten(&tables, "events", &mut golden, &key);

        // A key that was used says what it led to, in the words of then.
        let request = golden.content["request"].clone();
        tables.put("requests", &request);
        let again = port.append(&read, &[]).await.unwrap();
        let shown = format!("{again:?}");
        assert!(shown.starts_with("KeyUsed"), "{}: {shown}", golden.name());
    }
    tables.0.stop().await;
}
