//! The files of others that the console's pages load, unchanged and in the repository: nothing is built or fetched to serve
//! them.

use std::{fs, path::PathBuf, process::Command};

use serde::Deserialize;

use crate::{
    command,
    error::{Error, Result, at},
    release::sha256,
    workspace::{output_dir, root},
};

/// What `vendored.json` says.
#[derive(Debug, Deserialize)]
struct Vendored {
    packages: Vec<Package>,
}

#[derive(Debug, Deserialize)]
struct Package {
    /// The name in npm's registry.
    name: String,
    version: String,
    files: Vec<Vendor>,
}

#[derive(Debug, Deserialize)]
struct Vendor {
    /// The path in the package.
    from: String,
    /// The name beside `vendored.json`.
    to: String,
    sha256: String,
}

/// Fetches the files that `vendored.json` names with npm, and writes those whose SHA-256 it has. Returns their paths.
///
/// # Errors
/// - `Missing`: npm is not there, or a package has another content than was written down.
/// - `File`: a file cannot be read or written.
pub fn vendor() -> Result<Vec<PathBuf>> {
    let mut written = Vec::new();
    for package in vendored()?.packages {
        let unpacked = fetch(&package)?;
        for file in &package.files {
            let from = unpacked.join("package").join(&file.from);
            let bytes = fs::read(&from).map_err(at(&from))?;
            check(file, &bytes)?;
            let to = folder().join(&file.to);
            fs::write(&to, bytes).map_err(at(&to))?;
            written.push(to);
        }
    }
    Ok(written)
}

fn folder() -> PathBuf {
    root().join("handlers/cli/pages/vendor")
}

fn vendored() -> Result<Vendored> {
    let path = folder().join("vendored.json");
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    serde_json::from_str(&text)
        .map_err(|error| Error::Missing(format!("{}: {error}", path.display())))
}

fn fetch(package: &Package) -> Result<PathBuf> {
    let folder = output_dir().join("vendor").join(&package.name);
    fs::create_dir_all(&folder).map_err(at(&folder))?;
    let wanted = format!("{}@{}", package.name, package.version);
    let packed = command::read(
        Command::new("npm")
            .current_dir(&folder)
            .args(["pack", "--silent", &wanted]),
    )?;
    command::read(
        Command::new("tar")
            .current_dir(&folder)
            .args(["-xzf", packed.trim()]),
    )?;
    Ok(folder)
}

fn check(file: &Vendor, bytes: &[u8]) -> Result<()> {
    let found = sha256(bytes);
    if found == file.sha256 {
        return Ok(());
    }
    Err(Error::Missing(format!(
        "{}: its SHA-256 is {found}, and vendored.json has {}",
        file.to, file.sha256
    )))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, path::Path};

    use super::*;

    #[test]
    fn each_vendored_file_is_the_one_that_was_written_down_and_there_is_no_other() {
        let mut named = BTreeSet::from(["vendored.json".to_owned()]);
        for package in vendored().unwrap().packages {
            assert!(
                package.files.iter().any(|file| file.from == "LICENSE"),
                "{} without its licence",
                package.name
            );
            for file in package.files {
                check(&file, &fs::read(folder().join(&file.to)).unwrap()).unwrap();
                named.insert(file.to);
            }
        }
        let name = |path: &Path| path.file_name().unwrap().to_string_lossy().into_owned();
        let there = fs::read_dir(folder())
            .unwrap()
            .map(|entry| name(&entry.unwrap().path()));
        assert_eq!(there.collect::<BTreeSet<_>>(), named);
    }
}
