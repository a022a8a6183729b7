//! How values are written: in JSON, in a log, in a column; one word for each.

use domain::event::MovementKind;
use domain::notification::{Kind, Reason, SkipReason};
use domain::{AccountId, Currency, EventId, FieldError, Hash, Money, OccurrenceSkipReason, Status};
use serde::Serialize;
use serde_json::{Value, json};

#[track_caller]
fn assert_written(value: impl Serialize, word: &str) {
    assert_eq!(serde_json::to_value(value).unwrap(), json!(word));
}

#[test]
fn a_word_is_the_same_in_json_and_beside_it() {
    for (status, word) in [(Status::Open, "open"), (Status::Closed, "closed")] {
        assert_eq!(status.as_str(), word);
        assert_written(status, word);
    }
    for (kind, word) in [
        (MovementKind::Deposit, "deposit"),
        (MovementKind::Withdrawal, "withdrawal"),
    ] {
        assert_eq!(kind.as_str(), word);
        assert_written(kind, word);
    }
    for (reason, word) in [
        (SkipReason::NoContact, "no-contact"),
        (SkipReason::PreferenceOff, "preference-off"),
        (SkipReason::BelowMinimum, "below-minimum"),
        (SkipReason::NotCrossed, "not-crossed"),
        (SkipReason::Erased, "erased"),
        (SkipReason::Replay, "replay"),
        (SkipReason::Imported, "imported"),
    ] {
        assert_eq!(reason.as_str(), word);
        assert_written(reason, word);
    }
    for (reason, word) in [
        (
            OccurrenceSkipReason::InsufficientFunds,
            "insufficient-funds",
        ),
        (OccurrenceSkipReason::AccountClosed, "account-closed"),
    ] {
        assert_eq!((reason.as_str(), reason.to_string().as_str()), (word, word));
    }
    assert_eq!(Reason::from("throttled").to_string(), "throttled");
}

#[test]
fn every_kind_of_notification_is_read_by_its_own_word_only() {
    for kind in Kind::ALL {
        assert_written(kind, kind.as_str());
        assert_eq!(kind.to_string(), kind.as_str());
        assert_eq!(kind.as_str().parse(), Ok(kind));
    }
    let error = "deposits".parse::<Kind>().unwrap_err();
    assert!(error.contains("\"deposits\""), "{error}");
}

#[test]
fn money_and_currencies_are_written_for_people_and_currencies_for_machines() {
    let eur: Currency = "EUR".parse().unwrap();
    let money = Money::from_minor(-1234, eur);
    assert_eq!(money.to_string(), "-12.34 EUR");
    assert_eq!(format!("{money:?}"), "-12.34 EUR");
    assert_eq!(
        (eur.to_string(), format!("{eur:?}")),
        ("EUR".into(), "EUR".into())
    );
    assert_written(eur, "EUR");
    assert_eq!(
        serde_json::from_value::<Currency>(json!("EUR")).unwrap(),
        eur
    );
    let error = serde_json::from_value::<Currency>(json!("XAU")).unwrap_err();
    assert!(
        error.to_string().contains("\"XAU\" is not a currency code"),
        "{error}"
    );
    assert_eq!(Money::zero(eur), Money::from_minor(0, eur));
}

#[test]
fn currencies_stand_in_the_order_of_their_codes() {
    let mut found: Vec<Currency> = ["USD", "BHD", "JPY", "EUR"]
        .iter()
        .map(|code| code.parse().unwrap())
        .collect();
    found.sort();
    assert_eq!(
        found
            .iter()
            .map(|currency| currency.code())
            .collect::<Vec<_>>(),
        ["BHD", "EUR", "JPY", "USD"]
    );
    assert!(found[0] < found[1]);
}

#[test]
fn a_hash_is_64_hex_digits_wherever_it_is_written() {
    let hash = Hash::from_bytes([0xa5; 32]);
    assert_eq!(hash.as_bytes(), [0xa5; 32]);
    assert_eq!(hash.to_string(), "a5".repeat(32));
    assert_eq!(format!("{hash:?}"), "a5".repeat(32));
    assert_written(hash, &"a5".repeat(32));
    assert_eq!(
        serde_json::from_value::<Hash>(json!("a5".repeat(32))).unwrap(),
        hash
    );
    assert!(serde_json::from_value::<Hash>(json!("a5")).is_err());
}

#[test]
fn the_hash_of_nothing_and_of_something_is_sha_256() {
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(Hash::of(b"", b"").to_string(), empty);
    assert_eq!(Hash::of(b"a", b"bc").to_string(), abc);
    assert_eq!(Hash::of(b"ab", b"c").to_string(), abc);
}

#[test]
fn the_lane_of_an_account_never_changes() {
    let lane = |id: &str| id.parse::<AccountId>().unwrap().slice();
    assert_eq!(lane("ACC-1"), 5);
    let lanes: std::collections::BTreeSet<u8> = (0..500)
        .map(|number| lane(&format!("ACC-{number}")))
        .collect();
    assert_eq!(lanes, (0..16).collect());
}

#[test]
fn an_event_id_is_the_same_uuid_in_text_json_and_log() {
    let account: AccountId = "ACC-1".parse().unwrap();
    let id = EventId::new(&account, 1);
    let text = "00000000-0001-85eb-8766-88ef9ab65883";
    assert_eq!(
        (id.to_string(), format!("{id:?}")),
        (text.to_owned(), text.to_owned())
    );
    assert_eq!(id.uuid().to_string(), text);
    assert_written(id, text);
    assert!("no uuid".parse::<EventId>().is_err());
}

#[test]
fn no_event_has_version_zero() {
    let account: AccountId = "ACC-1".parse().unwrap();
    assert_eq!(EventId::new(&account, 0).version_in(&account), None);
    let most = (1 << 48) - 1;
    assert_eq!(
        EventId::new(&account, most).version_in(&account),
        Some(most)
    );
}

#[test]
fn what_follows_from_an_event_has_an_id_of_its_own_and_always_the_same() {
    let account: AccountId = "ACC-1".parse().unwrap();
    let (one, two) = (EventId::new(&account, 1), EventId::new(&account, 2));
    let derived = one.derived("AccountOverdrawn");
    assert_eq!(derived, one.derived("AccountOverdrawn"));
    for other in [
        one,
        two.derived("AccountOverdrawn"),
        one.derived("AccountClosed"),
    ] {
        assert_ne!(derived, other);
    }
}

#[test]
fn a_fault_says_in_which_part_of_a_request_it_is() {
    for (error, place) in [
        (FieldError::pointer("/a", "is wrong"), "pointer"),
        (FieldError::header("/a", "is wrong"), "header"),
        (FieldError::parameter("/a", "is wrong"), "parameter"),
    ] {
        let written: Value = serde_json::to_value(error).unwrap();
        assert_eq!(written, json!({ place: "/a", "detail": "is wrong" }));
    }
}
