//! Personal data goes through everything, and is nowhere but with its person.

use domain::Version;
use handlers::ports::BusEntry;
use serde_json::json;
use tests::canary::Canary;
use tests::world::{World, account};

use crate::log::Log;
use crate::story::{ask, live_through_everything};

/// Everything that is kept or told beside the customers and their mails.
fn search_all(canary: &mut Canary, world: &World, log: &Log) {
    for line in log.text().lines() {
        canary.search("a line of the log", line);
    }
    for BusEntry { detail, .. } in world.bus.published() {
        canary.search_record("an event of the bus", &detail.to_string());
    }
    for letter in world.dead_letters.bodies() {
        canary.search_record("a dead letter", &letter.to_string());
    }
    for commit in world.store.log() {
        let bytes = String::from_utf8(commit.canonical_bytes()).unwrap();
        canary.search_record("a commit", &bytes);
    }
    for notification in world.notifications.all() {
        canary.search_record("a notification", &json!({ "it": notification }).to_string());
    }
}

/// What only the customer gets to see: the codes and links of the mails.
fn plant_what_mails_show(canary: &mut Canary, world: &World) {
    for mail in world.mailer.accepted() {
        let link = mail
            .headers
            .iter()
            .find(|(name, _)| name == "List-Unsubscribe");
        let token = link.and_then(|(_, value)| value.split("token=").nth(1));
        if let Some(token) = token {
            canary.plant("a link's token", token.trim_end_matches('>'));
        }
    }
}

#[tokio::test]
async fn nothing_personal_is_in_any_log_line_bus_event_dead_letter_commit_or_notification() {
    let log = Log::start();
    let world = World::default();
    let mut canary = Canary::default();
    live_through_everything(&world).await;
    assert!(
        world.mailer.accepted().len() >= 4,
        "{}",
        world.mailer.accepted().len()
    );
    plant_what_mails_show(&mut canary, &world);
    search_all(&mut canary, &world, &log);
    canary.assert_not_found();
}

#[tokio::test]
async fn a_code_of_a_mail_is_in_no_log_line() {
    let log = Log::start();
    let world = World::default();
    let mut canary = Canary::default();
    live_through_everything(&world).await;
    let codes: Vec<String> = world
        .notifications
        .all()
        .into_iter()
        .filter_map(|found| found.verification_code().map(str::to_owned))
        .collect();
    assert!(codes.len() >= 4, "{codes:?}");
    for code in &codes {
        canary.plant("a mail's code", code);
    }
    canary.search("the log", &log.text());
    canary.assert_not_found();
}

#[tokio::test]
async fn a_leak_is_found_in_every_place_that_is_searched() {
    let log = Log::start();
    let world = World::default();
    let person = Canary::person("example.com", json!({}));
    world.customer_with_all(person.clone()).await;
    world.account_with(&account(1), &["1.00"]).await;
    // As bugs would: in a field, in a span, in an error's text, in what is published.
    tracing::info!(to = person["email"].as_str(), "sending");
    tracing::error_span!("request", name = person["name"].as_str())
        .in_scope(|| tracing::info!("asked"));
    tracing::warn!(error = %format!("{:?}", person["preferences"]), "not sent");
    let mut entry = BusEntry {
        event_type: "MoneyDeposited".to_owned(),
        detail: json!({}),
    };
    entry.detail["data"]["name"] = person["name"].clone();
    handlers::ports::Bus::publish(world.bus.as_ref(), &[entry]).await;
    let letter = json!({ "reason": format!("{} does not exist", person["email"]) });
    handlers::ports::DeadLetterQueue::put(
        world.dead_letters.as_ref(),
        &letter.to_string(),
        std::time::Duration::ZERO,
    )
    .await
    .unwrap();
    let mut canary = Canary::default();
    search_all(&mut canary, &world, &log);
    let expected = [
        "the address in a line of the log",
        "the name in a line of the log",
        "the further address in a line of the log",
        "the name in an event of the bus",
        "the address in a dead letter",
    ];
    assert_eq!(canary.found(), expected);
}

#[tokio::test]
async fn who_is_erased_is_gone_and_the_history_is_proved_as_before() {
    let world = World::default();
    live_through_everything(&world).await;
    let mut canary = Canary::default();
    for revision in world.customers.all() {
        let person = revision.person.and_then(Result::ok);
        let told = person.map(|person| (person.name, String::from(person.email)));
        canary.search("the customers", &format!("{told:?}"));
    }
    canary.assert_not_found();
    let verified = ask(
        &world,
        "GET",
        "/v1/accounts/ACC-1/verification",
        &json!(null),
    )
    .await;
    assert!(verified.contains("\"valid\":true"), "{verified}");
    let last: Version = world.store.log().last().unwrap().last_version();
    let told: Vec<_> = world
        .notifications
        .all()
        .into_iter()
        .filter(|found| found.source().version == last)
        .collect();
    assert_eq!(told.len(), 1, "{told:?}");
    assert_eq!(told[0].reason(), Some("erased"));
}

#[tokio::test]
async fn what_holds_a_person_shows_nobody_when_it_is_debugged() {
    let world = World::default();
    live_through_everything(&world).await;
    let mut canary = Canary::default();
    let person =
        handlers::customers::read_person(Canary::person("example.com", json!({}))).unwrap();
    canary.search("a person", &format!("{person:?} {:?}", person.preferences));
    canary.search("the mails", &format!("{:?}", world.mailer.accepted()));
    canary.search("the customers", &format!("{:?}", world.customers.all()));
    let bounce = json!({ "source": "aws.ses", "detail-type": "Email Bounced",
        "detail": { "mail": { "destination": ["zqcanaryown@example.com"] } } });
    let queued = handlers::ports::QueuedLetter {
        id: "1".to_owned(),
        receipt: "1".to_owned(),
        body: bounce.to_string(),
        attributes: std::collections::BTreeMap::new(),
    };
    canary.search(
        "a letter",
        &format!("{queued:?} {:?}", handlers::dead_letter::read(&queued)),
    );
    let notice = mail::Envelope {
        locale: mail::Locale::En,
        time_zone: chrono_tz::UTC,
        bank_name: "Bank".to_owned(),
        customer_name: person.name.clone(),
        notification_id: "id".to_owned(),
        verification_code: String::new(),
        unsubscribe_url: Some(
            "https://bank.example/v1/unsubscribe?token=zqcanaryfurther".to_owned(),
        ),
        hide_amounts: false,
        possible_repeat: false,
    };
    canary.search("a mail's envelope", &format!("{notice:?}"));
    canary.assert_not_found();
}
