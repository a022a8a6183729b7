//! The pages of an answer, added up.

use std::collections::{BTreeMap, HashSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Deserialize)]
pub(super) struct Page {
    events: u64,
    differing: u64,
    kinds: BTreeMap<String, Beside<Counts>>,
    digests: Beside<HashSet<String>>,
    accounts: Vec<Account>,
    pub next: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Beside<T> {
    pub before: T,
    pub after: T,
}

#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Counts {
    pub told: u64,
    pub waiting: BTreeMap<String, u64>,
    pub skipped: BTreeMap<String, u64>,
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Account {
    pub account_id: String,
    pub customer_id: String,
    pub differing: u64,
    #[serde(flatten)]
    pub counts: Beside<Counts>,
}

#[derive(Debug, Default)]
pub(super) struct Answer {
    pub events: u64,
    pub differing: u64,
    pub kinds: BTreeMap<String, Beside<Counts>>,
    /// A digest that several pages name counts once.
    digests: Beside<HashSet<String>>,
    accounts: BTreeMap<String, Account>,
}

impl Answer {
    pub(super) fn add(&mut self, page: Page) {
        self.events += page.events;
        self.differing += page.differing;
        for (kind, counts) in page.kinds {
            self.kinds.entry(kind).or_default().add(counts);
        }
        self.digests.before.extend(page.digests.before);
        self.digests.after.extend(page.digests.after);
        for account in page.accounts {
            match self.accounts.get_mut(&account.account_id) {
                Some(known) => {
                    known.differing += account.differing;
                    known.counts.add(account.counts);
                }
                None => {
                    self.accounts.insert(account.account_id.clone(), account);
                }
            }
        }
    }

    pub(super) fn digests(&self) -> Beside<u64> {
        Beside {
            before: self.digests.before.len() as u64,
            after: self.digests.after.len() as u64,
        }
    }

    /// Returns the number of mails: digests, and single ones at once or after the quiet
    /// hours.
    pub(super) fn mails(&self) -> Beside<u64> {
        let mut mails = self.digests();
        for counts in self.kinds.values() {
            mails.before += counts.before.by_themselves();
            mails.after += counts.after.by_themselves();
        }
        mails
    }

    /// Returns the number of accounts with an event.
    pub(super) fn accounts(&self) -> usize {
        self.accounts.len()
    }

    /// Returns the accounts with differences, those with the most first.
    pub(super) fn differing_accounts(&self) -> Vec<&Account> {
        let mut accounts: Vec<&Account> = self
            .accounts
            .values()
            .filter(|account| account.differing > 0)
            .collect();
        accounts.sort_by_key(|account| std::cmp::Reverse(account.differing));
        accounts
    }

    pub(super) fn document(&self) -> Value {
        json!({
            "events": self.events,
            "differing": self.differing,
            "mails": self.mails(),
            "digests": self.digests(),
            "kinds": self.kinds,
            "accounts": self.accounts(),
            "differing_accounts": self.differing_accounts(),
        })
    }
}

impl Beside<Counts> {
    fn add(&mut self, other: Self) {
        self.before.add(other.before);
        self.after.add(other.after);
    }
}

impl Counts {
    fn add(&mut self, other: Counts) {
        self.told += other.told;
        for (sums, counts) in [
            (&mut self.waiting, other.waiting),
            (&mut self.skipped, other.skipped),
        ] {
            for (reason, count) in counts {
                *sums.entry(reason).or_default() += count;
            }
        }
    }

    fn by_themselves(&self) -> u64 {
        self.told + self.waiting.get("quiet-hours").copied().unwrap_or(0)
    }

    pub(super) fn all_waiting(&self) -> u64 {
        self.waiting.values().sum()
    }

    pub(super) fn all_skipped(&self) -> u64 {
        self.skipped.values().sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(told: u64, digests: &[&str]) -> Page {
        let counts = json!({
            "before": { "told": told, "waiting": {}, "skipped": {} },
            "after": { "told": 0, "waiting": { "digest": told, "quiet-hours": 1 }, "skipped": { "below-minimum": 1 } },
        });
        let mut account = counts.clone();
        account["account_id"] = json!("ACC-1");
        account["customer_id"] = json!("ana");
        account["differing"] = json!(told);
        let page = json!({
            "events": 2, "differing": told, "kinds": { "deposit": counts },
            "digests": { "before": [], "after": digests }, "accounts": [account], "next": null,
        });
        serde_json::from_value(page).unwrap()
    }

    #[test]
    fn pages_add_up_and_a_digest_of_two_pages_is_one_mail() {
        let mut answer = Answer::default();
        answer.add(page(3, &["one", "two"]));
        answer.add(page(4, &["two"]));
        let document = answer.document();
        assert_eq!(document["mails"], json!({ "before": 7, "after": 2 + 2 }));
        assert_eq!(
            document["kinds"]["deposit"]["after"]["waiting"],
            json!({ "digest": 7, "quiet-hours": 2 })
        );
        assert_eq!(document["differing_accounts"][0]["differing"], 7);
        assert_eq!(
            document["differing_accounts"][0]["after"]["skipped"],
            json!({ "below-minimum": 2 })
        );
    }
}
