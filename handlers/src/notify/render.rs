//! From a domain event and a person to a rendered mail.

use domain::domain_event::Data;
use domain::notification::Kind;
use domain::{DomainEvent, Money, SkippedBecause};
use mail::{Amount, Envelope, Locale, Notice, Rendered, Scheduled};

use crate::error::{Error, Result};
use crate::ports::{Notification, Person, State};

/// What stands in the foot of a mail, beside what the customer is.
pub(super) struct Foot<'a> {
    pub(super) bank_name: &'a str,
    pub(super) verification_code: String,
    pub(super) unsubscribe_url: Option<String>,
}

pub(super) fn render(
    event: &DomainEvent,
    person: &Person,
    notification: &Notification,
    foot: Foot<'_>,
) -> Result<Rendered> {
    let data = &event.data;
    let money = |text: &str| {
        data.money(text)
            .map_err(|error| permanent(format!("the amount {text:?} of the event {error}")))
    };
    let optional = |text: &Option<String>| text.as_deref().map(money).transpose();
    let preferences = person.preferences.get(notification.kind);
    let threshold = preferences.and_then(|preference| {
        let by_currency = match notification.kind {
            Kind::LowBalance => &preference.threshold,
            _ => &preference.min_amount,
        };
        by_currency.get(&data.currency).copied()
    });
    let notice = Notice {
        kind: notification.kind,
        envelope: envelope(person, notification, foot)?,
        account_id: event.metadata.account_id.to_string(),
        amount: optional(&data.amount)?.map(amount),
        balance_after: amount(money(&data.balance_after)?),
        overdraft_limit: optional(&data.overdraft_limit)?.map(amount),
        threshold: threshold.map(amount),
        reference: data.reference.clone().or_else(|| reversal_reason(data)),
        counterparty: data.counterparty.clone(),
        scheduled: scheduled(data),
        occurred_at: event.metadata.occurred_at,
        recorded_at: event.metadata.recorded_at,
        value_date: data.value_date,
    };
    mail::render(&notice)
        .map_err(|error| permanent(format!("the mail cannot be rendered: {error}")))
}

fn envelope(person: &Person, notification: &Notification, foot: Foot<'_>) -> Result<Envelope> {
    Ok(Envelope {
        locale: person
            .locale
            .parse::<Locale>()
            .map_err(|error| permanent(error.to_string()))?,
        time_zone: person
            .time_zone
            .parse()
            .map_err(|_| permanent("the customer's time zone is not known".to_owned()))?,
        bank_name: foot.bank_name.to_owned(),
        customer_name: person.name.clone(),
        notification_id: notification.notification_id.to_string(),
        verification_code: foot.verification_code,
        unsubscribe_url: foot.unsubscribe_url,
        hide_amounts: person.preferences.hides_amounts(),
        // After a mail of unknown outcome, which an operator had sent once more.
        possible_repeat: notification
            .history
            .iter()
            .any(|step| step.state == State::Unknown),
    })
}

fn scheduled(data: &Data) -> Option<Scheduled> {
    Some(Scheduled {
        schedule_id: data.schedule_id.as_ref()?.to_string(),
        occurrence: data.occurrence?,
        skipped: data.reason.as_deref().and_then(|reason| {
            SkippedBecause::ALL
                .into_iter()
                .find(|because| because.as_str() == reason)
        }),
    })
}

/// Why a movement was undone. The reason of what a schedule did not do is a word of ours and has its own sentence.
fn reversal_reason(data: &Data) -> Option<String> {
    data.reason.clone().filter(|_| data.schedule_id.is_none())
}

fn amount(money: Money) -> Amount {
    Amount {
        minor: money.minor(),
        currency: money.currency().code().to_owned(),
        digits: money.currency().digits(),
    }
}

fn permanent(detail: String) -> Error {
    Error::Permanent(detail)
}
