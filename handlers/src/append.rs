//! Appending: a bank's report becomes a commit, once.

mod heads;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use domain::decision::{self, Context, Original, Refusal};
use domain::record::{ProposedContent, ProposedEvent, ProposedEvents};
use domain::{
    AccountId, Commit, CorrelationId, EventId, FieldError, Hash, IdempotencyKey, Tip, Version,
};

use crate::contention::Rounds;
use crate::error::{self, Contended, Error, Missing, Result};
use crate::ports::{Appended, Clock, EventStore, IdempotencyRecord, ReversalMark};
use crate::telemetry;
use heads::Heads;

/// How often a request is tried when other processes write to the same
/// account. Writers of this process queue and do not count.
const MAX_ATTEMPTS: u32 = 12;
/// The first wait before trying again; it doubles, up to the longest.
const FIRST_WAIT: Duration = Duration::from_millis(5);
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// A request to record what happened to one account.
#[derive(Debug, Clone)]
pub struct Append {
    pub account_id: AccountId,
    pub idempotency_key: IdempotencyKey,
    /// The version that the account must have; 0: it must not exist.
    pub if_match: Option<Version>,
    pub source: String,
    pub correlation_id: CorrelationId,
    pub proposed: ProposedEvents,
}

/// What was recorded, now or by an earlier request under the same key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    pub account_id: AccountId,
    pub first_version: Version,
    pub hash: Hash,
    pub event_types: Vec<String>,
    pub replayed: bool,
}

impl Recorded {
    pub fn last_version(&self) -> Version {
        self.first_version + self.event_types.len() as Version - 1
    }

    pub fn events(&self) -> impl Iterator<Item = (EventId, Version, &str)> {
        (self.first_version..)
            .zip(&self.event_types)
            .map(|(version, event_type)| {
                (
                    EventId::new(&self.account_id, version),
                    version,
                    event_type.as_str(),
                )
            })
    }
}

/// The use case, with the heads that this process remembers.
pub struct Appender {
    store: Arc<dyn EventStore>,
    clock: Arc<dyn Clock>,
    heads: Heads,
}

impl std::fmt::Debug for Appender {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Appender").finish_non_exhaustive()
    }
}

impl Appender {
    pub fn new(store: Arc<dyn EventStore>, clock: Arc<dyn Clock>) -> Self {
        Appender {
            store,
            clock,
            heads: Heads::default(),
        }
    }

    pub async fn append(&self, request: &Append) -> Result<Recorded> {
        // One writer at a time for each account: the others wait here instead
        // of colliding in the store.
        let slot = self.heads.of(&request.account_id);
        let mut slot = slot.lock().await;
        let mut last_error = None;
        let wait = |attempt| wait(attempt, &request.idempotency_key);
        let mut rounds = Rounds::spaced(MAX_ATTEMPTS, self.clock.as_ref(), &wait);
        while let Some(attempt) = rounds.next().await {
            // What is remembered may be stale; after a second conflict in a
            // row it is far behind, and reading is the shorter way.
            let remembered = slot.take().filter(|_| attempt < 2);
            let warm = remembered.is_some();
            let head = match remembered {
                Some(head) => Some(head),
                None => self.store.head(&request.account_id).await?,
            };
            let attempted = self.attempt(request, head.clone()).await;
            match attempted {
                Ok(Attempt::Recorded(recorded, tip)) => {
                    *slot = Some(tip);
                    return Ok(recorded);
                }
                Ok(Attempt::Replayed(recorded)) => {
                    *slot = head;
                    return Ok(recorded);
                }
                Ok(Attempt::Overtaken(newer)) => *slot = newer,
                // The refusal may rest on a head that was remembered wrongly.
                Err(Error::VersionConflict { .. } | Error::Invalid(_)) if warm => *slot = None,
                // What may have happened and what has not are alike here: the
                // key tells which, at the next attempt.
                Err(error @ (Error::Retryable(_) | Error::Unknown(_))) => {
                    *slot = None;
                    last_error = Some(error);
                }
                Err(error) => {
                    *slot = head;
                    return Err(error);
                }
            }
        }
        let contended = || Contended::Account(request.account_id.clone());
        Err(last_error.unwrap_or_else(|| rounds.lost(contended())))
    }

    async fn attempt(&self, request: &Append, head: Option<Tip>) -> Result<Attempt> {
        // Kept until the commit is written, so that no reader of the time index
        // passes it meanwhile.
        let stamp = self.clock.stamp();
        let commit = match self.decide(request, head.as_ref(), stamp.at).await? {
            Decided::Commit(commit) => commit,
            Decided::Replayed(recorded) => return Ok(Attempt::Replayed(recorded)),
        };
        match self
            .store
            .append(&commit, &marks(&commit, &request.proposed.events))
            .await?
        {
            Appended::Done => {
                telemetry::appended(&commit);
                Ok(Attempt::Recorded(recorded(&commit), commit.tip()))
            }
            Appended::KeyUsed(used) => replay(request, used).map(Attempt::Replayed),
            Appended::VersionConflict(taken) => {
                telemetry::overtaken(request);
                Ok(Attempt::Overtaken(taken.map(|commit| commit.tip())))
            }
            Appended::ReversedMeanwhile => {
                telemetry::overtaken(request);
                Ok(Attempt::Overtaken(None))
            }
        }
    }

    /// What an append would record now; `None` where it would be answered from
    /// what its key has recorded before. Writes nothing.
    ///
    /// # Errors
    /// Those of the append.
    pub async fn would_record(&self, request: &Append) -> Result<Option<Commit>> {
        if self.replayed(request).await?.is_some() {
            return Ok(None);
        }
        let head = self.store.head(&request.account_id).await?;
        let now = self.clock.now();
        match self.decide(request, head.as_ref(), now).await? {
            Decided::Commit(commit) => Ok(Some(*commit)),
            Decided::Replayed(_) => Ok(None),
        }
    }

    /// The commit that follows from the request where the account stands here.
    async fn decide(
        &self,
        request: &Append,
        last: Option<&Tip>,
        now: DateTime<Utc>,
    ) -> Result<Decided> {
        let version = last.map_or(0, Tip::version);
        if let Some(expected) = request.if_match
            && expected != version
        {
            // A retry of a request that was recorded names the version before it.
            return match self.replayed(request).await? {
                Some(recorded) => Ok(Decided::Replayed(recorded)),
                None => Err(Error::VersionConflict {
                    expected,
                    actual: version,
                }),
            };
        }
        let originals = self.originals(request).await?;
        let context = Context {
            account_id: request.account_id.clone(),
            recorded_at: last.map_or(now, |last| last.next_recorded_at(now)),
            source: request.source.clone(),
            correlation_id: request.correlation_id.clone(),
            idempotency_key: request.idempotency_key.clone(),
        };
        match decision::decide(
            last.map(|last| &last.head),
            &request.proposed,
            &originals,
            context,
        ) {
            Ok(commit) => Ok(Decided::Commit(Box::new(commit))),
            // What is refused now may have been recorded before: an opening
            // sent again is a retry, not a second opening.
            Err(refusal) => match self.replayed(request).await? {
                Some(recorded) => Ok(Decided::Replayed(recorded)),
                None => Err(refused(refusal, &request.account_id)),
            },
        }
    }

    async fn replayed(&self, request: &Append) -> Result<Option<Recorded>> {
        let used = self
            .store
            .used_key(&request.account_id, &request.idempotency_key)
            .await?;
        used.map(|used| replay(request, used)).transpose()
    }

    /// The movements of history that the request reverses.
    async fn originals(&self, request: &Append) -> Result<BTreeMap<EventId, Original>> {
        let mut originals = BTreeMap::new();
        for report in &request.proposed.events {
            let ProposedContent::Reversal { reverses, .. } = &report.content else {
                continue;
            };
            let Some(version) = reverses.version_in(&request.account_id) else {
                continue;
            };
            let Some(commit) = self
                .store
                .commit_holding(&request.account_id, version)
                .await?
            else {
                continue;
            };
            let index = (version - commit.first_version) as usize;
            let event = commit.events[index]
                .decode()
                .map_err(|error| Error::Permanent(error.to_string().into()))?;
            if let Some(mut original) = Original::of(&event) {
                original.reversed_by = self
                    .store
                    .reversed_by(&request.account_id, *reverses)
                    .await?;
                originals.insert(*reverses, original);
            }
        }
        Ok(originals)
    }
}

enum Decided {
    Commit(Box<Commit>),
    /// The key had recorded it before.
    Replayed(Recorded),
}

enum Attempt {
    Recorded(Recorded, Tip),
    Replayed(Recorded),
    /// Another process wrote first; the head after it, if it is known.
    Overtaken(Option<Tip>),
}

fn recorded(commit: &Commit) -> Recorded {
    Recorded {
        account_id: commit.account_id.clone(),
        first_version: commit.first_version,
        hash: commit.hash,
        event_types: commit
            .events
            .iter()
            .map(|event| event.event_type.clone())
            .collect(),
        replayed: false,
    }
}

fn replay(request: &Append, used: IdempotencyRecord) -> Result<Recorded> {
    if used.request_hash != request.proposed.request_hash {
        return Err(Error::KeyReused);
    }
    Ok(Recorded {
        account_id: request.account_id.clone(),
        first_version: used.first_version,
        hash: used.hash,
        event_types: used.event_types,
        replayed: true,
    })
}

fn marks(commit: &Commit, reports: &[ProposedEvent]) -> Vec<ReversalMark> {
    commit
        .events
        .iter()
        .zip(reports)
        .filter_map(|(event, report)| match report.content {
            ProposedContent::Reversal { reverses, .. } => Some(ReversalMark {
                reversed: reverses,
                by: event.event_id,
            }),
            ProposedContent::Event(_) => None,
        })
        .collect()
}

fn refused(refusal: Refusal, account: &AccountId) -> Error {
    match refusal {
        Refusal::UnknownAccount => Error::NotFound(Missing::Account(account.clone())),
        Refusal::AlreadyOpened => Error::Refused(error::Refusal::AlreadyOpened(account.clone())),
        Refusal::Invalid(errors) if errors.is_empty() => {
            Error::invalid(FieldError::pointer("/events", "cannot be recorded"))
        }
        Refusal::Invalid(errors) => Error::Invalid(errors),
    }
}

/// Exponential, with a jitter that differs from request to request but not
/// from run to run, so that a simulation can repeat it.
fn wait(attempt: u32, key: &IdempotencyKey) -> Duration {
    let longest = FIRST_WAIT
        .saturating_mul(1 << attempt.min(10))
        .min(LONGEST_WAIT);
    let hash = Hash::of(key.as_str().as_bytes(), &attempt.to_be_bytes());
    let share = u32::from(hash.as_bytes()[0]) + 1;
    longest * share / 256
}
