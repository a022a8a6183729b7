use async_trait::async_trait;
use domain::{AccountId, CustomerId, EventId};

use crate::error::Result;

/// The index of the accounts in the read model.
///
/// [`ReadModel::save`](super::ReadModel::save) keeps it. Its reads follow about a second after the row, which follows after the
/// commit; rows that an older version wrote are missing until they are written again.
#[async_trait]
pub trait AccountIndex: Send + Sync {
    /// Reads a page of the accounts that are found so, and the cursor of the next page.
    async fn find(
        &self,
        by: &AccountLookup,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountId>, Option<String>)>;
}

/// What accounts are found by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountLookup {
    /// The whole id, [folded](AccountId::folded).
    Id(String),
    /// The last [`ENDING_CHARS`] letters and digits of the id, folded; all of a shorter id.
    Ending(String),
    /// An event of the account.
    Event(EventId),
    /// The account's holder.
    Customer(CustomerId),
}

/// Letters and digits at the end of an id by which accounts are found: as many as mails and cards show. Stored.
pub const ENDING_CHARS: usize = 4;

/// Returns the end of a folded id by which its account is found.
#[must_use]
pub fn ending_of(folded: &str) -> &str {
    let start = folded.len().saturating_sub(ENDING_CHARS);
    folded.get(start..).unwrap_or(folded)
}

impl AccountLookup {
    /// Whether an account is found by it.
    #[must_use]
    pub fn finds(&self, account: &AccountId, holder: Option<&CustomerId>) -> bool {
        let folded = account.folded();
        match self {
            AccountLookup::Id(id) => *id == folded,
            AccountLookup::Ending(ending) => ending_of(&folded) == ending,
            AccountLookup::Event(event) => event.version_in(account).is_some(),
            AccountLookup::Customer(customer) => holder == Some(customer),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ending_has_four_characters_or_all_of_a_shorter_id() {
        assert_eq!(ending_of("DE89370400446828"), "6828");
        assert_eq!(ending_of("ACC1"), "ACC1");
        assert_eq!(ending_of("A"), "A");
    }
}
