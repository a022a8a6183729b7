//! The chain of each account, from its beginning to its end in the manifest.

use std::collections::BTreeMap;

use domain::chain::{self, ChainError};
use domain::integration_event::ACCOUNT_OVERDRAWN;
use domain::{AccountId, Commit, EventId, Head, Money, Version};

use super::{Place, Verified, broken};
use crate::manifest::{AccountEntry, Manifest};

pub(super) struct Chains<'a> {
    said: BTreeMap<&'a AccountId, &'a AccountEntry>,
    read: BTreeMap<AccountId, Read>,
}

struct Read {
    head: Option<Head>,
    commits: u64,
}

impl<'a> Chains<'a> {
    pub(super) fn new(manifest: &'a Manifest) -> Self {
        let entries = manifest.accounts.iter();
        Chains {
            said: entries.map(|entry| (&entry.account_id, entry)).collect(),
            read: BTreeMap::new(),
        }
    }

    /// Checks the next commit of an account. After a broken link it continues
    /// from the commit's own claims, so that each break is reported once.
    pub(super) fn follow(&mut self, commit: &Commit, found: &mut Verified) {
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
                    // The missing version is named, not the one after it.
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

    /// Checks that every chain ends where the manifest says.
    pub(super) fn check_ends(&self, found: &mut Verified) {
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
                let detail = "is not the end of the chain according to the manifest";
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
                    "belongs to an account that is not in the manifest",
                );
            }
        }
    }

    pub(super) fn balances(&self) -> impl Iterator<Item = Money> + '_ {
        let heads = self.read.values().filter_map(|read| read.head.as_ref());
        heads.map(|head| head.account.balance)
    }

    /// Whether the export contains this event, or the one that it is derived from.
    pub(super) fn has(&self, account: &str, event: &str, version: Version) -> bool {
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
