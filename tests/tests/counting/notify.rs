//! Notifying, and noting what became of the mail.

use serde_json::{Value, json};

use crate::bank::{Bank, account, request, salary};
use crate::spent::{Spent, at_most};

/// What a mail costs.
pub struct Mail {
    pub notify: Spent,
    /// For both of SES's usual events: sent, and delivered.
    pub feedback: Spent,
}

pub async fn of_a_mail(bank: &Bank) -> Mail {
    let notify = of_an_event(bank).await;
    assert_eq!(bank.world.mailer.accepted().len(), 1);
    let notifier = bank.notifier();
    let (of_account, _) = notifier
        .notifications
        .of_account(&account(), None, 2)
        .await
        .unwrap();
    let [sent] = &of_account[..] else {
        panic!("{of_account:?}")
    };
    let message_id = sent.message_id().expect("it was sent");
    let mut reading = bank.reading();
    let feedback = bank.feedback();
    for (event_type, name) in [("Send", "send"), ("Delivery", "delivery")] {
        feedback
            .deliver(&told(bank, message_id, event_type, name))
            .await
            .unwrap();
    }
    Mail {
        notify,
        feedback: reading.spent(),
    }
}

/// What notify asks for one deposit, told or not.
pub async fn of_an_event(bank: &Bank) -> Spent {
    let appender = bank.appender();
    appender.append(&request(900, [salary()])).await.unwrap();
    let records = bank.stream(0).await;
    assert_eq!(bank.projector().project(records).await, [""; 0]);
    let entry = bank.world.bus.take_waiting().pop().unwrap();
    assert_eq!(entry.event_type, "MoneyDeposited");
    let mut reading = bank.reading();
    let notifier = bank.notifier();
    notifier
        .deliver(&entry.event_type, &entry.detail)
        .await
        .unwrap();
    reading.spent()
}

/// What SES tells of the only mail.
fn told(bank: &Bank, message_id: &str, event_type: &str, name: &str) -> Value {
    let mail = bank.world.mailer.accepted().remove(0);
    json!({
        "id": format!("6a7e8feb-b491-4cf7-a9f1-{event_type:x>12}"), "source": "aws.ses",
        "detail-type": format!("Email {event_type}"), "time": "2026-11-22T12:41:03Z",
        "detail": {
            "eventType": event_type,
            name: { "timestamp": "2026-11-22T12:41:02Z" },
            "mail": {
                "timestamp": "2026-11-22T12:41:01Z", "messageId": message_id, "destination": [mail.to],
                "tags": { "notification_id": [mail.notification_id.to_string()], "attempt": [mail.attempt.to_string()] },
            },
        },
    })
}

pub async fn check() -> Result<(), String> {
    let bank = Bank::open().await;
    let mail = of_a_mail(&bank).await;
    at_most("requests of a notification", mail.notify.requests, 6)?;
    at_most("its writes", mail.notify.writes, 2)?;
    at_most("its write units", mail.notify.write_units() / 1000, 6)?;
    at_most("its read units", mail.notify.read_units / 1000, 4)?;
    at_most("requests of feedback", mail.feedback.requests, 3)?;
    at_most("its writes", mail.feedback.writes, 1)?;
    at_most("its write units", mail.feedback.write_units() / 1000, 2)
}

#[tokio::test]
async fn a_mail_costs_what_it_may() {
    check().await.unwrap();
}
