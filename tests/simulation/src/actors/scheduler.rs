//! Who has operations run by themselves.

use chrono::{SecondsFormat, TimeDelta};
use domain::{AccountId, Schedule, ScheduleId};
use handlers::composition::Composition;
use handlers::schedule::{Change, Changed};
use serde_json::json;

use crate::kernel::Core;

/// Longest time to the first occurrence, in minutes.
const SOON: i64 = 40;

impl Core {
    /// Makes, changes or cancels one of an account's two schedules.
    pub(super) fn schedule_something(&mut self) {
        let number = self.rng.usize(..self.state.setup.accounts);
        let account: AccountId = format!("ACC-{number}").parse().expect("an account id");
        let schedule_id = format!("SCHED-{}", self.rng.u32(..2));
        let schedule_id: ScheduleId = schedule_id.parse().expect("a schedule's id");
        let schedule = match self.rng.u32(..6) {
            0 => None,
            _ => self.some_schedule(number),
        };
        let change = Change {
            account_id: account,
            schedule_id,
            schedule,
            if_match: None,
            source: "teller".to_owned(),
            correlation_id: "corr-schedule".parse().expect("an id"),
        };
        self.in_an_api(
            move |program, appender| async move {
                program.scheduler_with(appender).change(&change).await
            },
            |_, _: Option<handlers::Result<Changed>>| {},
        );
    }

    fn some_schedule(&mut self, number: usize) -> Option<Schedule> {
        let (currency, digits) = super::bank::currency(number);
        let amount = super::bank::amount(self.rng.u64(1..200_000), digits);
        let first = self.time() + TimeDelta::nanoseconds(self.rng.i64(0..SOON * 60_000_000_000));
        let when = match self.rng.u32(..4) {
            0..2 => json!({ "rate": format!("rate({} minutes)", self.rng.u32(2..10)) }),
            2 => json!({ "at": first.to_rfc3339_opts(SecondsFormat::Nanos, true) }),
            _ => json!({ "at": first.to_rfc3339_opts(SecondsFormat::Secs, true) }),
        };
        let end = self.time() + TimeDelta::minutes(self.rng.i64(SOON..3 * SOON));
        let types = ["MoneyDeposited", "MoneyWithdrawn"];
        let body = json!({
            "operation": {
                "type": types[self.rng.usize(..2)],
                "data": { "amount": amount, "currency": currency },
            },
            "when": when,
            "time_zone": "UTC",
            "end": end.to_rfc3339_opts(SecondsFormat::Secs, true),
        });
        let read = Schedule::read(body);
        if let Err(errors) = &read {
            let detail = format!("{errors:?}");
            self.violate("the simulation reports what can be read", || detail);
        }
        read.ok()
    }
}
