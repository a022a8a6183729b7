//! The rendering of a notification as a mail.

use domain::notification::{self, Content, Kind, Pending};
use domain::{Event, IntegrationEvent, Money};
use mail::{Also, Amount, Direction, Envelope, Notice, Rendered, RenderedStatement, Scheduled};

use super::Notifier;
use super::background::Background;
use super::together::of_kind;
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
                let events = std::slice::from_ref(event);
                self.render_event(events, person, notification, foot)
                    .await?
            }
            Content::Digest(digest) => match digest.one_event() {
                // It reads better as the mail of that event, however it came to be alone.
                Some((account, version)) => {
                    let is_own = |kind: &Kind| notification::kinds(event).contains(kind);
                    let is_event = event.metadata.version == version
                        && event.metadata.account_id == *account
                        && digest.kinds().iter().all(is_own);
                    let events = match is_event {
                        true => vec![event.clone()],
                        false => self.events_of(account, version).await?,
                    };
                    self.render_event(&events, person, notification, foot)
                        .await?
                }
                None => {
                    self.render_digest(digest, person, notification, foot)
                        .await?
                }
            },
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

    async fn render_event(
        &self,
        events: &[IntegrationEvent],
        person: &Person,
        notification: &Pending,
        foot: MailFooter<'_>,
    ) -> Result<Rendered> {
        let kinds = notification.subject().kinds();
        let background = Background::of(events, &kinds, self.store.as_ref(), None).await?;
        render(events, &kinds, background, person, notification, foot)
    }
}

/// The part of a mail's footer that does not depend on the customer.
pub(super) struct MailFooter<'a> {
    pub(super) bank_name: &'a str,
    pub(super) verification_code: String,
    pub(super) unsubscribe_url: Option<String>,
}

/// Renders the mail of an event. The first of `kinds` gives its subject, and each of the others a sentence.
pub(super) fn render(
    events: &[IntegrationEvent],
    kinds: &[Kind],
    background: Background,
    person: &Person,
    notification: &Pending,
    foot: MailFooter<'_>,
) -> Result<Rendered> {
    let lead = kinds.split_first();
    let told = lead.and_then(|(kind, also)| Some((*kind, also, of_kind(events, *kind)?)));
    let (kind, also, event) =
        told.ok_or_else(|| permanent(format!("no event has notifications of {kinds:?}")))?;
    let (fact, balances) = (&event.fact, event.balances);
    let movement = fact.movement().or(background.cause.as_ref());
    let threshold = |kind: Kind| {
        let preference = person.preferences.get(kind)?;
        let by_currency = if kind == Kind::LowBalance {
            &preference.threshold
        } else {
            &preference.min_amount
        };
        by_currency.get(&balances.currency()).copied().map(amount)
    };
    let also = also.iter().map(|kind| Also {
        kind: *kind,
        threshold: threshold(*kind),
    });
    let notice = Notice {
        kind,
        envelope: envelope(person, notification, foot),
        account_id: event.metadata.account_id.to_string(),
        amount: fact.amount().map(amount),
        direction: direction(event),
        balance_after: amount(balances.after()),
        overdraft_limit: fact.overdraft_limit().map(amount),
        threshold: threshold(kind),
        also: also.collect(),
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
        occurred: event.metadata.occurred,
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
