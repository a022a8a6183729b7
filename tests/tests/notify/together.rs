//! One event, one mail: an address hears of an event once, whatever applies to it.

use std::collections::{BTreeMap, BTreeSet};

use crate::given::*;
use chrono::TimeDelta;
use domain::notification::{
    Content, Draft, EMAIL, EventRef, Kind, Notification, Pending, Phase, Pinned, Subject,
    notification_id,
};
use domain::recipient::Recipient;
use domain::{EventId, Version};
use handlers::composition::Composition;
use handlers::ports::{Clock, Mail, Notifications, Saved, Versioned};
use handlers::redrive::Selection;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::time::Duration;
use tests::world::{
    Answer, Fault, LEASE, UNKNOWN_WINDOW, World, account, customer, deposited, event, withdrawn,
};

/// Everything that a withdrawal can lead to, at two addresses.
fn all_kinds() -> Value {
    json!({
        "kinds": {
            "large-amount": { "enabled": true, "min_amount": { "EUR": "100.00" } },
            "low-balance": { "enabled": true, "threshold": { "EUR": "50.00" } },
        },
        "addresses": [{ "email": "second@example.com", "kinds": ["large-amount", "low-balance"] }],
    })
}

/// An account with 10.00, and the withdrawal of 200.00 that overdraws it, on the bus and not handed on yet.
async fn overdrawn_for(preferences: Value) -> World {
    let world = World::default();
    world.customer_with("ana@example.com", preferences).await;
    move_money(&world, "first", deposited("60.00")).await;
    world.settle().await;
    append(&world, "second", withdrawn("200.00")).await;
    world.faults.forget_trace();
    world
}

async fn append(world: &World, key: &str, movement: Value) {
    let appender = world.appender();
    world
        .append(&appender, &account(1), key, [movement])
        .await
        .unwrap();
    world.project(world.stream()).await;
}

/// The versions that a mail is about.
fn versions(world: &World, mail: &Mail) -> Vec<Version> {
    let all = world.notifications.all();
    let found = all.iter().find(|one| one.id() == mail.notification_id);
    let found = found.unwrap();
    match found.content() {
        Content::Event => vec![found.source().version],
        Content::Digest(digest) => {
            let versions: BTreeSet<_> = digest
                .covers()
                .iter()
                .map(|one| one.event_version)
                .collect();
            versions.into_iter().collect()
        }
        Content::Statement(_) => Vec::new(),
    }
}

/// How often each address was told of each version.
fn told(world: &World) -> BTreeMap<(String, Version), usize> {
    let mut told = BTreeMap::new();
    for mail in world.mailer.accepted() {
        for version in versions(world, &mail) {
            *told.entry((mail.to.clone().into(), version)).or_insert(0) += 1;
        }
    }
    told
}

#[track_caller]
fn assert_one_mail_an_event_and_address(world: &World, what: &str) {
    let told = told(world);
    assert!(told.values().all(|times| *times == 1), "{what}: {told:?}");
}

fn mails_to(world: &World, address: &str) -> Vec<Mail> {
    let all = world.mailer.accepted().into_iter();
    all.filter(|mail| String::from(mail.to.clone()) == address)
        .collect()
}

fn of(world: &World, kind: Kind) -> Notification {
    let mut all = world.notifications.all().into_iter();
    let found = all.find(|one| one.kind() == kind && one.content().is_event());
    found.unwrap()
}

#[tokio::test]
async fn a_withdrawal_that_overdraws_is_large_and_leaves_little_is_one_mail_with_a_sentence_for_each()
 {
    let world = overdrawn_for(all_kinds()).await;
    world.settle().await;
    assert_one_mail_an_event_and_address(&world, "settled");
    let mail = mails_to(&world, "ana@example.com").pop().unwrap();
    assert!(mail.subject.contains("is overdrawn"), "{}", mail.subject);
    for sentence in [
        "€200.00 was paid out.",
        "This is at or above your alert level of €100.00.",
        "Your balance is now below the level of €50.00 that you chose.",
    ] {
        assert!(mail.text.contains(sentence), "{}", mail.text);
        assert!(mail.html.contains(sentence), "{}", mail.html);
    }
}

#[tokio::test]
async fn each_address_is_told_of_its_own_kinds_alone() {
    let world = overdrawn_for(all_kinds()).await;
    world.settle().await;
    let mail = mails_to(&world, "second@example.com").pop().unwrap();
    assert!(
        mail.subject.starts_with("Large payment out"),
        "{}",
        mail.subject
    );
    assert!(
        mail.text.contains("below the level of €50.00"),
        "{}",
        mail.text
    );
    assert!(!mail.text.contains("overdraw"), "{}", mail.text);
}

#[tokio::test]
async fn each_kind_has_its_own_line_with_the_id_of_the_mail() {
    let world = overdrawn_for(all_kinds()).await;
    world.settle().await;
    let mails = world.mailer.accepted();
    let sent: BTreeSet<String> = mails
        .iter()
        .map(|mail| mail.notification_id.to_string())
        .collect();
    let mut lines = lines(&world).await;
    lines.retain(|line| line["event_version"] == 3);
    let mut kinds = BTreeSet::new();
    for line in &lines {
        let kind = (
            line["event_id"].clone().to_string(),
            line["kind"].to_string(),
        );
        assert!(
            kinds.insert((kind, line["recipient"].to_string())),
            "{line}"
        );
        assert_eq!(line["state"], "SENT", "{line}");
        assert!(sent.contains(line["mail_id"].as_str().unwrap()), "{line}");
        assert_eq!(line["digest_id"], Value::Null, "{line}");
        let steps: Vec<_> = line["history"].as_array().unwrap().iter().collect();
        assert_eq!(steps[0]["state"], "SENDING", "{line}");
    }
    assert_eq!(lines.len(), 6);
}

#[tokio::test]
async fn the_consequence_may_be_delivered_before_or_after_its_cause_or_alone_again() {
    for order in [[0, 1], [1, 0], [1, 1], [0, 0]] {
        let world = overdrawn_for(json!({})).await;
        let entries = world.bus.take_waiting();
        let entries: Vec<_> = entries
            .iter()
            .filter(|one| {
                tests::world::reaches_notify(one) && one.detail["metadata"]["version"] == 3
            })
            .collect();
        assert_eq!(entries.len(), 2);
        for at in order {
            let entry = entries[at];
            let notifier = world.notifier();
            notifier
                .deliver(&entry.event_type, &entry.detail)
                .await
                .unwrap();
        }
        world.project(world.stream()).await;
        world.settle().await;
        assert_one_mail_an_event_and_address(&world, &format!("{order:?}"));
        assert_eq!(
            of(&world, Kind::Overdrawn).digest_id(),
            of(&world, Kind::Withdrawal).digest_id()
        );
    }
}

#[tokio::test]
async fn a_consequence_whose_cause_an_earlier_version_told_alone_is_told_by_itself() {
    let world = overdrawn_for(json!({})).await;
    let (account, version) = (account(1), 3);
    let event_id = EventId::new(&account, version);
    let draft = Draft::new(Subject {
        id: notification_id(
            event_id,
            Kind::Withdrawal,
            &customer(),
            &Recipient::Customer,
            EMAIL,
        ),
        source: EventRef {
            account_id: account,
            event_id,
            version,
        },
        correlation_id: None,
        kind: Kind::Withdrawal,
        recipient: Recipient::Customer,
        content: Content::Event,
    });
    let pinned = Pinned {
        template: "withdrawal/en@5".to_owned(),
        content_hash: "hash".to_owned(),
        code: "code".to_owned(),
    };
    let now = world.clock.now();
    let sending = Pending::from(draft).sending(now, LEASE, pinned).unwrap();
    let sent = sending.sent(now, "message".to_owned()).unwrap();
    let saved = world.notifications.save(&Versioned::new(sent)).await;
    assert_eq!(saved, Ok(Saved::Written));
    // The delivery of the cause was done, and that of the consequence follows.
    let entries = world.bus.take_waiting();
    let mut consequences = entries
        .iter()
        .filter(|one| one.event_type == "AccountOverdrawn");
    let entry = consequences.next().unwrap();
    let notifier = world.notifier();
    let told = notifier.deliver(&entry.event_type, &entry.detail).await;
    told.unwrap();
    let mail = world.mailer.accepted().pop().unwrap();
    assert!(mail.subject.contains("is overdrawn"), "{}", mail.subject);
    assert_eq!(of(&world, Kind::Overdrawn).phase(), Phase::Sent);
}

#[tokio::test]
async fn a_worker_that_dies_at_any_step_sends_one_mail_an_event_and_address_and_forgets_no_kind() {
    let calls = {
        let world = overdrawn_for(all_kinds()).await;
        world.settle().await;
        world.faults.trace().len()
    };
    assert!(calls > 20, "{calls}");
    for call in 0..calls {
        for fault in [Fault::StopBefore, Fault::StopAfter] {
            let what = format!("{fault:?} at call {call}");
            let world = overdrawn_for(all_kinds()).await;
            world.mailer.tell_outcomes();
            world.faults.at_call(call, fault);
            let entries = world.bus.take_waiting();
            for entry in &entries {
                while tests::world::reaches_notify(entry) {
                    let notifier = world.notifier();
                    let delivery = notifier.deliver(&entry.event_type, &entry.detail);
                    match world.faults.until_crash(delivery).await {
                        Some(Err(_)) => world.clock.advance(LEASE),
                        Some(Ok(())) | None => break,
                    }
                }
            }
            for entry in entries {
                world.bus.wait_again(entry);
            }
            world.settle().await;
            world.clock.advance(LEASE * 2);
            world
                .notifier()
                .run_due(Duration::from_secs(60))
                .await
                .unwrap();
            world.clock.advance(LEASE * 2);
            world
                .notifier()
                .run_due(Duration::from_secs(60))
                .await
                .unwrap();
            assert_one_mail_an_event_and_address(&world, &what);
            let lines = lines(&world).await;
            let of_the_withdrawal = lines.iter().filter(|line| line["event_version"] == 3);
            let states: Vec<_> = of_the_withdrawal.map(|line| &line["state"]).collect();
            assert_eq!(states, ["SENT"; 6], "{what}");
        }
    }
}

#[tokio::test]
async fn a_kind_that_was_off_when_the_mail_was_made_gets_no_second_mail_though_its_worker_died() {
    let with_large = |enabled: bool| {
        let mut preferences = all_kinds();
        preferences["kinds"]["large-amount"]["enabled"] = json!(enabled);
        preferences["addresses"] = json!([]);
        preferences
    };
    for (kinds, saves) in [("several", 4), ("one", 2)] {
        let mut wanted = with_large(true);
        let mut without = with_large(false);
        if kinds == "one" {
            for preferences in [&mut wanted, &mut without] {
                preferences["kinds"]["low-balance"] = json!({ "enabled": false });
                preferences["kinds"]["overdrawn"] = json!({ "enabled": false });
            }
        }
        let world = overdrawn_for(wanted.clone()).await;
        world.clock.advance(Duration::from_secs(5));
        world.customer_with("ana@example.com", without).await;
        let before = world.mailer.accepted().len();
        // What is sent is saved first, then the kind that was switched off meanwhile.
        let first_skip = if kinds == "one" { saves } else { saves + 1 };
        world
            .faults
            .at("notifications.save", first_skip, Fault::StopBefore);
        let stopped = world.faults.until_crash(world.deliver_bus()).await;
        assert!(stopped.is_none(), "{kinds}");
        assert_eq!(world.mailer.accepted().len(), before + 1, "{kinds}");
        world.customer_with("ana@example.com", wanted).await;
        world.project(world.stream()).await;
        world.settle().await;
        assert_one_mail_an_event_and_address(&world, kinds);
        assert_eq!(
            of(&world, Kind::LargeAmount).phase(),
            Phase::Skipped,
            "{kinds}"
        );
    }
}

#[tokio::test]
async fn a_mail_from_which_everything_was_left_out_ends_too_whenever_its_worker_dies() {
    for saves in 0..8 {
        let mut preferences = all_kinds();
        preferences["addresses"] = json!([]);
        let world = overdrawn_for(preferences).await;
        world
            .mailer
            .answer([Answer::Later(Duration::from_secs(30))]);
        world.deliver_bus().await;
        let off = json!({ "enabled": false });
        let kinds = ["withdrawal", "overdrawn", "large-amount", "low-balance"];
        let kinds: serde_json::Map<_, _> = kinds
            .map(|kind| (kind.to_owned(), off.clone()))
            .into_iter()
            .collect();
        world
            .customer_with("ana@example.com", json!({ "kinds": kinds }))
            .await;
        world.clock.advance(LEASE);
        world
            .faults
            .at("notifications.save", saves, Fault::StopBefore);
        let _ = world.faults.until_crash(world.deliver_bus()).await;
        world.project(world.stream()).await;
        world.settle().await;
        let all = world.notifications.all();
        let mail = all
            .iter()
            .find(|one| one.subject().is_mail_of_event())
            .unwrap();
        assert_eq!(mail.phase(), Phase::Skipped, "{saves}");
    }
}

#[tokio::test]
async fn a_kind_that_comes_after_a_late_change_goes_into_the_digest_for_which_another_waits() {
    let with = |delivery: &str| {
        let mut preferences = all_kinds();
        preferences["addresses"] = json!([]);
        preferences["delivery"] = json!(delivery);
        preferences
    };
    let world = World::default();
    let before = world.clock.now();
    world.customer_with("ana@example.com", with("daily")).await;
    world.clock.advance(Duration::from_secs(5));
    move_money(&world, "first", deposited("160.00")).await;
    world.faults.at("notifications.save", 1, Fault::StopBefore);
    let stopped = world.faults.until_crash(world.deliver_bus()).await;
    assert!(stopped.is_none());

    // Stamped before the event, and written after it was evaluated.
    let after = world.clock.now();
    world.clock.set(before + TimeDelta::seconds(1));
    world
        .customer_with("ana@example.com", with("immediate"))
        .await;
    world.clock.set(after);
    world.project(world.stream()).await;
    world.settle().await;
    assert_eq!(world.mailer.accepted(), []);
    world.clock.advance(Duration::from_secs(36 * 3600));
    let beat = world.notifier().run_due(Duration::from_secs(60)).await;
    beat.unwrap();
    assert_one_mail_an_event_and_address(&world, "the digest");
    for line in lines(&world).await {
        assert_eq!(line["state"], "SENT", "{line}");
    }
}

#[tokio::test]
async fn a_mail_that_waits_tells_only_what_is_still_wanted_when_it_is_sent() {
    let mut preferences = all_kinds();
    preferences["quiet_hours"] = json!({ "from": "22:00", "to": "07:00" });
    let world = overdrawn_for(preferences.clone()).await;
    world.clock.set("2026-11-22T22:30:00Z".parse().unwrap());
    world.settle().await;
    let before = world.mailer.accepted().len();
    preferences["kinds"]["overdrawn"] = json!({ "enabled": false });
    world.customer_with("ana@example.com", preferences).await;
    world.clock.set("2026-11-23T06:00:00Z".parse().unwrap());
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
    let mails = mails_to(&world, "ana@example.com");
    assert_eq!(world.mailer.accepted().len() - before, 2, "one an address");
    let mail = mails.last().unwrap();
    assert!(
        mail.subject.contains("€200.00 was paid out of"),
        "{}",
        mail.subject
    );
    let overdrawn = of(&world, Kind::Overdrawn);
    assert_eq!(
        (overdrawn.phase(), overdrawn.reason()),
        (Phase::Skipped, Some("preference-off"))
    );
}

#[tokio::test]
async fn what_an_operator_sends_once_more_is_the_whole_mail() {
    let world = overdrawn_for(json!({})).await;
    world.mailer.answer([Answer::UnknownLost]);
    world.settle().await;
    let overdrawn = of(&world, Kind::Overdrawn);
    let line = lines(&world)
        .await
        .into_iter()
        .find(|line| line["kind"] == "overdrawn")
        .unwrap();
    assert_eq!(line["state"], "UNKNOWN");
    let letter = world.dead_letters.bodies().pop().unwrap();
    assert_eq!(
        letter["notification_id"],
        overdrawn.digest_id().unwrap().to_string()
    );
    world.clock.advance(UNKNOWN_WINDOW);
    let selection = Selection {
        ids: world.dead_letters.ids(),
        ..Selection::default()
    };
    world.redriver().redrive(&selection).await.unwrap();
    world.settle().await;
    assert_one_mail_an_event_and_address(&world, "once more");
    assert!(
        world
            .mailer
            .accepted()
            .last()
            .unwrap()
            .text
            .contains("You may have had this mail before")
    );
}

#[tokio::test]
async fn a_digest_of_one_event_reads_as_the_mail_of_that_event() {
    let mut preferences = all_kinds();
    preferences["delivery"] = json!("daily");
    preferences["addresses"] = json!([]);
    let world = World::default();
    world.customer_with("ana@example.com", preferences).await;
    move_money(&world, "first", deposited("160.00")).await;
    world.settle().await;
    world.clock.advance(Duration::from_secs(36 * 3600));
    world
        .notifier()
        .run_due(Duration::from_secs(60))
        .await
        .unwrap();
    let mail = mails_to(&world, "ana@example.com").pop().unwrap();
    assert!(
        mail.subject.contains("€160.00 was paid into"),
        "{}",
        mail.subject
    );
    assert!(
        mail.text.contains("alert level of €100.00"),
        "{}",
        mail.text
    );
}

fn preferences() -> impl Strategy<Value = Value> {
    const KINDS: [&str; 7] = [
        "deposit",
        "withdrawal",
        "reversal",
        "overdrawn",
        "large-amount",
        "low-balance",
        "schedule-run",
    ];
    let kind = (any::<bool>(), 0..3_usize);
    let kinds = proptest::collection::btree_map(proptest::sample::select(&KINDS), kind, 0..7);
    let named = proptest::sample::subsequence(&KINDS, 1..7);
    let addresses = proptest::collection::vec(named, 0..3);
    let delivery = proptest::sample::select(&["immediate", "daily", "weekly"]);
    (kinds, addresses, delivery, any::<bool>()).prop_map(|(kinds, addresses, delivery, quiet)| {
        let amounts = ["0.50", "20.00", "90.00"];
        let kinds: serde_json::Map<_, _> = kinds
            .into_iter()
            .map(|(kind, (enabled, amount))| {
                let mut preference = json!({ "enabled": enabled });
                let field = match kind {
                    "low-balance" => Some("threshold"),
                    "overdrawn" | "schedule-run" => None,
                    _ => Some("min_amount"),
                };
                if let Some(field) = field {
                    preference[field] = json!({ "EUR": amounts[amount] });
                }
                (kind.to_owned(), preference)
            })
            .collect();
        let addresses: Vec<_> = addresses
            .into_iter()
            .enumerate()
            .map(|(at, kinds)| json!({ "email": format!("further{at}@example.com"), "kinds": kinds }))
            .collect();
        let mut preferences = json!({ "kinds": kinds, "addresses": addresses, "delivery": delivery });
        if quiet {
            preferences["quiet_hours"] = json!({ "from": "09:00", "to": "11:00" });
        }
        preferences
    })
}

#[derive(Debug, Clone)]
enum Move {
    Deposit(u32),
    Withdrawal(u32),
    ReverseFirst,
    Hours(u32),
}

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let one = prop_oneof![
        3 => (1..200_u32).prop_map(Move::Deposit),
        4 => (1..200_u32).prop_map(Move::Withdrawal),
        1 => Just(Move::ReverseFirst),
        2 => (1..30_u32).prop_map(Move::Hours),
    ];
    proptest::collection::vec(one, 1..9)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    #[test]
    fn an_address_gets_at_most_one_mail_of_an_event_under_any_preferences(
        preferences in preferences(),
        moves in moves(),
        order in any::<u64>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(async {
            let world = World::default();
            world.customer_with("ana@example.com", preferences.clone()).await;
            move_money(&world, "first", deposited("100.00")).await;
            let first = EventId::new(&account(1), 2).to_string();
            for (number, one) in moves.iter().enumerate() {
                let movement = match one {
                    Move::Deposit(amount) => deposited(&format!("{amount}.00")),
                    Move::Withdrawal(amount) => withdrawn(&format!("{amount}.00")),
                    Move::ReverseFirst => event("TransactionReversed", json!({ "reverses": first })),
                    Move::Hours(hours) => {
                        world.clock.advance(Duration::from_secs(u64::from(*hours) * 3600));
                        world.notifier().run_due(Duration::from_secs(60)).await.unwrap();
                        continue;
                    }
                };
                // A second reversal is refused, and so is what the account does not have.
                let appender = world.appender();
                let _ = world.append(&appender, &account(1), &format!("move-{number}"), [movement]).await;
                world.project(world.stream()).await;
                if order >> (number % 64) & 1 == 0 {
                    world.settle().await;
                }
            }
            world.settle().await;
            // What missed its digest is in the next one, and one of these times may be quiet.
            for hours in [8 * 24, 8 * 24, 5] {
                world.clock.advance(Duration::from_secs(hours * 3600));
                let beat = world.notifier().run_due(Duration::from_secs(60)).await;
                beat.unwrap();
            }
            let told = told(&world);
            prop_assert!(told.values().all(|times| *times == 1), "{told:?}");
            // Each kind comes to its end, and its line names its mail.
            for line in lines(&world).await {
                let state = line["state"].as_str().unwrap();
                prop_assert!(["SENT", "SKIPPED"].contains(&state), "{line}");
                prop_assert_eq!(line["mail_id"].is_null(), state == "SKIPPED", "{}", line);
            }
            Ok(())
        })?;
    }
}
