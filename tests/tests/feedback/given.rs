//! What the tests of this folder start from.

use domain::email::AddressHash;
use domain::notification::{Notification, Phase};
use domain::{AccountId, EventId, NotificationId};
use handlers::ports::{Notifications, Saved, Suppression, Suppressions, Versioned};
use serde_json::{Value, json};
use tests::world::World;

pub const ID: NotificationId = NotificationId::from_u128(0x3f9a_1c0e_5d7b_5288_8a61_0c2e_94d7_b1f6);
pub const ADDRESS: &str = "recipient@example.com";

/// A notification in this state, after so many attempts. The message of one that
/// was sent is that of its last attempt.
pub fn notification(phase: Phase, attempts: u32) -> Notification {
    let message = (phase == Phase::Sent).then(|| format!("message-{attempts}"));
    with_message(phase, attempts, message)
}

/// The same with another message.
pub fn with_message(phase: Phase, attempts: u32, message: Option<String>) -> Notification {
    let account_id: AccountId = "ACC-1".parse().unwrap();
    serde_json::from_value(json!({
        "notification_id": ID,
        "event_id": EventId::new(&account_id, 2),
        "account_id": account_id,
        "event_version": 2,
        "correlation_id": "corr-1",
        "kind": "deposit",
        "state": phase,
        "reason": (phase == Phase::Skipped).then_some("erased"),
        "template": "deposit.en@1",
        "content_hash": "00".repeat(32),
        "attempts": attempts,
        "lease_until": null,
        "retry_at": null,
        "message_id": message,
        "history": [{ "state": phase, "at": "1970-01-01T00:00:00Z" }],
    }))
    .unwrap()
}

/// A world in which it is stored.
pub async fn world_with(notification: Notification) -> World {
    let world = World::default();
    let saved = world
        .notifications
        .save(&Versioned::new(notification))
        .await;
    assert_eq!(saved, Ok(Saved::Written));
    world
}

pub fn stored(world: &World) -> Notification {
    world.notifications.all().into_iter().next().unwrap()
}

/// The suppression of [`ADDRESS`].
pub async fn suppression(world: &World) -> Option<Suppression> {
    let found = world.suppressions.get(&AddressHash::of(ADDRESS)).await;
    found.unwrap()
}

/// SES's mail object, as its documentation shows it, with our tags.
pub fn mail(message: &str, attempt: u32) -> Value {
    json!({
        "timestamp": "2017-08-05T00:40:02.012Z",
        "source": "Sender Name <sender@example.com>",
        "sourceArn": "arn:aws:ses:us-east-1:123456789012:identity/sender@example.com",
        "sendingAccountId": "123456789012",
        "messageId": message,
        "destination": [ADDRESS],
        "headersTruncated": false,
        "headers": [
            { "name": "From", "value": "Sender Name <sender@example.com>" },
            { "name": "To", "value": ADDRESS },
        ],
        "commonHeaders": { "from": ["Sender Name <sender@example.com>"], "to": [ADDRESS], "subject": "Message sent from Amazon SES" },
        "tags": {
            "ses:configuration-set": ["ConfigSet"],
            "ses:source-ip": ["192.0.2.0"],
            "ses:from-domain": ["example.com"],
            "ses:caller-identity": ["ses_user"],
            "notification_id": [ID.to_string()],
            "attempt": [attempt.to_string()],
        },
    })
}

/// The event as EventBridge hands it over.
pub fn envelope(detail_type: &str, detail: &Value) -> Value {
    json!({
        "version": "0",
        "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": "123456789012",
        "time": "2017-08-05T00:41:03Z",
        "region": "us-east-1",
        "resources": ["arn:aws:ses:us-east-1:123456789012:configuration-set/ConfigSet"],
        "detail": detail,
    })
}

/// SES's own examples
/// (<https://docs.aws.amazon.com/ses/latest/dg/event-publishing-retrieving-sns-examples.html>),
/// by their type.
pub fn example(event_type: &str) -> Value {
    of(
        event_type,
        "EXAMPLE7c191be45-e9aedb9a-02f9-4d12-a87d-dd0099a07f8a-000000",
        1,
    )
}

/// The same of another message or attempt.
pub fn of(event_type: &str, message: &str, attempt: u32) -> Value {
    let (detail_type, name, about) = match event_type {
        "Bounce" => (
            "Email Bounced",
            "bounce",
            json!({
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{
                    "emailAddress": ADDRESS,
                    "action": "failed",
                    "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }],
                "timestamp": "2017-08-05T00:41:02.669Z",
                "feedbackId": format!("01000157c44f053b-61b59c11-9236-11e6-8f96-{message}"),
                "reportingMTA": "dsn; mta.example.com",
            }),
        ),
        "Complaint" => (
            "Email Complaint Received",
            "complaint",
            json!({
                "complainedRecipients": [{ "emailAddress": ADDRESS }],
                "timestamp": "2017-08-05T00:41:02.669Z",
                "feedbackId": format!("01000157c44f053b-61b59c11-9236-11e6-8f97-{message}"),
                "userAgent": "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_12_3)",
                "complaintFeedbackType": "abuse",
                "arrivalDate": "2017-08-05T00:41:02.669Z",
            }),
        ),
        "Delivery" => (
            "Email Delivered",
            "delivery",
            json!({
                "timestamp": "2016-10-19T23:21:04.133Z",
                "processingTimeMillis": 11893,
                "recipients": [ADDRESS],
                "smtpResponse": "250 2.6.0 Message received",
                "reportingMTA": "mta.example.com",
            }),
        ),
        "DeliveryDelay" => (
            "Email Delivery Delayed",
            "deliveryDelay",
            json!({
                "timestamp": "2020-06-16T00:25:40.095Z",
                "delayType": "TransientCommunicationFailure",
                "expirationTime": "2020-06-16T00:25:40.914Z",
                "delayedRecipients": [{
                    "emailAddress": ADDRESS,
                    "status": "4.4.1",
                    "diagnosticCode": "smtp; 421 4.4.1 Unable to connect to remote host",
                }],
            }),
        ),
        "Send" => ("Email Sent", "send", json!({})),
        "Reject" => (
            "Email Rejected",
            "reject",
            json!({ "reason": "Bad content" }),
        ),
        "Rendering Failure" => (
            "Email Rendering Failed",
            "failure",
            json!({
                "errorMessage": format!("Attribute 'name' is not present in the rendering data of {ADDRESS}."),
                "templateName": "MyTemplate",
            }),
        ),
        other => panic!("no example of {other}"),
    };
    envelope(
        detail_type,
        &json!({ "eventType": event_type, name: about, "mail": mail(message, attempt) }),
    )
}
