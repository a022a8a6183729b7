use async_trait::async_trait;
use handlers::Result;
use handlers::ports::{ReplayJob, ReplayKey, Replays, Saved, ShadowRow, Versioned};

use super::Port;
use crate::faults::Hop;

#[async_trait]
impl Replays for Port {
    async fn load(&self, replay_id: &str) -> Result<Option<Versioned<ReplayJob>>> {
        let replay_id = replay_id.to_owned();
        self.call(Hop::ReplaysRead, move |core| {
            core.state.replays.get(&replay_id).cloned()
        })
        .await
    }

    async fn save(&self, job: &Versioned<ReplayJob>) -> Result<Saved> {
        let job = job.clone();
        self.call(Hop::ReplaysWrite, move |core| {
            let replays = &mut core.state.replays;
            let replay_id = &job.value.replay_id;
            let stored = replays.get(replay_id);
            if stored.map_or(0, |stored| stored.revision) != job.revision {
                return Saved::Stale;
            }
            replays.insert(replay_id.clone(), job.clone().written());
            Saved::Written
        })
        .await
    }

    async fn list(&self) -> Result<Vec<ReplayKey>> {
        self.call(Hop::ReplaysRead, |core| {
            let jobs = core.state.replays.values().map(|job| &job.value);
            jobs.map(|job| ReplayKey {
                replay_id: job.replay_id.clone(),
                requested_at: job.requested_at(),
            })
            .collect()
        })
        .await
    }

    async fn save_shadow(&self, replay_id: &str, rows: &[ShadowRow]) -> Result<()> {
        let (replay_id, rows) = (replay_id.to_owned(), rows.to_vec());
        self.call(Hop::ReplaysWrite, move |core| {
            for row in &rows {
                let key = (replay_id.clone(), row.account_id.clone());
                core.state.shadows.insert(key, row.clone());
            }
        })
        .await
    }

    async fn shadow(
        &self,
        replay_id: &str,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ShadowRow>, Option<String>)> {
        let (replay_id, after) = (replay_id.to_owned(), cursor.map(str::to_owned));
        self.call(Hop::ReplaysRead, move |core| {
            let mut rest = core
                .state
                .shadows
                .iter()
                .filter(|((of, account), _)| {
                    *of == replay_id
                        && after
                            .as_deref()
                            .is_none_or(|after| account.as_str() > after)
                })
                .map(|(_, row)| row);
            let page: Vec<ShadowRow> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = page.last().filter(|_| more);
            let next = next.map(|row| row.account_id.to_string());
            (page, next)
        })
        .await
    }
}
