//! The rendering of a notification as a mail.

use domain::notification::{Content, Kind, Pending};
use domain::{Event, IntegrationEvent, Money};
use mail::{Amount, Direction, Envelope, Notice, Rendered, RenderedStatement, Scheduled};

use super::Notifier;
use super::background::Background;
use crate::error::{Error, Result};
use crate::ports::{Attachment, Person};

/// A mail without its envelope.
pub(super) struct Letter {
    pub(super) mail: Rendered,
    pub(super) attachments: Vec<Attachment>,
}

impl Notifier {
    /// Renders the notification's mail.
    pub(super) async fn rendered(
        &self,
        event: &IntegrationEvent,
        person: &Person,
        notification: &Pending,
        foot: MailFooter<'_>,
    ) -> Result<Letter> {
        let mail = match &notification.subject().content {
            Content::Event => {
                let kind = notification.subject().kind;
                let background = Background::of(event, kind, self.store.as_ref(), None).await?;
                render(event, background, person, notification, foot)?
            }
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

/// The part of a mail's footer that does not depend on the customer.
pub(super) struct MailFooter<'a> {
    pub(super) bank_name: &'a str,
    pub(super) verification_code: String,
    pub(super) unsubscribe_url: Option<String>,
}

pub(super) fn render(
    event: &IntegrationEvent,
    background: Background,
    person: &Person,
    notification: &Pending,
    foot: MailFooter<'_>,
) -> Result<Rendered> {
    let (fact, balances) = (&event.fact, event.balances);
    let movement = fact.movement().or(background.cause.as_ref());
    let kind = notification.subject().kind;
    let preferences = person.preferences.get(kind);
    let threshold = preferences.and_then(|preference| {
        let by_currency = if kind == Kind::LowBalance {
            &preference.threshold
        } else {
            &preference.min_amount
        };
        by_currency.get(&balances.currency()).copied()
    });
    let notice = Notice {
        kind,
        envelope: envelope(person, notification, foot),
        account_id: event.metadata.account_id.to_string(),
        amount: fact.amount().map(amount),
        direction: direction(event),
        balance_after: amount(balances.after()),
        overdraft_limit: fact.overdraft_limit().map(amount),
        threshold: threshold.map(amount),
        reference: match fact.reported() {
            Some(Event::TransactionReversed(reversal)) => reversal.reason.clone(),
            _ => movement.and_then(|movement| movement.reference.clone()),
        },
        counterparty: movement.and_then(|movement| movement.counterparty.clone()),
        reversed: background.reversed,
        scheduled: fact.occurrence().map(|occurrence| Scheduled {
            schedule_id: occurrence.schedule_id.to_string(),
            occurrence: occurrence.at,
            skipped: match fact.reported() {
                Some(Event::OperationSkipped(skipped)) => Some(skipped.reason),
                _ => None,
            },
        }),
        occurred_at: event.metadata.occurred_at,
        recorded_at: event.metadata.recorded_at,
        value_date: movement.and_then(|movement| movement.value_date),
    };
    mail::render(&notice).map_err(failed)
}

pub(super) fn failed(error: mail::RenderError) -> Error {
    permanent(format!("the mail cannot be rendered: {error}"))
}

pub(super) fn envelope(person: &Person, notification: &Pending, foot: MailFooter<'_>) -> Envelope {
    Envelope {
        locale: person.locale,
        time_zone: person.time_zone,
        bank_name: foot.bank_name.to_owned(),
        customer_name: person.name.clone(),
        notification_id: notification.subject().id.to_string(),
        verification_code: foot.verification_code,
        unsubscribe_url: foot.unsubscribe_url,
        hide_amounts: person.preferences.hides_amounts(),
        // An earlier mail had an unknown outcome.
        possible_repeat: notification.may_be_repeat(),
    }
}

/// Returns the direction in which the event moved the balance; `None` if nothing moved.
pub(super) fn direction(event: &IntegrationEvent) -> Option<Direction> {
    match event.balances.change() {
        0 => None,
        change if change > 0 => Some(Direction::In),
        _ => Some(Direction::Out),
    }
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
