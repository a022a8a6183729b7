//! SES's documented events, one by one.

use domain::email::AddressHash;
use domain::notification::ProviderEventKind as Kind;
use handlers::feedback::read;
use handlers::ports::SuppressionReason;
use serde_json::json;

use crate::given::{ADDRESS, ID, envelope, example, mail};

#[test]
fn each_event_of_sess_documentation_is_read_for_what_it_says() {
    let table = [
        ("Send", Kind::Sent, None, None),
        ("Delivery", Kind::Delivered, None, None),
        (
            "DeliveryDelay",
            Kind::Delayed,
            Some("TransientCommunicationFailure"),
            None,
        ),
        (
            "Bounce",
            Kind::Bounced,
            Some("Permanent General"),
            Some(SuppressionReason::PermanentBounce),
        ),
        (
            "Complaint",
            Kind::Complained,
            Some("abuse"),
            Some(SuppressionReason::Complaint),
        ),
        ("Reject", Kind::Rejected, None, None),
        ("Rendering Failure", Kind::RenderingFailed, None, None),
    ];
    for (event_type, kind, detail, reason) in table {
        let read = read(&example(event_type)).unwrap().unwrap();
        assert_eq!(read.notification_id, ID, "{event_type}");
        assert_eq!(read.event.kind, kind, "{event_type}");
        assert_eq!(read.event.detail.as_deref(), detail, "{event_type}");
        assert_eq!(read.event.attempt, Some(1), "{event_type}");
        let suppressed = read.suppressed.clone();
        assert_eq!(
            suppressed.as_ref().map(|found| found.reason),
            reason,
            "{event_type}"
        );
        assert!(
            suppressed.is_none_or(|found| found.addresses == [AddressHash::of(ADDRESS)]),
            "{event_type}"
        );
        let kept = serde_json::to_string(&read.event).unwrap() + &format!("{read:?}");
        assert!(!kept.contains('@'), "{event_type}: {kept}");
    }
}

#[test]
fn an_event_told_twice_has_one_id_and_different_events_have_different_ones() {
    let types = [
        "Send",
        "Delivery",
        "DeliveryDelay",
        "Bounce",
        "Complaint",
        "Reject",
        "Rendering Failure",
    ];
    let id = |event: &serde_json::Value| read(event).unwrap().unwrap().event.id;
    let ids: std::collections::BTreeSet<String> =
        types.iter().map(|name| id(&example(name))).collect();
    assert_eq!(ids.len(), types.len());
    let mut again = example("Delivery");
    again["id"] = json!("another id of EventBridge");
    assert_eq!(id(&again), id(&example("Delivery")));
    let mut later = example("DeliveryDelay");
    later["detail"]["deliveryDelay"]["timestamp"] = json!("2020-06-16T01:25:40.095Z");
    assert_ne!(id(&later), id(&example("DeliveryDelay")));
}

#[test]
fn a_bounce_that_may_pass_suppresses_nobody() {
    for bounce_type in ["Transient", "Undetermined"] {
        let mut event = example("Bounce");
        event["detail"]["bounce"]["bounceType"] = json!(bounce_type);
        let read = read(&event).unwrap().unwrap();
        assert_eq!(read.event.kind, Kind::Bounced);
        assert_eq!(read.suppressed, None, "{bounce_type}");
    }
}

#[test]
fn who_takes_a_mail_out_of_the_spam_folder_has_not_complained() {
    let mut event = example("Complaint");
    event["detail"]["complaint"]["complaintFeedbackType"] = json!("not-spam");
    assert_eq!(read(&event), Ok(None));
}

#[test]
fn an_address_with_a_name_before_it_is_the_address() {
    let mut event = example("Bounce");
    event["detail"]["bounce"]["bouncedRecipients"][0]["emailAddress"] =
        json!("Ana \"<b>\" Example <ana@example.com>");
    let suppressed = read(&event).unwrap().unwrap().suppressed.unwrap();
    assert_eq!(suppressed.addresses, [AddressHash::of("ana@example.com")]);
}

#[test]
fn openings_and_clicks_and_mails_that_are_not_ours_are_passed_over() {
    for event_type in ["Open", "Click", "Subscription", "Something New"] {
        let event = envelope(
            "Email Opened",
            &json!({ "eventType": event_type, "mail": mail("m", 1) }),
        );
        assert_eq!(read(&event), Ok(None), "{event_type}");
    }
    let mut without = example("Bounce");
    without["detail"]["mail"]["tags"]
        .as_object_mut()
        .unwrap()
        .remove("notification_id");
    assert_eq!(read(&without), Ok(None));
}

#[test]
fn what_is_no_event_of_ses_is_refused_without_a_word_of_it() {
    let broken = |pointer: &str, value: serde_json::Value| {
        let mut event = example("Bounce");
        *event.pointer_mut(pointer).unwrap() = value;
        event
    };
    for event in [
        json!({}),
        json!([ADDRESS]),
        broken("/detail", json!(ADDRESS)),
        broken("/detail/mail", json!(null)),
        broken("/detail/eventType", json!({ "a": ADDRESS })),
        broken("/detail/mail/messageId", json!(ADDRESS)),
        broken("/detail/mail/tags/notification_id", json!([ADDRESS])),
    ] {
        let error = read(&event).unwrap_err();
        assert_eq!(error.class(), "Permanent", "{event}");
        assert!(!error.to_string().contains('@'), "{error}");
    }
}
