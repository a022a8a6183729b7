//! What was decided about each notification, and what became of it.

use domain::AccountId;
use export::rows::Notification;
use export::{Exporter, Snapshot};

use super::progress;
use crate::client::Client;
use crate::exit::Failure;
use crate::output::Heartbeat;

const PAGE: &str = "1000";

/// Takes a snapshot of all exported accounts, as they are now.
pub(super) fn snapshot(client: &Client, exporter: &mut Exporter) -> Result<Snapshot, Failure> {
    let mut snapshot = exporter.begin_snapshot()?;
    let accounts = exporter.accounts();
    let bar = progress(Some(accounts.len() as u64), "accounts", "notifications");
    let mut heartbeat = Heartbeat::new();
    for account in &accounts {
        of_account(client, exporter, &mut snapshot, account)?;
        bar.inc(1);
        heartbeat.beat(&bar);
    }
    bar.finish_and_clear();
    Ok(snapshot)
}

fn of_account(
    client: &Client,
    exporter: &Exporter,
    snapshot: &mut Snapshot,
    account: &AccountId,
) -> Result<(), Failure> {
    let path = format!("accounts/{account}/notifications");
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page = client.get(&path, &query)?;
        let found: Vec<Notification> = serde_json::from_value(page["notifications"].take())
            .map_err(|error| {
                Failure::Failed(format!("account {account}: its notifications: {error}"))
            })?;
        for notification in &found {
            exporter.add(snapshot, account, notification)?;
        }
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(()),
        }
    }
}
