//! Who would be told what, if this were recorded: nothing is written or sent,
//! and there is no port here by which it could be.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use domain::notification::{Decision, Draft, Kind, Pending, Verdict};
use domain::{Commit, IntegrationEvent, Version};

use super::confirm::confirm;
use super::evaluator::Evaluator;
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
            for decision in &evaluation.decisions {
                let person = evaluation.person.as_ref();
                previews.push(self.one(event, decision, person).await?);
            }
        }
        Ok(previews)
    }

    async fn one(
        &self,
        event: &IntegrationEvent,
        decision: &Decision,
        person: Option<&Person>,
    ) -> Result<Preview> {
        let Decision {
            kind, recipient, ..
        } = decision;
        let draft = draft(id_of(event, *kind, recipient), event, *kind, recipient);
        let (suppressions, clock) = (self.suppressions.as_ref(), self.clock.as_ref());
        let (subject, decided) = (draft.subject(), decision.verdict);
        let verdict = confirm(suppressions, clock, subject, decided, person).await?;
        let mail = match (verdict, person) {
            (Verdict::Skip(_), _) | (_, None) => None,
            (Verdict::Send | Verdict::Wait { .. }, Some(person)) => {
                Some(self.render(event, draft, person)?)
            }
        };
        let address = person.and_then(|person| person.address(recipient));
        Ok(Preview {
            event_type: event.type_name().to_owned(),
            version: event.metadata.version,
            kind: *kind,
            to: address.map(EmailAddress::masked),
            verdict,
            mail,
        })
    }

    fn render(
        &self,
        event: &IntegrationEvent,
        draft: Draft,
        person: &Person,
    ) -> Result<mail::Rendered> {
        // No code that the bank would call its own, and no link that would act.
        let foot = render::MailFooter {
            bank_name: &self.bank_name,
            verification_code: String::new(),
            unsubscribe_url: None,
        };
        render::render(event, person, &Pending::from(draft), foot)
    }
}
