//! The mailer, which takes, refuses, puts off, or leaves one in the dark; what
//! it takes is held against all that was promised about mails.

use std::time::Duration;

use async_trait::async_trait;
use domain::NotificationId;
use handlers::ports::{Mail, Mailer, Outcome, SendFailure};

use super::Port;
use crate::call::NoAnswer;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, DAY, HOUR, Micros, SECOND, TaskId};

/// As the adapter of SES has it (infra/aws).
const TIMEOUT: Micros = 20 * SECOND;
const AFTER_RATE: Duration = Duration::from_secs(30);
const AFTER_QUOTA: Duration = Duration::from_secs(4 * 60 * 60);
/// As the mailbox of one machine has it (infra/embedded).
const AFTER_A_MINUTE: Duration = Duration::from_secs(60);
const WEEK: Micros = 7 * DAY;
/// How long a mailer that is away for a week is asked every minute.
const ASKED_OFTEN: Micros = 10 * HOUR;
const AWAY: &str =
    "SendingPausedException: no mail of this account is sent until somebody resumes it";

#[async_trait]
impl Mailer for Port {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
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

    async fn outcome(&self, notification_id: NotificationId, attempt: u32) -> Outcome {
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

/// A mailer that takes nothing for long.
#[derive(Debug)]
pub struct Away {
    until: Micros,
    /// When it was asked first.
    asked_since: Option<Micros>,
}

impl Core {
    /// The moment at which the mailer decides. `began`: when the delivery that
    /// led here began, since when its reads of the customer count.
    fn take_mail(&mut self, mail: &Mail, began: Micros) -> Result<String, SendFailure> {
        let id = mail.notification_id;
        if self.state.closed.contains(&(id, mail.attempt)) {
            return Err(SendFailure::Refused("this attempt was given up".to_owned()));
        }
        if let Some(after) = self.mailer_is_away() {
            return Err(SendFailure::Later {
                reason: AWAY.to_owned(),
                after,
            });
        }
        if self
            .chances
            .happens(&mut self.rng, Hop::NotifyToMailer, Fault::Refused)
        {
            self.coverage.note(Hop::NotifyToMailer, Fault::Refused);
            return Err(SendFailure::Refused("MessageRejected".to_owned()));
        }
        let message_id = format!("{id}-{}", mail.attempt);
        self.state
            .accepted
            .insert((id, mail.attempt), message_id.clone());
        self.state.book.mails += 1;
        let taken = self.state.book.taken.entry(id).or_default();
        *taken += 1;
        let taken = *taken;
        self.tell(|_| format!("the mailer takes {id}, attempt {}", mail.attempt));
        if let Some(found) = self.state.notifications.get(&id).cloned() {
            self.check_mail(mail, &found, taken, began);
        } else {
            self.violate("no mail without a decision", || id.to_string());
        }
        self.deliver_mail(mail, &message_id);
        Ok(message_id)
    }

    /// From about then on the mailer takes nothing, for a week.
    pub fn lose_the_mailer(&mut self, time: Micros) {
        let since = time.saturating_sub(self.rng.u64(..=2 * self.state.setup.pause));
        self.after(since, move |core| {
            core.coverage.note(Hop::NotifyToMailer, Fault::Outage);
            core.state.mailer_out = Some(Away {
                until: since + WEEK,
                asked_since: None,
            });
            core.tell(|_| "the mailer takes nothing for a week".to_owned());
        });
        self.after(since + WEEK, |core| {
            core.state.mailer_out = None;
            core.tell(|_| "the mailer is back".to_owned());
        });
    }

    /// When to ask it again; `None` where it is there.
    fn mailer_is_away(&mut self) -> Option<Duration> {
        let now = self.now;
        let away = self.state.mailer_out.as_mut()?;
        if now >= away.until {
            return None;
        }
        // As on one machine, and then as SES, so that a week has an end.
        let asked_since = *away.asked_since.get_or_insert(now);
        let soon = now < asked_since + ASKED_OFTEN;
        Some(if soon { AFTER_A_MINUTE } else { AFTER_QUOTA })
    }

    /// Whether somebody has this mail in hand and waits for the mailer.
    pub fn is_being_sent(&self, id: NotificationId, by_another_than: TaskId) -> bool {
        let sending = self.state.book.sending.get(&id);
        sending.is_some_and(|(task, _)| *task != by_another_than && self.is_running(*task))
    }
}
