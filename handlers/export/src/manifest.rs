//! The manifest of an export: its files, counts and sums, and the end of each
//! account's chain.

use std::path::Path;

use chrono::{DateTime, NaiveDate, Utc};
use domain::{AccountId, Commit, Hash, Head, Money, Version};
use serde::{Deserialize, Serialize};

use crate::error::{ExportError, Result, at};
use crate::file::Format;
use crate::table::Table;
use crate::totals::ControlTotals;

/// The version of the manifest's schema. Other versions are refused.
pub const MANIFEST_VERSION: u32 = 1;
/// The manifest's file name.
pub const MANIFEST: &str = "manifest.json";

/// The contents of an export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the schema: [`MANIFEST_VERSION`].
    pub manifest_version: u32,
    /// The format of all files.
    pub format: Format,
    /// The program that wrote it last.
    pub written_by: String,
    /// The range of recorded times. Every commit in it is exported, and none
    /// before it.
    pub covered: Covered,
    /// The number of events.
    pub events: u64,
    /// The number of commits.
    pub commits: u64,
    /// The number of decisions.
    pub decisions: u64,
    /// The number of notifications.
    pub notifications: u64,
    /// The sums by currency.
    pub control_totals: ControlTotals,
    /// The number of files ever begun, which keeps their names unique.
    pub parts: u64,
    /// The files.
    pub files: Vec<FileEntry>,
    /// The accounts.
    pub accounts: Vec<AccountEntry>,
}

/// A range of recorded times.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// The inclusive beginning, or `None` for the first commit.
    pub from: Option<DateTime<Utc>>,
    /// The exclusive end, or `None` if nothing was exported yet.
    pub to: Option<DateTime<Utc>>,
}

/// A file of the export.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// The path below the export's folder, with `/`.
    pub path: String,
    /// The table of its rows.
    pub table: Table,
    /// The day (UTC) on which its rows were recorded; `None` for a snapshot.
    pub day: Option<NaiveDate>,
    /// The number of rows.
    pub rows: u64,
    /// The size.
    pub bytes: u64,
    /// The SHA-256 of its content.
    pub sha256: Hash,
}

/// An account's part of the export: a contiguous part of its chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AccountEntry {
    /// The account.
    pub account_id: AccountId,
    /// The number of exported commits.
    pub commits: u64,
    /// The chain's head before the first exported commit, or `None` if the
    /// account begins within the export.
    pub before: Option<Head>,
    /// The exported chain's head.
    pub head: Head,
}

impl AccountEntry {
    /// Returns the first exported version.
    pub fn first_version(&self) -> Version {
        self.before.as_ref().map_or(0, Head::version) + 1
    }

    /// Returns the last exported version.
    pub fn last_version(&self) -> Version {
        self.head.version()
    }

    /// Returns the entry after its first commit, which follows `before`.
    pub(crate) fn begin(before: Option<Head>, commit: &Commit) -> Self {
        AccountEntry {
            account_id: commit.account_id.clone(),
            commits: 1,
            before,
            head: commit.head(),
        }
    }

    /// Returns the balance at the exported chain's end.
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

    /// Reads the manifest of a folder. Returns `None` if nothing was exported
    /// yet.
    ///
    /// # Errors
    /// - `Io`: the file cannot be read; a retry may help.
    /// - `File`: it is not a manifest of this version.
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

    /// Reads a manifest.
    ///
    /// # Errors
    /// The bytes are not a manifest of this version; the message says why.
    pub fn read(bytes: &[u8]) -> Result<Self, String> {
        #[derive(Deserialize)]
        struct Versioned {
            manifest_version: u32,
        }
        // Duplicate members are refused: readers disagree on which one counts.
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
