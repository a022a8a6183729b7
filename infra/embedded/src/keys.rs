//! The signing keys on one machine: a file in the data folder that only its
//! owner may read.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use data_encoding::HEXLOWER;
use handlers::keyring::Keyring;
use handlers::ports::Keys;
use serde_json::json;

use crate::folder::put_in_place;

const FILE: &str = "keys.json";
/// Random bytes of a new key: as many as its hash function returns.
const SECRET_BYTES: usize = 32;

/// The reason why the signing keys are not available.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The operating system refused to read or write the file.
    #[error("the signing keys in {} cannot be used: {error}", .file.display())]
    Unusable {
        /// The file.
        file: PathBuf,
        /// The cause.
        error: std::io::Error,
    },
    /// The operating system has no random numbers.
    #[error("there are no random numbers for a signing key: {0}")]
    Random(getrandom::Error),
    /// The file does not contain keys. Permanent.
    #[error("{}: {error}", .file.display())]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// The fault.
        error: handlers::Error,
    },
}

/// The keys, read once: a changed file takes effect at the next start.
#[derive(Debug)]
pub(crate) struct LocalKeys(Keyring);

impl LocalKeys {
    /// Reads the keys of the folder, or creates them if there are none.
    pub(crate) fn open(folder: &Path) -> Result<Self, KeysError> {
        let file = folder.join(FILE);
        let unusable = |error| KeysError::Unusable {
            file: file.clone(),
            error,
        };
        if !file.exists() {
            let mut secret = [0_u8; SECRET_BYTES];
            getrandom::fill(&mut secret).map_err(KeysError::Random)?;
            let secret = HEXLOWER.encode(&secret);
            write(&file, &json!({ "secret": secret }).to_string()).map_err(unusable)?;
        }
        let text = fs::read_to_string(&file).map_err(unusable)?;
        let keyring = Keyring::read(&[&text]).map_err(|error| KeysError::Unreadable {
            file: file.clone(),
            error,
        })?;
        Ok(LocalKeys(keyring))
    }
}

/// Writes the file atomically, and never readable for others.
fn write(file: &Path, text: &str) -> std::io::Result<()> {
    let unfinished = file.with_extension("new");
    match fs::remove_file(&unfinished) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut made = private::options().create_new(true).open(&unfinished)?;
    made.write_all(text.as_bytes())?;
    drop(made);
    put_in_place(&unfinished, file)
}

#[async_trait]
impl Keys for LocalKeys {
    async fn keyring(&self) -> handlers::Result<Keyring> {
        Ok(self.0.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_keys_are_created_once_and_only_their_owner_may_read_them() {
        let folder = tempfile::tempdir().unwrap();
        LocalKeys::open(folder.path()).unwrap();
        let file = folder.path().join(FILE);
        let made = fs::read_to_string(&file).unwrap();
        LocalKeys::open(folder.path()).unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), made);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&file).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        let other = tempfile::tempdir().unwrap();
        LocalKeys::open(other.path()).unwrap();
        assert_ne!(fs::read_to_string(other.path().join(FILE)).unwrap(), made);
    }

    #[test]
    fn keys_whose_creation_was_interrupted_are_created_again_and_broken_ones_are_left_unchanged() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("keys.new"), "{\"sec").unwrap();
        LocalKeys::open(folder.path()).unwrap();
        let file = folder.path().join(FILE);
        fs::write(&file, "{}").unwrap();
        let error = LocalKeys::open(folder.path()).unwrap_err().to_string();
        assert!(error.contains("keys.json"), "{error}");
        assert_eq!(fs::read_to_string(&file).unwrap(), "{}");
    }
}
