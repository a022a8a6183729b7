//! Undoing a switch: the replaced rows are restored, unless the account has moved on since.

use serde::{Deserialize, Serialize};

use projections::Balance;

use super::{Replayer, Run, to_value};
use crate::error::{Error, Result};
use crate::ports::{ReadModelRow, ShadowRow};

/// Rows that are restored between two writes of the progress.
const PAGE: usize = 200;
/// Accounts that the result lists. All are counted.
const MAX_LISTED: usize = 1000;

#[derive(Debug, Default, Serialize, Deserialize)]
struct Found {
    switched_back: u64,
    /// Accounts whose next events were applied to the rebuilt row, which stays.
    moved_on_count: u64,
    moved_on: Vec<domain::AccountId>,
}

/// Restores the rows of the other replay's shadow. Returns `true` after the last.
pub(super) async fn run(replayer: &Replayer, run: &mut Run) -> Result<bool> {
    let of = run.document.request.replay_id.clone();
    let of = of.ok_or_else(|| Error::Permanent("the request names no replay".into()))?;
    loop {
        let result = run.document.result.take();
        let mut found = match result {
            Some(result) => Found::deserialize(result)
                .map_err(|error| Error::permanent("the replay's result", error))?,
            None => Found::default(),
        };
        let cursor: Option<String> = run.cursor()?;
        let page = replayer.replays.shadow(&of, cursor.as_deref(), PAGE);
        let (rows, next) = page.await?;
        for row in rows {
            run.document.progress.accounts += 1;
            let account = row.account_id.clone();
            match put_back(replayer, row).await? {
                None => {}
                Some(true) => found.switched_back += 1,
                Some(false) => {
                    found.moved_on_count += 1;
                    if found.moved_on.len() < MAX_LISTED {
                        found.moved_on.push(account);
                    }
                }
            }
        }
        run.document.result = Some(to_value(&found)?);
        let Some(next) = next else {
            return Ok(true);
        };
        run.set_cursor(&next)?;
        run.save(replayer).await?;
        if run.out_of_time(replayer) {
            return Ok(false);
        }
    }
}

/// Restores one row. Returns `None` if the switch did not replace it, and `false` if it has moved on since.
async fn put_back(replayer: &Replayer, row: ShadowRow) -> Result<Option<bool>> {
    let Some(replaced) = row.replaced else {
        return Ok(None);
    };
    let Some(live) = replayer.read_model.load(&row.account_id).await? else {
        return Ok(Some(false));
    };
    let head = live.value.balance.as_ref().map(|balance| &balance.head);
    // An interrupted worker has restored it already.
    if head == Some(&replaced.head) {
        return Ok(Some(true));
    }
    if head != Some(&row.head) {
        return Ok(Some(false));
    }
    let next = live.map(|live| ReadModelRow {
        balance: Some(Balance {
            account_id: row.account_id,
            head: replaced.head,
            updated_at: replaced.updated_at,
        }),
        ..live
    });
    // If another writer was first, the row has moved on.
    let put = replayer.read_model.save(&next).await?;
    Ok(Some(put.is_written()))
}
