//! The mailer, which takes, refuses, puts off, or leaves one in the dark; what
//! it takes is held against all that was promised about mails.

use std::time::Duration;

use async_trait::async_trait;
use domain::notification::{self, Kind};
use domain::{CustomerId, DomainEvent};
use handlers::planted;
use handlers::ports::{Mail, Mailer, Notification, Outcome, SendFailure};
use mail::{Amount, Locale, format_amount};
use uuid::Uuid;

use super::Port;
use crate::book::KnownRevision;
use crate::call::NoAnswer;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, Micros, SECOND, TaskId};

/// As the adapter of SES has it (infra/aws).
const TIMEOUT: Micros = 20 * SECOND;
const AFTER_RATE: Duration = Duration::from_secs(30);
const AFTER_QUOTA: Duration = Duration::from_secs(60 * 60);

#[async_trait]
impl Mailer for Port {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        let tries = if planted::is("mailer-tried-again") {
            3
        } else {
            1
        };
        let mut answer = Err(SendFailure::Unknown("not tried".to_owned()));
        for _ in 0..tries {
            answer = self.send_once(mail).await;
            if !matches!(answer, Err(SendFailure::Unknown(_))) {
                break;
            }
        }
        answer
    }

    async fn outcome(&self, notification_id: Uuid, attempt: u32) -> Outcome {
        let mut core = self.sim.core();
        if !core.state.setup.mailer_tells {
            return Outcome::Unknowable;
        }
        let key = (notification_id, attempt);
        match core.state.accepted.get(&key) {
            Some(id) => Outcome::Accepted(id.clone()),
            None => {
                core.state.closed.insert(key);
                Outcome::NotAccepted
            }
        }
    }
}

impl Port {
    async fn send_once(&self, mail: &Mail) -> Result<String, SendFailure> {
        let (task, began) = {
            let mut core = self.sim.core();
            let (task, now) = (core.current, core.now);
            core.state
                .book
                .sending
                .insert(mail.notification_id, (task, now));
            let began = core.state.book.began.get(&task).copied();
            (task, began.unwrap_or(now))
        };
        let id = mail.notification_id;
        if planted::is("address-in-the-log") {
            tracing::info!(to = mail.to, "sending");
        }
        let mail = mail.clone();
        let taken = self
            .sim
            .call(self.process, Hop::NotifyToMailer, TIMEOUT, move |core| {
                core.take_mail(&mail, began)
            })
            .await;
        let mut core = self.sim.core();
        if core
            .state
            .book
            .sending
            .get(&id)
            .is_some_and(|(of, _)| *of == task)
        {
            core.state.book.sending.remove(&id);
        }
        match taken {
            Ok(answer) => answer,
            Err(NoAnswer::Throttled) => {
                let daily = core.rng.u32(..10) == 0;
                Err(SendFailure::Later {
                    reason: "ThrottlingException".to_owned(),
                    after: if daily { AFTER_QUOTA } else { AFTER_RATE },
                })
            }
            Err(NoAnswer::Unknown) => Err(SendFailure::Unknown(
                "SES did not answer in time".to_owned(),
            )),
        }
    }
}

impl Core {
    /// The moment at which the mailer decides. `began`: when the delivery that
    /// led here began, since when its reads of the customer count.
    fn take_mail(&mut self, mail: &Mail, began: Micros) -> Result<String, SendFailure> {
        let id = mail.notification_id;
        if self.state.closed.contains(&(id, mail.attempt)) {
            return Err(SendFailure::Refused("this attempt was given up".to_owned()));
        }
        if self
            .chances
            .happens(&mut self.rng, Hop::NotifyToMailer, Fault::Refused)
        {
            self.coverage.note(Hop::NotifyToMailer, Fault::Refused);
            let reason = if planted::is("address-in-a-reason") {
                format!("MessageRejected: {} is not verified", mail.to)
            } else {
                "MessageRejected".to_owned()
            };
            return Err(SendFailure::Refused(reason));
        }
        let message_id = format!("{id}-{}", mail.attempt);
        self.state
            .accepted
            .insert((id, mail.attempt), message_id.clone());
        self.state.book.mails += 1;
        let taken = self.state.book.taken.entry(id).or_default();
        *taken += 1;
        let taken = *taken;
        let named = self.state.book.named.get(&id);
        let allowed = 1 + named.map_or(0, |attempts| attempts.len() as u32);
        if taken > allowed {
            self.violate("one mail a notification", || {
                format!("{id} was taken {taken} times, and {allowed} were allowed")
            });
        }
        self.tell(|_| format!("the mailer takes {id}, attempt {}", mail.attempt));
        if let Some(found) = self.state.notifications.get(&id).cloned() {
            self.check_mail(mail, &found, began);
        } else {
            self.violate("no mail without a decision", || id.to_string());
        }
        Ok(message_id)
    }

    fn check_mail(&mut self, mail: &Mail, notification: &Notification, began: Micros) {
        let account = &notification.account_id;
        let version = notification.event_version;
        let Some(commit) = self.state.store.holding(account, version).cloned() else {
            self.violate("no mail without an event", || {
                notification.event_id.to_string()
            });
            return;
        };
        let events = DomainEvent::of_commit(&commit).unwrap_or_default();
        let told = events
            .into_iter()
            .find(|event| event.metadata.event_id == notification.event_id);
        let Some(event) = told else {
            self.violate("no mail without an event", || {
                notification.event_id.to_string()
            });
            return;
        };
        let balance = self.state.book.balance_at(account, version);
        let before = self.state.book.balance_at(account, version - 1);
        if let (Some(balance), Some(before)) = (balance, before) {
            self.check_amounts(mail, &event, notification.kind, balance, balance - before);
        }
        // What was decided at the first delivery stands for the later ones.
        let first = self
            .state
            .book
            .first_claims
            .get(&notification.notification_id);
        let judged = first.copied().unwrap_or(began).min(began);
        self.check_recipient(mail, &event, notification.kind, (judged, began));
    }

    /// Amount and balance of the mail are those of the event, added up anew.
    fn check_amounts(
        &mut self,
        mail: &Mail,
        event: &DomainEvent,
        kind: Kind,
        balance: i128,
        moved: i128,
    ) {
        let locale = if mail.to.contains("fr-") {
            Locale::Fr
        } else {
            Locale::En
        };
        let written = |minor: i128| {
            let amount = Amount {
                minor: i64::try_from(minor).unwrap_or(i64::MAX),
                currency: event.data.currency.code().to_owned(),
                digits: event.data.currency.digits(),
            };
            format_amount(&amount, locale)
        };
        let tells_amount = matches!(
            kind,
            Kind::Deposit | Kind::Withdrawal | Kind::Reversal | Kind::LargeAmount
        );
        let mut expected = vec![written(balance)];
        if tells_amount {
            expected.push(written(moved.abs()));
        }
        for amount in expected {
            if !mail.text.contains(&amount) || !mail.html.contains(&amount) {
                self.violate("a mail's amounts are its event's", || {
                    format!(
                        "{kind} of {} lacks {amount:?}:\n{}",
                        event.metadata.event_id, mail.text
                    )
                });
            }
        }
    }

    /// `judged`: when it was first decided; `began`: since when reads of the
    /// customer count.
    fn check_recipient(
        &mut self,
        mail: &Mail,
        event: &DomainEvent,
        kind: Kind,
        (judged, began): (Micros, Micros),
    ) {
        let known = self.known_since(&event.data.customer_id, judged);
        let (known, written) = known;
        let current = |known: &&KnownRevision| known.replaced_at.is_none_or(|at| at >= began);
        let to_it = |known: &KnownRevision| {
            let person = known.revision.person.as_ref();
            person.is_some_and(|person| person.email == mail.to)
        };
        let mut addressed = known
            .iter()
            .filter(current)
            .filter(|known| to_it(known))
            .peekable();
        if addressed.peek().is_none() {
            self.violate("no mail to an address that was replaced", || {
                format!("{} to {}", event.metadata.event_id, mail.to)
            });
            return;
        }
        let wants = |known: &KnownRevision| {
            let person = known.revision.person.as_ref();
            person.is_some_and(|person| person.preferences.is_on(kind))
        };
        if !addressed.any(wants) {
            self.violate("no mail after an opt-out", || {
                format!("{} of {}", kind, event.metadata.event_id)
            });
        }
        // What was known when the delivery began, or at any moment since.
        let time = event.metadata.recorded_at;
        let decided = (written..=known.len()).any(|count| {
            let in_force = known[..count]
                .iter()
                .rfind(|known| known.revision.in_force_from <= time);
            let person = in_force.and_then(|known| known.revision.person.as_ref());
            let decisions =
                person.and_then(|person| notification::decide(event, &person.preferences).ok());
            decisions
                .into_iter()
                .flatten()
                .any(|decision| decision.kind == kind && decision.skip.is_none())
        });
        if !decided {
            self.violate("no mail that was not asked for then", || {
                format!("{} of {}", kind, event.metadata.event_id)
            });
        }
    }

    /// All known revisions, and how many of them were written before `began`.
    fn known_since(&self, customer: &CustomerId, began: Micros) -> (Vec<KnownRevision>, usize) {
        let known = self
            .state
            .book
            .customers
            .get(customer)
            .cloned()
            .unwrap_or_default();
        let written = known
            .iter()
            .filter(|known| known.written_at <= began)
            .count();
        (known, written)
    }

    /// Whether somebody has this mail in hand and waits for the mailer.
    pub fn is_being_sent(&self, id: Uuid, by_another_than: TaskId) -> bool {
        let sending = self.state.book.sending.get(&id);
        sending.is_some_and(|(task, _)| *task != by_another_than && self.is_running(*task))
    }
}
