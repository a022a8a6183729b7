//! A replay of projections: a shadow of the read model from the events alone, compared with the live one, which it replaces
//! only on request.

use domain::{AccountId, Commit, Head, chain};
use projections::{Balance, ControlTotals};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Replayer, Run};
use crate::error::{Error, Result};
use crate::ports::{ReadModelRow, ReplacedRow, Saved, ShadowRow, Versioned};

/// Commits that are read between two writes of the progress.
const PAGE: usize = 200;
/// Differences that the result lists. All are counted.
const MAX_LISTED: usize = 1000;
/// Reads of a live row that is still behind, 300 ms apart. After the last, the row counts as different.
const MAX_LOOKS: u32 = 5;
/// The time within which a commit is projected. A row that lacks an older one is not read again: in a lost read model, that is
/// every row.
const PROJECTED_WITHIN: chrono::TimeDelta = chrono::TimeDelta::minutes(1);

/// The step of the work.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    /// Reading the store, from this cursor of the scan or index in the list of accounts.
    Build(Option<String>),
    Compare,
}

/// Builds the shadow, compares it, and switches if requested. Returns `true` at the end.
pub(super) async fn run(replayer: &Replayer, run: &mut Run) -> Result<bool> {
    let mut current: Option<ShadowRow> = None;
    let accounts = run.document.request.accounts.clone();
    while let Step::Build(place) = run.cursor()?.unwrap_or(Step::Build(None)) {
        let next = match &accounts {
            Some(accounts) => build_named(replayer, run, accounts, place.as_deref()).await?,
            None => build_all(replayer, run, &mut current, place.as_deref()).await?,
        };
        run.set_cursor(&next.map_or(Step::Compare, |place| Step::Build(Some(place))))?;
        run.save(replayer).await?;
        if run.out_of_time(replayer) {
            return Ok(false);
        }
    }
    compare(replayer, run).await?;
    Ok(true)
}

async fn build_named(
    replayer: &Replayer,
    run: &mut Run,
    accounts: &[AccountId],
    place: Option<&str>,
) -> Result<Option<String>> {
    let index = place
        .and_then(|place| place.parse().ok())
        .unwrap_or(0_usize);
    let Some(account) = accounts.get(index) else {
        return Ok(None);
    };
    if let Some(row) = fold_from(replayer, account, None, None, run).await? {
        run.document.progress.accounts += 1;
        replayer
            .replays
            .save_shadow(&run.document.replay_id, &[row])
            .await?;
    }
    Ok(Some((index + 1).to_string()))
}

async fn build_all(
    replayer: &Replayer,
    run: &mut Run,
    current: &mut Option<ShadowRow>,
    place: Option<&str>,
) -> Result<Option<String>> {
    let page = replayer.store.scan(place, PAGE).await?;
    let mut finished = Vec::new();
    for commit in &page.commits {
        if current
            .as_ref()
            .is_some_and(|row| row.account_id != commit.account_id)
        {
            finished.extend(current.take());
        }
        if current.is_none() && commit.first_version > 1 {
            // This worker took over in the middle of the account.
            *current = fold_from(
                replayer,
                &commit.account_id,
                None,
                Some(commit.first_version),
                run,
            )
            .await?;
        }
        *current = Some(follow(current.take(), commit)?);
        count(run, commit);
        run.document.progress.accounts += u64::from(commit.first_version == 1);
    }
    // The account in progress too: it may end with this page, and the next page then does not have it.
    finished.extend(current.clone());
    replayer
        .replays
        .save_shadow(&run.document.replay_id, &finished)
        .await?;
    Ok(page.next)
}

/// Continues the fold of an account from `row`, up to its end or to the commit before version `stop`.
async fn fold_from(
    replayer: &Replayer,
    account: &AccountId,
    mut row: Option<ShadowRow>,
    stop: Option<u64>,
    run: &mut Run,
) -> Result<Option<ShadowRow>> {
    loop {
        let after = row.as_ref().map_or(0, |row| row.head.version());
        let page = replayer.store.commits(account, after, PAGE).await?;
        for commit in &page.commits {
            if stop.is_some_and(|stop| commit.first_version >= stop) {
                return Ok(row);
            }
            row = Some(follow(row, commit)?);
            if stop.is_none() {
                count(run, commit);
            }
        }
        if page.next.is_none() {
            return Ok(row);
        }
    }
}

fn count(run: &mut Run, commit: &Commit) {
    run.document.progress.commits += 1;
    run.document.progress.events += commit.events.len() as u64;
}

fn follow(row: Option<ShadowRow>, commit: &Commit) -> Result<ShadowRow> {
    let head = chain::follow(row.as_ref().map(|row| &row.head), commit)
        .map_err(|error| Error::permanent(format!("account {}", commit.account_id), error))?;
    Ok(ShadowRow {
        account_id: commit.account_id.clone(),
        head,
        updated_at: commit.recorded_at,
        replaced: None,
    })
}

async fn compare(replayer: &Replayer, run: &mut Run) -> Result<()> {
    let mut totals = ControlTotals::default();
    let (mut equal, mut differing, mut missing) = (0_u64, Vec::new(), Vec::new());
    let (mut differing_count, mut missing_count) = (0_u64, 0_u64);
    let mut cursor: Option<String> = None;
    loop {
        let (rows, next) = replayer
            .replays
            .shadow(&run.document.replay_id, cursor.as_deref(), PAGE)
            .await?;
        for row in rows {
            let (live, row) = meet(replayer, row, run).await?;
            totals.add(row.head.account.balance);
            let balance = live.value.balance.as_ref();
            match balance.map(|balance| &balance.head) {
                Some(head) if *head == row.head => {
                    equal += 1;
                    continue;
                }
                Some(head) => {
                    differing_count += 1;
                    if differing.len() < MAX_LISTED {
                        differing.push(json!({
                            "account_id": row.account_id,
                            "live": shown(head),
                            "replayed": shown(&row.head),
                        }));
                    }
                }
                None => {
                    missing_count += 1;
                    if missing.len() < MAX_LISTED {
                        missing.push(json!(row.account_id));
                    }
                }
            }
            if run.document.request.switch {
                switch(replayer, run, live, row).await?;
            }
        }
        cursor = next;
        if cursor.is_none() {
            break;
        }
        // Fails if the replay was stopped.
        run.save(replayer).await?;
    }
    let control_totals: serde_json::Map<String, Value> = totals
        .rows()
        .map(|(currency, accounts, balance)| {
            (
                currency.to_string(),
                json!({ "accounts": accounts, "balance": balance }),
            )
        })
        .collect();
    run.document.result = Some(json!({
        "equal": equal,
        "differing_count": differing_count,
        "differing": differing,
        "missing_count": missing_count,
        "missing": missing,
        "control_totals": control_totals,
        "switched": run.document.request.switch,
    }));
    Ok(())
}

/// Returns the live row and the shadow at the same version if possible, because events continue during the comparison.
async fn meet(
    replayer: &Replayer,
    mut row: ShadowRow,
    run: &mut Run,
) -> Result<(Versioned<ReadModelRow>, ShadowRow)> {
    let mut live = live(replayer, &row.account_id).await?;
    let mut looks = 0;
    loop {
        let version = live.value.version();
        let parked = live.value.parked.is_some();
        if version > row.head.version() {
            let before = run.document.progress;
            let account = row.account_id.clone();
            row = fold_from(replayer, &account, Some(row), Some(version + 1), run)
                .await?
                .ok_or_else(|| {
                    Error::Permanent(format!("account {account} has no history").into())
                })?;
            run.document.progress = before;
            // Equal now, unless the live row contains events that the store does not have.
            break;
        }
        let settled = row.updated_at < replayer.clock.now() - PROJECTED_WITHIN;
        if version == row.head.version() || parked || settled || looks == MAX_LOOKS {
            break;
        }
        // The projection is behind, so it is read again after a moment.
        looks += 1;
        replayer
            .clock
            .sleep(std::time::Duration::from_millis(300))
            .await;
        live = self::live(replayer, &row.account_id).await?;
    }
    let stands_at = live.value.version();
    if live.value.parked.is_some() && (1..row.head.version()).contains(&stands_at) {
        // A parked row stopped there deliberately, and is compared at that version.
        let before = run.document.progress;
        let until = fold_from(replayer, &row.account_id, None, Some(stands_at + 1), run).await?;
        run.document.progress = before;
        row = until.unwrap_or(row);
    }
    Ok((live, row))
}

/// The live row, blank where the account was never projected.
async fn live(replayer: &Replayer, account: &AccountId) -> Result<Versioned<ReadModelRow>> {
    let stored = replayer.read_model.load(account).await?;
    Ok(stored.unwrap_or_else(|| ReadModelRow::blank(account)))
}

async fn switch(
    replayer: &Replayer,
    run: &Run,
    live: Versioned<ReadModelRow>,
    mut row: ShadowRow,
) -> Result<()> {
    if live.value.parked.is_some() && live.value.version() < row.head.version() {
        // Its next events are not published yet. A redrive publishes them and resumes the row; a switch past them would leave
        // them unpublished.
        return Ok(());
    }
    if let Some(balance) = live.value.balance.clone() {
        // Written before the switch, so that every replaced row can be restored.
        row.replaced = Some(ReplacedRow {
            head: balance.head,
            updated_at: balance.updated_at,
        });
        let replay_id = &run.document.replay_id;
        let rows = std::slice::from_ref(&row);
        replayer.replays.save_shadow(replay_id, rows).await?;
    }
    let next = live.map(|live| ReadModelRow {
        balance: Some(Balance {
            account_id: row.account_id,
            head: row.head,
            updated_at: row.updated_at,
        }),
        ..live
    });
    match replayer.read_model.save(&next).await? {
        Saved::Written => Ok(()),
        Saved::Stale => {
            let account = next.value.account_id;
            Err(Error::Retryable(
                format!("account {account} moved while it was switched").into(),
            ))
        }
    }
}

fn shown(head: &Head) -> Value {
    json!({ "version": head.version(), "balance": head.account.balance.to_decimal(), "hash": head.hash })
}
