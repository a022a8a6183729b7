//! The account's limits as SES reports them: its rate, its quota of 24 hours, and whether it may send at all.

use std::time::{Duration, Instant};

use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::error::ProvideErrorMetadata;

/// How long an answer is used. AWS raises rates and counts sends slowly, and one call a process in this time is far below the
/// limit of `GetAccount` (1 a second for the account).
const FRESH_FOR: Duration = Duration::from_secs(5 * 60);
/// The pause after a failed call: soon, but not with every mail.
const AGAIN_AFTER: Duration = Duration::from_secs(60);
/// The time for an answer, for which a mail waits. All its waits together are shorter than the lease.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The part of a day's quota that is reserved for security mails.
const RESERVE_PERCENT: u64 = 5;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Account {
    pub(super) sending_enabled: bool,
    /// Mails a second.
    pub(super) rate: u64,
    /// Mails in 24 hours; `None`: no limit.
    pub(super) quota: Option<u64>,
    /// Mails in the last 24 hours.
    pub(super) sent: u64,
}

/// Used until SES answers: the rate of a new account outside the sandbox. If it is too high, SES refuses the mails that
/// exceed its rate, and such a refusal is certain.
impl Default for Account {
    fn default() -> Self {
        Account {
            sending_enabled: true,
            rate: 14,
            quota: None,
            sent: 0,
        }
    }
}

impl Account {
    pub(super) fn quota_is_nearly_used(&self) -> bool {
        self.quota
            .is_some_and(|quota| self.sent >= quota - quota * RESERVE_PERCENT / 100)
    }
}

#[derive(Debug, Default)]
pub(super) struct AccountCache {
    latest: Account,
    due_at: Option<Instant>,
}

impl AccountCache {
    pub(super) fn is_due(&self, now: Instant) -> bool {
        self.due_at.is_none_or(|due_at| due_at <= now)
    }

    /// Keeps the answer; without one, the previous answer stays.
    pub(super) fn note(&mut self, found: Option<Account>, now: Instant) {
        self.due_at = Some(
            now + if found.is_some() {
                FRESH_FOR
            } else {
                AGAIN_AFTER
            },
        );
        self.latest = found.unwrap_or(self.latest);
    }

    /// Forgets the answer, so that the next mail asks again.
    pub(super) fn forget(&mut self) {
        *self = AccountCache::default();
    }

    pub(super) fn latest(&self) -> Account {
        self.latest
    }
}

/// Asks SES. Returns `None`, which stops no mail, if it does not answer.
pub(super) async fn ask(client: &Client) -> Option<Account> {
    let asked = tokio::time::timeout(TIMEOUT, client.get_account().send()).await;
    let answer = match asked {
        Ok(Ok(answer)) => answer,
        Ok(Err(error)) => {
            let code = error
                .as_service_error()
                .and_then(ProvideErrorMetadata::code);
            tracing::warn!(code, "SES does not tell the account's sending rate");
            return None;
        }
        Err(_) => {
            tracing::warn!("SES does not tell the account's sending rate in time");
            return None;
        }
    };
    let quota = answer.send_quota()?;
    // Whole numbers in a floating-point field; -1 means that there is no limit.
    let whole = |number: f64| {
        if number >= 0.0 {
            Some(number as u64)
        } else {
            None
        }
    };
    Some(Account {
        sending_enabled: answer.sending_enabled(),
        rate: whole(quota.max_send_rate()).unwrap_or(u64::MAX).max(1),
        quota: whole(quota.max24_hour_send()),
        sent: whole(quota.sent_last24_hours()).unwrap_or(0),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_twentieth_of_a_days_quota_is_kept() {
        let used = |sent, quota| {
            let account = Account {
                sent,
                quota,
                ..Account::default()
            };
            account.quota_is_nearly_used()
        };
        assert!(!used(189, Some(200)));
        assert!(used(190, Some(200)));
        assert!(used(0, Some(0)));
        assert!(!used(u64::MAX, None));
    }

    #[test]
    fn the_account_is_asked_for_now_and_then_and_what_was_known_stays() {
        let (mut cache, now) = (AccountCache::default(), Instant::now());
        assert!(cache.is_due(now));
        let found = Account {
            rate: 50,
            ..Account::default()
        };
        cache.note(Some(found), now);
        assert!(!cache.is_due(now + FRESH_FOR - Duration::from_secs(1)));
        assert!(cache.is_due(now + FRESH_FOR));
        cache.note(None, now + FRESH_FOR);
        assert_eq!(cache.latest(), found);
        assert!(cache.is_due(now + FRESH_FOR + AGAIN_AFTER));
    }
}
