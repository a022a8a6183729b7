//! Chromium, for the browser tests.

use std::{env, path::PathBuf, sync::Mutex, sync::PoisonError};

use crate::{
    debian,
    error::{Error, Result},
};

/// The variable that names another program than the usual ones.
const VARIABLE: &str = "LEDGERBELL_CHROMIUM";
/// The names of Chromium in Debian, in other distributions, and of its vendor.
const USUAL: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// Returns the path of Chromium, after installing it if necessary and possible (on Debian).
///
/// # Errors
/// - `Missing`: there is none; the message says what to install.
pub fn chromium() -> Result<PathBuf> {
    // Concurrent tests install it once.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(named) = env::var_os(VARIABLE).map(PathBuf::from) {
        return if named.is_file() {
            Ok(named)
        } else {
            Err(Error::Missing(format!(
                "{VARIABLE} names no file: {}",
                named.display()
            )))
        };
    }
    if let Some(found) = on_path() {
        return Ok(found);
    }
    debian::install("chromium");
    on_path().ok_or_else(|| {
        Error::Missing(format!(
            "Chromium is needed for the browser tests. Install it (Debian: `apt-get install chromium`), or name it \
             with {VARIABLE}."
        ))
    })
}

fn on_path() -> Option<PathBuf> {
    let path = env::var_os("PATH")?;
    USUAL.iter().find_map(|name| {
        env::split_paths(&path)
            .map(|folder| folder.join(name))
            .find(|program| program.is_file())
    })
}
