//! A low balance is told once, until it has recovered, and once a day.

use handlers::composition::Composition;
use std::time::Duration;

use domain::notification::Kind;
use handlers::ports::CLOCKS_DIFFER;
use serde_json::{Value, json};
use tests::world::{World, account, deposited, event, opened, withdrawn};

const HOUR: Duration = Duration::from_secs(3_600);

fn wish(enabled: bool) -> Value {
    wish_below("100.00", enabled)
}

fn wish_below(threshold: &str, enabled: bool) -> Value {
    json!({ "kinds": {
        "deposit": { "enabled": false },
        "withdrawal": { "enabled": false },
        "low-balance": { "enabled": enabled, "threshold": { "EUR": threshold } },
    }})
}

/// A customer with an account of 500.00.
async fn rich(enabled: bool) -> World {
    opened_with("500.00", wish(enabled)).await
}

async fn opened_with(balance: &str, wish: Value) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", wish).await;
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!(balance);
    append(&world, "open", [opening]).await;
    world
}

/// From now on the mark is another one.
async fn wishes(world: &World, threshold: &str) {
    world.clock.advance(Duration::from_secs(60));
    let wish = wish_below(threshold, true);
    world.customer_with("ana@example.com", wish).await;
    world.clock.advance(Duration::from_secs(60));
}

async fn lives_in(world: &World, zone: &str) {
    let person = json!({
        "email": "ana@example.com", "name": "Ana Martín", "locale": "en",
        "time_zone": zone, "preferences": wish(true),
    });
    world.customer_with_all(person).await;
}

async fn append<const N: usize>(world: &World, key: &str, events: [Value; N]) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), key, events)
        .await
        .unwrap();
}

/// Takes the balance down to 90.00 from wherever it was.
async fn fall(world: &World, key: &str, from: u32) {
    let amount = format!("{}.00", from - 90);
    append(world, key, [withdrawn(&amount)]).await;
}

/// Takes the balance to so many euros.
async fn set_balance(world: &World, key: &str, euros: i64) {
    let commits = world.store.of(&account(1));
    let now = commits.last().unwrap().after.balance.minor();
    let moved = euros * 100 - now;
    let amount = format!("{}.{:02}", moved.abs() / 100, moved.abs() % 100);
    let movement = match moved > 0 {
        true => deposited(&amount),
        false => withdrawn(&amount),
    };
    append(world, key, [movement]).await;
}

/// What became of each alert that was thought of, by the order of their events.
async fn alerts(world: &World) -> Vec<String> {
    world.project(world.stream()).await;
    world.settle().await;
    let mut all = world.notifications.all();
    all.retain(|notification| notification.kind() == Kind::LowBalance);
    all.sort_by_key(|notification| notification.source().version);
    all.into_iter()
        .map(|notification| {
            let state = notification.phase().as_str().to_owned();
            notification.reason().map_or(state, str::to_owned)
        })
        .collect()
}

#[tokio::test]
async fn a_balance_that_hovers_around_the_threshold_is_told_once() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("15.00")]).await;
    world.clock.advance(Duration::from_secs(86_400));
    fall(&world, "3", 105).await;
    assert_eq!(alerts(&world).await, ["SENT", "not-crossed"]);
    assert_eq!(world.mailer.accepted().len(), 1);
}

#[tokio::test]
async fn a_balance_that_had_recovered_is_told_again_on_another_day_and_not_on_the_same() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    fall(&world, "3", 110).await;
    append(&world, "4", [deposited("20.00")]).await;
    world.clock.advance(Duration::from_secs(86_400));
    fall(&world, "5", 110).await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today", "SENT"]);
}

#[tokio::test]
async fn the_order_in_which_the_bus_delivers_does_not_decide_which_fall_is_told() {
    let world = rich(true).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    fall(&world, "3", 110).await;
    let mut stream = world.stream();
    stream.reverse();
    world.project(stream).await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today"]);
}

#[tokio::test]
async fn within_one_commit_the_first_fall_is_told() {
    let world = rich(true).await;
    append(
        &world,
        "all",
        [
            withdrawn("410.00"),
            deposited("20.00"),
            withdrawn("20.00"),
            event(
                "MoneyDeposited",
                json!({ "amount": "5.00", "currency": "EUR" }),
            ),
        ],
    )
    .await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today"]);
}

#[tokio::test]
async fn who_asks_for_alerts_at_noon_was_told_of_none_in_the_morning() {
    let world = rich(false).await;
    fall(&world, "1", 500).await;
    append(&world, "2", [deposited("20.00")]).await;
    world.clock.advance(Duration::from_secs(60));
    world.customer_with("ana@example.com", wish(true)).await;
    world.clock.advance(Duration::from_secs(60));
    fall(&world, "3", 110).await;
    assert_eq!(alerts(&world).await, ["preference-off", "SENT"]);
}

#[tokio::test]
async fn what_was_asked_for_at_a_later_fall_of_the_day_is_not_taken_for_what_was_asked_for_in_the_morning()
 {
    let world = rich(false).await;
    fall(&world, "1", 500).await;
    set_balance(&world, "2", 500).await;
    world.clock.advance(Duration::from_secs(60));
    world.customer_with("ana@example.com", wish(true)).await;
    world.clock.advance(Duration::from_secs(60));
    // A fall that stays above the threshold: the wishes of its time are read first.
    set_balance(&world, "3", 400).await;
    fall(&world, "4", 400).await;
    assert_eq!(
        alerts(&world).await,
        ["preference-off", "not-crossed", "SENT"]
    );
}

#[tokio::test]
async fn before_a_customer_was_entered_nothing_was_asked_for_though_clocks_differ() {
    let world = World::default();
    world.customers.let_clocks_differ(CLOCKS_DIFFER);
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("500.00");
    append(&world, "open", [opening]).await;
    fall(&world, "1", 500).await;
    set_balance(&world, "2", 500).await;
    world.project(world.stream()).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(60));
    world.customer_with("ana@example.com", wish(true)).await;
    world.clock.advance(Duration::from_secs(60));
    fall(&world, "3", 500).await;
    assert_eq!(alerts(&world).await, ["SENT"]);
}

#[tokio::test]
async fn an_account_that_opened_at_or_above_the_threshold_is_told_its_first_low_balance() {
    for opening in ["100.00", "105.00", "109.99", "110.00"] {
        let world = opened_with(opening, wish(true)).await;
        append(&world, "fall", [withdrawn("20.00")]).await;
        assert_eq!(alerts(&world).await, ["SENT"], "{opening}");
    }
    // What opened below it has to rise above it by the margin, as any other.
    let world = opened_with("99.99", wish(true)).await;
    append(&world, "up", [deposited("5.00")]).await;
    append(&world, "down", [withdrawn("5.00")]).await;
    append(&world, "recovered", [deposited("10.01")]).await;
    append(&world, "fall", [withdrawn("10.01")]).await;
    assert_eq!(alerts(&world).await, ["not-crossed", "SENT"]);
}

#[tokio::test]
async fn a_changed_threshold_makes_no_second_mail_on_one_day() {
    // Lower and higher than the one by which it was told.
    for (threshold, then) in [("50.00", [95, 40]), ("200.00", [300, 150])] {
        let world = rich(true).await;
        fall(&world, "1", 500).await;
        wishes(&world, threshold).await;
        for (index, balance) in then.into_iter().enumerate() {
            set_balance(&world, &format!("then-{index}"), balance).await;
        }
        assert_eq!(alerts(&world).await, ["SENT", "already-told-today"]);
        // And the day after, once it has recovered, it is told again.
        world.clock.advance(24 * HOUR);
        set_balance(&world, "up", 500).await;
        set_balance(&world, "down", 10).await;
        let all = alerts(&world).await;
        assert_eq!(all.last().map(String::as_str), Some("SENT"), "{threshold}");
        assert_eq!(world.mailer.accepted().len(), 2, "{threshold}");
    }
}

#[tokio::test]
async fn a_fall_that_was_not_told_by_the_threshold_of_its_time_stands_in_nobodys_way() {
    let world = opened_with("500.00", wish_below("50.00", true)).await;
    // Below the threshold to come, and not below that of now.
    set_balance(&world, "1", 90).await;
    set_balance(&world, "2", 500).await;
    wishes(&world, "100.00").await;
    set_balance(&world, "3", 80).await;
    assert_eq!(alerts(&world).await, ["not-crossed", "SENT"]);
}

#[tokio::test]
async fn a_fall_that_was_not_told_is_none_of_the_day_of_who_has_moved() {
    let world = World::default();
    let mut opening = opened();
    opening["data"]["opening_balance"] = json!("500.00");
    world.clock.set("2026-11-22T09:00:00Z".parse().unwrap());
    lives_in(&world, "Europe/Paris").await;
    append(&world, "open", [opening]).await;
    set_balance(&world, "told", 90).await;
    world.clock.set("2026-11-22T11:00:00Z".parse().unwrap());
    set_balance(&world, "up", 500).await;
    set_balance(&world, "same-day", 90).await;
    // There the day began at 10:00 UTC, and nothing was told in it.
    lives_in(&world, "Pacific/Kiritimati").await;
    world.clock.advance(HOUR);
    set_balance(&world, "up-again", 500).await;
    set_balance(&world, "another-day", 90).await;
    assert_eq!(alerts(&world).await, ["SENT", "already-told-today", "SENT"]);
    // Back, it is the day of both mails.
    lives_in(&world, "Europe/Paris").await;
    world.clock.advance(HOUR);
    set_balance(&world, "up-once-more", 500).await;
    set_balance(&world, "home", 90).await;
    let all = alerts(&world).await;
    assert_eq!(all.last().map(String::as_str), Some("already-told-today"));
}
