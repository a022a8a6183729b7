//! Monthly statements of customers who move: each movement is in exactly one,
//! and each begins with the balance at which the one before it ended.

use chrono::{DateTime, TimeDelta, Utc};
use domain::notification::{Content, Kind, Notification, Phase};
use domain::{EventId, Version};
use handlers::composition::Composition;
use handlers::ports::Clock;
use mail::{Amount, Locale, format_amount};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::time::Duration;
use tests::world::{World, account, deposited, event, opened, withdrawn};

/// Up to 26 hours apart, and one that changes its clocks.
const ZONES: [&str; 5] = [
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Europe/Paris",
    "America/St_Johns",
    "Pacific/Pago_Pago",
];

async fn lives_in(world: &World, zone: &str, statements: bool) {
    let off = json!({ "enabled": false });
    let kinds = json!({ "statement": { "enabled": statements }, "deposit": off });
    world
        .customer_with_all(json!({
            "email": "ana@example.com", "name": "Ana Martín", "locale": "en",
            "time_zone": zone, "preferences": { "kinds": kinds },
        }))
        .await;
}

async fn beat(world: &World) {
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
}

/// Appends; what waited on the bus, and this, is delivered if asked for.
async fn happens(world: &World, events: Vec<Value>, delivered: bool) {
    let appender = world.appender();
    let key = format!("{}", world.clock.now().timestamp_micros());
    world
        .append(&appender, &account(1), &key, events)
        .await
        .unwrap();
    world.project(world.stream()).await;
    if delivered {
        world.settle().await;
    }
}

fn time(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

async fn at(world: &World, text: &str) {
    world.clock.set(time(text));
    beat(world).await;
}

/// Each month has a statement until long after the last movement.
async fn months_go_by(world: &World) {
    for _ in 0..4 {
        world.clock.advance(Duration::from_secs(20 * 86_400));
        world.settle().await;
        for _ in 0..3 {
            beat(world).await;
        }
    }
}

/// The statements that were told, the oldest first, with the text and the file
/// of each.
fn told(world: &World) -> Vec<(Notification, String, String)> {
    let mails = world.mailer.accepted();
    let all = world.notifications.all();
    let mut told: Vec<_> = all
        .into_iter()
        .filter(|found| found.kind() == Kind::Statement && found.phase() == Phase::Sent)
        .map(|statement| {
            let id = statement.id();
            let mail = mails
                .iter()
                .find(|mail| mail.notification_id == id)
                .unwrap();
            let file = String::from_utf8(mail.attachments[0].bytes.clone()).unwrap();
            (statement, mail.text.clone(), file)
        })
        .collect();
    told.sort_by_key(|(statement, ..)| match statement.content() {
        Content::Statement(statement) => statement.first_day,
        _ => unreachable!("{statement:?}"),
    });
    told
}

fn euros(minor: i64) -> String {
    let amount = Amount {
        minor,
        currency: "EUR".to_owned(),
        digits: 2,
    };
    format_amount(&amount, Locale::En)
}

/// Every movement from version `first` on is in one statement, in order, and
/// the balances of each follow from those of the one before it.
fn assert_whole(world: &World, first: Version) {
    let mut balances: BTreeMap<Version, i64> = BTreeMap::new();
    for commit in world.store.of(&account(1)) {
        for event in domain::IntegrationEvent::of_commit(&commit).unwrap() {
            balances.insert(event.metadata.version, event.balances.after().minor());
        }
    }
    let id = |version: &Version| EventId::new(&account(1), *version).to_string();
    let mut missing: Vec<Version> = balances.range(first..).map(|(v, _)| *v).collect();
    let mut closing = balances.get(&(first - 1)).copied();
    for (statement, text, file) in told(world) {
        let what = format!("{:?} with {file}", statement.content());
        let entries = file.lines().count() - 1;
        let covered: Vec<Version> = missing.drain(..entries.min(missing.len())).collect();
        assert_eq!(covered.len(), entries, "entries twice: {what}");
        for version in &covered {
            assert!(file.contains(&id(version)), "no version {version}: {what}");
        }
        if let Some(balance) = closing {
            assert!(text.contains(&euros(balance)), "{balance}: {what}: {text}");
        }
        closing = covered.last().map(|version| balances[version]).or(closing);
        if let Some(balance) = closing {
            assert!(text.contains(&euros(balance)), "{balance}: {what}: {text}");
        }
    }
    assert_eq!(
        missing,
        [] as [Version; 0],
        "in no statement: {:#?}",
        told(world)
    );
}

#[tokio::test]
async fn who_moves_east_on_the_last_day_of_a_month_finds_no_movement_in_two_statements() {
    let world = World::default();
    lives_in(&world, "Pacific/Pago_Pago", true).await;
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    lives_in(&world, "Pacific/Kiritimati", true).await;
    // Still November there, and December here.
    at(&world, "2026-11-30T12:00:00Z").await;
    happens(&world, vec![deposited("5.00")], true).await;
    months_go_by(&world).await;
    assert_whole(&world, 2);
}

#[tokio::test]
async fn who_moves_west_finds_no_movement_in_no_statement() {
    let world = World::default();
    lives_in(&world, "Pacific/Kiritimati", true).await;
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    lives_in(&world, "Pacific/Pago_Pago", true).await;
    // December in the one, November in the other; the heartbeat is late.
    world.clock.set(time("2026-11-30T15:00:00Z"));
    happens(&world, vec![deposited("5.00")], true).await;
    world.clock.set(time("2026-12-01T12:00:00Z"));
    happens(&world, vec![deposited("7.00")], true).await;
    months_go_by(&world).await;
    assert_whole(&world, 2);
}

#[tokio::test]
async fn a_month_that_was_over_before_the_account_was_opened_has_a_statement_of_nothing() {
    let world = World::default();
    lives_in(&world, "Pacific/Kiritimati", true).await;
    // Already December there, and still November where the customer moves to.
    world.clock.set(time("2026-11-30T12:00:00Z"));
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    lives_in(&world, "Pacific/Pago_Pago", true).await;
    world.clock.set(time("2026-11-30T13:00:00Z"));
    happens(&world, vec![deposited("5.00")], true).await;
    months_go_by(&world).await;
    assert_whole(&world, 2);
    let told = told(&world);
    assert_eq!(told[0].2.lines().count(), 1, "no movement in November");
    assert!(told[0].1.contains(&euros(0)), "{}", told[0].1);
}

#[tokio::test]
async fn an_account_that_is_closed_between_two_midnights_has_its_last_movement_told() {
    let world = World::default();
    lives_in(&world, "Pacific/Kiritimati", true).await;
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    lives_in(&world, "Pacific/Pago_Pago", true).await;
    world.clock.set(time("2026-11-30T15:00:00Z"));
    let last = vec![withdrawn("100.00"), event("AccountClosed", json!({}))];
    happens(&world, last, true).await;
    months_go_by(&world).await;
    let told = told(&world);
    let files: Vec<usize> = told
        .iter()
        .map(|(_, _, file)| file.lines().count() - 1)
        .collect();
    assert_eq!(files, [1, 1], "and none of an account that is closed");
}

#[tokio::test]
async fn a_movement_that_comes_late_from_a_clock_behind_is_in_the_next_statement() {
    let world = World::default();
    lives_in(&world, "Europe/Paris", true).await;
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    at(&world, "2026-12-01T07:00:01Z").await;
    // Of a writer whose clock is hours behind: the statement of November was told.
    world.clock.set(time("2026-11-30T22:00:00Z"));
    happens(&world, vec![deposited("5.00")], true).await;
    world.clock.set(time("2026-12-01T08:00:00Z"));
    months_go_by(&world).await;
    assert_whole(&world, 2);
}

#[tokio::test]
async fn what_moved_in_a_month_at_whose_end_statements_were_off_is_in_none() {
    let world = World::default();
    lives_in(&world, "Pacific/Kiritimati", true).await;
    happens(&world, vec![opened(), deposited("100.00")], true).await;
    lives_in(&world, "Pacific/Kiritimati", false).await;
    at(&world, "2026-12-01T12:00:00Z").await;
    lives_in(&world, "Pacific/Pago_Pago", true).await;
    happens(&world, vec![deposited("5.00")], true).await;
    months_go_by(&world).await;
    // What the statement of November would have told is not told by another.
    assert_whole(&world, 3);
}

#[derive(Debug, Clone)]
enum Step {
    Moves(u32),
    Lives(usize),
    Beats,
    Delivers,
}

fn any_step() -> impl Strategy<Value = (i64, Step)> {
    let step = prop_oneof![
        5 => (1_u32..10_000).prop_map(Step::Moves),
        3 => (0..ZONES.len()).prop_map(Step::Lives),
        3 => Just(Step::Beats),
        2 => Just(Step::Delivers),
    ];
    // Hours; often within the day of a month's end.
    (prop_oneof![0_i64..30, 0_i64..30, 100_i64..500], step)
}

async fn lived(zone: usize, start: i64, steps: &[(i64, Step)]) {
    let world = World::default();
    world
        .clock
        .set(time("2026-11-30T00:00:00Z") + TimeDelta::hours(start));
    lives_in(&world, ZONES[zone], true).await;
    happens(&world, vec![opened(), deposited("0.01")], true).await;
    for (hours, step) in steps {
        let later = u64::try_from(*hours).unwrap() * 3_600;
        world.clock.advance(Duration::from_secs(later));
        match step {
            Step::Moves(minor) => {
                let amount = format!("{}.{:02}", minor / 100, minor % 100);
                happens(&world, vec![deposited(&amount)], false).await;
            }
            Step::Lives(zone) => lives_in(&world, ZONES[*zone], true).await,
            Step::Beats => beat(&world).await,
            Step::Delivers => world.settle().await,
        }
    }
    months_go_by(&world).await;
    assert_whole(&world, 2);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn whatever_the_zones_each_movement_is_in_exactly_one_statement(
        zone in 0..ZONES.len(),
        start in -40_i64..40,
        steps in prop::collection::vec(any_step(), 1..14),
    ) {
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(lived(zone, start, &steps));
    }
}
