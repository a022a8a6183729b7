//! Whether a balance that fell below its mark is told: the account's past decides.

use chrono::{DateTime, NaiveTime, Utc};
use chrono_tz::Tz;
use domain::low_balance::{Answer, Mark, Past, Step};
use domain::notification::{Decision, Kind, SkipReason};
use domain::recipient::Recipient;
use domain::schedule::local_time;
use domain::{Commit, CustomerId, DomainEvent};

use super::judge::Judge;
use crate::error::{Error, Result};
use crate::ports::Person;

/// Commits read at a time: most accounts have fewer in a day.
const PAGE: usize = 50;
/// Steps looked at in all. An account that moved more often between threshold
/// and margin, or in one day, is told rather than not.
const MAX_STEPS: usize = 2_000;

impl Judge {
    /// Takes back the alerts of a low balance that had not recovered since the
    /// last one, or had one on the same day.
    pub(super) async fn look_at_the_past(
        &self,
        event: &DomainEvent,
        unwritten: &[Commit],
        decisions: &mut [Decision],
        then: &Person,
    ) -> Result<()> {
        let alerts: Vec<&mut Decision> = decisions
            .iter_mut()
            .filter(|decision| decision.kind == Kind::LowBalance && decision.skip.is_none())
            .collect();
        if alerts.is_empty() {
            return Ok(());
        }
        let Some((mark, step)) = mark(event, then).zip(step_of(event)?) else {
            return Ok(());
        };
        let past = Past::new(mark, day_begins(step.recorded_at, then)?);
        let answer = self.answer_of(past, event, unwritten, &step).await?;
        for alert in alerts {
            alert.skip = if !answer.armed {
                Some(SkipReason::NotCrossed)
            } else if self
                .was_told(event, &answer.earlier_today, &alert.recipient)
                .await?
            {
                Some(SkipReason::AlreadyToldToday)
            } else {
                None
            };
        }
        Ok(())
    }

    async fn answer_of(
        &self,
        mut past: Past,
        event: &DomainEvent,
        unwritten: &[Commit],
        step: &Step,
    ) -> Result<Answer> {
        let mut before = step.version;
        let mut looked_at = 0;
        let mut commits = unwritten.to_vec();
        while before > 1 && looked_at < MAX_STEPS {
            if commits.is_empty() {
                let account = &event.metadata.account_id;
                commits = self
                    .store
                    .commits_backwards(account, before, PAGE)
                    .await?
                    .commits;
            }
            let Some(oldest) = commits.last() else {
                break;
            };
            before = oldest.first_version;
            for commit in std::mem::take(&mut commits) {
                let events = DomainEvent::of_commit(&commit)
                    .map_err(|error| Error::Permanent(format!("an earlier commit: {error}")))?;
                for earlier in events.iter().rev() {
                    let Some(earlier) = step_of(earlier)? else {
                        continue;
                    };
                    // The commit of the event itself is on the page where it has more than one.
                    if earlier.version >= step.version {
                        continue;
                    }
                    looked_at += 1;
                    if !past.needs_more_after(earlier) {
                        return Ok(past.answer());
                    }
                }
            }
        }
        Ok(past.answer())
    }

    /// Whether one of these was to be told by the wishes of its own time: who
    /// asks for alerts at noon was told of none in the morning.
    async fn was_told(
        &self,
        event: &DomainEvent,
        earlier: &[Step],
        recipient: &Recipient,
    ) -> Result<bool> {
        let customer: &CustomerId = &event.data.customer_id;
        for step in earlier {
            let then = self.customers.at(customer, step.recorded_at).await?;
            let wished = then.and_then(|then| then.person).is_some_and(|person| {
                let on = person.preferences.is_on_for(Kind::LowBalance, recipient);
                on && mark(event, &person).is_some_and(|mark| mark.is_crossed_by(step))
            });
            if wished {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn mark(event: &DomainEvent, person: &Person) -> Option<Mark> {
    let preferences = &person.preferences;
    preferences
        .get(Kind::LowBalance)?
        .low_mark(event.data.currency)
}

fn step_of(event: &DomainEvent) -> Result<Option<Step>> {
    Step::of(event).map_err(|error| Error::Permanent(format!("the event's amounts: {error}")))
}

/// Where the day began, by the customer's clock.
fn day_begins(time: DateTime<Utc>, person: &Person) -> Result<DateTime<Utc>> {
    let unknown = || Error::Permanent("the customer's time zone is not known".to_owned());
    let zone: Tz = person.time_zone.parse().map_err(|_| unknown())?;
    let midnight = time
        .with_timezone(&zone)
        .date_naive()
        .and_time(NaiveTime::MIN);
    local_time::instant(zone, midnight).ok_or_else(unknown)
}
