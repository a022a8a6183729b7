//! The indexes of the balances table. Each has the keys alone, so an index is written once an account.

use async_trait::async_trait;
use domain::{AccountId, EventId};
use handlers::Result;
use handlers::ports::{AccountIndex, AccountLookup, ReadModelRow, ending_of};
use serde::{Deserialize, Serialize};

use crate::error::classify_page;
use crate::item::{read, read_key, s, write_key};
use crate::read_model::DynamoReadModel;
use crate::tables::{BY_CUSTOMER, BY_ENDING, BY_EVENTS};

/// The attributes by which the indexes find an account. They follow from the row, and are not read.
#[derive(Default, Serialize)]
pub(crate) struct IndexKeys {
    ending: String,
    folded_id: String,
    event_part: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_id: Option<String>,
}

impl IndexKeys {
    pub(crate) fn of(row: &ReadModelRow) -> Self {
        let folded_id = row.account_id.folded();
        let balance = row.balance.as_ref();
        IndexKeys {
            ending: ending_of(&folded_id).to_owned(),
            folded_id,
            event_part: EventId::new(&row.account_id, 1).account_part(),
            customer_id: balance.map(|balance| balance.head.account.customer_id.to_string()),
        }
    }
}

/// An item of an index.
#[derive(Deserialize)]
struct Key {
    account_id: AccountId,
}

#[async_trait]
impl AccountIndex for DynamoReadModel {
    async fn find(
        &self,
        by: &AccountLookup,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountId>, Option<String>)> {
        let query = self.0.client.query().table_name(&self.0.tables.balances);
        let query = match by {
            AccountLookup::Id(folded) => query
                .index_name(BY_ENDING)
                .key_condition_expression("ending = :ending AND folded_id = :folded")
                .expression_attribute_values(":ending", s(ending_of(folded)))
                .expression_attribute_values(":folded", s(folded)),
            AccountLookup::Ending(ending) => query
                .index_name(BY_ENDING)
                .key_condition_expression("ending = :ending")
                .expression_attribute_values(":ending", s(ending)),
            AccountLookup::Event(event) => query
                .index_name(BY_EVENTS)
                .key_condition_expression("event_part = :part")
                .expression_attribute_values(":part", s(event.account_part())),
            AccountLookup::Customer(customer) => query
                .index_name(BY_CUSTOMER)
                .key_condition_expression("customer_id = :customer")
                .expression_attribute_values(":customer", s(customer)),
        };
        let answer = query
            .limit(i32::try_from(limit).unwrap_or(i32::MAX))
            .set_exclusive_start_key(read_key(cursor)?)
            .send()
            .await
            .map_err(|error| classify_page("looking up accounts", cursor, &error))?;
        let next = write_key(answer.last_evaluated_key())?;
        let items = answer.items.unwrap_or_default().into_iter();
        let found: Result<Vec<AccountId>> = items
            .map(|item| Ok(read::<Key>(item)?.account_id))
            .collect();
        Ok((found?, next))
    }
}
