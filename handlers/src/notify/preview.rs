//! The dry run: the notifications of a commit that is not recorded. Nothing is written or sent, and there is no port for it.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use domain::notification::{Decision, Draft, Kind, Pending, Verdict};
use domain::{Commit, IntegrationEvent, Version};

use super::background::Background;
use super::confirm::confirm;
use super::evaluator::Evaluator;
use super::{draft, id_of, render};
use crate::error::{Error, Result};
use crate::ports::{Clock, Person, Suppressions};

/// The dry run of the notifier.
pub struct Previewer {
    /// Evaluates the events.
    pub evaluator: Evaluator,
    /// The suppressed addresses.
    pub suppressions: Arc<dyn Suppressions>,
    /// The clock for quiet hours.
    pub clock: Arc<dyn Clock>,
    /// The bank's name, as mails show it.
    pub bank_name: String,
}

impl fmt::Debug for Previewer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Previewer").finish_non_exhaustive()
    }
}

/// A notification that a commit would lead to.
#[derive(Debug)]
pub struct Preview {
    /// The type of its event.
    pub event_type: String,
    /// The version of its event.
    pub version: Version,
    /// Its kind.
    pub kind: Kind,
    /// The recipient's address, masked except for the domain and the first character; `None` if there is none.
    pub to: Option<String>,
    /// Whether and when it would be sent.
    pub verdict: Verdict,
    /// The mail as it would be now; `None` if it would be skipped.
    pub mail: Option<mail::Rendered>,
}

impl Previewer {
    /// Returns the notifications of each event of a commit that is not recorded. Writes and sends nothing.
    ///
    /// # Errors
    /// - `Permanent`: the commit's events or stored data cannot be read, or a mail cannot be rendered; a retry does not help.
    /// - `Retryable`, `Unknown`: a store did not answer; repeat the call.
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
                previews.push(self.one(event, commit, decision, person).await?);
            }
        }
        Ok(previews)
    }

    async fn one(
        &self,
        event: &IntegrationEvent,
        commit: &Commit,
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
                let store = self.evaluator.store.as_ref();
                let background = Background::of(event, *kind, store, Some(commit)).await?;
                Some(self.render(event, background, draft, person)?)
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
        background: Background,
        draft: Draft,
        person: &Person,
    ) -> Result<mail::Rendered> {
        // Without a valid code and without a working link.
        let foot = render::MailFooter {
            bank_name: &self.bank_name,
            verification_code: String::new(),
            unsubscribe_url: None,
        };
        render::render(event, background, person, &Pending::from(draft), foot)
    }
}
