//! Objects that no manifest names any more, or never did.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use export::{Manifest, Table};
use handlers::Result;

use crate::Nightly;

/// What is younger may be of a run that is at work, and be named by its
/// manifest in a moment: longer than any run lasts (15 minutes).
const OF_A_RUN_AT_WORK: TimeDelta = TimeDelta::hours(1);

/// Removes what the manifest does not name: what `before` named at once, for
/// no manifest will name that again; the rest once it is old.
pub(crate) async fn remove(
    nightly: &Nightly,
    manifest: &Manifest,
    before: Option<&Manifest>,
) -> Result<()> {
    let named: BTreeSet<&str> = names(manifest).collect();
    let replaced: BTreeSet<&str> = before.into_iter().flat_map(names).collect();
    let old = nightly.clock.now() - OF_A_RUN_AT_WORK;
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
