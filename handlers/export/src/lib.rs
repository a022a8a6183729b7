//! The history as files for analysts, and the verification of these files.
//!
//! [`Exporter`] takes commits in recorded order and writes each event once, in
//! any number of runs, with a [`Manifest`] that lists the files. [`verify()`]
//! reads an export back without any other source and finds every change. The
//! caller supplies the commits; [`walk`] reads them page by page.
//!
//! ```
//! use chrono::{DateTime, Utc};
//! use domain::Commit;
//! use export::{Exporter, Format, Result, verify};
//! use std::path::Path;
//!
//! fn export(folder: &Path, commits: &[Commit], until: DateTime<Utc>) -> Result<u64> {
//!     let mut exporter = Exporter::open(folder, Some(Format::Csv), None)?;
//!     for commit in commits {
//!         exporter.take(commit)?;
//!     }
//!     Ok(exporter.finish(until, None)?.written)
//! }
//!
//! # let folder = std::env::temp_dir().join(format!("ledgerbell-export-{}", std::process::id()));
//! assert_eq!(export(&folder, &[], DateTime::UNIX_EPOCH)?, 0);
//! assert!(verify(&folder, &mut |_| ())?.is_valid());
//!
//! // A file that no manifest names is one of the changes that are found.
//! std::fs::create_dir(folder.join("events"))?;
//! std::fs::write(folder.join("events/part-7.csv"), "forged")?;
//! let found = verify(&folder, &mut |_| ())?;
//! assert_eq!(found.problems[0].detail, "is not in the manifest");
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

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
