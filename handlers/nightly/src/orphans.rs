//! Objects that no manifest names any more, or never did.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use export::{Manifest, Table};
use handlers::Result;

use crate::Nightly;

/// Age in hours from which an unnamed object is an orphan. A younger one may
/// belong to a run in progress whose manifest is about to name it; no run
/// lasts longer than 15 minutes.
const ORPHAN_AGE: TimeDelta = TimeDelta::hours(1);

/// Removes the objects that the manifest does not name. Those that `before`
/// named go at once, because no manifest will name them again; the others when
/// they are old. Idempotent.
pub(crate) async fn remove(
    nightly: &Nightly,
    manifest: &Manifest,
    before: Option<&Manifest>,
) -> Result<()> {
    let named: BTreeSet<&str> = names(manifest).collect();
    let replaced: BTreeSet<&str> = before.into_iter().flat_map(names).collect();
    let old = nightly.clock.now() - ORPHAN_AGE;
    for table in Table::ALL {
        let prefix = format!("{}/", table.name());
        for (name, written_at) in nightly.objects.list(&prefix).await? {
            let left = replaced.contains(name.as_str()) || written_at < old;
            if left && !named.contains(name.as_str()) {
                nightly.objects.remove(&name).await?;
            }
        }
    }
    Ok(())
}

fn names(manifest: &Manifest) -> impl Iterator<Item = &str> {
    manifest.files.iter().map(|file| file.path.as_str())
}
