//! The folder of an export.
//!
//! Files appear in it complete and under unique names, and count once the
//! manifest names them. Only their owner may read them, because they hold
//! people's balances and payments.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use chrono::NaiveDate;

use crate::digest::Hashing;
use crate::error::{ExportError, Result, at};
use crate::file::{Format, RowWriter, WriteError};
use crate::manifest::{FileEntry, MANIFEST, Manifest};
use crate::table::Table;
use crate::value::Row;

/// The suffix of a file that is being written.
const UNFINISHED: &str = ".unfinished";
const LOCK: &str = ".lock";

#[derive(Debug)]
pub(crate) struct Folder {
    root: PathBuf,
    /// Held while this lives: two concurrent exports would write events twice.
    _lock: File,
}

impl Folder {
    /// Creates the folder if it is missing, and locks it for this process.
    pub(crate) fn open(root: &Path) -> Result<Self> {
        private::create_dir_all(root).map_err(at(root))?;
        let path = root.join(LOCK);
        let lock = private::create(&path).map_err(at(&path))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                return Err(ExportError::Refused(format!(
                    "another export is writing to {}",
                    root.display()
                )));
            }
            Err(fs::TryLockError::Error(error)) => return Err(at(&path)(error)),
        }
        Ok(Folder {
            root: root.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn manifest_path(&self) -> PathBuf {
        self.root.join(MANIFEST)
    }

    /// Replaces the manifest atomically.
    pub(crate) fn save(&self, manifest: &Manifest) -> Result<()> {
        let (path, unfinished) = (
            self.manifest_path(),
            self.root.join(format!("{MANIFEST}{UNFINISHED}")),
        );
        let write = || {
            let mut file = BufWriter::new(private::create(&unfinished)?);
            serde_json::to_writer_pretty(&mut file, manifest)?;
            file.write_all(b"\n")?;
            file.into_inner()?.sync_all()?;
            fs::rename(&unfinished, &path)?;
            File::open(&self.root)?.sync_all()
        };
        write().map_err(at(&path))
    }

    /// Begins a file of the table. `part` is its name and begins with `part-`.
    pub(crate) fn begin(
        &self,
        format: Format,
        table: Table,
        day: Option<NaiveDate>,
        part: &str,
    ) -> Result<Part> {
        let mut name = table.name().to_owned();
        if let Some(day) = day {
            name = format!("{name}/day={day}");
        }
        let name = format!("{name}/{part}.{}", format.name());
        let path = self.root.join(&name);
        let unfinished = self.root.join(format!("{name}{UNFINISHED}"));
        if let Some(parent) = path.parent() {
            private::create_dir_all(parent).map_err(at(parent))?;
        }
        let file = private::create(&unfinished).map_err(at(&unfinished))?;
        let writer = RowWriter::new(format, table, Hashing::new(BufWriter::new(file)))
            .map_err(failed(&path))?;
        Ok(Part {
            path,
            unfinished,
            entry: FileEntry {
                path: name,
                table,
                day,
                rows: 0,
                bytes: 0,
                sha256: domain::Hash::GENESIS,
            },
            writer,
        })
    }

    /// Removes the part files that the manifest does not name: leftovers of an
    /// interrupted run, and replaced snapshots. Other files stay.
    pub(crate) fn clean(&self, manifest: &Manifest) -> Result<()> {
        let named: BTreeSet<PathBuf> = manifest
            .files
            .iter()
            .map(|file| self.root.join(&file.path))
            .collect();
        for table in Table::ALL {
            for path in files_below(&self.root.join(table.name()))? {
                let name = path.file_name().unwrap_or_default().to_string_lossy();
                if name.starts_with("part-") && !named.contains(&path) {
                    fs::remove_file(&path).map_err(at(&path))?;
                }
            }
        }
        Ok(())
    }
}

/// Returns all files below a folder, or none if it does not exist.
pub(crate) fn files_below(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let entries = match fs::read_dir(&folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
            Err(error) => return Err(at(folder)(error)),
        };
        for entry in entries {
            let path = entry.map_err(at(&folder))?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    Ok(found)
}

fn failed(path: &Path) -> impl Fn(WriteError) -> ExportError + '_ {
    |error| ExportError::File {
        path: path.to_owned(),
        reason: error.to_string(),
    }
}

/// A file that is being written.
#[derive(Debug)]
pub(crate) struct Part {
    path: PathBuf,
    unfinished: PathBuf,
    entry: FileEntry,
    writer: RowWriter<Hashing<BufWriter<File>>>,
}

impl Part {
    pub(crate) fn day(&self) -> Option<NaiveDate> {
        self.entry.day
    }

    pub(crate) fn rows(&self) -> u64 {
        self.writer.rows()
    }

    pub(crate) fn write(&mut self, row: Row) -> Result<()> {
        self.writer.write(row).map_err(failed(&self.path))
    }

    /// Finishes the file and gives it its final name.
    pub(crate) fn finish(mut self) -> Result<FileEntry> {
        self.entry.rows = self.writer.rows();
        let hashing = self.writer.finish().map_err(failed(&self.path))?;
        let (file, bytes, sha256) = hashing.finish();
        let end = || {
            file.into_inner()?.sync_all()?;
            fs::rename(&self.unfinished, &self.path)
        };
        end().map_err(at(&self.path))?;
        Ok(FileEntry {
            bytes,
            sha256,
            ..self.entry
        })
    }
}
