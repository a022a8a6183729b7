//! The ports on the AWS SDK. Nothing of the SDK is named outside of here.

#[cfg(feature = "cloud")]
mod bus;
pub mod client;
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

/// Region and credentials, as all clients share them.
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
