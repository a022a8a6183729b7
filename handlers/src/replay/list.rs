//! The list of all replays, newest requested first.

use std::pin::pin;

use chrono::{DateTime, Utc};
use futures::stream::{self, StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Document, Progress, Replayer};
use crate::error::{Error, Result};
use crate::ports::ReplayKey;

/// Jobs that are read at the same time.
const READ_AT_ONCE: usize = 16;
/// Members of a result that list accounts, up to a thousand each. The list of replays leaves them out and keeps their counts.
const LISTS: [&str; 3] = ["differing", "missing", "moved_on"];

/// The position of a replay in the list.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct ReplayPosition {
    requested_at: DateTime<Utc>,
    replay_id: String,
}

impl Replayer {
    /// Reads a page of at most `limit` replays, newest requested first, and the position after which the next page begins. Each
    /// is as [`Replayer::get`] returns it, without the lists of accounts in its result.
    ///
    /// It reads the index of all replays, and the jobs of the page. With a `state`, it reads jobs until the page is full. A replay
    /// that was requested a moment ago may be missing.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: a stored job cannot be read; a retry does not help.
    pub async fn list(
        &self,
        state: Option<Progress>,
        after: Option<&ReplayPosition>,
        limit: usize,
    ) -> Result<(Vec<Value>, Option<ReplayPosition>)> {
        let mut positions = self.positions().await?;
        positions.retain(|position| after.is_none_or(|after| position < after));
        positions.sort_by(|one, other| other.cmp(one));
        let jobs = stream::iter(positions).map(async |position: ReplayPosition| {
            let job = self.replays.load(&position.replay_id).await?;
            Ok::<_, Error>((position, job))
        });
        let mut jobs = pin!(jobs.buffered(READ_AT_ONCE.min(limit + 1)));
        let mut shown = Vec::new();
        let mut last = None;
        while let Some((position, job)) = jobs.try_next().await? {
            let Some(job) = job else { continue };
            let found = Document::of(&job.value)?.state;
            if state.is_some_and(|wanted| wanted != found) {
                continue;
            }
            if shown.len() == limit {
                return Ok((shown, last));
            }
            shown.push(without_lists(job.value.document));
            last = Some(position);
        }
        Ok((shown, None))
    }

    async fn positions(&self) -> Result<Vec<ReplayPosition>> {
        let keys = self.replays.list().await?;
        let positions = stream::iter(keys).map(|key| self.position(key));
        positions.buffered(READ_AT_ONCE).try_collect().await
    }

    async fn position(&self, key: ReplayKey) -> Result<ReplayPosition> {
        let requested_at = match key.requested_at {
            Some(requested_at) => Some(requested_at),
            None => {
                let job = self.replays.load(&key.replay_id).await?;
                job.and_then(|job| job.value.requested_at())
            }
        };
        Ok(ReplayPosition {
            requested_at: requested_at.unwrap_or_default(),
            replay_id: key.replay_id,
        })
    }
}

fn without_lists(mut document: Value) -> Value {
    let result = document.get_mut("result").and_then(Value::as_object_mut);
    if let Some(result) = result {
        result.retain(|name, _| !LISTS.contains(&name.as_str()));
    }
    document
}
