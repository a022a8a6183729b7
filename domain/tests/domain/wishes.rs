//! What a customer may wish, and how a wish that is none is refused.

use domain::Location;
use domain::cadence::Cadence;
use domain::fields::Fields;
use domain::notification::Kind;
use domain::preferences::{MAX_FURTHER_ADDRESSES, Preferences};
use domain::quiet_hours::QuietHours;
use serde_json::{Value, json};

#[track_caller]
fn assert_refused(wish: Value, places: &[&str]) {
    let errors = Preferences::read(wish.clone(), "").unwrap_err();
    let found: Vec<Location> = errors.into_iter().map(|error| error.location).collect();
    let places: Vec<Location> = places
        .iter()
        .map(|place| Location::Pointer((*place).to_owned()))
        .collect();
    assert_eq!(found, places, "{wish}");
}

#[test]
fn who_wishes_nothing_is_told_of_what_everybody_is() {
    let nothing = Preferences::read(json!({}), "").unwrap();
    assert_eq!(nothing, Preferences::default());
    assert_eq!(Value::from(nothing.clone()), json!({}));
    for (kind, told) in [
        (Kind::Deposit, true),
        (Kind::Withdrawal, true),
        (Kind::Reversal, true),
        (Kind::Overdrawn, true),
        (Kind::LargeAmount, false),
        (Kind::LowBalance, false),
        (Kind::ScheduleRun, false),
        (Kind::ScheduleSkipped, true),
        (Kind::Statement, false),
        (Kind::Security, true),
    ] {
        assert_eq!(
            (nothing.is_on(kind), kind.is_on_by_default()),
            (told, told),
            "{kind}"
        );
        assert_eq!(nothing.get(kind), None);
    }
}

#[test]
fn what_is_so_already_may_be_wished() {
    let wish = json!({
        "delivery": "immediate", "hide_amounts": false, "quiet_hours": null, "addresses": [],
    });
    assert_eq!(Preferences::read(wish, "").unwrap(), Preferences::default());
    assert_refused(json!({ "quiet_hours": [1] }), &["/quiet_hours"]);
    assert_refused(json!({ "addresses": {} }), &["/addresses"]);
    assert_refused(json!({ "hide_amounts": "no" }), &["/hide_amounts"]);
    assert_refused(json!({ "delivery": 1 }), &["/delivery"]);
    let statement = json!({ "kinds": { "statement": { "enabled": true } } });
    assert!(
        Preferences::read(statement, "")
            .unwrap()
            .is_on(Kind::Statement)
    );
}

#[test]
fn a_kind_that_is_named_and_not_switched_keeps_its_default() {
    let named = json!({ "kinds": { "deposit": {}, "low-balance": {} } });
    let read = Preferences::read(named, "").unwrap();
    assert!(read.is_on(Kind::Deposit) && !read.is_on(Kind::LowBalance));
    assert!(read.get(Kind::Deposit).is_some());
}

#[test]
fn every_wish_that_cannot_be_read_is_named_by_its_place() {
    let kind = |fields: Value| json!({ "kinds": { "deposit": fields } });
    assert_refused(json!({ "kinds": { "deposits": {} } }), &["/kinds/deposits"]);
    assert_refused(json!({ "kinds": 1 }), &["/kinds"]);
    assert_refused(kind(json!({ "enabled": 1 })), &["/kinds/deposit/enabled"]);
    assert_refused(kind(json!({ "more": 1 })), &["/kinds/deposit/more"]);
    assert_refused(
        kind(json!({ "min_amount": "1.00" })),
        &["/kinds/deposit/min_amount"],
    );
    assert_refused(
        kind(json!({ "min_amount": { "EUR": "1" } })),
        &["/kinds/deposit/min_amount/EUR"],
    );
    assert_refused(
        json!({ "kinds": { "low-balance": { "threshold": { "XAU": "1.00" } } } }),
        &["/kinds/low-balance/threshold/XAU"],
    );
    assert_refused(
        json!({ "kinds": { "deposit": { "enabled": 1 }, "overdrawn": { "enabled": 1 } }, "more": 1 }),
        &[
            "/kinds/deposit/enabled",
            "/kinds/overdrawn/enabled",
            "/more",
        ],
    );
}

#[test]
fn wishes_are_stored_as_json_and_read_as_what_they_were() {
    let wish = json!({ "kinds": { "large-amount": { "enabled": true, "min_amount": { "EUR": "0.00", "JPY": "1" } } } });
    let read: Preferences = serde_json::from_value(wish.clone()).unwrap();
    assert_eq!(serde_json::to_value(&read).unwrap(), wish);
    assert!(serde_json::from_value::<Preferences>(json!({ "kinds": { "deposits": {} } })).is_err());
}

#[test]
fn a_field_that_is_absent_is_read_as_what_stands_for_it() {
    let number = |text: &str| text.parse::<u8>();
    let mut fields = Fields::new(json!({ "given": "7", "wrong": "x" }), "/at");
    assert_eq!(fields.parsed_or("given", "1", number), Some(7));
    assert_eq!(fields.parsed_or("absent", "1", number), Some(1));
    assert_eq!(fields.parsed_or("wrong", "1", number), None);
    let errors = fields.finish(Some(())).unwrap_err();
    assert_eq!(errors.len(), 1);
    assert_eq!(
        errors[0].location,
        Location::Pointer("/at/wrong".to_owned())
    );
}

#[test]
fn security_is_told_to_everybody_and_switching_it_off_is_refused() {
    for kind in Kind::ALL {
        assert_eq!(kind.can_be_switched_off(), kind != Kind::Security, "{kind}");
        let off = json!({ "kinds": { kind.as_str(): { "enabled": false } } });
        if kind.can_be_switched_off() {
            assert!(!Preferences::read(off, "").unwrap().is_on(kind), "{kind}");
        } else {
            let errors = Preferences::read(off, "").unwrap_err();
            assert_eq!(errors.len(), 1);
            assert_eq!(
                errors[0].location,
                Location::Pointer(format!("/kinds/{kind}/enabled"))
            );
            assert!(errors[0].detail.contains("cannot be switched off"));
        }
    }
    let on = json!({ "kinds": { "security": { "enabled": true } } });
    assert!(Preferences::read(on, "").unwrap().is_on(Kind::Security));
    let named = json!({ "kinds": { "security": {} } });
    assert!(Preferences::read(named, "").unwrap().is_on(Kind::Security));
}

/// The kinds, and the fields of amounts that each of them follows.
const FOLLOWED: [(Kind, &[&str]); 10] = [
    (Kind::Deposit, &["min_amount"]),
    (Kind::Withdrawal, &["min_amount"]),
    (Kind::Reversal, &["min_amount"]),
    (Kind::Overdrawn, &[]),
    (Kind::LargeAmount, &["min_amount"]),
    (Kind::LowBalance, &["threshold", "margin"]),
    (Kind::ScheduleRun, &[]),
    (Kind::ScheduleSkipped, &[]),
    (Kind::Statement, &[]),
    (Kind::Security, &[]),
];

#[test]
fn a_wish_that_a_kind_does_not_follow_is_refused_by_its_place() {
    let mut refused = 0;
    for (kind, followed) in FOLLOWED {
        for field in ["min_amount", "threshold", "margin"] {
            for amounts in [json!({ "EUR": "1.00" }), json!({})] {
                let wish = json!({ "kinds": { kind.as_str(): { field: amounts } } });
                if followed.contains(&field) {
                    assert!(Preferences::read(wish, "").is_ok(), "{kind} {field}");
                } else {
                    assert_refused(wish, &[&format!("/kinds/{kind}/{field}")]);
                    refused += 1;
                }
            }
        }
    }
    assert_eq!(refused, 2 * 24);
}

#[test]
fn a_wish_that_was_stored_and_is_not_followed_is_read_and_not_shown_any_more() {
    for (kind, followed) in FOLLOWED {
        let mut stored = json!({ "enabled": true });
        let mut shown = stored.clone();
        for field in ["min_amount", "threshold", "margin"] {
            stored[field] = json!({ "EUR": "1.00" });
            if followed.contains(&field) {
                shown[field] = stored[field].clone();
            }
        }
        let stored = json!({ "kinds": { kind.as_str(): stored } });
        let shown = json!({ "kinds": { kind.as_str(): shown } });
        let read: Preferences = serde_json::from_value(stored).unwrap();
        assert_eq!(Value::from(read.clone()), shown);
        // What is shown can be given back.
        assert_eq!(Preferences::read(shown, "").unwrap(), read);
    }
}

#[test]
fn what_was_wished_is_what_is_answered() {
    let hours = json!({ "from": "22:00", "to": "07:00" });
    let wish = json!({ "delivery": "weekly", "hide_amounts": true, "quiet_hours": hours });
    let nothing = Preferences::default();
    assert_eq!(
        (
            nothing.delivery(),
            nothing.hides_amounts(),
            nothing.quiet_hours()
        ),
        (Cadence::Immediate, false, None)
    );
    let read = Preferences::read(wish, "").unwrap();
    let hours = QuietHours::read(hours, "").unwrap();
    assert_eq!(
        (read.delivery(), read.hides_amounts(), read.quiet_hours()),
        (Cadence::Weekly, true, Some(hours))
    );
}

#[test]
fn every_kind_may_wait_but_security() {
    for kind in Kind::ALL {
        assert_eq!(kind.can_wait(), kind != Kind::Security, "{kind}");
    }
}

#[test]
fn a_kind_that_is_switched_off_keeps_its_amounts_and_everything_else() {
    let wish = json!({ "delivery": "daily", "kinds": {
        "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } },
        "low-balance": { "enabled": true, "threshold": { "EUR": "100.00" } },
    } });
    let without = Preferences::read(wish.clone(), "")
        .unwrap()
        .without(Kind::Deposit);
    let mut expected = wish;
    expected["kinds"]["deposit"]["enabled"] = json!(false);
    assert_eq!(Value::from(without), expected);
    let named_first = Preferences::default().without(Kind::Reversal);
    assert!(!named_first.is_on(Kind::Reversal) && named_first.is_on(Kind::Deposit));
}

#[test]
fn kinds_are_taken_from_one_further_address_and_it_is_left_out_without_any() {
    let wish = json!({ "delivery": "daily", "addresses": [
        { "email": "a@example.com", "kinds": ["deposit", "withdrawal"] },
        { "email": "b@example.com", "kinds": ["deposit"] },
    ] });
    let read = Preferences::read(wish, "").unwrap();
    let [a, b] = [0, 1].map(|index: usize| read.addresses()[index].hash());
    let left = |kinds: &[Kind], hash| Value::from(read.without_at(kinds, hash));
    assert_eq!(
        left(&[Kind::Deposit], &a),
        json!({ "delivery": "daily", "addresses": [
            { "email": "a@example.com", "kinds": ["withdrawal"] },
            { "email": "b@example.com", "kinds": ["deposit"] },
        ] })
    );
    assert_eq!(
        left(&[Kind::Deposit, Kind::Statement], &b),
        json!({ "delivery": "daily", "addresses": [
            { "email": "a@example.com", "kinds": ["deposit", "withdrawal"] },
        ] })
    );
    assert_eq!(left(&[Kind::Statement], &a), Value::from(read.clone()));
}

#[test]
fn so_many_further_addresses_as_may_be_are_accepted_and_one_more_is_refused() {
    let addresses = |count: usize| {
        let one =
            |number| json!({ "email": format!("a{number}@example.com"), "kinds": ["deposit"] });
        json!({ "addresses": (0..count).map(one).collect::<Vec<_>>() })
    };
    let most = Preferences::read(addresses(MAX_FURTHER_ADDRESSES), "").unwrap();
    assert_eq!(most.addresses().len(), MAX_FURTHER_ADDRESSES);
    assert_refused(addresses(MAX_FURTHER_ADDRESSES + 1), &["/addresses"]);
}
