//! The ports on one machine, and the triggers that AWS provides in the cloud:
//! a stream poller, a rule matcher, an asynchronous invoker, dead letters, a
//! mailbox. It runs these handlers and is no emulator of AWS for others.

mod bus;
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
pub use engine::{Engine, tables};
pub use folder::FolderError;
pub use keys::KeysError;
pub use mailbox::{Condition, Mailbox, StoredAttachment, StoredMail};
pub use pipeline::{HEARTBEAT, Pipeline, Settings, StartError};
