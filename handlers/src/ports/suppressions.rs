use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::NotificationId;
use domain::email::AddressHash;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// The addresses that get no mail any more, because their server said that
/// they do not exist, or their owner that a mail was spam. Only hashes of them
/// are kept.
#[async_trait]
pub trait Suppressions: Send + Sync {
    /// Why nothing is sent to this address; `None` when mail may be sent.
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>>;

    /// Suppresses the address, unless a later event did so before, or it was
    /// lifted after this one: the same event may be told twice.
    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()>;

    /// Lets mails through again; what happened before `at` counts no more.
    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()>;
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    pub reason: SuppressionReason,
    /// When the provider learnt of it.
    pub at: DateTime<Utc>,
    /// The notification whose mail brought it to light.
    pub notification_id: NotificationId,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionReason {
    /// The receiving server says for good that it does not take mail for it.
    PermanentBounce,
    /// The customer has marked a mail as spam.
    Complaint,
}
