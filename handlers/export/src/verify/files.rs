//! The files of the manifest: all are there and unchanged, and there are no others.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::{Place, Verified};
use crate::digest;
use crate::error::Result;
use crate::folder::files_below;
use crate::manifest::{FileEntry, Manifest};
use crate::table::Table;

pub(super) fn check(root: &Path, manifest: &Manifest, found: &mut Verified) -> Result<()> {
    let mut named = BTreeSet::new();
    for file in &manifest.files {
        if !named.insert(root.join(&file.path)) {
            found.problem(Place::Manifest, format!("names {} twice", file.path));
        }
        match digest::of_file(&root.join(&file.path)) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                found.of_file(file, "is missing");
            }
            Err(error) => found.of_file(file, format!("cannot be read: {error}")),
            Ok((bytes, _)) if bytes != file.bytes => {
                let detail = format!("has {bytes} bytes, and the manifest says {}", file.bytes);
                found.of_file(file, detail);
            }
            Ok((_, sha256)) if sha256 != file.sha256 => {
                found.of_file(file, "does not have the SHA-256 of the manifest");
            }
            Ok(_) => {}
        }
    }
    for table in Table::ALL {
        for path in files_below(&root.join(table.name()))? {
            if !named.contains(&path) {
                let below = path.strip_prefix(root).unwrap_or(&path);
                let place = Place::File(below.to_string_lossy().into_owned());
                found.problem(place, "is not in the manifest");
            }
        }
    }
    Ok(())
}

/// Returns the files of commits, each with the file of its events.
pub(super) fn pairs<'a>(
    manifest: &'a Manifest,
    found: &mut Verified,
) -> Vec<(&'a FileEntry, Option<&'a FileEntry>)> {
    fn place(file: &FileEntry) -> Option<&str> {
        file.path.split_once('/').map(|(_, place)| place)
    }
    let of = |table: Table| {
        manifest
            .files
            .iter()
            .filter(move |file| file.table == table)
    };
    let mut events: BTreeMap<Option<&str>, &FileEntry> =
        of(Table::Events).map(|file| (place(file), file)).collect();
    let pairs = of(Table::Commits)
        .map(|commits| {
            let events = events.remove(&place(commits));
            if events.is_none() {
                found.of_file(commits, "has commits without a file of their events");
            }
            (commits, events)
        })
        .collect();
    for file in events.into_values() {
        found.of_file(file, "has events without a file of their commits");
    }
    pairs
}
