//! The decisions and notifications of all exported accounts.

use std::time::Instant;

use domain::AccountId;
use export::rows::Notification;
use export::{Exporter, Snapshot};
use handlers::ports::Notifications;
use handlers::query::notifications::shown_of_account;
use handlers::{Error, Result};
use tokio::runtime::Handle;

use crate::refused;

/// Notifications in one page.
const PAGE: usize = 1000;

/// Takes a snapshot of all exported accounts, as they are now. Returns `None`
/// if the deadline passes; the previous snapshot then stays.
pub(crate) fn take(
    notifications: &dyn Notifications,
    handle: &Handle,
    exporter: &mut Exporter,
    deadline: Instant,
) -> Result<Option<Snapshot>> {
    let mut snapshot = exporter.begin_snapshot().map_err(refused)?;
    for account in exporter.accounts() {
        if Instant::now() >= deadline {
            tracing::warn!("no time was left for decisions and notifications");
            return Ok(None);
        }
        of_account(notifications, handle, exporter, &mut snapshot, &account)?;
    }
    Ok(Some(snapshot))
}

fn of_account(
    notifications: &dyn Notifications,
    handle: &Handle,
    exporter: &Exporter,
    snapshot: &mut Snapshot,
    account: &AccountId,
) -> Result<()> {
    let mut cursor: Option<String> = None;
    loop {
        let read = shown_of_account(notifications, account, cursor.as_deref(), PAGE);
        let (shown, next) = handle.block_on(read)?;
        for one in shown {
            let one: Notification = serde_json::from_value(one).map_err(|error| {
                Error::permanent(format!("account {account}: its notifications"), error)
            })?;
            exporter.add(snapshot, account, &one).map_err(refused)?;
        }
        match next {
            Some(next) => cursor = Some(next),
            None => return Ok(()),
        }
    }
}
