//! What came of it, counted.

use std::collections::{BTreeMap, BTreeSet};

use domain::notification::{Kind, Verdict, WaitReason};
use domain::{AccountId, CustomerId, IntegrationEvent, NotificationId};
use serde::Serialize;

use super::Verdicts;

/// One page of the answer. Everything in it can be added up over pages, but
/// for the digests: of those, the set is what is to be united.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Events that were evaluated, those derived included.
    pub events: u64,
    /// Decisions (an event, a kind, a recipient) that come out otherwise.
    pub differing: u64,
    pub kinds: BTreeMap<Kind, Beside<Counts>>,
    /// The digests that what waits for one goes into: each is one mail, also
    /// where it goes on behind this page.
    pub digests: Beside<BTreeSet<NotificationId>>,
    #[serde(serialize_with = "rows")]
    pub accounts: BTreeMap<AccountId, AccountReport>,
}

/// By the preferences of then, and by the others.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Beside<T> {
    pub before: T,
    pub after: T,
}

/// Notifications, by what becomes of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// At once, each a mail.
    pub told: u64,
    /// Later, by what they wait for.
    pub waiting: BTreeMap<&'static str, u64>,
    /// Never, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AccountReport {
    pub account_id: AccountId,
    pub customer_id: CustomerId,
    pub differing: u64,
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
