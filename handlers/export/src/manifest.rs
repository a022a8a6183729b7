//! What an export holds: its files, its counts, its sums, and where the chain
//! of each account ends.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{AccountId, Commit, Hash, Head, Money, Version};
use serde::{Deserialize, Serialize};

use crate::error::{ExportError, Result, at};
use crate::file::Format;
use crate::table::Table;
use crate::totals::ControlTotals;

/// The manifest's own form. Another one is not read.
pub const MANIFEST_VERSION: u32 = 1;
pub const MANIFEST: &str = "manifest.json";

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub manifest_version: u32,
    pub format: Format,
    /// The program that wrote it last.
    pub written_by: String,
    /// Every commit recorded in between is in the files, and those before `from`
    /// are not.
    pub covered: Covered,
    pub events: u64,
    pub commits: u64,
    pub decisions: u64,
    pub notifications: u64,
    pub control_totals: ControlTotals,
    /// Counts the files that were ever begun, so that no name comes twice.
    pub parts: u64,
    pub files: Vec<FileEntry>,
    pub accounts: Vec<AccountEntry>,
}

/// By recorded time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// Inclusive; from the first, where there is none.
    pub from: Option<DateTime<Utc>>,
    /// Exclusive; nothing yet, where there is none.
    pub to: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Below the export's folder, with `/`.
    pub path: String,
    pub table: Table,
    /// The day of recording (UTC) of all its rows.
    pub day: Option<NaiveDate>,
    pub rows: u64,
    pub bytes: u64,
    pub sha256: Hash,
}

/// An account's part of the export: a piece of its chain without a gap.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    pub account_id: AccountId,
    pub commits: u64,
    /// Where the chain stood before the first exported commit; nothing, where
    /// the account begins within the export.
    pub before: Option<Head>,
    /// Where the exported chain ends.
    pub head: Head,
}

impl AccountEntry {
    pub fn first_version(&self) -> Version {
        self.before.as_ref().map_or(0, Head::version) + 1
    }

    pub fn last_version(&self) -> Version {
        self.head.version()
    }

    /// With its first commit, which follows from `before`.
    pub(crate) fn begin(before: Option<Head>, commit: &Commit) -> Self {
        AccountEntry {
            account_id: commit.account_id.clone(),
            commits: 1,
            before,
            head: commit.head(),
        }
    }

    pub fn balance(&self) -> Money {
        self.head.account.balance
    }
}

impl Manifest {
    pub(crate) fn new(format: Format, from: Option<DateTime<Utc>>) -> Self {
        Manifest {
            manifest_version: MANIFEST_VERSION,
            format,
            written_by: String::new(),
            covered: Covered { from, to: None },
            events: 0,
            commits: 0,
            decisions: 0,
            notifications: 0,
            control_totals: ControlTotals::new(),
            parts: 0,
            files: Vec::new(),
            accounts: Vec::new(),
        }
    }

    /// The manifest of an export; `None` where nothing was exported yet.
    ///
    /// # Errors
    /// Where there is one that cannot be read.
    pub fn of_folder(root: &Path) -> Result<Option<Self>> {
        let path = root.join(MANIFEST);
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(path)(error)),
        };
        match Manifest::read(&bytes) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(reason) => Err(ExportError::File { path, reason }),
        }
    }

    /// # Errors
    /// Where it is not a manifest of this version.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versioned {
            manifest_version: u32,
        }
        // What says something twice says it differently to different readers.
        let read = domain::json::read(bytes).map_err(|error| format!("it is {error}"))?;
        let Versioned { manifest_version } =
            serde_json::from_value(read).map_err(|error| error.to_string())?;
        if manifest_version != MANIFEST_VERSION {
            return Err(format!(
                "it has version {manifest_version}, and this program reads {MANIFEST_VERSION}"
            ));
        }
        serde_json::from_slice(bytes).map_err(|error| error.to_string())
    }
}
