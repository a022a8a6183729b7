//! What must be true of a month, by the events alone.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;
use domain::cadence::StatementMonth;
use domain::notification::{self, Contact, Content, Kind, Notification, Phase, SkipReason};
use domain::recipient::Recipient;
use domain::{EventId, Money};

use crate::books::{Account, Books};
use crate::traffic::{end, reported, share};

/// The events' decisions, recomputed from the wishes of their times, are the
/// notifications that there are: none is missing, none is invented, and the
/// reasons are the rules'.
pub fn every_event_has_its_decisions_and_no_others(books: &Books) {
    let mut recorded = 0;
    for account in books.accounts.values() {
        let mut expected: BTreeMap<(EventId, Kind, Recipient), Option<SkipReason>> =
            BTreeMap::new();
        for event in &account.events {
            let person = books.person(&account.customer, event.metadata.recorded_at);
            let decisions = match person {
                Some(person) => {
                    let wishes = person.wishes();
                    notification::evaluate(event, Some(wishes), Contact::Known(wishes))
                }
                None if books.wishes.contains_key(&account.customer) => {
                    notification::skip_all(event, SkipReason::Erased)
                }
                None => notification::skip_all(event, SkipReason::NoContact),
            };
            for decision in decisions {
                let key = (event.metadata.event_id, decision.kind, decision.recipient);
                assert!(
                    expected
                        .insert(key, decision.verdict.skip_reason())
                        .is_none()
                );
            }
        }
        let stored: BTreeMap<_, _> = account
            .notifications
            .iter()
            .filter(|found| found.content().is_event())
            .map(|found| {
                (
                    (
                        found.source().event_id,
                        found.kind(),
                        found.recipient().clone(),
                    ),
                    found,
                )
            })
            .collect();
        let keys: Vec<_> = expected.keys().collect();
        assert_eq!(
            stored.keys().collect::<Vec<_>>(),
            keys,
            "{}",
            account.customer
        );
        for (key, skip) in &expected {
            let found = stored[key];
            if let Some(reason) = skip {
                let told = (found.phase(), found.reason());
                assert_eq!(told, (Phase::Skipped, Some(reason.as_str())), "{found:?}");
            }
        }
        recorded += account
            .commits
            .iter()
            .map(|c| c.events.len())
            .sum::<usize>();
    }
    assert!(recorded >= reported(), "{recorded}");
}

pub fn every_notification_is_at_an_end_or_waits_for_a_time_to_come(books: &Books) {
    let later = [
        "preference-off",
        "suppressed",
        "erased",
        "not-crossed",
        "already-told-today",
    ];
    for (_, notification) in books.notifications() {
        let fate = books.fate(notification);
        match (fate.phase(), fate.reason()) {
            (Phase::Sent, _) => {}
            (Phase::Skipped, Some(reason)) if later.contains(&reason) => {}
            (Phase::Skipped, Some("no-contact" | "below-minimum")) => {}
            (Phase::Planned, _) => {
                assert!(
                    fate.due_at().is_some_and(|at| at > books.ended_at),
                    "{fate:?}"
                );
            }
            other => panic!("{other:?}: {notification:?}"),
        }
    }
}

pub fn no_notification_is_sent_twice(books: &Books) {
    let ids: BTreeSet<&String> = books.mails.iter().map(|m| &m.notification_id).collect();
    assert_eq!(ids.len(), books.mails.len());
    let told = |notification: &&Notification| {
        notification.phase() == Phase::Sent && notification.in_digest().is_none()
    };
    let alone = books.notifications().map(|(_, n)| n).filter(told).count();
    let digests = books.digests.values().filter(told).count();
    assert_eq!(alone + digests, books.mails.len());
}

/// Whatever kinds an event has, an address hears of it in one mail.
pub fn no_address_hears_of_an_event_in_two_mails(books: &Books) {
    let mut mails: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    let mut shared = 0;
    for (_, notification) in books.notifications() {
        if !notification.content().is_event() || books.fate(notification).phase() != Phase::Sent {
            continue;
        }
        let source = notification.source();
        let place = (&source.account_id, source.version, notification.recipient());
        mails
            .entry(place)
            .or_default()
            .insert(books.fate(notification).id());
        shared += usize::from(books.fate(notification).subject().is_mail_of_event());
    }
    let twice: Vec<_> = mails.iter().filter(|(_, ids)| ids.len() > 1).collect();
    assert!(twice.is_empty(), "{twice:?}");
    assert!(shared > share(100), "{shared}");
}

fn sent_at(mail: &embedded::StoredMail) -> DateTime<Utc> {
    mail.sent_at.parse().unwrap()
}

pub fn no_mail_comes_in_quiet_hours_but_what_cannot_wait(books: &Books) {
    let mut at_night = 0;
    for (account, notification) in books.notifications() {
        let fate = books.fate(notification);
        for mail in books.mails_of(fate.id()) {
            let sent_at = sent_at(mail);
            let person = books.person(&account.customer, sent_at).unwrap();
            if person.wishes().quiet_until(sent_at).is_some() {
                assert_eq!(notification.kind(), Kind::Security, "{notification:?}");
                at_night += 1;
            }
        }
    }
    assert_eq!(at_night, 1, "the closing of an account");
    let waited = books.notifications().filter(|(_, notification)| {
        let first = notification.history().first();
        let reason = first.and_then(|step| step.detail.as_ref());
        reason.is_some_and(|reason| reason.as_str() == "quiet-hours")
    });
    assert!(waited.count() > share(100));
}

pub fn nothing_goes_to_an_address_that_bounced_was_replaced_or_erased(books: &Books) {
    assert_eq!(books.suppressed.len(), 5);
    for mail in &books.mails {
        let sent_at = sent_at(mail);
        if let Some(suppression) = books.suppressed.get(&mail.to) {
            // What was on its way within the hour is taken; the event of SES comes at its end.
            assert!(
                sent_at - suppression.at < TimeDelta::hours(1),
                "{}",
                mail.to
            );
        }
        let known = books.wishes.values().any(|revisions| {
            let in_force = revisions.iter().rfind(|(since, _)| *since <= sent_at);
            let person = in_force.and_then(|(_, person)| person.as_ref());
            person.is_some_and(|person| {
                let further = person.preferences.addresses().iter();
                person.email.as_str() == mail.to
                    || further.into_iter().any(|a| a.email.as_str() == mail.to)
            })
        });
        assert!(known, "{} at {sent_at}", mail.to);
    }
}

pub fn the_totals_of_each_digest_are_those_of_the_events_it_tells(books: &Books) {
    let sent = books.digests.values().filter(|d| d.phase() == Phase::Sent);
    let (mut checked, mut covered) = (0, 0);
    for digest in sent {
        let Content::Digest(content) = digest.content() else {
            panic!("{digest:?}")
        };
        let told: BTreeSet<_> = books
            .notifications()
            .filter(|(_, n)| n.in_digest() == Some(digest.id()))
            .map(|(_, n)| n.id())
            .collect();
        let pinned: BTreeSet<_> = content.covers().iter().map(|c| c.notification_id).collect();
        assert_eq!(told, pinned);
        covered += pinned.len();
        let account = &books.accounts[&content.covers()[0].account_id];
        let versions: BTreeSet<_> = content.covers().iter().map(|c| c.event_version).collect();
        let (mut paid_in, mut paid_out) = (0, 0);
        for event in &account.events {
            if event.fact.reported().is_none() || !versions.contains(&event.metadata.version) {
                continue;
            }
            let moved = event.balances.after().minor() - event.balances.before().minor();
            *(if moved > 0 {
                &mut paid_in
            } else {
                &mut paid_out
            }) += moved.abs();
        }
        let mail = books.mails_of(digest.id()).next().unwrap();
        let person = books.person(&account.customer, sent_at(mail)).unwrap();
        let is_of_one_event = content.one_event().is_some();
        let totals = [paid_in, paid_out].into_iter();
        // The mail of one event has its amount, if it moved any.
        for total in totals.filter(|total| !is_of_one_event || *total != 0) {
            let currency = account.commits[0].after.balance.currency();
            let shown = shown(Money::from_minor(total, currency), person.locale);
            let hidden = person.preferences.hides_amounts();
            assert_eq!(
                mail.text.contains(&shown),
                !hidden,
                "{shown} in {}",
                mail.text
            );
            assert_eq!(mail.html.contains(&shown), !hidden);
        }
        checked += 1;
    }
    assert!(checked > share(500), "{checked}");
    assert!(covered > share(3_000), "{covered}");
}

/// The first fall of each account is told, however it was opened, and of those
/// of one day one.
pub fn a_low_balance_is_told_at_its_first_fall_and_once_a_day(books: &Books) {
    let mut days = BTreeSet::new();
    let mut first_falls = 0;
    let low = books
        .notifications()
        .filter(|(_, notification)| notification.kind() == Kind::LowBalance);
    for (account, notification) in low {
        let position = account
            .events
            .iter()
            .position(|event| event.metadata.event_id == notification.source().event_id)
            .unwrap();
        let event = &account.events[position];
        let recorded_at = event.metadata.recorded_at;
        let person = books.person(&account.customer, recorded_at).unwrap();
        let threshold = person.preferences.get(Kind::LowBalance).unwrap().threshold
            [&event.balances.currency()]
            .minor();
        let balance = |event: &domain::IntegrationEvent| event.balances.after().minor();
        let was_never_low = account.events[..position]
            .iter()
            .all(|earlier| balance(earlier) >= threshold);
        if was_never_low && balance(event) < threshold {
            assert_ne!(notification.reason(), Some("not-crossed"));
            first_falls += 1;
        }
        if notification.phase() != Phase::Skipped {
            let zone: Tz = person.time_zone;
            let day = recorded_at.with_timezone(&zone).date_naive();
            let told = (notification.account_id(), notification.recipient(), day);
            assert!(days.insert(told), "twice on {day}: {notification:?}");
        }
    }
    eprintln!(
        "{first_falls} first falls, {} low balances told",
        days.len()
    );
    assert!(first_falls >= 20, "{first_falls}");
}

fn shown(money: Money, locale: mail::Locale) -> String {
    let amount = mail::Amount {
        minor: money.minor(),
        currency: money.currency().code().to_owned(),
        digits: money.currency().digits(),
    };
    mail::format_amount(&amount, locale)
}

pub fn each_statement_is_of_its_month_and_ends_at_its_balance(books: &Books) {
    let mut checked = 0;
    for (account, notification) in books.notifications() {
        let Content::Statement(statement) = notification.content() else {
            continue;
        };
        if notification.phase() != Phase::Sent {
            continue;
        }
        let mail = books.mails_of(notification.id()).next().unwrap();
        let person = books.person(&account.customer, sent_at(mail)).unwrap();
        let zone: Tz = person.time_zone;
        let month = StatementMonth::of(statement.begins, zone, None).unwrap();
        assert_eq!(
            (month.begins, month.ends),
            (statement.begins, statement.ends)
        );
        assert_eq!(month.first.to_string(), "2026-10-01");
        let within = |account: &Account| -> Vec<String> {
            let events = account.events.iter().filter(|event| {
                let at = event.metadata.recorded_at;
                let moves = event.fact.movement().is_some();
                moves && (statement.begins..statement.ends).contains(&at)
            });
            events.map(|e| e.metadata.event_id.to_string()).collect()
        };
        let file = String::from_utf8(books.files[&mail.id].clone()).unwrap();
        let expected = within(account);
        assert_eq!(file.lines().count(), expected.len() + 1, "{file}");
        assert!(expected.iter().all(|id| file.contains(id)));
        let mut commits = account.commits.iter();
        let last = commits.rfind(|commit| commit.recorded_at < statement.ends);
        let closing = shown(last.unwrap().after.balance, person.locale);
        assert!(mail.text.contains(&closing), "{closing} in {}", mail.text);
        checked += 1;
    }
    // Two of ten customers, and a further address of one in ten.
    assert!(checked >= 55, "{checked}");
}

pub fn every_occurrence_of_every_schedule_ran_once(books: &Books) {
    let mut all = 0;
    for (account, schedule, created_at) in &books.schedules {
        let mut expected = Vec::new();
        let mut last = *created_at;
        while let Some(next) = schedule.next_after(*created_at, last) {
            if next > end() {
                break;
            }
            expected.push(next);
            last = next;
        }
        let ran: Vec<_> = books.accounts[account]
            .events
            .iter()
            .filter_map(|event| event.fact.occurrence())
            .map(|occurrence| occurrence.at)
            .collect();
        assert_eq!(ran, expected, "{account}");
        all += ran.len();
    }
    eprintln!("{all} occurrences of {} schedules", books.schedules.len());
    assert!(all > 300, "{all}");
}
