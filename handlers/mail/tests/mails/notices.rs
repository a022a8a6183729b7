//! The notices that the tests render, and what all their mails have in common.

use chrono::NaiveDate;
use chrono_tz::{America, Asia, Europe, Tz};
use domain::Occurred;
use mail::{
    Also, Amount, Attachment, DigestNotice, Envelope, Kind, Locale, Notice, Rendered,
    StatementNotice, examples, render, render_digest, render_statement,
};

pub fn euros(minor: i64) -> Amount {
    Amount {
        minor,
        currency: "EUR".to_owned(),
        digits: 2,
    }
}

/// Any of the three notices.
#[derive(Clone)]
pub enum Any {
    Notice(Box<Notice>),
    Digest(DigestNotice),
    Statement(StatementNotice),
}

impl Any {
    pub fn render(&self) -> Rendered {
        self.render_all().0
    }

    pub fn render_all(&self) -> (Rendered, Option<Attachment>) {
        match self {
            Any::Notice(notice) => (render(notice).unwrap(), None),
            Any::Digest(notice) => (render_digest(notice).unwrap(), None),
            Any::Statement(notice) => {
                let made = render_statement(notice).unwrap();
                (made.mail, made.attachment)
            }
        }
    }

    pub fn envelope(&self) -> &Envelope {
        match self {
            Any::Notice(notice) => &notice.envelope,
            Any::Digest(notice) => &notice.envelope,
            Any::Statement(notice) => &notice.envelope,
        }
    }

    pub fn with_envelope(&self, change: impl FnOnce(&mut Envelope)) -> Self {
        let mut changed = self.clone();
        change(match &mut changed {
            Any::Notice(notice) => &mut notice.envelope,
            Any::Digest(notice) => &mut notice.envelope,
            Any::Statement(notice) => &mut notice.envelope,
        });
        changed
    }

    /// The same with these words wherever somebody else chooses them.
    pub fn with_words(&self, words: &str) -> Self {
        let mut changed = self.with_envelope(|envelope| {
            envelope.bank_name = words.to_owned();
            envelope.customer_name = words.to_owned();
        });
        match &mut changed {
            Any::Notice(notice) => {
                notice.reference = Some(words.to_owned());
                notice.counterparty = Some(words.to_owned());
                if let Some(reversed) = &mut notice.reversed {
                    reversed.counterparty = Some(words.to_owned());
                }
                if let Some(scheduled) = &mut notice.scheduled {
                    scheduled.schedule_id = words.to_owned();
                }
            }
            Any::Digest(_) => {}
            Any::Statement(notice) => {
                for entry in &mut notice.entries {
                    entry.reference = Some(words.to_owned());
                    entry.counterparty = Some(words.to_owned());
                }
            }
        }
        changed
    }

    pub fn with_account(&self, account_id: &str) -> Self {
        let mut changed = self.clone();
        match &mut changed {
            Any::Notice(notice) => notice.account_id = account_id.to_owned(),
            Any::Digest(notice) => {
                for item in &mut notice.items {
                    item.account_id = account_id.to_owned();
                }
            }
            Any::Statement(notice) => notice.account_id = account_id.to_owned(),
        }
        changed
    }
}

/// Everything that a notice of this kind may hold.
pub fn full(kind: Kind, locale: Locale) -> Notice {
    examples::notice(kind, locale)
}

/// No more than a notice of this kind must hold.
pub fn minimal(kind: Kind, locale: Locale) -> Notice {
    let full = full(kind, locale);
    let must_have_amount = matches!(
        kind,
        Kind::Deposit
            | Kind::Withdrawal
            | Kind::LargeAmount
            | Kind::ScheduleRun
            | Kind::ScheduleSkipped
    );
    Notice {
        envelope: bare(&full.envelope),
        amount: full.amount.filter(|_| must_have_amount),
        overdraft_limit: None,
        threshold: None,
        reference: None,
        counterparty: None,
        reversed: None,
        value_date: None,
        ..full
    }
}

fn bare(envelope: &Envelope) -> Envelope {
    Envelope {
        time_zone: Europe::Paris,
        customer_name: String::new(),
        verification_code: String::new(),
        unsubscribe_url: None,
        ..envelope.clone()
    }
}

/// Every kind that has a notice, in every locale.
pub fn every_notice() -> impl Iterator<Item = (Kind, Locale)> {
    Kind::ALL
        .into_iter()
        .filter(|kind| *kind != Kind::Statement)
        .flat_map(|kind| Locale::ALL.map(|locale| (kind, locale)))
}

/// Every mail in every locale, filled to the brim, by its folder.
pub fn every_full_mail() -> Vec<(String, Locale, Any)> {
    let mut all: Vec<(String, Locale, Any)> = every_notice()
        .map(|(kind, locale)| {
            (
                kind.to_string(),
                locale,
                Any::Notice(full(kind, locale).into()),
            )
        })
        .collect();
    for locale in Locale::ALL {
        all.push((
            "digest".to_owned(),
            locale,
            Any::Digest(examples::digest(locale)),
        ));
        all.push((
            "statement".to_owned(),
            locale,
            Any::Statement(examples::statement(locale)),
        ));
    }
    all
}

/// Every mail in every locale, with no more than it must have.
pub fn every_minimal_mail() -> Vec<(String, Locale, Any)> {
    let mut all: Vec<(String, Locale, Any)> = every_notice()
        .map(|(kind, locale)| {
            (
                kind.to_string(),
                locale,
                Any::Notice(minimal(kind, locale).into()),
            )
        })
        .collect();
    for locale in Locale::ALL {
        let mut digest = examples::digest(locale);
        digest.items.truncate(1);
        digest.items[0].amount = None;
        let mut statement = examples::statement(locale);
        statement.entries.clear();
        statement.closing_balance = statement.opening_balance.clone();
        for (name, any) in [
            ("digest", Any::Digest(digest)),
            ("statement", Any::Statement(statement)),
        ] {
            let any = any.with_envelope(|envelope| *envelope = bare(envelope));
            all.push((name.to_owned(), locale, any));
        }
    }
    all
}

/// Mails that tell more kinds than the one of their subject, in every locale, with thresholds and without.
pub fn every_shared_mail() -> Vec<(String, Locale, Any)> {
    let threshold = |kind| match kind {
        Kind::LargeAmount => Some(euros(100_000)),
        Kind::LowBalance => Some(euros(10_000)),
        _ => None,
    };
    let mut all = Vec::new();
    for locale in Locale::ALL {
        for (kind, others) in [
            (
                Kind::Overdrawn,
                &[
                    Kind::ScheduleRun,
                    Kind::Withdrawal,
                    Kind::LargeAmount,
                    Kind::LowBalance,
                ][..],
            ),
            (Kind::Overdrawn, &[Kind::Reversal, Kind::LowBalance]),
            (Kind::ScheduleRun, &[Kind::Deposit, Kind::LargeAmount]),
            (Kind::Deposit, &[Kind::LargeAmount]),
        ] {
            for named in [true, false] {
                let also = others.iter().map(|kind| Also {
                    kind: *kind,
                    threshold: threshold(*kind).filter(|_| named),
                });
                let notice = Notice {
                    also: also.collect(),
                    ..full(kind, locale)
                };
                let with = others.first().map_or("", |other| other.as_str());
                let suffix = if named { "" } else { "-unnamed" };
                let name = format!("{kind}-with-{with}{suffix}");
                all.push((name, locale, Any::Notice(notice.into())));
            }
        }
    }
    all
}

/// A date of which the bank gave no time: 20 October 2003.
pub fn date() -> Occurred {
    Occurred::On(NaiveDate::from_ymd_opt(2003, 10, 20).unwrap())
}

/// A notice, a digest and a statement of bookings on [`date`], for a customer in this zone.
pub fn dated(locale: Locale, zone: Tz) -> [(&'static str, Any); 3] {
    let deposit = Notice {
        occurred: date(),
        ..full(Kind::Deposit, locale)
    };
    let mut digest = examples::digest(locale);
    digest.items.truncate(2);
    for item in &mut digest.items {
        item.occurred = date();
    }
    let mut statement = examples::statement(locale);
    for entry in &mut statement.entries {
        entry.occurred = date();
    }
    let mails = [
        ("deposit", Any::Notice(deposit.into())),
        ("digest", Any::Digest(digest)),
        ("statement", Any::Statement(statement)),
    ];
    mails.map(|(name, any)| {
        (
            name,
            any.with_envelope(|envelope| envelope.time_zone = zone),
        )
    })
}

/// Mails about bookings of which the bank gave only the date, west and east of Greenwich.
pub fn every_dated_mail() -> Vec<(String, Locale, Any)> {
    let mut all = Vec::new();
    for locale in Locale::ALL {
        for (zone, city) in [(America::New_York, "new-york"), (Asia::Tokyo, "tokyo")] {
            for (name, any) in dated(locale, zone) {
                all.push((format!("{name}-on-a-date-{city}"), locale, any));
            }
        }
    }
    all
}

/// The same mails with no amounts in them, which may have been sent before.
pub fn every_hidden_mail() -> Vec<(String, Locale, Any)> {
    every_full_mail()
        .into_iter()
        .chain(every_shared_mail())
        .map(|(name, locale, any)| {
            let hidden = any.with_envelope(|envelope| {
                envelope.hide_amounts = true;
                envelope.possible_repeat = true;
            });
            (name, locale, hidden)
        })
        .collect()
}
