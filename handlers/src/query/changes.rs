//! The changes that the indexes by time show.

use std::sync::Arc;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use super::decided::newest_decided;
use super::time_index::newest;
use crate::error::Result;
use crate::ports::{Changes, EventStore, Mark, Notifications};

/// The changes in a store that many programs write: new commits and new decisions on notifications. What is changed in place,
/// such as the state of a notification, a customer or a schedule, has no index by time and leaves the mark as it is.
pub struct IndexedChanges {
    /// The event store.
    pub store: Arc<dyn EventStore>,
    /// The notifications.
    pub notifications: Arc<dyn Notifications>,
}

impl std::fmt::Debug for IndexedChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexedChanges").finish_non_exhaustive()
    }
}

#[async_trait]
impl Changes for IndexedChanges {
    async fn mark(&self) -> Result<Mark> {
        let recorded = newest(self.store.as_ref()).await?;
        let decided = newest_decided(self.notifications.as_ref()).await?;
        let nanoseconds = |at: Option<DateTime<Utc>>| {
            at.and_then(|at| at.timestamp_nanos_opt())
                .map_or_else(|| "0".to_owned(), |at| at.to_string())
        };
        Ok(Mark {
            text: format!("{}.{}", nanoseconds(recorded), nanoseconds(decided)),
            is_complete: false,
        })
    }
}
