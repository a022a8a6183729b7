//! A replay of events: published again, marked with the replay and addressed to one consumer.

use std::time::Duration;

use chrono::DateTime;
use domain::IntegrationEvent;
use serde_json::json;

use super::{Replayer, Run};
use crate::error::{Error, Result};
use crate::ports::{BusEntry, CommitPosition};
use crate::query::time_index::{self, Range};
use crate::telemetry;

/// Commits that are published between two writes of the progress.
const PAGE: usize = 100;

/// Publishes page by page. Returns `true` after the last.
pub(super) async fn run(replayer: &Replayer, run: &mut Run) -> Result<bool> {
    let request = run.document.request.clone();
    let range = Range {
        from: request.from.unwrap_or(DateTime::UNIX_EPOCH),
        to: request
            .to
            .unwrap_or(DateTime::UNIX_EPOCH)
            .min(replayer.clock.settled(replayer.safety_window)),
    };
    // About a second's worth at once, so that no burst reaches the consumer.
    let rate = request.events_per_second;
    let page_size = rate.map_or(PAGE, |rate| PAGE.min(rate as usize));
    loop {
        let began = replayer.clock.now();
        let position: Option<CommitPosition> = run.cursor()?;
        let page =
            time_index::page(replayer.store.as_ref(), range, position, false, page_size).await?;
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
            let events = IntegrationEvent::of_commit(commit)
                .map_err(|error| Error::Permanent(error.to_string().into()))?;
            for mut event in events {
                run.document.progress.events += 1;
                event.metadata.replay = Some(run.document.replay_id.clone());
                event.metadata.target = request.target.clone();
                entries.push(BusEntry::of(&event)?);
            }
        }
        for result in replayer.bus.publish(&entries).await {
            result?;
        }
        telemetry::replayed(&run.document.replay_id, entries.len() as u64);
        if let Some(next) = &page.next {
            run.set_cursor(next)?;
        }
        let finished = page.next.is_none();
        if finished {
            run.document.result = Some(json!({ "published": run.document.progress.events }));
            return Ok(true);
        }
        run.save(replayer).await?;
        if let Some(rate) = rate {
            let due = began + Duration::from_secs(entries.len() as u64) / rate;
            let early = (due - replayer.clock.now()).to_std();
            // A page that took longer needs no pause.
            replayer.clock.sleep(early.unwrap_or_default()).await;
        }
        if run.out_of_time(replayer) {
            return Ok(false);
        }
    }
}
