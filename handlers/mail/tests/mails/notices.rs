//! The notices that the tests render.

use chrono_tz::Europe;
use mail::{Amount, Kind, Locale, Notice};

pub fn euros(minor: i64) -> Amount {
    Amount {
        minor,
        currency: "EUR".to_owned(),
        digits: 2,
    }
}

/// Everything that a notice of this kind may hold.
pub fn full(kind: Kind, locale: Locale) -> Notice {
    let (moved, balance) = match kind {
        Kind::Deposit => (12_550, 136_000),
        Kind::Withdrawal => (4_000, 132_000),
        Kind::Reversal => (4_000, 136_000),
        Kind::Overdrawn => (141_200, -5_200),
        Kind::LargeAmount => (500_000, 636_000),
        Kind::LowBalance => (127_580, 8_420),
        kind => panic!("no mail about a {kind}"),
    };
    let counterparty = match kind {
        Kind::Deposit | Kind::LargeAmount => "Société Lumière & Fils",
        Kind::Withdrawal | Kind::Reversal => "Boulangerie du Marché",
        _ => "Agence Immobilière Dupont",
    };
    let reference = match kind {
        Kind::Deposit | Kind::LargeAmount => "Salary November 2026",
        Kind::Withdrawal | Kind::Reversal => "RF18 5390 0754 7034",
        _ => "Rent Nov. flat 3",
    };
    Notice {
        kind,
        locale,
        time_zone: Europe::Paris,
        bank_name: "Banque du Lac".to_owned(),
        customer_name: "Ada Lovelace".to_owned(),
        account_id: "FR76-3000-6000-0112-3456-7890-1234".to_owned(),
        amount: Some(euros(moved)),
        balance_after: euros(balance),
        overdraft_limit: (kind == Kind::Overdrawn).then(|| euros(5_000)),
        threshold: match kind {
            Kind::LargeAmount => Some(euros(100_000)),
            Kind::LowBalance => Some(euros(10_000)),
            _ => None,
        },
        reference: Some(reference.to_owned()),
        counterparty: Some(counterparty.to_owned()),
        occurred_at: "2026-11-22T10:00:00Z".parse().unwrap(),
        recorded_at: "2026-11-22T10:02:31Z".parse().unwrap(),
        value_date: Some("2026-11-23".parse().unwrap()),
        notification_id: "6f9c1c3e-52d8-5c0e-9a43-0f1b7d2a8e11".to_owned(),
    }
}

/// No more than a notice of this kind must hold.
pub fn minimal(kind: Kind, locale: Locale) -> Notice {
    let tells_an_amount = matches!(kind, Kind::Deposit | Kind::Withdrawal | Kind::LargeAmount);
    let full = full(kind, locale);
    Notice {
        customer_name: String::new(),
        amount: full.amount.filter(|_| tells_an_amount),
        overdraft_limit: None,
        threshold: None,
        reference: None,
        counterparty: None,
        value_date: None,
        ..full
    }
}

/// Every kind in every locale.
pub fn every_template() -> impl Iterator<Item = (Kind, Locale)> {
    Kind::ALL[..6]
        .iter()
        .copied()
        .flat_map(|kind| Locale::ALL.map(|locale| (kind, locale)))
}

/// What is left of html for one who reads it: no head, no tags, no entities; one line for each block.
pub fn visible(html: &str) -> String {
    let body = html.split_once("<body").unwrap().1;
    let mut text = String::new();
    for part in body.split('<').skip(1) {
        let (tag, words) = part.split_once('>').unwrap();
        if tag.starts_with("/p") || tag.starts_with("/h1") || tag.starts_with("/tr") {
            text.push('\n');
        } else if tag.starts_with("/th") {
            text.push(' ');
        }
        text.push_str(words.trim_matches('\n'));
    }
    for (entity, character) in [
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&quot;", "\""),
        ("&#x27;", "'"),
        ("&#x2f;", "/"),
        ("&amp;", "&"),
    ] {
        text = text.replace(entity, character);
    }
    text
}
