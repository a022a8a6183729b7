//! The dry run: the notifications of a commit that is not recorded. Nothing is written or sent, and there is no port for it.

use domain::email::EmailAddress;
use std::fmt;
use std::sync::Arc;

use domain::notification::{Decision, Draft, Kind, Pending, Subject, Verdict};
use domain::{Commit, IntegrationEvent, Version};

use super::background::Background;
use super::confirm::confirm;
use super::evaluator::Evaluator;
use super::together::of_kind;
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
    /// The kind of the same event whose mail covers it too; `None` if it has a mail of its own, or none.
    pub told_with: Option<Kind>,
    /// The mail as it would be now; `None` if it would be skipped, or is told with another.
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
        // What follows from an event has its version.
        for events in events.chunk_by(|one, next| one.metadata.version == next.metadata.version) {
            let commits = std::slice::from_ref(commit);
            let evaluation = self.evaluator.evaluate(events, commits).await?;
            let person = evaluation.person.as_ref();
            for recipient in evaluation.recipients() {
                let decisions = evaluation.decisions_for(recipient);
                previews.extend(self.to(events, commit, &decisions, person).await?);
            }
        }
        Ok(previews)
    }

    /// Returns the notifications of one recipient. Those that are not skipped share a mail, as they do when they are sent.
    async fn to(
        &self,
        events: &[IntegrationEvent],
        commit: &Commit,
        decisions: &[&Decision],
        person: Option<&Person>,
    ) -> Result<Vec<Preview>> {
        let (suppressions, clock) = (self.suppressions.as_ref(), self.clock.as_ref());
        let mut decided = Vec::new();
        for decision in decisions {
            let Some(event) = of_kind(events, decision.kind) else {
                continue;
            };
            let (kind, recipient) = (decision.kind, &decision.recipient);
            let draft = draft(id_of(event, kind, recipient), event, kind, recipient);
            let subject = draft.subject();
            let verdict = confirm(suppressions, clock, subject, decision.verdict, person).await?;
            decided.push((event, verdict, draft));
        }
        let told = decided
            .iter()
            .filter(|(_, verdict, _)| verdict.skip_reason().is_none());
        let mut kinds: Vec<Kind> = told.map(|(_, _, draft)| draft.subject().kind).collect();
        kinds.sort_by_key(|kind| kind.precedence());
        let mut previews = Vec::new();
        for (event, verdict, draft) in decided {
            let Subject {
                kind, recipient, ..
            } = draft.subject();
            let (kind, address) = (*kind, person.and_then(|person| person.address(recipient)));
            let (is_told, lead) = (kinds.contains(&kind), kinds.first().copied());
            let mail = match person.filter(|_| is_told && lead == Some(kind)) {
                Some(person) => {
                    let store = self.evaluator.store.as_ref();
                    let background = Background::of(events, &kinds, store, Some(commit)).await?;
                    Some(self.render(events, &kinds, background, draft, person)?)
                }
                None => None,
            };
            previews.push(Preview {
                event_type: event.type_name().to_owned(),
                version: event.metadata.version,
                kind,
                to: address.map(EmailAddress::masked),
                verdict,
                told_with: lead.filter(|lead| is_told && *lead != kind),
                mail,
            });
        }
        Ok(previews)
    }

    fn render(
        &self,
        events: &[IntegrationEvent],
        kinds: &[Kind],
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
        let pending = Pending::from(draft);
        render::render(events, kinds, background, person, &pending, foot)
    }
}
