//! The pipeline on one machine, from outside: the binary is started on a
//! folder of its own, is spoken to over HTTP, and is killed when one is done.

mod api;
mod binary;
mod disk;
mod filesystem;
mod load;
mod outcome;
mod ports;
mod raw;
mod seed;
mod server;
mod torn;

pub use api::{Answer, Api, Append, opening};
pub use binary::{ledgerbell, ledgerbell_command};
pub use disk::Disk;
pub use filesystem::SmallFilesystem;
pub use load::{Acknowledged, Gate, Load, Progress};
pub use outcome::{Outcome, settled};
pub use raw::raw_request;
pub use seed::Seed;
pub use server::{Folder, Refusal, Server, Starting, fixed_port, peak_memory};

use std::time::{Duration, Instant};

/// How long anything may take before a test gives up on it.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// Waits until `look` gives something, and says what it saw last when it
/// never does.
///
/// # Panics
/// When `PATIENCE` is over.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Result<T, String>) -> T {
    let started = Instant::now();
    loop {
        match look() {
            Ok(found) => return found,
            Err(seen) if started.elapsed() > PATIENCE => {
                panic!("not within {PATIENCE:?}: {what}; last seen: {seen}")
            }
            Err(_) => std::thread::sleep(Duration::from_millis(100)),
        }
    }
}
