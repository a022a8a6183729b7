//! Files and folders that their owner alone may read: they hold people's
//! addresses and money. They are made so, and not made so afterwards, because
//! who has opened a file keeps it open. The process's umask is left alone: it
//! belongs to all threads.
//!
//! Where there are no modes (Windows), everything is as the folder above has it.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Makes a folder, and those above it that are missing. One that is there
/// already stays as its owner has it.
///
/// # Errors
/// As [`std::fs::create_dir_all`].
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

/// How a file is opened for writing, should it have to be made.
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

/// Makes a file, or empties it. What had another mode has this one before
/// anything is in it.
///
/// # Errors
/// As [`File::create`], and where the mode of a file cannot be changed.
pub fn create(file: &Path) -> io::Result<File> {
    let opened = options().create(true).truncate(true).open(file)?;
    // A pipe or a terminal is not ours to change.
    if opened.metadata()?.is_file() {
        restrict(&opened)?;
    }
    Ok(opened)
}

/// Makes an empty file, for somebody who would make it readable for others.
/// One that is there already stays as it is.
///
/// # Errors
/// As [`OpenOptions::open`].
pub fn make(file: &Path) -> io::Result<()> {
    options().create(true).truncate(false).open(file).map(drop)
}

/// Writes a whole file.
///
/// # Errors
/// As [`std::fs::write`] and [`create`].
pub fn write(file: &Path, content: &[u8]) -> io::Result<()> {
    create(file)?.write_all(content)
}

/// Takes a folder and the files in it from others, as far as they had them.
/// Those in folders below are out of their reach then.
///
/// # Errors
/// Where the folder cannot be read, or a mode cannot be changed: it is somebody
/// else's, or on a filesystem without modes.
pub fn take(folder: &Path) -> io::Result<()> {
    restrict(&File::open(folder)?)?;
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        // Through links: what is linked is used. Never opened, because closing
        // a file gives up the locks that SQLite has on it.
        if fs::metadata(&path).is_ok_and(|found| found.is_file()) {
            restrict_named(&path)?;
        }
    }
    Ok(())
}

#[cfg(unix)]
fn restrict(opened: &File) -> io::Result<()> {
    match own_alone(opened.metadata()?.permissions()) {
        Some(permissions) => opened.set_permissions(permissions),
        None => Ok(()),
    }
}

#[cfg(unix)]
fn restrict_named(path: &Path) -> io::Result<()> {
    match own_alone(fs::metadata(path)?.permissions()) {
        Some(permissions) => fs::set_permissions(path, permissions),
        None => Ok(()),
    }
}

/// What is left when nobody else has any; `None`: it is so.
#[cfg(unix)]
fn own_alone(permissions: fs::Permissions) -> Option<fs::Permissions> {
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
#[allow(clippy::unwrap_used)]
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
    fn what_is_made_is_for_its_owner_alone_and_what_was_there_becomes_so_when_it_is_written_anew() {
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
    fn a_folder_that_is_taken_is_closed_to_others_and_its_owner_loses_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        for (name, of_before, afterwards) in [
            ("open", 0o666, 0o600),
            ("read-only", 0o444, 0o400),
            ("script", 0o755, 0o700),
        ] {
            fs::write(path.join(name), "").unwrap();
            set(&path.join(name), of_before);
            set(path, 0o755);
            take(path).unwrap();
            assert_eq!(
                (mode(&path.join(name)), mode(path)),
                (afterwards, 0o700),
                "{name}"
            );
        }
    }
}
