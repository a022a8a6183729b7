//! The ports of `handlers` on the AWS SDK. No other crate names a type of the SDK.
//!
//! By default there is only DynamoDB, which one machine needs too: an engine behind [`InProcess`] answers the SDK's
//! requests there, and [`Dynamo::in_process`] makes the client. The feature `cloud` adds the other services: EventBridge,
//! SES, SQS, S3 and Secrets Manager.
//!
//! Every client has its timeouts (`timeouts.rs`) and its retries, and all of the SDK's errors become [`handlers::Error`]s:
//! `Retryable` if the request had no effect, `Unknown` if it may have had one, `Permanent` if a retry cannot help.
//!
//! ```
//! use std::sync::Arc;
//!
//! use async_trait::async_trait;
//! use aws::{Answer, Dynamo, DynamoReadModel, InProcess, Tables, Unanswered};
//! use handlers::ports::ReadModel;
//!
//! /// An engine whose tables are empty.
//! #[derive(Debug)]
//! struct Empty;
//!
//! #[async_trait]
//! impl InProcess for Empty {
//!     async fn answer(&self, operation: &str, _request: &[u8]) -> Result<Answer, Unanswered> {
//!         assert_eq!(operation, "GetItem");
//!         Ok(Answer { status: 200, body: b"{}".to_vec() })
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> handlers::Result<()> {
//! let tables = Tables { balances: "balances".to_owned(), ..Tables::default() };
//! let dynamo = Dynamo::in_process(Empty, tables);
//! let balances = DynamoReadModel(dynamo.clone());
//! let account = "ACC-1".parse().expect("an account id");
//! assert!(balances.load(&account).await?.is_none());
//! assert_eq!(dynamo.meter.requests(), 1);
//! # Ok(())
//! # }
//! ```

mod account_index;
#[cfg(feature = "cloud")]
mod bus;
pub mod client;
mod customer_index;
mod customers;
#[cfg(feature = "cloud")]
mod dead_letters;
mod error;
mod event_store;
mod in_process;
mod item;
#[cfg(feature = "cloud")]
mod keys;
#[cfg(feature = "cloud")]
mod mailer;
pub mod meter;
mod notifications;
#[cfg(feature = "cloud")]
mod objects;
mod put;
mod read_model;
mod replays;
mod schedules;
#[cfg(feature = "cloud")]
mod secret_versions;
pub mod stream;
mod suppressions;
mod tables;
mod timeouts;
mod transaction;
mod whole_times;

/// Region, credentials and HTTP client, which all clients share; see [`client::shared_config`].
#[cfg(feature = "cloud")]
pub use aws_config::SdkConfig as SharedConfig;
#[cfg(feature = "cloud")]
pub use bus::EventBridge;
pub use client::Dynamo;
pub use customers::DynamoCustomers;
#[cfg(feature = "cloud")]
pub use dead_letters::SqsDeadLetters;
pub use event_store::DynamoEventStore;
pub use in_process::{Answer, InProcess, Unanswered};
#[cfg(feature = "cloud")]
pub use keys::SecretKeys;
#[cfg(feature = "cloud")]
pub use mailer::Ses;
pub use meter::{Consumed, Meter};
pub use notifications::DynamoNotifications;
#[cfg(feature = "cloud")]
pub use objects::Bucket;
pub use read_model::DynamoReadModel;
pub use replays::DynamoReplays;
pub use schedules::DynamoSchedules;
#[cfg(feature = "cloud")]
pub use secret_versions::{ManagedSecrets, RandomSecrets};
pub use suppressions::DynamoSuppressions;
pub use tables::Tables;
