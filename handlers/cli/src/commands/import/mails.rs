//! Which mails an import would send, asked of the server by dry runs of its
//! requests: by today's wishes, and by the balance that the account has today.

use std::collections::BTreeSet;

use domain::Money;
use domain::record::MAX_EVENTS;
use serde::Serialize;
use serde_json::Value;
use statements::plan::movement;
use statements::{Body, EventBody, EventContent, Step, match_original};

use super::outcome::Stop;
use super::recorded::Recorded;
use super::sources::Source;
use crate::client::{Append, Client};

#[derive(Debug, Default)]
pub(super) struct Mails {
    mails: u64,
    people: BTreeSet<(String, String)>,
    /// The digests, each of which is one mail.
    digests: BTreeSet<(String, String, String)>,
}

/// The number of mails and of their recipients.
#[derive(Debug, Clone, Copy, Default, Serialize)]
pub(crate) struct MailCount {
    pub mails: u64,
    pub people: u64,
}

impl Mails {
    pub(super) fn count(&self) -> MailCount {
        MailCount {
            mails: self.mails + self.digests.len() as u64,
            people: self.people.len() as u64,
        }
    }

    /// Asks which notifications a step would produce.
    pub(super) fn add(
        &mut self,
        client: &Client,
        source: &Source,
        recorded: &Recorded,
        step: &Step,
    ) -> Result<(), Stop> {
        let is_known = recorded.known_version() > 0;
        for events in self.bodies(source, recorded, step, is_known) {
            let body = Body {
                events,
                notify: true,
            };
            let answer = client.preview(&Append {
                account_id: source.plan.account_id.as_str(),
                idempotency_key: step.idempotency_key(),
                if_match: None,
                body: &body,
            })?;
            let notifications = answer["notifications"].as_array();
            for notification in notifications.into_iter().flatten() {
                self.take(recorded.customer().unwrap_or_default(), notification);
            }
        }
        Ok(())
    }

    fn bodies(
        &self,
        source: &Source,
        recorded: &Recorded,
        step: &Step,
        is_known: bool,
    ) -> Vec<Vec<EventBody>> {
        let entries = source.plan.entries.get(step.entries()).unwrap_or_default();
        let events: Vec<EventBody> = match step {
            Step::Append(_) => entries.iter().map(movement).collect(),
            Step::Reverse(reversal) => {
                // An event that this import would record has no id yet.
                let known = recorded.known().into_iter();
                let known: Vec<_> = known
                    .filter(|known| !Recorded::is_pretended(known))
                    .collect();
                let original = match_original(&reversal.entry, &known);
                reversal.request(original).body.events
            }
        };
        if is_known {
            return vec![events];
        }
        // The account does not exist yet, so each dry run opens it.
        let mut opening = source.plan.opening.body.events.clone();
        let balance = recorded.balance();
        if let (
            Some(EventContent::AccountOpened {
                opening_balance, ..
            }),
            Some(balance),
        ) = (opening.first_mut().map(|event| &mut event.content), balance)
        {
            *opening_balance = Money::to_decimal(balance);
        }
        events
            .chunks(MAX_EVENTS - opening.len())
            .map(|some| opening.iter().chain(some).cloned().collect())
            .collect()
    }

    fn take(&mut self, customer: &str, notification: &Value) {
        let (Some(decision), Some(to)) = (
            notification["decision"].as_str(),
            notification["to"].as_str(),
        ) else {
            return;
        };
        let has_its_own_mail = notification["told_with"].is_null();
        if decision == "skip" || !has_its_own_mail {
            return;
        }
        self.people.insert((customer.to_owned(), to.to_owned()));
        match (notification["reason"].as_str(), &notification["until"]) {
            (Some("digest"), Value::String(until)) => {
                let digest = (customer.to_owned(), to.to_owned(), until.clone());
                self.digests.insert(digest);
            }
            _ => self.mails += 1,
        }
    }
}
