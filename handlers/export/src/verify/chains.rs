//! The chain of each account, from where the manifest begins it to where it ends it.

use std::collections::BTreeMap;

use domain::chain::{self, ChainError};
use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::{AccountId, Commit, EventId, Head, Money, Version};

use super::{Place, Verified, broken};
use crate::manifest::{AccountEntry, Manifest};

pub struct Chains<'a> {
    said: BTreeMap<&'a AccountId, &'a AccountEntry>,
    read: BTreeMap<AccountId, Read>,
}

struct Read {
    head: Option<Head>,
    commits: u64,
}

impl<'a> Chains<'a> {
    pub fn new(manifest: &'a Manifest) -> Self {
        let entries = manifest.accounts.iter();
        Chains {
            said: entries.map(|entry| (&entry.account_id, entry)).collect(),
            read: BTreeMap::new(),
        }
    }

    /// The next commit of its account. After a broken link the walk goes on
    /// from what the commit says of itself, so that each break is told once.
    pub fn follow(&mut self, commit: &Commit, found: &mut Verified) {
        let said = &self.said;
        let read = self
            .read
            .entry(commit.account_id.clone())
            .or_insert_with(|| Read {
                head: (said.get(&commit.account_id)).and_then(|entry| entry.before.clone()),
                commits: 0,
            });
        read.commits += 1;
        match chain::follow(read.head.as_ref(), commit) {
            Ok(head) => read.head = Some(head),
            Err(error) => {
                let version = match &error {
                    // What is not there is named, not what stands behind it.
                    ChainError::Gap { expected, found } if found > expected => *expected,
                    ChainError::EventId(version) | ChainError::Decode(version, _) => *version,
                    _ => commit.first_version,
                };
                found.of_event(&commit.account_id, version, broken(&error));
                let last = read.head.as_ref().map_or(0, Head::version);
                if commit.last_version() > last {
                    read.head = Some(commit.head());
                }
            }
        }
    }

    /// Every chain ends where the manifest ends it.
    pub fn check_ends(&self, found: &mut Verified) {
        for (account, entry) in &self.said {
            let read = self.read.get(*account);
            let head = read.and_then(|read| read.head.as_ref());
            let last = head.map_or(entry.first_version() - 1, Head::version);
            if last < entry.last_version() {
                let detail = format!(
                    "is missing: the account's commits end at version {last}, and the manifest says {}",
                    entry.last_version()
                );
                found.of_event(account, last + 1, detail);
            } else if last > entry.last_version() {
                let detail = format!(
                    "is not in the manifest, which ends the account at version {}",
                    entry.last_version()
                );
                found.of_event(account, entry.last_version() + 1, detail);
            } else if head != Some(&entry.head) {
                let detail = "is not the end of the chain that the manifest has";
                found.of_event(account, last, detail);
            }
            let commits = read.map_or(0, |read| read.commits);
            if commits != entry.commits {
                let detail = format!(
                    "says {} commits of account {account}, and the files have {commits}",
                    entry.commits
                );
                found.problem(Place::Manifest, detail);
            }
        }
        for account in self.read.keys() {
            if !self.said.contains_key(account) {
                found.of_event(
                    account,
                    1,
                    "is of an account that the manifest does not have",
                );
            }
        }
    }

    pub fn balances(&self) -> impl Iterator<Item = Money> + '_ {
        let heads = self.read.values().filter_map(|read| read.head.as_ref());
        heads.map(|head| head.account.balance)
    }

    /// Whether this event is in the export, or follows from one that is.
    pub fn has(&self, account: &str, event: &str, version: Version) -> bool {
        let (Ok(account), Ok(event)) = (account.parse::<AccountId>(), event.parse::<EventId>())
        else {
            return false;
        };
        let own = EventId::new(&account, version);
        (event == own || event == own.derived(ACCOUNT_OVERDRAWN))
            && self.said.get(&account).is_some_and(|entry| {
                (entry.first_version()..=entry.last_version()).contains(&version)
            })
    }
}
