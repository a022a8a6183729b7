//! The whole pipeline on one machine and one folder.
//!
//! It implements the ports, and the triggers that AWS provides in the cloud: a
//! stream poller, a rule matcher, an asynchronous invoker, dead letters and a
//! mailbox. It runs these handlers only and is not a general emulator of AWS.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use embedded::{HEARTBEAT, Pipeline, Settings};
//! use handlers::ports::SystemClock;
//!
//! # async fn serve() -> Result<(), Box<dyn std::error::Error>> {
//! let settings = Settings {
//!     data_dir: "ledgerbell-data".into(),
//!     bank_name: "Banque du Lac".to_owned(),
//!     mail_from: "no-reply@bank.example".to_owned(),
//!     heartbeat: HEARTBEAT,
//!     public_url: "http://127.0.0.1:8080/v1".to_owned(),
//!     clock: Arc::new(SystemClock),
//! };
//! let pipeline = Pipeline::start(&settings).await?;
//! // `pipeline.api` answers requests; the mails arrive here.
//! let mails = pipeline.mailbox.inbox(None, None).await?;
//! pipeline.stop().await;
//! # Ok(())
//! # }
//! ```

mod bus;
mod changes;
mod composition;
mod damage;
mod dead_letters;
mod durable;
mod engine;
mod erasure;
mod folder;
mod heartbeat;
mod in_process;
mod invoker;
mod keys;
mod mail_events;
mod mailbox;
mod moment;
mod noted_time;
pub mod pattern;
mod pipeline;
mod poller;
mod template;
mod threads;
mod wiping;

pub use damage::DamageError;
pub use engine::{Engine, EngineError, table_requests, tables};
pub use folder::FolderError;
pub use keys::KeysError;
pub use mailbox::{
    Condition, MailPage, MailSelection, MailSummary, Mailbox, StoredAttachment, StoredMail,
};
pub use pipeline::{HEARTBEAT, Pipeline, Settings, StartError};
pub use template::TemplateError;
