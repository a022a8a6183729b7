use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::{Account, AccountId, Hash, Head, Version};
use handlers::Result;
use handlers::ports::{Parked, ReadModel, ReadModelRow, Saved, Versioned};
use projections::Balance;
use serde::{Deserialize, Serialize};

use crate::account_index::IndexKeys;
use crate::client::Dynamo;
use crate::error::{classify, classify_page};
use crate::item::{read, read_key, s, write, write_key};
use crate::put::Expected;

/// The read model of balances in DynamoDB: one item an account. `list` is not strongly consistent.
#[derive(Debug, Clone)]
pub struct DynamoReadModel(pub Dynamo);

#[derive(Serialize, Deserialize)]
struct BalanceItem {
    account_id: AccountId,
    revision: u64,
    #[serde(flatten, skip_deserializing)]
    keys: IndexKeys,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    account: Option<Account>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hash: Option<Hash>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    updated_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked_reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parked_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    turned_away: Option<Version>,
}

impl BalanceItem {
    fn after(read: &Versioned<ReadModelRow>) -> Self {
        let row = &read.value;
        let balance = row.balance.as_ref();
        BalanceItem {
            account_id: row.account_id.clone(),
            revision: read.revision + 1,
            keys: IndexKeys::of(row),
            account: balance.map(|balance| balance.head.account.clone()),
            hash: balance.map(|balance| balance.head.hash),
            updated_at: balance.map(|balance| balance.updated_at),
            parked_reason: row.parked.as_ref().map(|parked| parked.reason.clone()),
            parked_at: row.parked.as_ref().map(|parked| parked.at),
            turned_away: row.parked.as_ref().map(|parked| parked.turned_away),
        }
    }

    fn into_row(self) -> ReadModelRow {
        let balance = match (self.account, self.hash, self.updated_at) {
            (Some(account), Some(hash), Some(updated_at)) => {
                let head = Head { hash, account };
                Some(Balance {
                    account_id: self.account_id.clone(),
                    head,
                    updated_at,
                })
            }
            _ => None,
        };
        let parked = self
            .parked_reason
            .zip(self.parked_at)
            .map(|(reason, at)| Parked {
                reason,
                at,
                turned_away: self.turned_away.unwrap_or(0),
            });
        ReadModelRow {
            account_id: self.account_id,
            balance,
            parked,
        }
    }
}

#[async_trait]
impl ReadModel for DynamoReadModel {
    async fn load(&self, account: &AccountId) -> Result<Option<Versioned<ReadModelRow>>> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .get_item()
            .table_name(&tables.balances)
            .key("account_id", s(account))
            .consistent_read(true)
            .send()
            .await
            .map_err(|error| classify("reading a balance", &error))?;
        let item = answer.item.map(read::<BalanceItem>).transpose()?;
        Ok(item.map(|item| Versioned {
            revision: item.revision,
            value: item.into_row(),
        }))
    }

    async fn save(&self, read: &Versioned<ReadModelRow>) -> Result<Saved> {
        let expected = Expected::at(read.revision, "account_id");
        let item = write(&BalanceItem::after(read))?;
        self.0
            .put(&self.0.tables.balances, item, expected, "writing a balance")
            .await
    }

    async fn list(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<ReadModelRow>, Option<String>)> {
        let Dynamo { client, tables, .. } = &self.0;
        let answer = client
            .scan()
            .table_name(&tables.balances)
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify_page("listing the balances", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let rows: Result<Vec<_>> = answer
            .items
            .unwrap_or_default()
            .into_iter()
            .map(|item| Ok(read::<BalanceItem>(item)?.into_row()))
            .collect();
        Ok((rows?, next))
    }
}
