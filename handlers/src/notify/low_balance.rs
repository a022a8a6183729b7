//! Low-balance alerts: the account's past decides whether a fall below the threshold is notified.

use chrono::{DateTime, NaiveTime, Utc};
use domain::low_balance::{Asked, Past, Step};
use domain::notification::{Decision, Kind, SkipReason, Verdict};
use domain::recipient::Recipient;
use domain::schedule::local_time;
use domain::{Commit, CustomerId, IntegrationEvent};

use super::evaluator::Evaluator;
use crate::error::{Error, Result};
use crate::ports::{CustomerRevision, Person};

/// Commits read at a time: most accounts have fewer in a day.
const PAGE: usize = 50;
/// Steps that are read in all. An account that moved more often between threshold and margin, or in one day, is notified.
const MAX_STEPS: usize = 2_000;

impl Evaluator {
    /// Removes the alerts of a low balance that has not recovered since the last one, or that had one on the same day.
    pub(super) async fn look_at_the_past(
        &self,
        event: &IntegrationEvent,
        unwritten: &[Commit],
        decisions: &mut [Decision],
        then: &Person,
    ) -> Result<()> {
        let alerts: Vec<&mut Decision> = decisions
            .iter_mut()
            .filter(|decision| decision.kind == Kind::LowBalance)
            .filter(|decision| decision.verdict.skip_reason().is_none())
            .collect();
        if alerts.is_empty() {
            return Ok(());
        }
        let Some(step) = Step::of(event) else {
            return Ok(());
        };
        let Some(asked) = asked(event, then, step.recorded_at)? else {
            return Ok(());
        };
        let past = self
            .past_of(Past::new(asked), event, unwritten, &step)
            .await?;
        for alert in alerts {
            if !past.is_armed() {
                alert.verdict = Verdict::Skip(SkipReason::NotCrossed);
            } else if past.was_told_today(&alert.recipient) {
                alert.verdict = Verdict::Skip(SkipReason::AlreadyToldToday);
            }
        }
        Ok(())
    }

    async fn past_of(
        &self,
        mut past: Past,
        event: &IntegrationEvent,
        unwritten: &[Commit],
        step: &Step,
    ) -> Result<Past> {
        let mut wishes = Asking::default();
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
                let events = IntegrationEvent::of_commit(&commit)
                    .map_err(|error| Error::permanent("an earlier commit", error))?;
                for earlier in events.iter().rev() {
                    let Some(earlier) = Step::of(earlier) else {
                        continue;
                    };
                    // The page contains the event's own commit if that has more than one event.
                    if earlier.version >= step.version {
                        continue;
                    }
                    looked_at += 1;
                    let asked = match past.depends_on_what_was_asked_at(&earlier) {
                        true => {
                            self.asked_at(event, earlier.recorded_at, &mut wishes)
                                .await?
                        }
                        false => None,
                    };
                    if !past.needs_more_after(earlier, asked) {
                        return Ok(past);
                    }
                }
            }
        }
        Ok(past)
    }

    /// The customer's low-balance preferences in force at a time, because those of noon did not apply in the morning. Times are
    /// queried backwards.
    async fn asked_at(
        &self,
        event: &IntegrationEvent,
        time: DateTime<Utc>,
        wishes: &mut Asking,
    ) -> Result<Option<Asked>> {
        let is_known = match wishes {
            Asking::Since(revision) => revision.in_force_from <= time,
            Asking::None => true,
            Asking::NotRead => false,
        };
        if !is_known {
            let customer: &CustomerId = &event.customer_id;
            *wishes = match self.customers.at(customer, time).await? {
                // The first revision may be later, by clocks that differ.
                Some(revision) if revision.in_force_from <= time => {
                    Asking::Since(Box::new(revision))
                }
                _ => Asking::None,
            };
        }
        let Asking::Since(revision) = wishes else {
            return Ok(None);
        };
        // An unreadable revision counts as none: better one alert too many.
        let Some(Ok(person)) = &revision.person else {
            return Ok(None);
        };
        asked(event, person, time)
    }
}

/// The customer's preferences as far as they were read, because a day has few changes and may have many movements.
#[derive(Default)]
enum Asking {
    #[default]
    NotRead,
    /// This revision, in force from its time on.
    Since(Box<CustomerRevision>),
    /// None at this time and before.
    None,
}

fn asked(event: &IntegrationEvent, person: &Person, time: DateTime<Utc>) -> Result<Option<Asked>> {
    let preferences = &person.preferences;
    let preference = preferences.get(Kind::LowBalance);
    let Some(mark) =
        preference.and_then(|preference| preference.low_mark(event.balances.currency()))
    else {
        return Ok(None);
    };
    let further = preferences.addresses().iter();
    let by = std::iter::once(Recipient::Customer)
        .chain(further.map(|address| Recipient::Address(address.hash())))
        .filter(|recipient| preferences.is_on_for(Kind::LowBalance, recipient))
        .collect();
    Ok(Some(Asked {
        mark,
        day_begins: day_begins(time, person)?,
        by,
    }))
}

/// The beginning of the local day, in UTC.
fn day_begins(time: DateTime<Utc>, person: &Person) -> Result<DateTime<Utc>> {
    let zone = person.time_zone;
    let midnight = time
        .with_timezone(&zone)
        .date_naive()
        .and_time(NaiveTime::MIN);
    local_time::instant(zone, midnight).ok_or_else(|| {
        Error::Permanent("the day does not begin in the customer's time zone".into())
    })
}
