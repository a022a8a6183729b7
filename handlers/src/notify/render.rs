//! From a notification and a person to a rendered mail.

use domain::integration_event::Data;
use domain::notification::Kind;
use domain::{IntegrationEvent, Money, OccurrenceSkipReason};
use mail::{Amount, Envelope, Locale, Notice, Rendered, RenderedStatement, Scheduled};

use super::Notifier;
use crate::error::{Error, Result};
use crate::ports::{Attachment, Content, Notification, Person, State};

/// A mail without its envelope.
pub(super) struct Letter {
    pub(super) mail: Rendered,
    pub(super) attachments: Vec<Attachment>,
}

impl Notifier {
    /// What the notification's mail says now.
    pub(super) async fn rendered(
        &self,
        event: &IntegrationEvent,
        person: &Person,
        notification: &Notification,
        foot: MailFooter<'_>,
    ) -> Result<Letter> {
        let mail = match &notification.content {
            Content::Event => render(event, person, notification, foot)?,
            Content::Digest(digest) => {
                self.render_digest(digest, person, notification, foot)
                    .await?
            }
            Content::Statement(statement) => {
                let rendered = self
                    .render_statement(statement, person, notification, foot)
                    .await?;
                let RenderedStatement { mail, attachment } = rendered;
                let attachments = attachment.into_iter().map(|file| Attachment {
                    name: file.name,
                    content_type: file.content_type.to_owned(),
                    bytes: file.bytes,
                });
                let attachments = attachments.collect();
                return Ok(Letter { mail, attachments });
            }
        };
        let attachments = Vec::new();
        Ok(Letter { mail, attachments })
    }
}

/// What stands in the foot of a mail, beside what the customer is.
pub(super) struct MailFooter<'a> {
    pub(super) bank_name: &'a str,
    pub(super) verification_code: String,
    pub(super) unsubscribe_url: Option<String>,
}

pub(super) fn render(
    event: &IntegrationEvent,
    person: &Person,
    notification: &Notification,
    foot: MailFooter<'_>,
) -> Result<Rendered> {
    let data = &event.data;
    let optional = |text: &Option<String>| optional_amount(data, text.as_deref());
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
        amount: optional(&data.amount)?,
        balance_after: amount_of(data, &data.balance_after)?,
        overdraft_limit: optional(&data.overdraft_limit)?,
        threshold: threshold.map(amount),
        reference: data.reference.clone().or_else(|| reversal_reason(data)),
        counterparty: data.counterparty.clone(),
        scheduled: scheduled(data),
        occurred_at: event.metadata.occurred_at,
        recorded_at: event.metadata.recorded_at,
        value_date: data.value_date,
    };
    mail::render(&notice).map_err(failed)
}

pub(super) fn failed(error: mail::RenderError) -> Error {
    permanent(format!("the mail cannot be rendered: {error}"))
}

pub(super) fn envelope(
    person: &Person,
    notification: &Notification,
    foot: MailFooter<'_>,
) -> Result<Envelope> {
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
            OccurrenceSkipReason::ALL
                .into_iter()
                .find(|because| because.as_str() == reason)
        }),
    })
}

/// Why a movement was undone. The reason of what a schedule did not do is a word of ours and has its own sentence.
fn reversal_reason(data: &Data) -> Option<String> {
    data.reason.clone().filter(|_| data.schedule_id.is_none())
}

pub(super) fn amount_of(data: &Data, text: &str) -> Result<Amount> {
    money(data, text).map(amount)
}

pub(super) fn optional_amount(data: &Data, text: Option<&str>) -> Result<Option<Amount>> {
    text.map(|text| amount_of(data, text)).transpose()
}

/// What the event did to the balance, in minor units.
pub(super) fn moved(event: &IntegrationEvent) -> Result<i128> {
    let data = &event.data;
    let minor = |text: &str| Ok(i128::from(money(data, text)?.minor()));
    Ok(minor(&data.balance_after)? - minor(&data.balance_before)?)
}

fn money(data: &Data, text: &str) -> Result<Money> {
    data.money(text)
        .map_err(|error| permanent(format!("the amount {text:?} of the event {error}")))
}

pub(super) fn amount(money: Money) -> Amount {
    Amount {
        minor: money.minor(),
        currency: money.currency().code().to_owned(),
        digits: money.currency().digits(),
    }
}

fn permanent(detail: String) -> Error {
    Error::Permanent(detail.into())
}
