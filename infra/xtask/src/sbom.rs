//! The bill of materials of the programs, as CycloneDX documents made from cargo's resolution and lock file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::PathBuf,
    process::Command,
};

use serde_json::{Value, json};

use crate::{
    command,
    error::{Error, Result, at},
    workspace::{cargo, output_dir, root},
};

/// The packages that are released: the functions, and the program on one machine.
const PROGRAMS: [&str; 2] = ["lambda", "ledgerbell"];
/// The functions' platform, Amazon Linux on Graviton. The crates are the same on x86-64.
const PLATFORM: &str = "aarch64-unknown-linux-gnu";

/// Writes `target/package/NAME.cdx.json` for each program. Returns the files' paths.
///
/// The documents do not depend on time or place: the same lock file results in the same documents.
///
/// # Errors
/// - `Failed`, `Missing`: cargo cannot resolve the lock file.
/// - `File`: a file cannot be written.
pub fn sbom() -> Result<Vec<PathBuf>> {
    let metadata = metadata()?;
    let lock = root().join("Cargo.lock");
    let checksums = checksums(&fs::read_to_string(&lock).map_err(at(&lock))?);
    let dir = output_dir().join("package");
    fs::create_dir_all(&dir).map_err(at(&dir))?;
    PROGRAMS
        .into_iter()
        .map(|name| {
            let document = document(&metadata, &checksums, name)?;
            let path = dir.join(format!("{name}.cdx.json"));
            fs::write(&path, format!("{document:#}\n")).map_err(at(&path))?;
            Ok(path)
        })
        .collect()
}

fn metadata() -> Result<Value> {
    let text = command::read(Command::new(cargo()).current_dir(root()).args([
        "metadata",
        "--locked",
        "--format-version",
        "1",
        "--filter-platform",
        PLATFORM,
    ]))?;
    serde_json::from_str(&text).map_err(|error| Error::Missing(format!("cargo metadata: {error}")))
}

/// Returns the SHA-256 of each crate's archive, by name and version.
fn checksums(lock: &str) -> BTreeMap<(String, String), String> {
    let value = |package: &str, name: &str| {
        let start = format!("{name} = \"");
        let line = package.lines().find_map(|line| line.strip_prefix(&start))?;
        Some(line.trim_end_matches('"').to_owned())
    };
    lock.split("[[package]]")
        .filter_map(|package| {
            let key = (value(package, "name")?, value(package, "version")?);
            Some((key, value(package, "checksum")?))
        })
        .collect()
}

/// Returns the document of one program: everything that is compiled into it, without build scripts and macros.
fn document(
    metadata: &Value,
    checksums: &BTreeMap<(String, String), String>,
    program: &str,
) -> Result<Value> {
    let listed = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let packages: BTreeMap<String, Value> = listed(&metadata["packages"])
        .into_iter()
        .map(|package| (text(&package["id"]), package))
        .collect();
    let nodes: BTreeMap<String, Vec<String>> = listed(&metadata["resolve"]["nodes"])
        .into_iter()
        .map(|node| {
            let normal = listed(&node["deps"])
                .into_iter()
                .filter(|dep| {
                    listed(&dep["dep_kinds"])
                        .iter()
                        .any(|kind| kind["kind"].is_null())
                })
                .map(|dep| text(&dep["pkg"]));
            (text(&node["id"]), normal.collect())
        })
        .collect();
    let of_ours = |package: &Value| package["source"].is_null() && package["name"] == program;
    let Some((start, _)) = packages.iter().find(|(_, package)| of_ours(package)) else {
        return Err(Error::Missing(format!("no package is called {program}")));
    };
    let mut found = BTreeSet::new();
    let mut next = vec![start.clone()];
    while let Some(id) = next.pop() {
        if found.insert(id.clone()) {
            next.extend(nodes.get(&id).into_iter().flatten().cloned());
        }
    }
    let component = |id: &String| {
        let package = &packages[id];
        let (name, version) = (text(&package["name"]), text(&package["version"]));
        let kind = if id == start {
            "application"
        } else {
            "library"
        };
        let mut component = json!({
            "type": kind, "bom-ref": reference(package), "name": name, "version": version,
        });
        if let Some(license) = package["license"].as_str() {
            component["licenses"] = json!([{ "expression": license.replace('/', " OR ") }]);
        }
        if let Some(checksum) = checksums.get(&(name, version)) {
            component["purl"] = json!(reference(package));
            component["hashes"] = json!([{ "alg": "SHA-256", "content": checksum }]);
        }
        component
    };
    let dependencies: Vec<Value> = found
        .iter()
        .map(|id| {
            let on: BTreeSet<String> = nodes
                .get(id)
                .into_iter()
                .flatten()
                .map(|on| reference(&packages[on]))
                .collect();
            json!({ "ref": reference(&packages[id]), "dependsOn": on })
        })
        .collect();
    let others: Vec<Value> = found
        .iter()
        .filter(|id| *id != start)
        .map(component)
        .collect();
    Ok(json!({
        "bomFormat": "CycloneDX", "specVersion": "1.6", "version": 1,
        "metadata": { "component": component(start) },
        "components": others,
        "dependencies": dependencies,
    }))
}

/// Returns the package URL (<https://github.com/package-url/purl-spec>), which is also the reference within the document.
fn reference(package: &Value) -> String {
    format!(
        "pkg:cargo/{}@{}",
        text(&package["name"]),
        text(&package["version"]).replace('+', "%2B")
    )
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_program_lists_what_is_compiled_into_it_with_licence_and_hash_and_nothing_else() {
        let metadata = metadata().unwrap();
        let lock = fs::read_to_string(root().join("Cargo.lock")).unwrap();
        let checksums = checksums(&lock);
        for (program, within, without) in [
            ("lambda", "aws-sdk-sesv2", "dynoxide-rs"),
            ("ledgerbell", "dynoxide-rs", "aws-sdk-sesv2"),
        ] {
            let document = document(&metadata, &checksums, program).unwrap();
            let components = document["components"].as_array().unwrap();
            let names: Vec<&str> = components
                .iter()
                .filter_map(|one| one["name"].as_str())
                .collect();
            assert!(
                names.contains(&within) && names.contains(&"serde_json"),
                "{program}"
            );
            // Tests' own and tools' own are in no program.
            for name in ["proptest", "xtask", "tests", "libfuzzer-sys"] {
                assert!(!names.contains(&name), "{program} has {name}");
            }
            if program == "lambda" {
                assert!(!names.contains(&without), "{program} has {without}");
            }
            let references: Vec<&Value> = components
                .iter()
                .chain([&document["metadata"]["component"]])
                .map(|one| &one["bom-ref"])
                .collect();
            for one in components.iter().filter(|one| one.get("purl").is_some()) {
                assert_eq!(
                    one["hashes"][0]["content"].as_str().map(str::len),
                    Some(64),
                    "{one}"
                );
                assert!(one["licenses"][0]["expression"].is_string(), "{one}");
            }
            for dependency in document["dependencies"].as_array().unwrap() {
                let on = dependency["dependsOn"].as_array().unwrap();
                assert!(on.iter().all(|on| references.contains(&on)), "{dependency}");
            }
        }
    }
}
