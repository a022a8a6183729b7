//! Domain events again, marked and addressed.

use chrono::DateTime;
use domain::DomainEvent;
use serde_json::json;

use super::{Replayer, Run};
use crate::error::{Error, Result};
use crate::planted;
use crate::ports::{BusEntry, Place};
use crate::query::time_index::{self, Range};

/// Commits that are published before the progress is kept.
const PAGE: usize = 100;

/// Publishes page by page; `true` when all is done.
pub(super) async fn run(replayer: &Replayer, run: &mut Run) -> Result<bool> {
    let request = run.document.request.clone();
    let range = Range {
        from: request.from.unwrap_or(DateTime::UNIX_EPOCH),
        to: request
            .to
            .unwrap_or(DateTime::UNIX_EPOCH)
            .min(replayer.clock.now() - replayer.safety_window),
    };
    loop {
        let position: Option<Place> = run.cursor()?;
        let page = time_index::page(replayer.store.as_ref(), range, position, false, PAGE).await?;
        let mut entries = Vec::new();
        for commit in &page.commits {
            if request
                .accounts
                .as_ref()
                .is_some_and(|accounts| !accounts.contains(&commit.account_id))
            {
                continue;
            }
            run.document.progress.commits += 1;
            let events = DomainEvent::of_commit(commit)
                .map_err(|error| Error::Permanent(error.to_string()))?;
            for mut event in events {
                run.document.progress.events += 1;
                if !planted::is("replay-unmarked") {
                    event.metadata.replay = Some(run.document.replay_id.clone());
                }
                event.metadata.target = request.target.clone();
                entries.push(BusEntry::of(&event)?);
            }
        }
        for result in replayer.bus.publish(&entries).await {
            result?;
        }
        if let Some(next) = &page.next {
            run.set_cursor(next)?;
        }
        let finished = page.next.is_none();
        if finished {
            run.document.result = Some(json!({ "published": run.document.progress.events }));
            return Ok(true);
        }
        run.save(replayer).await?;
        if run.out_of_time(replayer) {
            return Ok(false);
        }
    }
}
