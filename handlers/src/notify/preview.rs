//! Who would be told what, if this were recorded: nothing is written or sent,
//! and there is no port here by which it could be.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::notification::{Kind, Pending, SkipReason};
use domain::{Commit, IntegrationEvent, Version};

use super::evaluator::{Evaluated, Evaluator};
use super::{draft, id_of, render};
use crate::error::{Error, Result};
use crate::ports::{Clock, Person, Suppressions};

pub struct Previewer {
    pub evaluator: Evaluator,
    pub suppressions: Arc<dyn Suppressions>,
    pub clock: Arc<dyn Clock>,
    pub bank_name: String,
}

impl fmt::Debug for Previewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previewer").finish_non_exhaustive()
    }
}

/// One notification that would come of a commit.
#[derive(Debug)]
pub struct Preview {
    pub event_type: String,
    pub version: Version,
    pub kind: Kind,
    /// Where it would go, with all but the domain and the first character left
    /// out; `None` where nobody can be told.
    pub to: Option<String>,
    pub verdict: Verdict,
    /// The mail as it would be now; `None` for what would be skipped.
    pub mail: Option<mail::Rendered>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Send,
    Skip(SkipReason),
    QuietHours(DateTime<Utc>),
    Digest(DateTime<Utc>),
}

impl Previewer {
    /// What each event of a commit that was not written would give.
    pub async fn preview(&self, commit: &Commit) -> Result<Vec<Preview>> {
        let events = IntegrationEvent::of_commit(commit)
            .map_err(|error| Error::permanent("the commit", error))?;
        let mut previews = Vec::new();
        for event in &events {
            let evaluation = self
                .evaluator
                .evaluate(event, std::slice::from_ref(commit))
                .await?;
            for evaluated in evaluation.decisions {
                previews.push(
                    self.one(event, evaluated, evaluation.person.as_ref())
                        .await?,
                );
            }
        }
        Ok(previews)
    }

    async fn one(
        &self,
        event: &IntegrationEvent,
        evaluated: Evaluated,
        person: Option<&Person>,
    ) -> Result<Preview> {
        let address = person.and_then(|person| person.address(&evaluated.recipient));
        let verdict = self.verdict(&evaluated, person, address).await?;
        let mail = match (verdict, person) {
            (Verdict::Skip(_), _) | (_, None) => None,
            (_, Some(person)) => Some(self.render(event, &evaluated, person)?),
        };
        Ok(Preview {
            event_type: event.type_name().to_owned(),
            version: event.metadata.version,
            kind: evaluated.kind,
            to: address.map(EmailAddress::masked),
            verdict,
            mail,
        })
    }

    async fn verdict(
        &self,
        evaluated: &Evaluated,
        person: Option<&Person>,
        address: Option<&EmailAddress>,
    ) -> Result<Verdict> {
        if let Some(reason) = evaluated.skip {
            return Ok(Verdict::Skip(reason));
        }
        if let Some(at) = evaluated.digest_at {
            return Ok(Verdict::Digest(at));
        }
        let (Some(person), Some(address)) = (person, address) else {
            return Ok(Verdict::Skip(SkipReason::NoContact));
        };
        if self.suppressions.get(&address.hash()).await?.is_some() {
            return Ok(Verdict::Skip(SkipReason::Suppressed));
        }
        let quiet = person.quiet_until(self.clock.now());
        Ok(quiet
            .filter(|_| evaluated.kind.can_wait())
            .map_or(Verdict::Send, Verdict::QuietHours))
    }

    fn render(
        &self,
        event: &IntegrationEvent,
        evaluated: &Evaluated,
        person: &Person,
    ) -> Result<mail::Rendered> {
        let id = id_of(event, evaluated.kind, &evaluated.recipient);
        let notification = Pending::from(draft(id, event, evaluated.kind, &evaluated.recipient));
        // No code that the bank would call its own, and no link that would act.
        let foot = render::MailFooter {
            bank_name: &self.bank_name,
            verification_code: String::new(),
            unsubscribe_url: None,
        };
        render::render(event, person, &notification, foot)
    }
}
