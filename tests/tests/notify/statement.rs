//! Monthly statements: whole, once, and every month.

use chrono::{DateTime, Utc};
use domain::notification::{Content, Kind, Notification, Phase};
use handlers::composition::Composition;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{Fault, World, account, customer, deposited, event, opened, withdrawn};

const DECEMBER: &str = "2026-12-01T07:00:00Z";
const JANUARY: &str = "2027-01-01T07:00:00Z";

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

fn wanted() -> Value {
    let off = json!({ "enabled": false });
    json!({ "kinds": { "statement": { "enabled": true }, "deposit": off, "withdrawal": off } })
}

async fn beat(world: &World) {
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
}

async fn happen(world: &World, key: &str, events: Vec<Value>) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), key, events)
        .await
        .unwrap();
    world.project(world.stream()).await;
    world.settle().await;
}

fn statements(world: &World) -> Vec<Notification> {
    let mut all = world.notifications.all();
    all.retain(|notification| notification.kind() == Kind::Statement);
    all.sort_by_key(|statement| statement.history()[0].at);
    all
}

async fn november() -> World {
    let world = World::default();
    world.customer_with("ana@example.com", wanted()).await;
    happen(&world, "open", vec![opened()]).await;
    happen(
        &world,
        "first",
        vec![deposited("100.00"), withdrawn("30.50")],
    )
    .await;
    world
}

fn entries(mail: &handlers::ports::Mail) -> Vec<String> {
    let text = String::from_utf8(mail.attachments[0].bytes.clone()).unwrap();
    text.lines().skip(1).map(str::to_owned).collect()
}

#[tokio::test]
async fn a_statement_comes_on_the_first_with_what_moved_in_the_month() {
    let world = november().await;
    assert_eq!(statements(&world).len(), 1, "one for both events");
    beat(&world).await;
    assert_eq!(world.mailer.accepted(), []);
    world.clock.set(time(DECEMBER));
    // Of December, and not in it.
    happen(&world, "later", vec![deposited("7.00")]).await;
    beat(&world).await;
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1);
    assert!(mails[0].text.contains("€69.50"), "{}", mails[0].text);
    assert_eq!(entries(&mails[0]).len(), 2);
    assert_eq!(statements(&world)[0].phase(), Phase::Sent);
}

#[tokio::test]
async fn a_month_without_movements_has_one_too_and_no_entry_is_in_two_or_in_none() {
    let world = november().await;
    world.clock.set(time("2026-11-30T22:59:59Z"));
    happen(&world, "last-second", vec![deposited("1.00")]).await;
    world.clock.set(time("2026-11-30T23:00:00Z"));
    happen(&world, "midnight", vec![deposited("2.00")]).await;
    for first in [DECEMBER, JANUARY, "2027-02-01T07:00:00Z"] {
        world.clock.set(time(first));
        beat(&world).await;
        beat(&world).await;
    }
    let mails = world.mailer.accepted();
    let counts: Vec<usize> = mails.iter().map(|mail| entries(mail).len()).collect();
    assert_eq!(counts, [3, 1, 0]);
    assert!(mails[2].text.contains("€72.50"), "{}", mails[2].text);
    assert_eq!(statements(&world).len(), 4, "and that of February waits");
}

#[tokio::test]
async fn the_chain_ends_with_the_wish_and_begins_with_the_next_event() {
    let world = november().await;
    world.customer_with("ana@example.com", json!({})).await;
    world.clock.set(time(DECEMBER));
    beat(&world).await;
    let off = &statements(&world)[0];
    assert_eq!(
        (off.phase(), off.reason()),
        (Phase::Skipped, Some("preference-off"))
    );
    assert_eq!(statements(&world).len(), 1);
    world.customer_with("ana@example.com", wanted()).await;
    happen(&world, "again", vec![deposited("1.00")]).await;
    assert_eq!(statements(&world).len(), 2);
}

#[tokio::test]
async fn a_failure_after_one_statement_does_not_lose_the_next() {
    let world = november().await;
    world.clock.set(time(DECEMBER));
    let throttled = handlers::Error::Retryable("throttled".into());
    world
        .faults
        .at("store.head", 0, Fault::FailBefore(throttled));
    beat(&world).await;
    beat(&world).await;
    let states: Vec<Phase> = statements(&world).iter().map(|one| one.phase()).collect();
    assert_eq!(states, [Phase::Sent, Phase::Planned]);
    assert_eq!(world.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn who_moves_to_the_other_side_of_the_date_line_gets_the_next_statement_all_the_same() {
    let world = World::default();
    let live_in = async |zone: &str| {
        let person = json!({
            "email": "ana@example.com",
            "name": "Ana Example",
            "locale": "en",
            "time_zone": zone,
            "preferences": wanted(),
        });
        let person = handlers::customers::read_person(person).unwrap();
        let desk = world.customer_service();
        desk.put(&customer(), person, None).await.unwrap();
    };
    live_in("Pacific/Kiritimati").await;
    happen(&world, "open", vec![opened(), deposited("100.00")]).await;
    live_in("Pacific/Pago_Pago").await;
    for _ in 0..2 {
        world.clock.set(time(DECEMBER));
        beat(&world).await;
    }
    let days: Vec<String> = statements(&world)
        .into_iter()
        .filter_map(|one| match one.content() {
            Content::Statement(statement) => Some(statement.first_day.to_string()),
            _ => None,
        })
        .collect();
    assert_eq!(days, ["2026-11-01", "2026-12-01"]);
}

#[tokio::test]
async fn a_closed_account_has_a_last_statement() {
    let world = november().await;
    happen(
        &world,
        "out",
        vec![withdrawn("69.50"), event("AccountClosed", json!({}))],
    )
    .await;
    world.clock.set(time(DECEMBER));
    beat(&world).await;
    assert_eq!(statements(&world).len(), 1);
    let mails = world.mailer.accepted();
    assert!(mails.iter().any(|mail| !mail.attachments.is_empty()));
}

#[tokio::test]
async fn with_hidden_amounts_there_is_no_file() {
    let world = World::default();
    let mut hidden = wanted();
    hidden["hide_amounts"] = true.into();
    world.customer_with("ana@example.com", hidden).await;
    happen(&world, "open", vec![opened(), deposited("100.00")]).await;
    world.clock.set(time(DECEMBER));
    beat(&world).await;
    let mails = world.mailer.accepted();
    assert!(mails[0].attachments.is_empty());
    assert!(!mails[0].text.contains("100"), "{}", mails[0].text);
}

#[tokio::test]
async fn a_month_after_which_more_happened_than_a_page_holds_has_its_statement_all_the_same() {
    let world = november().await;
    world.clock.set(time(DECEMBER));
    let appender = world.appender();
    for number in 0..101 {
        let key = format!("later-{number}");
        let deposit = [deposited("1.00")];
        let appended = world.append(&appender, &account(1), &key, deposit).await;
        appended.unwrap();
    }
    world.project(world.stream()).await;
    world.settle().await;
    beat(&world).await;
    let mails = world.mailer.accepted();
    assert_eq!(mails.len(), 1);
    assert_eq!(entries(&mails[0]).len(), 2);
    assert!(mails[0].text.contains("€69.50"), "{}", mails[0].text);
}
