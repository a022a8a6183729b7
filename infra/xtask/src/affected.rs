//! The packages that a change affects: those with changed files and all their dependants.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::Value;

/// Files at the root that affect how every package is built.
const FOR_ALL: [&str; 5] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "clippy.toml",
    ".cargo/",
];
/// The package whose tests read files outside of packages, such as the template and the API's description.
const READS_THE_REST: &str = "tests";

/// The packages of the workspace, as `cargo metadata --no-deps` describes them.
#[derive(Debug)]
pub(crate) struct Packages {
    packages: Vec<Package>,
}

#[derive(Debug)]
struct Package {
    name: String,
    /// The path relative to the root.
    folder: PathBuf,
    depends_on: BTreeSet<String>,
    tests: Vec<String>,
}

impl Packages {
    pub(crate) fn of(metadata: &Value, root: &Path) -> Self {
        let listed = |value: &Value| value.as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let packages = listed(&metadata["packages"])
            .iter()
            .map(|package| {
                let manifest = PathBuf::from(text(&package["manifest_path"]));
                let folder = manifest.parent().unwrap_or(root);
                Package {
                    name: text(&package["name"]),
                    folder: folder.strip_prefix(root).unwrap_or(folder).to_owned(),
                    depends_on: listed(&package["dependencies"])
                        .iter()
                        .map(|dependency| text(&dependency["name"]))
                        .collect(),
                    tests: listed(&package["targets"])
                        .iter()
                        // The deployed test needs a local AWS.
                        .filter(|target| {
                            target["kind"][0] == "test" && target["name"] != "deployed"
                        })
                        .map(|target| text(&target["name"]))
                        .collect(),
                }
            })
            .collect();
        Packages { packages }
    }

    /// Returns the test programs of the packages that these files affect, each with the number of dependencies between it
    /// and the nearest changed package.
    pub(crate) fn tests_of(&self, files: &[&str]) -> BTreeMap<String, usize> {
        let mut distances: BTreeMap<&str, usize> = files
            .iter()
            .flat_map(|file| self.owners(file))
            .map(|name| (name, 0))
            .collect();
        for distance in 1..=self.packages.len() {
            for package in &self.packages {
                let reached = package
                    .depends_on
                    .iter()
                    .any(|name| distances.get(name.as_str()) == Some(&(distance - 1)));
                if reached {
                    distances.entry(&package.name).or_insert(distance);
                }
            }
        }
        self.packages
            .iter()
            .filter_map(|package| Some((package, *distances.get(package.name.as_str())?)))
            .flat_map(|(package, distance)| {
                package
                    .tests
                    .iter()
                    .map(move |test| (test.clone(), distance))
            })
            .collect()
    }

    /// Returns the package with the innermost folder that contains the file.
    fn owners(&self, file: &str) -> Vec<&str> {
        let is_for_all =
            |name: &&str| file == *name || name.ends_with('/') && file.starts_with(*name);
        if FOR_ALL.iter().any(is_for_all) {
            return self
                .packages
                .iter()
                .map(|package| package.name.as_str())
                .collect();
        }
        let owner = self
            .packages
            .iter()
            .filter(|package| Path::new(file).starts_with(&package.folder))
            .max_by_key(|package| package.folder.components().count());
        vec![owner.map_or(READS_THE_REST, |package| &package.name)]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// domain <- handlers <- cli (in a folder of handlers) <- tests
    fn packages() -> Packages {
        let package = |name: &str, folder: &str, on: &[&str], tests: &[&str]| {
            let on: Vec<Value> = on.iter().map(|name| json!({ "name": name })).collect();
            let targets = tests
                .iter()
                .map(|name| json!({ "name": name, "kind": ["test"] }));
            let lib = json!({ "name": name, "kind": ["lib"] });
            let targets: Vec<Value> = targets.chain([lib]).collect();
            json!({ "name": name, "manifest_path": format!("/root/{folder}/Cargo.toml"),
                "dependencies": on, "targets": targets })
        };
        let metadata = json!({ "packages": [
            package("domain", "domain", &[], &["rules"]),
            package("handlers", "handlers", &["domain", "serde"], &[]),
            package("cli", "handlers/cli", &["handlers"], &["command_line"]),
            package("tests", "tests", &["cli", "domain"], &["api", "deployed"]),
        ]});
        Packages::of(&metadata, Path::new("/root"))
    }

    #[track_caller]
    fn affects(files: &[&str], expected: &[(&str, usize)]) {
        let expected = expected
            .iter()
            .map(|(name, distance)| ((*name).to_owned(), *distance));
        assert_eq!(packages().tests_of(files), expected.collect());
    }

    #[test]
    fn a_change_affects_its_package_and_by_distance_all_that_depend_on_it() {
        affects(
            &["domain/src/money.rs"],
            &[("rules", 0), ("api", 1), ("command_line", 2)],
        );
    }

    #[test]
    fn a_file_belongs_to_the_innermost_package() {
        affects(
            &["handlers/cli/src/main.rs"],
            &[("command_line", 0), ("api", 1)],
        );
        affects(
            &["handlers/src/append.rs"],
            &[("command_line", 1), ("api", 2)],
        );
    }

    #[test]
    fn a_file_outside_of_all_packages_affects_the_package_that_reads_the_rest() {
        affects(&["infra/cloudformation/template.yaml"], &[("api", 0)]);
    }

    #[test]
    fn a_change_to_the_build_affects_every_package() {
        let all = [("rules", 0), ("command_line", 0), ("api", 0)];
        affects(&["Cargo.lock"], &all);
        affects(&[".cargo/config.toml"], &all);
    }

    #[test]
    fn no_change_affects_no_package() {
        affects(&[], &[]);
    }
}
