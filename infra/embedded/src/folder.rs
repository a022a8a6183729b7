//! The data folder: its lock, its permissions and its version.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The version of the folder's contents, raised when older programs cannot read
/// them any more. A folder with a higher one is refused.
const FORMAT: u32 = 1;
const FORMAT_FILE: &str = "FORMAT";
/// The name of the format file until it is complete.
const UNFINISHED_FORMAT_FILE: &str = "FORMAT.new";
const LOCK_FILE: &str = "LOCK";

/// The reason why a data folder was refused. A refused folder is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The operating system refused to use it.
    #[error("the data folder {0} cannot be used: {1}")]
    Unusable(PathBuf, std::io::Error),
    /// Another process has locked it.
    #[error("the data folder {0} is in use by another ledgerbell")]
    InUse(PathBuf),
    /// It contains files but no format file.
    #[error("the data folder {0} holds other files; name an empty or new one with --data-dir")]
    NotOurs(PathBuf),
    /// A newer version wrote it.
    #[error(
        "the data folder {folder} was written by a newer ledgerbell (format {found}; this one supports {FORMAT})"
    )]
    Newer {
        /// The folder.
        folder: PathBuf,
        /// Its format.
        found: u32,
    },
}

/// A data folder, locked for this process.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    // The lock lasts as long as the file is open.
    _lock: File,
}

impl Folder {
    /// Opens or creates the folder. A refused folder is left unchanged.
    pub(crate) fn open(path: &Path) -> Result<Self, FolderError> {
        let unusable = |error| FolderError::Unusable(path.to_owned(), error);
        private::create_dir_all(path).map_err(unusable)?;
        let format_file = path.join(FORMAT_FILE);
        let fresh = !format_file.exists();
        if fresh {
            let others = fs::read_dir(path).map_err(unusable)?.filter_map(Result::ok);
            if others
                .into_iter()
                .map(|entry| entry.file_name())
                .any(|name| name != LOCK_FILE && name != UNFINISHED_FORMAT_FILE)
            {
                return Err(FolderError::NotOurs(path.to_owned()));
            }
        } else {
            check_format(path, &format_file)?;
        }
        let lock = private::options()
            .create(true)
            .truncate(false)
            .open(path.join(LOCK_FILE))
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(FolderError::InUse(path.to_owned())),
            Err(TryLockError::Error(error)) => return Err(unusable(error)),
        }
        // Older versions created it readable for others.
        if let Err(error) = private::restrict_folder(path) {
            tracing::warn!(%error, folder = %path.display(), "others may be able to read the data folder");
        }
        if fresh {
            write_format(path).map_err(unusable)?;
        }
        Ok(Folder {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Writes the format file atomically: one without its number, left by a killed
/// process or a full disk, would make the folder unusable.
fn write_format(folder: &Path) -> std::io::Result<()> {
    let unfinished = folder.join(UNFINISHED_FORMAT_FILE);
    let mut file = private::create(&unfinished)?;
    writeln!(file, "{FORMAT}")?;
    put_in_place(&unfinished, &folder.join(FORMAT_FILE))
}

/// Gives a complete file its final name, durably.
pub(crate) fn put_in_place(finished: &Path, name: &Path) -> std::io::Result<()> {
    File::open(finished)?.sync_all()?;
    fs::rename(finished, name)?;
    // The name belongs to the folder, which is synced separately.
    match name.parent() {
        Some(folder) if cfg!(unix) => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}

fn check_format(path: &Path, format_file: &Path) -> Result<(), FolderError> {
    let text = fs::read_to_string(format_file)
        .map_err(|error| FolderError::Unusable(path.to_owned(), error))?;
    match text.trim().parse::<u32>() {
        Ok(found) if found > FORMAT => Err(FolderError::Newer {
            folder: path.to_owned(),
            found,
        }),
        Ok(_) => Ok(()),
        Err(_) => Err(FolderError::NotOurs(path.to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_used_by_one_process_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let first = Folder::open(&path).unwrap();
        assert!(matches!(Folder::open(&path), Err(FolderError::InUse(_))));
        drop(first);
        Folder::open(&path).unwrap();
    }

    #[test]
    fn a_folder_of_a_newer_version_or_of_another_program_is_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        let newer = folder.path().join("newer");
        fs::create_dir(&newer).unwrap();
        fs::write(newer.join(FORMAT_FILE), "99\n").unwrap();
        assert!(matches!(
            Folder::open(&newer),
            Err(FolderError::Newer { found: 99, .. })
        ));
        assert_eq!(fs::read_dir(&newer).unwrap().count(), 1);

        let other = folder.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("letter.txt"), "dear").unwrap();
        assert!(matches!(Folder::open(&other), Err(FolderError::NotOurs(_))));
        assert_eq!(fs::read_dir(&other).unwrap().count(), 1);
    }

    #[test]
    fn a_folder_whose_creation_was_interrupted_is_completed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        fs::create_dir(&path).unwrap();
        fs::write(path.join(LOCK_FILE), "").unwrap();
        fs::write(path.join(UNFINISHED_FORMAT_FILE), "").unwrap();
        Folder::open(&path).unwrap();
        assert_eq!(fs::read_to_string(path.join(FORMAT_FILE)).unwrap(), "1\n");
        assert!(!path.join(UNFINISHED_FORMAT_FILE).exists());
    }

    #[test]
    fn a_file_is_refused_as_a_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(matches!(
            Folder::open(&path),
            Err(FolderError::Unusable(..))
        ));
    }
}
