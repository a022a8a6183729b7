//! From a domain event and a person to a rendered mail.

use domain::notification::Kind;
use domain::{DomainEvent, Money};
use mail::{Amount, Locale, Notice, Rendered};

use crate::error::{Error, Result};
use crate::ports::{Notification, Person};

pub(super) fn render(
    event: &DomainEvent,
    person: &Person,
    notification: &Notification,
    bank_name: &str,
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
        locale: person
            .locale
            .parse::<Locale>()
            .map_err(|error| permanent(error.to_string()))?,
        time_zone: person
            .time_zone
            .parse()
            .map_err(|_| permanent("the customer's time zone is not known".to_owned()))?,
        bank_name: bank_name.to_owned(),
        customer_name: person.name.clone(),
        account_id: event.metadata.account_id.to_string(),
        amount: optional(&data.amount)?.map(amount),
        balance_after: amount(money(&data.balance_after)?),
        overdraft_limit: optional(&data.overdraft_limit)?.map(amount),
        threshold: threshold.map(amount),
        reference: data.reference.clone().or_else(|| data.reason.clone()),
        counterparty: data.counterparty.clone(),
        occurred_at: event.metadata.occurred_at,
        recorded_at: event.metadata.recorded_at,
        value_date: data.value_date,
        notification_id: notification.notification_id.to_string(),
    };
    mail::render(&notice)
        .map_err(|error| permanent(format!("the mail cannot be rendered: {error}")))
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
