//! The use cases of Ledgerbell, their ports, and the HTTP API.
//!
//! # Tour
//!
//! An event passes through four use cases:
//!
//! 1. [`append::Appender`] records a request's events as one commit, once for its idempotency key.
//! 2. [`project::Projector`] applies the commit to the read model and publishes its events.
//! 3. [`notify::Notifier`] decides which notifications an event leads to, and sends each once. Its heartbeat resumes those
//!    that waited.
//! 4. [`feedback::Feedback`] records the mail provider's reports.
//!
//! [`schedule::Scheduler`] appends operations when they are due. [`redrive::Redriver`] and [`replay::Replayer`] are for
//! operators; [`query::Queries`], [`customers::CustomerService`] and [`unsubscribe::Unsubscriber`] are for the API, which is
//! [`http::router`].
//!
//! Use cases depend on [`ports`] only, and each has just the ports that it needs: a replay has no mailer.
//! [`composition::Composition`] builds all of them from the ports of a program. [`Error`] sorts failures by what the caller can
//! do. The rules are in `domain`.
//!
//! # Send a notification with a mailer of your own
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use async_trait::async_trait;
//! use domain::{IntegrationEvent, NotificationId};
//! use handlers::composition::Composition;
//! use handlers::notify::Notifier;
//! use handlers::ports::{Mail, Mailer, Outcome, SendFailure};
//! use world::{World, account};
//!
//! /// A mailer that keeps its mails.
//! #[derive(Default)]
//! struct Outbox(Mutex<Vec<Mail>>);
//!
//! #[async_trait]
//! impl Mailer for Outbox {
//!     async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
//!         mail.check()?;
//!         let mut mails = self.0.lock().expect("no sender panics");
//!         mails.push(mail.clone());
//!         Ok(format!("message-{}", mails.len()))
//!     }
//!
//!     async fn outcome(&self, _: NotificationId, _attempt: u32) -> Outcome {
//!         Outcome::Unknowable
//!     }
//! }
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! // `tests/world` has all ports in memory. Here they have a customer, and an account with a deposit.
//! let world = World::default();
//! world.customer_with("ana@example.com", serde_json::json!({})).await;
//! let commits = world.account_with(&account(1), &["125.50"]).await;
//! let deposit = &IntegrationEvent::of_commit(&commits[1])?[0];
//!
//! let outbox = Arc::new(Outbox::default());
//! let notifier = Notifier { mailer: outbox.clone(), ..world.notifier() };
//! notifier.notify(deposit).await?;
//! // The bus may deliver an event twice. The mail is sent once.
//! notifier.notify(deposit).await?;
//!
//! let mails = outbox.0.lock().expect("no sender panics");
//! assert_eq!(mails.len(), 1);
//! assert!(mails[0].subject.contains("€125.50"), "{}", mails[0].subject);
//! # Ok(())
//! # }
//! ```

#![cfg_attr(not(test), warn(clippy::wildcard_enum_match_arm))]

pub mod append;
pub mod composition;
mod contention;
pub mod customers;
pub mod dead_letter;
pub mod error;
pub mod feedback;
pub mod http;
pub mod keyring;
pub mod mail_code;
pub mod notify;
pub mod ports;
pub mod project;
pub mod query;
pub mod redrive;
pub mod replay;
pub mod rotate;
pub mod schedule;
pub mod search;
pub mod suppressions;
pub mod telemetry;
pub mod unsubscribe;
pub mod verify;

pub use error::{Error, Result};
