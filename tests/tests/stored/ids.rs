//! Ids that follow from what they are of. Another one is a second mail.

use domain::notification::{EMAIL, Kind, digest_id, mail_id, notification_id, statement_id};
use domain::recipient::Recipient;
use domain::{AccountId, CustomerId, EventId};
use serde_json::json;

use crate::file::{Golden, path};

#[test]
fn ids_are_what_they_were() {
    let mut golden = Golden::read(path("ids.json"));
    let account: AccountId = "ACC-1001".parse().unwrap();
    let customer: CustomerId = "CUST-42".parse().unwrap();
    let recipients = [
        Recipient::Customer,
        Recipient::Address("ab".repeat(32).parse().unwrap()),
    ];
    let versions = [1, 2, 255, (1 << 48) - 1];
    let events = versions.map(|version| EventId::new(&account, version));
    golden.check("events", Some(json!(events)));
    let derived = events[0].derived("AccountOverdrawn");
    golden.check("derived", Some(json!(derived)));
    let notifications: Vec<_> = recipients
        .iter()
        .flat_map(|to| Kind::ALL.map(|kind| notification_id(events[1], kind, &customer, to, EMAIL)))
        .collect();
    golden.check("notifications", Some(json!(notifications)));
    let at = "2026-11-30T07:00:00Z".parse().unwrap();
    let digests: Vec<_> = recipients
        .iter()
        .map(|to| digest_id(&customer, to, at, EMAIL))
        .collect();
    golden.check("digests", Some(json!(digests)));
    let mails: Vec<_> = recipients
        .iter()
        .map(|to| mail_id(&account, 2, &customer, to, EMAIL))
        .collect();
    golden.check("mails", Some(json!(mails)));
    let day = "2026-11-01".parse().unwrap();
    let statements: Vec<_> = recipients
        .iter()
        .map(|to| statement_id(&account, day, &customer, to, EMAIL))
        .collect();
    golden.check("statements", Some(json!(statements)));
}
