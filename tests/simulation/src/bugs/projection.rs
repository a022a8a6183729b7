//! A stream whose records reach project in part, or are applied without it.

use std::collections::BTreeMap;
use std::sync::Arc;

use domain::{AccountId, Version};
use handlers::Error;
use handlers::ports::{Bus, BusEntry, ReadModel, ReadModelRow};
use handlers::project::StreamRecord;
use projections::Balance;

use super::is;
use crate::ports::Port;

/// The records of a batch that project gets to see.
pub async fn seen(port: &Port, records: Vec<StreamRecord>) -> Result<Vec<StreamRecord>, Error> {
    let has_bug = [
        "unreadable-record-skipped",
        "gap-skipped",
        "published-only-when-applied",
    ];
    if !has_bug.into_iter().any(is) {
        return Ok(records);
    }
    let mut versions: BTreeMap<AccountId, Version> = BTreeMap::new();
    let mut seen = Vec::with_capacity(records.len());
    for record in records {
        let Ok(commit) = &record.commit else {
            if !is("unreadable-record-skipped") {
                seen.push(record);
            }
            continue;
        };
        let applied = match versions.get(&record.account_id) {
            Some(applied) => *applied,
            None => {
                let row = port.load(&record.account_id).await?;
                row.map_or(0, |row| row.value.version())
            }
        };
        let (first, last) = (commit.first_version, commit.last_version());
        let skipped = (is("gap-skipped") && first > applied + 1)
            || (is("published-only-when-applied") && last <= applied);
        let reached = if skipped { applied } else { applied.max(last) };
        versions.insert(record.account_id.clone(), reached);
        if !skipped {
            seen.push(record);
        }
    }
    Ok(seen)
}

/// The bug `arrival-order`: whatever comes is applied as if it were next.
pub async fn in_order_of_arrival(port: &Arc<Port>, records: &[StreamRecord]) -> Vec<String> {
    for record in records {
        if apply(port, record).await.is_err() {
            return vec![record.sequence_number.clone()];
        }
    }
    Vec::new()
}

async fn apply(port: &Arc<Port>, record: &StreamRecord) -> Result<(), Error> {
    let Ok(commit) = &record.commit else {
        return Ok(());
    };
    let stored = port.load(&record.account_id).await?;
    let stored = stored.unwrap_or_else(|| ReadModelRow::blank(&record.account_id));
    if stored.value.version() >= commit.last_version() {
        return Ok(());
    }
    let mut head = commit.head();
    if let Some(balance) = &stored.value.balance {
        let before = balance.head.account.balance;
        let moved = commit
            .events
            .iter()
            .filter_map(|event| event.decode().ok()?.delta())
            .fold(before, |sum, delta| sum.checked_add(delta).unwrap_or(sum));
        head.account.balance = moved;
    }
    let next = stored.map(|row| ReadModelRow {
        balance: Some(Balance {
            account_id: record.account_id.clone(),
            head,
            updated_at: commit.recorded_at,
        }),
        parked: None,
        ..row
    });
    let _ = port.save(&next).await?;
    let events = domain::IntegrationEvent::of_commit(commit).unwrap_or_default();
    let entries = events
        .iter()
        .map(BusEntry::of)
        .collect::<Result<Vec<_>, _>>()?;
    port.publish(&entries).await.into_iter().collect()
}
