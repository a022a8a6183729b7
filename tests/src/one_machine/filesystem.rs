//! A disk that can be full.

use std::fs::{self, File};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const MEGABYTES: usize = 24;
/// The smallest step in which room is taken.
const PAGE: usize = 4096;

/// A filesystem of a few megabytes. It goes when it is dropped; what lies in
/// it has to be dropped before.
#[derive(Debug)]
pub struct SmallFilesystem(TempDir);

impl SmallFilesystem {
    /// `None` where we may not mount one.
    ///
    /// # Panics
    /// Where no temporary folder can be made.
    #[must_use]
    pub fn mount() -> Option<Self> {
        let place = tempfile::tempdir().expect("there is room for a temporary folder");
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &format!("size={MEGABYTES}m"), "tmpfs"])
            .arg(place.path())
            .output();
        match mounted {
            Ok(output) if output.status.success() => Some(SmallFilesystem(place)),
            _ => None,
        }
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Takes all the room that is left.
    ///
    /// # Panics
    /// When something else is wrong with it.
    pub fn fill(&self) {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.path().join("ballast"))
            .expect("a name takes no room");
        loop {
            match ballast.write_all(&[1; PAGE]) {
                Ok(()) => {}
                Err(error) if error.kind() == ErrorKind::StorageFull => return,
                Err(error) => panic!("the disk is not full but broken: {error}"),
            }
        }
    }

    /// Gives it back.
    ///
    /// # Panics
    /// When it was not filled.
    pub fn make_room(&self) {
        fs::remove_file(self.path().join("ballast")).expect("it was filled");
    }
}

impl Drop for SmallFilesystem {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.path()).status();
    }
}
