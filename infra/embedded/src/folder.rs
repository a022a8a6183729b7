//! The folder that holds everything: whose it is, who may read it, and of which
//! version.

use std::fs::{self, File, TryLockError};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Raised when what is in the folder can no longer be read by older versions.
const FORMAT: u32 = 1;
const FORMAT_FILE: &str = "FORMAT";
/// What becomes the format file when it is written to its end.
const UNFINISHED_FORMAT_FILE: &str = "FORMAT.new";
const LOCK_FILE: &str = "LOCK";

#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("the data folder {0} cannot be used: {1}")]
    Unusable(PathBuf, std::io::Error),
    #[error("the data folder {0} is in use by another ledgerbell")]
    InUse(PathBuf),
    #[error("the data folder {0} holds other files; name an empty or a new one with --data-dir")]
    NotOurs(PathBuf),
    #[error(
        "the data folder {folder} was written by a newer ledgerbell (format {found}, this one knows {FORMAT})"
    )]
    Newer { folder: PathBuf, found: u32 },
}

/// The folder, locked for this process.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    // The lock lasts as long as the file is open.
    _lock: File,
}

impl Folder {
    /// Opens or makes the folder. Changes nothing in one that it refuses.
    pub fn open(path: &Path) -> Result<Self, FolderError> {
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
        // Older versions made it readable for others.
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

    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// Whole or not at all: a format file without its number, from a process that
/// was killed or a disk that was full, would make the folder nobody's.
fn write_format(folder: &Path) -> std::io::Result<()> {
    let unfinished = folder.join(UNFINISHED_FORMAT_FILE);
    let mut file = private::create(&unfinished)?;
    writeln!(file, "{FORMAT}")?;
    put_in_place(&unfinished, &folder.join(FORMAT_FILE))
}

/// Gives a file that is finished its name, for good.
pub(crate) fn put_in_place(finished: &Path, name: &Path) -> std::io::Result<()> {
    File::open(finished)?.sync_all()?;
    fs::rename(finished, name)?;
    // The name is in the folder, which has a cache of its own.
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
    fn a_folder_of_a_newer_version_or_of_somebody_else_is_left_as_it_is() {
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
    fn a_folder_whose_making_was_interrupted_is_made_to_its_end() {
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
    fn a_file_is_no_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        fs::write(&path, "").unwrap();
        assert!(matches!(
            Folder::open(&path),
            Err(FolderError::Unusable(..))
        ));
    }
}
