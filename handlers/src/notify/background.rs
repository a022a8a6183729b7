//! The earlier movement that a mail names beside its own event.

use domain::notification::Kind;
use domain::{Commit, Event, IntegrationEvent, Movement, Version};
use mail::Reversed;

use super::together::of_kind;
use crate::error::{Error, Result};
use crate::ports::EventStore;

/// What the event of a mail does not contain itself. Empty if the mail needs nothing, or if it cannot be had: the mail then
/// has a sentence or a row less.
#[derive(Debug, Default)]
pub(super) struct Background {
    /// The movement that took the account below its limit.
    pub(super) cause: Option<Movement>,
    /// The movement that a reversal undid.
    pub(super) reversed: Option<Reversed>,
}

impl Background {
    /// Reads it: one read for reversals, and for an overdrawn account whose movement is not among `events`; none for others.
    /// `unwritten` is the events' commit if it is not in the store.
    pub(super) async fn of(
        events: &[IntegrationEvent],
        kinds: &[Kind],
        store: &dyn EventStore,
        unwritten: Option<&Commit>,
    ) -> Result<Self> {
        let lead = kinds.first();
        let lead = lead.and_then(|kind| Some((*kind, of_kind(events, *kind)?)));
        let Some((kind, event)) = lead else {
            return Ok(Self::default());
        };
        match (kind, event.fact.reported()) {
            (Kind::Overdrawn, None) => {
                let known = events.iter().find_map(|event| event.fact.movement());
                let cause = match known {
                    Some(cause) => Some(cause.clone()),
                    None => {
                        let version = event.metadata.version;
                        let cause = movement_at(event, version, store, unwritten).await?;
                        cause.and_then(|cause| cause.fact.movement().cloned())
                    }
                };
                Ok(Self {
                    cause,
                    reversed: None,
                })
            }
            (Kind::Reversal, Some(Event::TransactionReversed(reversal))) => {
                let version = reversal.reverses.version_in(&event.metadata.account_id);
                let original = match version {
                    Some(version) => movement_at(event, version, store, unwritten).await?,
                    None => None,
                };
                let reversed = original.and_then(|original| {
                    Some(Reversed {
                        counterparty: original.fact.movement()?.counterparty.clone(),
                        occurred: original.metadata.occurred,
                    })
                });
                Ok(Self {
                    cause: None,
                    reversed,
                })
            }
            _ => Ok(Self::default()),
        }
    }
}

/// Returns the movement at this version of the event's account, if there is one that can be read.
async fn movement_at(
    event: &IntegrationEvent,
    version: Version,
    store: &dyn EventStore,
    unwritten: Option<&Commit>,
) -> Result<Option<IntegrationEvent>> {
    let account = &event.metadata.account_id;
    let is_movement = |event: &IntegrationEvent| {
        event.metadata.version == version && event.fact.movement().is_some()
    };
    let in_commit = |commit: &Commit| {
        let events = IntegrationEvent::of_commit(commit).unwrap_or_default();
        events.into_iter().find(is_movement)
    };
    if let Some(found) = unwritten.and_then(in_commit) {
        return Ok(Some(found));
    }
    match store.commit_holding(account, version).await {
        Ok(commit) => Ok(commit.as_ref().and_then(in_commit)),
        // A commit that cannot be read must not keep the customer from the mail.
        Err(Error::Permanent(_)) => Ok(None),
        Err(error) => Err(error),
    }
}
