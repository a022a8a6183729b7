use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::NotificationId;
use domain::email::AddressHash;
use serde::{Deserialize, Serialize};

use crate::error::Result;

/// The suppressed addresses, which get no mail: their server bounced a mail permanently, or their owner marked one as spam.
/// Only hashes of the addresses are stored.
#[async_trait]
pub trait Suppressions: Send + Sync {
    /// Reads the suppression of this address, consistently; `None` if mail may be sent.
    async fn get(&self, address: &AddressHash) -> Result<Option<Suppression>>;

    /// Suppresses the address, unless a later report already did, or the suppression was lifted after this one. Idempotent.
    async fn add(&self, address: &AddressHash, suppression: &Suppression) -> Result<()>;

    /// Lifts the suppression: reports from before `at` have no effect any more. Idempotent.
    async fn lift(&self, address: &AddressHash, at: DateTime<Utc>) -> Result<()>;
}

/// Why an address is suppressed, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Suppression {
    /// The reason.
    pub reason: SuppressionReason,
    /// The time of the report, by the provider's clock.
    pub at: DateTime<Utc>,
    /// The notification whose mail led to the report.
    pub notification_id: NotificationId,
}

/// The reason of a suppression. The names are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SuppressionReason {
    /// The receiving server reported permanently that it takes no mail for the address.
    PermanentBounce,
    /// The customer has marked a mail as spam.
    Complaint,
}
