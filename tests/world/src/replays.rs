//! Replays and their shadows.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use domain::AccountId;
use handlers::error::Result;
use handlers::ports::{ReplayJob, ReplayKey, Replays, Saved, ShadowRow, Versioned};

use super::faults::Faults;
use super::versioned::{Rows, replace};

#[derive(Debug, Default)]
struct State {
    jobs: Rows<String, ReplayJob>,
    shadows: BTreeMap<(String, AccountId), ShadowRow>,
    /// The jobs whose time the index lacks, as those of a version without it.
    without_time: BTreeSet<String>,
}

/// Replays in memory.
#[derive(Debug)]
pub struct MemoryReplays {
    faults: Arc<Faults>,
    state: Mutex<State>,
}

impl MemoryReplays {
    pub(super) fn new(faults: Arc<Faults>) -> Self {
        MemoryReplays {
            faults,
            state: Mutex::default(),
        }
    }

    /// Takes the time of a job's request out of the index.
    pub fn forget_time(&self, replay_id: &str) {
        self.lock().without_time.insert(replay_id.to_owned());
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Replays for MemoryReplays {
    async fn load(&self, replay_id: &str) -> Result<Option<Versioned<ReplayJob>>> {
        self.faults
            .call("replays.load", || {
                Ok(self.lock().jobs.get(replay_id).cloned())
            })
            .await
    }

    async fn save(&self, job: &Versioned<ReplayJob>) -> Result<Saved> {
        let key = &job.value.replay_id;
        let write = || Ok(replace(&mut self.lock().jobs, key.clone(), job.clone()));
        self.faults.call("replays.save", write).await
    }

    async fn list(&self) -> Result<Vec<ReplayKey>> {
        let read = || {
            let state = self.lock();
            let jobs = state.jobs.values().map(|job| &job.value);
            Ok(jobs
                .map(|job| ReplayKey {
                    replay_id: job.replay_id.clone(),
                    requested_at: (job.requested_at())
                        .filter(|_| !state.without_time.contains(&job.replay_id)),
                })
                .collect())
        };
        self.faults.call("replays.list", read).await
    }

    async fn save_shadow(&self, replay_id: &str, rows: &[ShadowRow]) -> Result<()> {
        let write = || {
            let mut state = self.lock();
            for row in rows {
                state
                    .shadows
                    .insert((replay_id.to_owned(), row.account_id.clone()), row.clone());
            }
            Ok(())
        };
        self.faults.call("replays.save_shadow", write).await
    }

    async fn shadow(
        &self,
        replay_id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ShadowRow>, Option<String>)> {
        let read = || {
            let state = self.lock();
            let mut rest = state
                .shadows
                .iter()
                .filter(|((id, account), _)| {
                    id == replay_id && cursor.is_none_or(|cursor| account.as_str() > cursor)
                })
                .map(|(_, row)| row);
            let page: Vec<ShadowRow> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = page
                .last()
                .filter(|_| more)
                .map(|row| row.account_id.to_string());
            Ok((page, next))
        };
        self.faults.call("replays.shadow", read).await
    }
}
