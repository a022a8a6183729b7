use async_trait::async_trait;
use domain::AccountId;
use handlers::Result;
use handlers::ports::{ReadModel, ReadModelRow, Saved, Versioned};

use super::Port;
use crate::bugs;
use crate::faults::Hop;
use crate::kernel::Core;

#[async_trait]
impl ReadModel for Port {
    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<ReadModelRow>>> {
        let account = account.clone();
        self.call(Hop::BalancesRead, move |core| {
            core.state.rows.get(&account).cloned()
        })
        .await
    }

    async fn save(&self, row: &Versioned<ReadModelRow>) -> Result<Saved> {
        let row = row.clone();
        self.call(Hop::BalancesWrite, move |core| core.save_row(&row))
            .await
    }

    async fn list(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ReadModelRow>, Option<String>)> {
        let after = cursor.map(str::to_owned);
        self.call(Hop::BalancesRead, move |core| {
            let rows = core.state.rows.values().map(|stored| &stored.value);
            let mut rest = rows.filter(|row| {
                after
                    .as_deref()
                    .is_none_or(|after| row.account_id.as_str() > after)
            });
            let page: Vec<ReadModelRow> = rest.by_ref().take(limit).cloned().collect();
            let more = rest.next().is_some();
            let next = page.last().filter(|_| more);
            let next = next.map(|row| row.account_id.to_string());
            (page, next)
        })
        .await
    }
}

impl Core {
    fn save_row(&mut self, next: &Versioned<ReadModelRow>) -> Saved {
        let row = &next.value;
        let stored = self.state.rows.get(&row.account_id);
        if stored.map_or(0, |stored| stored.revision) != next.revision
            && !bugs::is("balance-write-unconditional")
        {
            return Saved::Stale;
        }
        let before = stored.map_or(0, |stored| stored.value.version());
        let version = row.version();
        if version < before {
            self.violate("a balance never goes back", || {
                format!("{}: from version {before} to {version}", row.account_id)
            });
        }
        if let Some(balance) = &row.balance {
            let folded = self.state.book.balance_at(&row.account_id, version);
            let kept = i128::from(balance.head.account.balance.minor());
            if folded != Some(kept) {
                self.violate("balance is the sum of the events", || {
                    format!(
                        "{} at version {version}: {kept} is kept, and the events give {folded:?}",
                        row.account_id
                    )
                });
            }
        }
        self.tell(|_| {
            let parked = if row.parked.is_some() { ", parked" } else { "" };
            format!(
                "the balance of {} is at version {version}{parked}",
                row.account_id
            )
        });
        let next = next.clone().written();
        self.state.rows.insert(row.account_id.clone(), next);
        Saved::Written
    }
}
