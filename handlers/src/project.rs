//! Projecting: the stream's commits become balances, and their events are published.
//!
//! DynamoDB orders a stream by item, not by account, and delivers at least once. A record is only a wake-up: the versions
//! decide what to apply and what to publish.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use domain::{AccountId, Commit, IntegrationEvent, Version};
use projections::Balance;

use crate::contention::Rounds;
use crate::dead_letter::InternalDeadLetter;
use crate::error::{Contended, Error, Result};
use crate::ports::{
    Bus, BusEntry, Clock, DeadLetterQueue, EventStore, Parked, ReadModel, ReadModelRow, Saved,
    Versioned,
};
use crate::telemetry;

/// Attempts to write a row while other workers write it. After the last, its records are delivered again.
const MAX_WRITES: u32 = 8;
/// Commits that are read at a time to close a gap.
const GAP_PAGE: usize = 100;

/// A record of the stream, as far as it could be read.
#[derive(Debug, Clone)]
pub struct StreamRecord {
    /// Its position in the shard, by which a failure is reported.
    pub sequence_number: String,
    /// The commit's account, from the record's key, which is readable even if the rest is not.
    pub account_id: AccountId,
    /// The version of the commit's first event, from the record's key.
    pub first_version: Version,
    /// The commit, or why the record cannot be read.
    pub commit: Result<Commit, String>,
}

/// The use case that applies commits to the read model and publishes their events.
pub struct Projector {
    /// The event store, for commits that no record has brought.
    pub store: Arc<dyn EventStore>,
    /// The read model of balances.
    pub read_model: Arc<dyn ReadModel>,
    /// The bus on which the events are published.
    pub bus: Arc<dyn Bus>,
    /// The queue for the letters about parked accounts and unpublished commits.
    pub dead_letters: Arc<dyn DeadLetterQueue>,
    /// The clock for the times of letters, and for waits.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Projector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Projector").finish_non_exhaustive()
    }
}

/// The result for one account's records of a batch.
#[derive(Debug, Default)]
struct Projected {
    /// The events to publish, in order of version.
    events: Vec<IntegrationEvent>,
    /// The version of the row.
    version: Version,
    parked: bool,
}

impl Projector {
    /// Projects a batch and publishes its events.
    ///
    /// Returns the sequence numbers of the records to deliver again, in the order of the batch; Lambda needs only the first.
    /// These are all records of an account that failed for a transient reason. Permanent failures park the account instead,
    /// with a dead letter. Idempotent, except that events of repeated records are published again.
    pub async fn project(&self, records: Vec<StreamRecord>) -> Vec<String> {
        let mut order = Vec::with_capacity(records.len());
        let mut accounts: BTreeMap<AccountId, Vec<StreamRecord>> = BTreeMap::new();
        for record in records {
            order.push((record.sequence_number.clone(), record.account_id.clone()));
            accounts
                .entry(record.account_id.clone())
                .or_default()
                .push(record);
        }
        let mut failed = BTreeMap::new();
        let mut entries = Vec::new();
        let mut owners = Vec::new();
        for (account, records) in accounts {
            match self.project_account(&account, records).await {
                Ok(events) => match events.iter().map(BusEntry::of).collect::<Result<Vec<_>>>() {
                    Ok(written) => {
                        owners.extend(written.iter().map(|_| account.clone()));
                        entries.extend(written);
                    }
                    Err(error) => {
                        failed.insert(account, error);
                    }
                },
                Err(error) => {
                    failed.insert(account, error);
                }
            }
        }
        let published = if entries.is_empty() {
            Vec::new()
        } else {
            self.bus.publish(&entries).await
        };
        for ((account, entry), result) in owners.into_iter().zip(&entries).zip(published) {
            match result {
                Ok(()) => telemetry::published(entry),
                Err(error) => {
                    failed.insert(account, error);
                }
            }
        }
        for (account, error) in &failed {
            tracing::warn!(%account, class = error.class(), %error, "account not projected, to be delivered again");
        }
        order
            .into_iter()
            .filter(|(_, account)| failed.contains_key(account))
            .map(|(sequence_number, _)| sequence_number)
            .collect()
    }

    /// Resumes a parked account from the store, at the commit at which it stopped, up to its last one. Its events are published
    /// before the row is written, so an interrupted call may publish them twice.
    ///
    /// # Errors
    /// - `Permanent`: the commit still cannot be projected, and the account stays parked; a retry does not help.
    /// - `Busy`: every optimistic write lost its race; retry.
    /// - `Retryable`, `Unknown`: a store or the bus did not answer, or the store lacks a version that the stream has shown;
    ///   retry.
    pub async fn resume(&self, account: &AccountId) -> Result<()> {
        let projected = self.advance(account, Vec::new(), true).await?;
        if projected.parked {
            return Err(Error::Permanent(
                format!("account {account} still cannot be projected").into(),
            ));
        }
        Ok(())
    }

    /// Applies the records of one account. Returns the events to publish, including those that closed a gap, and those of
    /// commits that were applied before: the attempt that applied them may have died before it published.
    async fn project_account(
        &self,
        account: &AccountId,
        records: Vec<StreamRecord>,
    ) -> Result<Vec<IntegrationEvent>> {
        let mut commits = Vec::with_capacity(records.len());
        let mut unreadable = Vec::new();
        for record in records {
            match record.commit {
                Ok(commit) => commits.push(commit),
                // A record is only a copy of the commit, which the store has.
                Err(reason) => {
                    let version = record.first_version;
                    match self.store.commit_holding(account, version).await {
                        Ok(Some(commit)) => commits.push(commit),
                        Ok(None) => unreadable.push((version, reason)),
                        Err(stored @ Error::Permanent(_)) => {
                            unreadable.push((version, stored.to_string()));
                        }
                        Err(error) => return Err(error),
                    }
                }
            }
        }
        commits.sort_by_key(|commit| commit.first_version);
        commits.dedup_by_key(|commit| commit.first_version);
        let projected = self.advance(account, commits, false).await?;
        for (version, reason) in unreadable {
            if version <= projected.version {
                self.leave_untold(account, version, &reason).await?;
            } else {
                self.park(account, version, &reason).await?;
            }
        }
        Ok(projected.events)
    }

    /// Publishes the events of a commit again, which was applied but could not be read for publishing. Changes no row.
    ///
    /// # Errors
    /// - `Permanent`: there is no commit at this version, or it cannot be read; a retry does not help.
    /// - `Retryable`, `Unknown`: the store or the bus did not answer, and some events may be published; retry.
    pub async fn republish(&self, account: &AccountId, first_version: Version) -> Result<()> {
        let commit = self.store.commit_holding(account, first_version).await?;
        let commit = commit.ok_or_else(|| {
            Error::Permanent(
                format!("account {account} has no commit at version {first_version}").into(),
            )
        })?;
        let events = IntegrationEvent::of_commit(&commit)
            .map_err(|error| Error::Permanent(error.to_string().into()))?;
        self.publish(&events).await
    }

    async fn leave_untold(
        &self,
        account: &AccountId,
        first_version: Version,
        reason: &str,
    ) -> Result<()> {
        let letter = InternalDeadLetter::CommitUnpublished {
            account_id: account.clone(),
            first_version,
            reason: reason.to_owned(),
            at: self.clock.now(),
        };
        self.dead_letters
            .put(&letter.to_body()?, Duration::ZERO)
            .await?;
        telemetry::commit_untold(account, first_version, reason);
        Ok(())
    }

    /// Brings the account's row up to the newest of `commits`, or, on
    /// `resume`, to the end of what is stored.
    async fn advance(
        &self,
        account: &AccountId,
        commits: Vec<Commit>,
        resume: bool,
    ) -> Result<Projected> {
        let wait = |attempt: u32| Duration::from_millis(10 << attempt);
        let mut rounds = Rounds::spaced(MAX_WRITES, self.clock.as_ref(), &wait);
        while rounds.next().await.is_some() {
            let stored = self.row(account).await?;
            let row = &stored.value;
            if row.parked.is_some() && !resume {
                let newest = commits.last().map_or(0, Commit::last_version);
                if newest > row.version() && !self.turn_away(&stored, newest).await? {
                    continue;
                }
                return Ok(Projected {
                    events: published_again(row, &commits),
                    version: row.version(),
                    parked: true,
                });
            }
            let fold = self.fold(row, &commits, resume).await?;
            let (before, version) = (row.version(), fold.version());
            let stays_parked = fold.poison.is_some();
            if version != before || stays_parked || row.parked.is_some() {
                let parked = row.parked.as_ref();
                let turned_away = parked.map_or(0, |parked| parked.turned_away);
                if fold.poison.is_none() && turned_away > version {
                    return Err(Error::Retryable(
                        format!("account {account} has no version {turned_away} yet").into(),
                    ));
                }
                let parked = fold.poison.as_ref().map(|reason| Parked {
                    reason: reason.clone(),
                    at: self.clock.now(),
                    turned_away,
                });
                if parked.is_some() && !resume {
                    // First the letter, then the mark: a crash between them leads to a second letter, and not to a parked
                    // account without one.
                    self.tell_parked(account, parked.as_ref()).await?;
                }
                if resume {
                    // No record will be delivered again for these, so they are published before the row says that they were
                    // applied.
                    self.publish(&fold.events).await?;
                }
                let next = stored.map(|row| ReadModelRow {
                    balance: fold.balance,
                    parked,
                    ..row
                });
                if !self.read_model.save(&next).await?.is_written() {
                    continue;
                }
                telemetry::projected(account, before, &fold.events);
                if fold.gaps > 0 {
                    telemetry::gaps_healed(account, fold.gaps);
                }
            }
            return Ok(Projected {
                events: fold.events,
                version,
                parked: stays_parked,
            });
        }
        Err(rounds.lost(Contended::Balance(account.clone())))
    }

    async fn row(&self, account: &AccountId) -> Result<Versioned<ReadModelRow>> {
        let stored = self.read_model.load(account).await?;
        Ok(stored.unwrap_or_else(|| ReadModelRow::blank(account)))
    }

    async fn fold(&self, row: &ReadModelRow, commits: &[Commit], to_the_end: bool) -> Result<Fold> {
        let account = &row.account_id;
        let mut fold = Fold {
            balance: row.balance.clone(),
            events: Vec::new(),
            gaps: 0,
            poison: None,
        };
        for commit in commits {
            if commit.last_version() <= fold.version() {
                // Applied before, and published again nevertheless.
                match IntegrationEvent::of_commit(commit) {
                    Ok(events) => fold.events.extend(events),
                    Err(error) => {
                        fold.poison = Some(error.to_string());
                        return Ok(fold);
                    }
                }
                continue;
            }
            if commit.first_version > fold.version() + 1 {
                self.close_gap(account, &mut fold, Some(commit.first_version))
                    .await?;
                fold.gaps += 1;
            }
            if fold.poison.is_none() {
                fold.take(commit);
            }
            if fold.poison.is_some() {
                return Ok(fold);
            }
        }
        if to_the_end {
            self.close_gap(account, &mut fold, None).await?;
        }
        Ok(fold)
    }

    /// Applies the commits that are missing before `before`, as the store has them.
    async fn close_gap(
        &self,
        account: &AccountId,
        fold: &mut Fold,
        before: Option<u64>,
    ) -> Result<()> {
        loop {
            let page = match self.store.commits(account, fold.version(), GAP_PAGE).await {
                Ok(page) => page,
                // A commit that cannot be read will not become readable.
                Err(error @ Error::Permanent(_)) => {
                    fold.poison = Some(error.to_string());
                    return Ok(());
                }
                Err(error) => return Err(error),
            };
            for commit in &page.commits {
                if before.is_some_and(|before| commit.first_version >= before) {
                    return Ok(());
                }
                fold.take(commit);
                if fold.poison.is_some() {
                    return Ok(());
                }
            }
            if page.next.is_none() {
                return Ok(());
            }
        }
    }

    /// Parks the account at a commit that cannot be read, unless it got beyond.
    async fn park(&self, account: &AccountId, version: Version, reason: &str) -> Result<()> {
        // The row is read before the letter is written: a redrive of the letter changes the row, and then this write fails
        // instead of parking an account whose letter is gone.
        let stored = self.row(account).await?;
        if stored.value.version() >= version {
            return self.leave_untold(account, version, reason).await;
        }
        if stored.value.parked.is_some() {
            return match self.turn_away(&stored, version).await? {
                true => Ok(()),
                false => Err(moved_meanwhile(account)),
            };
        }
        let parked = Parked {
            reason: reason.to_owned(),
            at: self.clock.now(),
            turned_away: version,
        };
        self.tell_parked(account, Some(&parked)).await?;
        let next = stored.map(|row| ReadModelRow {
            parked: Some(parked),
            ..row
        });
        match self.read_model.save(&next).await? {
            Saved::Written => Ok(()),
            Saved::Stale => Err(moved_meanwhile(account)),
        }
    }

    /// Records in the row that a record of the parked account arrived and was not applied. Returns `false` if the row was
    /// written since, because the account may have been resumed.
    async fn turn_away(&self, stored: &Versioned<ReadModelRow>, version: Version) -> Result<bool> {
        let mut next = stored.clone();
        let Some(parked) = next
            .value
            .parked
            .as_mut()
            .filter(|parked| parked.turned_away < version)
        else {
            return Ok(true);
        };
        parked.turned_away = version;
        Ok(self.read_model.save(&next).await?.is_written())
    }

    async fn tell_parked(&self, account: &AccountId, parked: Option<&Parked>) -> Result<()> {
        let Some(parked) = parked else { return Ok(()) };
        let letter = InternalDeadLetter::AccountParked {
            account_id: account.clone(),
            reason: parked.reason.clone(),
            at: parked.at,
        };
        self.dead_letters
            .put(&letter.to_body()?, Duration::ZERO)
            .await?;
        telemetry::account_parked(account, &parked.reason);
        Ok(())
    }

    async fn publish(&self, events: &[IntegrationEvent]) -> Result<()> {
        let entries = events
            .iter()
            .map(BusEntry::of)
            .collect::<Result<Vec<_>>>()?;
        self.bus.publish_all(&entries).await
    }
}

fn moved_meanwhile(account: &AccountId) -> Error {
    Error::Retryable(format!("another worker wrote the row of {account} meanwhile").into())
}

/// Returns the events that a parked account's records still publish: those that were applied before it was parked.
fn published_again(row: &ReadModelRow, commits: &[Commit]) -> Vec<IntegrationEvent> {
    commits
        .iter()
        .filter(|commit| commit.last_version() <= row.version())
        .filter_map(|commit| IntegrationEvent::of_commit(commit).ok())
        .flatten()
        .collect()
}

/// A fold of commits into a balance.
struct Fold {
    balance: Option<Balance>,
    events: Vec<IntegrationEvent>,
    /// The number of gaps that were closed from the store.
    gaps: u64,
    /// The error at the commit that cannot be applied.
    poison: Option<String>,
}

impl Fold {
    fn version(&self) -> u64 {
        self.balance.as_ref().map_or(0, Balance::version)
    }

    fn take(&mut self, commit: &Commit) {
        let next = Balance::after(self.balance.as_ref(), commit)
            .and_then(|balance| Ok((balance, IntegrationEvent::of_commit(commit)?)));
        match next {
            Ok((balance, events)) => {
                self.balance = Some(balance);
                self.events.extend(events);
            }
            Err(error) => self.poison = Some(error.to_string()),
        }
    }
}
