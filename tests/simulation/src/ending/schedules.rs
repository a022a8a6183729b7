use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::account::Status;
use domain::schedule_event::Occurrence;
use domain::{AccountId, Event, OperationScheduled, ScheduleId};

use crate::kernel::Core;

/// What an account's events say of one schedule.
#[derive(Debug, Default)]
struct Said {
    /// As it was made, each time, and when.
    made: Vec<(OperationScheduled, DateTime<Utc>)>,
    cancelled: bool,
    ran: Vec<DateTime<Utc>>,
}

impl Core {
    /// Nothing is due, what ran has run once, and of a schedule that was made
    /// once and never changed each occurrence has.
    pub(super) fn check_schedules(&mut self) {
        let now = self.time();
        let mut rows = self.state.schedules.values().map(|stored| &stored.value);
        let due = rows.find(|row| {
            let next_at = row.next_at;
            next_at.is_some_and(|next_at| next_at <= now)
        });
        if let Some(row) = due {
            let detail = format!("{} of {} is due", row.schedule_id, row.account_id);
            self.violate(RAN, || detail);
        }
        let mut broken = None;
        for ((account, id), said) in &self.said_of_schedules() {
            let mut once = said.ran.clone();
            once.dedup();
            if once.len() != said.ran.len() {
                broken = Some((ONCE, format!("{id} of {account}: {:?}", said.ran)));
            }
            let last = self.state.store.last(account);
            let closed = last.is_some_and(|last| last.after.status == Status::Closed);
            if let [(made, at)] = &*said.made
                && !said.cancelled
                && !closed
            {
                let planned = planned(made, *at);
                if planned != said.ran {
                    let ran = &said.ran;
                    let detail = format!("{id} of {account}: {ran:?} of {planned:?}");
                    broken = broken.or(Some((RAN, detail)));
                }
            }
        }
        if let Some((invariant, detail)) = broken {
            self.violate(invariant, || detail);
        }
    }

    fn said_of_schedules(&self) -> BTreeMap<(AccountId, ScheduleId), Said> {
        let mut all: BTreeMap<(AccountId, ScheduleId), Said> = BTreeMap::new();
        for commit in self.state.store.commits.values() {
            for recorded in &commit.events {
                let of = |id: &ScheduleId| (commit.account_id.clone(), id.clone());
                let ran = |occurrence: Occurrence| (of(&occurrence.schedule_id), occurrence.at);
                match recorded.decode() {
                    Ok(Event::OperationScheduled(made)) => {
                        let said = all.entry(of(&made.schedule_id)).or_default();
                        said.made.push((*made, recorded.occurred.at()));
                    }
                    Ok(Event::OperationCancelled(id)) => {
                        all.entry(of(&id)).or_default().cancelled = true;
                    }
                    Ok(Event::OperationSkipped(skipped)) => {
                        let (key, at) = ran(skipped.occurrence);
                        all.entry(key).or_default().ran.push(at);
                    }
                    Ok(Event::MoneyDeposited(movement) | Event::MoneyWithdrawn(movement)) => {
                        if let Some((key, at)) = movement.scheduled.map(ran) {
                            all.entry(key).or_default().ran.push(at);
                        }
                    }
                    _ => {}
                }
            }
        }
        all
    }
}

/// All that it has to do, to its end.
fn planned(made: &OperationScheduled, at: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let next = |after: DateTime<Utc>| made.schedule.next_after(at, after);
    std::iter::successors(next(at), |last| next(*last)).collect()
}

const RAN: &str = "each occurrence of a schedule runs";
const ONCE: &str = "an occurrence of a schedule runs once";
