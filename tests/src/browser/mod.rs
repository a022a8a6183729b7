//! A headless Chromium, driven over its own protocol (CDP).
//!
//! The protocol is JSON over a WebSocket, and of its hundreds of calls a dozen
//! are needed here. The crates that have them all take a minute to compile.

mod chromium;
mod devtools;
mod hands;
mod keyboard;
mod page;

pub use chromium::Chromium;
pub use page::{Page, Screen};
