//! The history as files for analysts, and the proof of it.
//!
//! [`Exporter`] takes commits in recorded order and writes each event once,
//! over as many runs as it takes, with a [`Manifest`] that says what is there.
//! [`verify`] reads an export back, alone with its files, and finds what was
//! changed. Where commits come from is the caller's business.

mod digest;
mod error;
mod exporter;
pub mod file;
mod folder;
mod manifest;
pub mod rows;
pub mod table;
mod totals;
pub mod value;
mod verify;
pub mod walk;

pub use error::{ExportError, Result};
pub use exporter::{Exported, Exporter, Snapshot, Start, Taken};
pub use file::Format;
pub use manifest::{AccountEntry, Covered, FileEntry, MANIFEST, MANIFEST_VERSION, Manifest};
pub use table::Table;
pub use totals::{ControlTotals, CurrencyTotals, Sum};
pub use verify::{Place, Problem, Verified, verify};
