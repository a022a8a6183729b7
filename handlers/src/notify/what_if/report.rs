//! The report of a what-if.

use std::collections::{BTreeMap, BTreeSet};

use domain::notification::{Kind, Verdict, WaitReason};
use domain::{AccountId, CustomerId, IntegrationEvent, NotificationId};
use serde::Serialize;

use super::Verdicts;

/// One page of the answer. Sum the counts over all pages, and unite the sets of digests.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// The evaluated events, including derived ones.
    pub events: u64,
    /// The decisions (an event, a kind, a recipient) that differ.
    pub differing: u64,
    /// The counts by kind.
    pub kinds: BTreeMap<Kind, Beside<Counts>>,
    /// The digests of the notifications that wait for one. Each is one mail, even if it continues on the next page.
    pub digests: Beside<BTreeSet<NotificationId>>,
    /// The counts by account.
    #[serde(serialize_with = "rows")]
    pub accounts: BTreeMap<AccountId, AccountReport>,
}

/// A value by the preferences in force at the time, and by the assumed ones.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Beside<T> {
    /// By the preferences in force at the time.
    pub before: T,
    /// By the assumed preferences.
    pub after: T,
}

/// The number of notifications by their verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Sent immediately, each as one mail.
    pub told: u64,
    /// Sent later, by the reason of the wait.
    pub waiting: BTreeMap<&'static str, u64>,
    /// Skipped, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
}

/// The report of one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    /// The account.
    pub account_id: AccountId,
    /// The account's holder.
    pub customer_id: CustomerId,
    /// The decisions that differ.
    pub differing: u64,
    /// The account's counts.
    #[serde(flatten)]
    pub counts: Beside<Counts>,
}

fn rows<S: serde::Serializer>(
    accounts: &BTreeMap<AccountId, AccountReport>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(accounts.values())
}

impl Report {
    pub(super) fn add(&mut self, event: &IntegrationEvent, before: &Verdicts, after: &Verdicts) {
        let considered: BTreeSet<_> = before.keys().chain(after.keys()).collect();
        let differing = considered
            .iter()
            .filter(|what| before.get(what) != after.get(what))
            .count() as u64;
        self.events += 1;
        self.differing += differing;
        let account_id = &event.metadata.account_id;
        let customer_id = &event.customer_id;
        let account = self
            .accounts
            .entry(account_id.clone())
            .or_insert_with(|| AccountReport {
                account_id: account_id.clone(),
                customer_id: customer_id.clone(),
                differing: 0,
                counts: Beside::default(),
            });
        account.differing += differing;
        let digest = |verdict: &Verdict| match verdict {
            Verdict::Wait {
                reason: WaitReason::Digest(digest),
                ..
            } => Some(*digest),
            Verdict::Send | Verdict::Wait { .. } | Verdict::Skip(_) => None,
        };
        for (what, verdict) in before {
            account.counts.before.count(*verdict);
            let kind = self.kinds.entry(what.0).or_default();
            kind.before.count(*verdict);
            self.digests.before.extend(digest(verdict));
        }
        for (what, verdict) in after {
            account.counts.after.count(*verdict);
            let kind = self.kinds.entry(what.0).or_default();
            kind.after.count(*verdict);
            self.digests.after.extend(digest(verdict));
        }
    }
}

impl Counts {
    fn count(&mut self, verdict: Verdict) {
        let count = match verdict {
            Verdict::Send => &mut self.told,
            Verdict::Wait { reason, .. } => self.waiting.entry(reason.as_str()).or_default(),
            Verdict::Skip(reason) => self.skipped.entry(reason.as_str()).or_default(),
        };
        *count += 1;
    }
}
