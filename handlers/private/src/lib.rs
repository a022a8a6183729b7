//! Files and folders that only their owner may read, because they hold
//! people's addresses and money.
//!
//! They get their mode when they are created, not afterwards: a reader that
//! opened a file before its mode changed keeps it open. The process's umask is
//! left alone, because all threads share it.
//!
//! On systems without modes (Windows), the parent folder's permissions apply.
//!
//! ```
//! let folder = std::env::temp_dir().join("ledgerbell-private-example");
//! private::create_dir_all(&folder)?;
//! let file = folder.join("balances.csv");
//! private::write(&file, b"acc-1,12.50")?;
//! # #[cfg(unix)]
//! # {
//! use std::os::unix::fs::PermissionsExt;
//! let mode = std::fs::metadata(&file)?.permissions().mode();
//! assert_eq!(mode & 0o777, 0o600);
//! # }
//! # std::fs::remove_dir_all(&folder)?;
//! # Ok::<(), std::io::Error>(())
//! ```

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Creates a folder and its missing parents, for their owner only. An existing
/// folder keeps its mode.
///
/// # Errors
/// Those of [`std::fs::create_dir_all`].
pub fn create_dir_all(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::DirBuilderExt;
        builder.mode(0o700);
    }
    builder.create(folder)
}

/// Returns the options that open a file for writing. A file that they create
/// is for its owner only.
pub fn options() -> OpenOptions {
    let mut options = File::options();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options
}

/// Creates or truncates a file. An existing file is restricted to its owner
/// before anything is written to it.
///
/// # Errors
/// Those of [`File::create`], and a failure to change the mode of an existing
/// file.
pub fn create(file: &Path) -> io::Result<File> {
    let opened = options().create(true).truncate(true).open(file)?;
    // A pipe or a terminal is not ours to change.
    if opened.metadata()?.is_file() {
        restrict(&opened)?;
    }
    Ok(opened)
}

/// Creates an empty file ahead of a library that would create it readable for
/// others. An existing file keeps its content and mode.
///
/// # Errors
/// Those of [`OpenOptions::open`].
pub fn make(file: &Path) -> io::Result<()> {
    options().create(true).truncate(false).open(file).map(drop)
}

/// Writes a whole file, which only its owner may read.
///
/// # Errors
/// Those of [`create`] and [`std::fs::write`].
pub fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    create(file)?.write_all(content)
}

/// Restricts a folder and the files directly in it to their owner. Files in
/// folders below need no change: nobody else can reach them any more.
/// Idempotent.
///
/// # Errors
/// The folder cannot be read, or a mode cannot be changed: the folder belongs
/// to another user, or its filesystem has no modes.
pub fn restrict_folder(folder: &Path) -> io::Result<()> {
    restrict(&File::open(folder)?)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Links are followed, because their targets are used. No file is
        // opened: closing it would release the locks that SQLite holds on it.
        if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
            restrict_named(&path)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(opened: &File) -> io::Result<()> {
    match without_others(opened.metadata()?.permissions()) {
        Some(permissions) => opened.set_permissions(permissions),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn restrict_named(path: &Path) -> io::Result<()> {
    match without_others(fs::metadata(path)?.permissions()) {
        Some(permissions) => fs::set_permissions(path, permissions),
        None => Ok(()),
    }
}

/// Returns the permissions without those of other users, or `None` if there
/// are none to remove.
#[cfg(unix)]
fn without_others(permissions: fs::Permissions) -> Option<fs::Permissions> {
    use std::os::unix::fs::PermissionsExt;
    let mode = permissions.mode();
    (mode & 0o077 != 0).then(|| fs::Permissions::from_mode(mode & 0o700))
}

#[cfg(not(unix))]
fn restrict(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn restrict_named(_: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a panic is the failure of the test")]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn new_files_are_for_their_owner_only_and_existing_ones_become_so_when_rewritten() {
        let folder = tempfile::tempdir().unwrap();
        let made = folder.path().join("a/b");
        create_dir_all(&made).unwrap();
        assert_eq!((mode(&made), mode(made.parent().unwrap())), (0o700, 0o700));
        let file = made.join("file");
        write(&file, b"old").unwrap();
        assert_eq!(mode(&file), 0o600);
        set(&file, 0o644);
        write(&file, b"new").unwrap();
        assert_eq!(
            (mode(&file), fs::read(&file).unwrap()),
            (0o600, b"new".to_vec())
        );
        make(&file).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        let other = made.join("other");
        make(&other).unwrap();
        assert_eq!(mode(&other), 0o600);
    }

    #[test]
    fn a_restricted_folder_is_closed_to_others_and_its_owner_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for (name, before, after) in [
            ("open", 0o666, 0o600),
            ("read-only", 0o444, 0o400),
            ("script", 0o755, 0o700),
        ] {
            fs::write(path.join(name), "").unwrap();
            set(&path.join(name), before);
            set(path, 0o755);
            restrict_folder(path).unwrap();
            assert_eq!(
                (mode(&path.join(name)), mode(path)),
                (after, 0o700),
                "{name}"
            );
        }
    }
}
