//! Customers that notify does not read as they are stored.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;
use domain::preferences::Preferences;
use handlers::Result;
use handlers::ports::{CustomerRevision, Customers, Saved};
use serde_json::Value;

use super::is;
use crate::ports::Port;

#[derive(Debug)]
pub(super) struct FaultyCustomers(pub(super) Arc<Port>);

#[async_trait]
impl Customers for FaultyCustomers {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        let mut latest = self.0.latest(customer).await?;
        let Some(revision) = &mut latest else {
            return Ok(latest);
        };
        let in_force_from = revision.in_force_from;
        let Some(Ok(person)) = &mut revision.person else {
            return Ok(latest);
        };
        if is("quiet-hours-not-kept") {
            person.preferences = with(&person.preferences, "quiet_hours", Value::Null);
        }
        if is("opt-out-not-read-again") || is("address-of-then") {
            // A part of the person is that of the revision before.
            let before = in_force_from - TimeDelta::microseconds(1);
            let before = self.0.at(customer, before).await?;
            if let Some(before) = before.and_then(|before| before.person?.ok()) {
                match is("address-of-then") {
                    // With the language in which its owner is written to.
                    true => (person.email, person.locale) = (before.email, before.locale),
                    false => {
                        let kinds = written(&before.preferences)["kinds"].take();
                        person.preferences = with(&person.preferences, "kinds", kinds);
                    }
                }
            }
        }
        Ok(latest)
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        let mut then = self.0.at(customer, time).await?;
        if is("preferences-of-now")
            && let Some(person) = then
                .as_mut()
                .and_then(|then| then.person.as_mut()?.as_mut().ok())
            && let Some(now) = self.0.latest(customer).await?
            && let Some(Ok(now)) = now.person
        {
            person.preferences = now.preferences;
        }
        Ok(then)
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        self.0.add(revision).await
    }

    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        self.0.erase_before(customer, revision).await
    }
}

fn written(preferences: &Preferences) -> Value {
    serde_json::to_value(preferences).expect("preferences are JSON")
}

/// The preferences with another value of a member, or, for `null`, without it.
fn with(preferences: &Preferences, name: &str, value: Value) -> Preferences {
    let mut changed = written(preferences);
    if let Some(members) = changed.as_object_mut() {
        match value {
            Value::Null => members.remove(name),
            value => members.insert(name.to_owned(), value),
        };
    }
    Preferences::read(changed, "").expect("preferences of somebody's parts")
}
