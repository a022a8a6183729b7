//! Appending: a bank's request becomes one commit, once for its idempotency key.

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

/// Attempts of one request while other processes write to the same account. Writers of this process queue and do not count.
/// After the last, the request fails as `Busy`.
const MAX_ATTEMPTS: u32 = 12;
/// The longest first wait between attempts; it doubles, up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(5);
/// The longest wait between attempts. All together stay below the API's timeout.
const LONGEST_WAIT: Duration = Duration::from_millis(400);

/// A request to record events of one account.
#[derive(Debug, Clone)]
pub struct Append {
    /// The account.
    pub account_id: AccountId,
    /// The key under which the request is recorded once.
    pub idempotency_key: IdempotencyKey,
    /// The version that the account must have, 0 if it must not exist; `None` for any.
    pub if_match: Option<Version>,
    /// The caller, as its edge has authenticated it; recorded with the commit.
    pub source: String,
    /// The id that follows the request through all logs; recorded with the commit.
    pub correlation_id: CorrelationId,
    /// The events, and the hash of the request.
    pub proposed: ProposedEvents,
}

/// The recorded commit of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The account.
    pub account_id: AccountId,
    /// The version of the first event.
    pub first_version: Version,
    /// The commit's hash.
    pub hash: Hash,
    /// The types of the events, in order.
    pub event_types: Vec<String>,
    /// Whether an earlier request under the same key recorded it.
    pub replayed: bool,
}

impl Recorded {
    /// The version of the last event.
    pub fn last_version(&self) -> Version {
        self.first_version + self.event_types.len() as Version - 1
    }

    /// The id, version and type of each event, in order.
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

/// The use case of appending. It remembers the heads of 10,000 accounts, which saves a read for most requests, so share one
/// in a process.
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
    /// Returns an appender that remembers no account yet.
    pub fn new(store: Arc<dyn EventStore>, clock: Arc<dyn Clock>) -> Self {
        Appender {
            store,
            clock,
            heads: Heads::default(),
        }
    }

    /// Records the events in one commit, together with the idempotency key. Idempotent: a repeated request returns the commit
    /// of the first.
    ///
    /// # Errors
    /// - `Invalid`: the account's rules refuse the events, or they break a limit; a retry does not help.
    /// - `NotFound`: the account was never opened.
    /// - `VersionConflict`: the account is not at the version of `if_match`; read it and decide again.
    /// - `KeyReused`: the key belongs to another request; use a new key.
    /// - `Refused`: the account was opened before.
    /// - `Busy`: every optimistic write lost its race, and nothing was recorded; retry with the same key.
    /// - `Retryable`, `Unknown`: the store did not answer; retry with the same key.
    /// - `Permanent`: stored data cannot be read; a retry does not help.
    pub async fn append(&self, request: &Append) -> Result<Recorded> {
        // One writer at a time for each account: the others wait here instead
        // of colliding in the store.
        let slot = self.heads.of(&request.account_id);
        let mut slot = slot.lock().await;
        let mut last_error = None;
        let wait = |attempt| wait(attempt, &request.idempotency_key);
        let mut rounds = Rounds::spaced(MAX_ATTEMPTS, self.clock.as_ref(), &wait);
        while let Some(attempt) = rounds.next().await {
            // The remembered head may be stale. After a second conflict in a row it is far behind, and a read is faster.
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
                // The remembered head may be stale, and with it the reason of the refusal.
                Err(Error::VersionConflict { .. } | Error::Invalid(_)) if warm => *slot = None,
                // Whether it was written does not matter here: at the next attempt the key shows it.
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
        // Kept until the commit is written, so that no reader of the time index passes it.
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

    /// Returns the commit that an append would record now, or `None` if an earlier request has used its key. Writes nothing.
    ///
    /// # Errors
    /// Those of [`Appender::append`], except `Busy`.
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

    /// Decides on the request for an account whose last commit is `last`.
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
            // An earlier attempt may have recorded what is refused now: a repeated opening is a retry, not a second opening.
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

    /// Reads the movements that the request reverses.
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
    /// An earlier request under the same key recorded it.
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

/// The wait before an attempt: exponential, with a jitter that differs by request but not by run, so that a simulation can
/// repeat it.
fn wait(attempt: u32, key: &IdempotencyKey) -> Duration {
    let longest = FIRST_WAIT
        .saturating_mul(1 << attempt.min(10))
        .min(LONGEST_WAIT);
    let hash = Hash::of(key.as_str().as_bytes(), &attempt.to_be_bytes());
    let share = u32::from(hash.as_bytes()[0]) + 1;
    longest * share / 256
}
