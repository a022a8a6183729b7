//! A history with all that an export has to carry, exports of it, and ways to
//! tamper with them.

mod edges;
mod history;
mod tampering;

use std::path::Path;

use chrono::{DateTime, Utc};
use domain::Commit;
use export::{Exported, Exporter, Format, Taken};

pub use edges::edges;
pub use history::{History, history, loaded};
pub use tampering::{TAMPERINGS, Tampering};

/// Exports these commits, which are all that was recorded before `until`.
///
/// # Panics
/// Where the export refuses one.
pub fn export(root: &Path, format: Format, commits: &[Commit], until: DateTime<Utc>) -> Exported {
    let mut exporter = Exporter::open(root, Some(format), None).expect("an export begins");
    for commit in commits {
        let taken = exporter.take(commit).expect("a commit is taken");
        assert!(
            matches!(taken, Taken::Written | Taken::Known),
            "{taken:?} {commit:?}"
        );
    }
    let mut snapshot = exporter.begin_snapshot().expect("a snapshot begins");
    for commit in commits {
        for notification in history::notifications(commit) {
            exporter
                .add(&mut snapshot, &commit.account_id, &notification)
                .expect("a notification is taken");
        }
    }
    exporter
        .finish(until, Some(snapshot))
        .expect("the export ends")
}
