//! One example of each mail, for previews and tests. The people and accounts are fictitious.

use chrono::{DateTime, NaiveDate, Utc};
use chrono_tz::Europe;
use domain::{Occurred, OccurrenceSkipReason};

use crate::{
    Amount, DigestItem, DigestNotice, Direction, Envelope, Kind, Locale, Notice, Reversed,
    Scheduled, StatementEntry, StatementNotice,
};

const CURRENT_ACCOUNT: &str = "FR76-3000-6000-0112-3456-7890-1234";
const SAVINGS_ACCOUNT: &str = "FR76-3000-6000-0112-3456-7890-5678";

/// Returns the recipient of the examples.
#[must_use]
pub fn envelope(locale: Locale) -> Envelope {
    Envelope {
        locale,
        time_zone: Europe::Paris,
        bank_name: "Banque du Lac".to_owned(),
        customer_name: "Ada O'Neil & Lovelace".to_owned(),
        notification_id: "6f9c1c3e-52d8-5c0e-9a43-0f1b7d2a8e11".to_owned(),
        verification_code: "7KQ2-MX4T-9RWB".to_owned(),
        unsubscribe_url: Some("https://mail.bank.example/v1/unsubscribe/k1.Q2FtaWxsZQ".to_owned()),
        hide_amounts: false,
        possible_repeat: false,
    }
}

/// Returns a notice of this kind with all its fields.
#[must_use]
pub fn notice(kind: Kind, locale: Locale) -> Notice {
    // Amount, balance after it, counterparty and reference.
    let (moved, balance, counterparty, reference) = match kind {
        Kind::Deposit => (
            12_550,
            136_000,
            "Société Lumière & Fils",
            "Salary November 2026",
        ),
        Kind::Withdrawal => (
            4_000,
            132_000,
            "Boulangerie du Marché",
            "RF18 5390 0754 7034",
        ),
        Kind::Reversal => (4_000, 136_000, "", "entered twice"),
        Kind::Overdrawn => (
            141_200,
            -5_200,
            "Agence Immobilière Dupont",
            "Rent Nov. flat 3",
        ),
        Kind::LargeAmount => (500_000, 636_000, "Société Lumière & Fils", "Bonus 2026"),
        Kind::LowBalance => (
            127_580,
            8_420,
            "Agence Immobilière Dupont",
            "Rent Nov. flat 3",
        ),
        Kind::ScheduleRun | Kind::ScheduleSkipped => (
            85_000,
            12_550,
            "Agence Immobilière Dupont",
            "Rent Dec. flat 3",
        ),
        Kind::Statement | Kind::Security => (0, 112_550, "", ""),
    };
    let schedule = matches!(kind, Kind::ScheduleRun | Kind::ScheduleSkipped);
    let words = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    Notice {
        kind,
        also: Vec::new(),
        envelope: Envelope {
            unsubscribe_url: envelope(locale)
                .unsubscribe_url
                .filter(|_| kind.can_be_switched_off()),
            ..envelope(locale)
        },
        account_id: CURRENT_ACCOUNT.to_owned(),
        amount: (moved != 0).then(|| euros(moved)),
        direction: match kind {
            Kind::Deposit | Kind::LargeAmount | Kind::Reversal => Some(Direction::In),
            Kind::Withdrawal | Kind::Overdrawn | Kind::LowBalance | Kind::ScheduleRun => {
                Some(Direction::Out)
            }
            Kind::ScheduleSkipped | Kind::Statement | Kind::Security => None,
        },
        balance_after: euros(balance),
        overdraft_limit: (kind == Kind::Overdrawn).then(|| euros(5_000)),
        threshold: match kind {
            Kind::LargeAmount => Some(euros(100_000)),
            Kind::LowBalance => Some(euros(10_000)),
            _ => None,
        },
        reference: words(reference),
        counterparty: words(counterparty),
        reversed: (kind == Kind::Reversal).then(|| Reversed {
            counterparty: Some("Boulangerie du Marché".to_owned()),
            occurred: Occurred::At(at("2026-11-12T09:41:00Z")),
        }),
        scheduled: schedule.then(|| Scheduled {
            schedule_id: "rent-flat-3".to_owned(),
            occurrence: at("2026-12-01T08:00:00Z"),
            skipped: (kind == Kind::ScheduleSkipped)
                .then_some(OccurrenceSkipReason::InsufficientFunds),
        }),
        occurred: Occurred::At(at(if schedule {
            "2026-12-01T08:00:03Z"
        } else {
            "2026-11-22T10:00:00Z"
        })),
        recorded_at: at(if schedule {
            "2026-12-01T08:00:04Z"
        } else {
            "2026-11-22T10:02:31Z"
        }),
        value_date: (!schedule && moved != 0).then(|| day(2026, 11, 23)),
    }
}

/// Returns a digest of one day and two accounts.
#[must_use]
pub fn digest(locale: Locale) -> DigestNotice {
    let item =
        |kinds: &[Kind], account: &str, moved, direction, balance, time, texts: [&str; 2]| {
            let [counterparty, reference] =
                texts.map(|text| (!text.is_empty()).then(|| text.to_owned()));
            DigestItem {
                kinds: kinds.to_vec(),
                account_id: account.to_owned(),
                amount: (moved != 0).then(|| euros(moved)),
                direction,
                counterparty,
                reference,
                balance_after: euros(balance),
                occurred: Occurred::At(at(time)),
            }
        };
    DigestNotice {
        envelope: envelope(locale),
        from: at("2026-11-30T17:00:00Z"),
        to: at("2026-12-01T17:00:00Z"),
        items: vec![
            item(
                &[Kind::Deposit, Kind::LargeAmount],
                CURRENT_ACCOUNT,
                245_000,
                Some(Direction::In),
                257_550,
                "2026-11-30T18:12:00Z",
                ["Lumen AG", "Salary"],
            ),
            item(
                &[Kind::ScheduleRun],
                CURRENT_ACCOUNT,
                85_000,
                Some(Direction::Out),
                172_550,
                "2026-12-01T08:00:03Z",
                ["", "Rent"],
            ),
            item(
                &[Kind::ScheduleSkipped],
                SAVINGS_ACCOUNT,
                50_000,
                None,
                31_420,
                "2026-12-01T08:00:04Z",
                ["", ""],
            ),
            item(
                &[Kind::Withdrawal, Kind::LowBalance],
                SAVINGS_ACCOUNT,
                23_000,
                Some(Direction::Out),
                8_420,
                "2026-12-01T11:45:00Z",
                ["Market hall", ""],
            ),
            item(
                &[Kind::Reversal],
                CURRENT_ACCOUNT,
                1_790,
                Some(Direction::In),
                174_340,
                "2026-12-01T15:30:00Z",
                ["", ""],
            ),
        ],
    }
}

/// Returns a statement of one month.
#[must_use]
pub fn statement(locale: Locale) -> StatementNotice {
    use Direction::{In, Out};
    let rows: [(Kind, i64, Direction, &str, &str, &str); 5] = [
        (
            Kind::Withdrawal,
            85_000,
            Out,
            "2026-11-01T08:00:03Z",
            "Agence Immobilière Dupont",
            "Rent Nov. flat 3",
        ),
        (
            Kind::Withdrawal,
            1_790,
            Out,
            "2026-11-09T16:41:00Z",
            "Boulangerie du Marché",
            "Card 9 Nov.",
        ),
        (
            Kind::Reversal,
            1_790,
            In,
            "2026-11-10T09:05:00Z",
            "",
            "entered twice",
        ),
        (
            Kind::Withdrawal,
            12_345,
            Out,
            "2026-11-15T10:00:00Z",
            "Électricité & Gaz",
            "RF18 5390 0754 7034",
        ),
        (
            Kind::Deposit,
            245_000,
            In,
            "2026-11-27T05:30:00Z",
            "Société Lumière & Fils",
            "Salary, \"November\" 2026",
        ),
    ];
    let opening = 112_550;
    let mut balance = opening;
    let words = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let entries = rows
        .into_iter()
        .enumerate()
        .map(
            |(index, (kind, moved, direction, time, counterparty, reference))| {
                balance += if direction == In { moved } else { -moved };
                StatementEntry {
                    event_id: format!("00000000-{:04}-8ec9-a178-4641c05f1b8b", index + 40),
                    kind,
                    amount: euros(moved),
                    direction,
                    balance_after: euros(balance),
                    occurred: Occurred::At(at(time)),
                    value_date: (kind == Kind::Deposit).then(|| day(2026, 11, 27)),
                    reference: words(reference),
                    counterparty: words(counterparty),
                }
            },
        )
        .collect();
    StatementNotice {
        envelope: envelope(locale),
        account_id: CURRENT_ACCOUNT.to_owned(),
        from: day(2026, 11, 1),
        to: day(2026, 11, 30),
        opening_balance: euros(opening),
        closing_balance: euros(balance),
        entries,
    }
}

fn euros(minor: i64) -> Amount {
    Amount {
        minor,
        currency: "EUR".to_owned(),
        digits: 2,
    }
}

fn at(time: &str) -> DateTime<Utc> {
    time.parse().expect("the example's time is valid")
}

fn day(year: i32, month: u32, day: u32) -> NaiveDate {
    NaiveDate::from_ymd_opt(year, month, day).expect("the example's day is valid")
}
