//! The release: what a bank needs to run Ledgerbell in its AWS account, without Rust.

use std::{
    collections::BTreeMap,
    fmt::Write,
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use flate2::{Compression, GzBuilder};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::{
    command,
    error::{Error, Result, at},
    package::{Architecture, FUNCTIONS, Profile, package},
    sbom::sbom,
    workspace::{output_dir, root, template_path},
};

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The files of the project that are in the archive, and where they are there.
const FILES: [(&str, &str); 6] = [
    (
        "infra/cloudformation/ledgerbell-stack.sh",
        "ledgerbell-stack.sh",
    ),
    (
        "infra/cloudformation/README.md",
        "infra/cloudformation/README.md",
    ),
    ("CHANGELOG.md", "CHANGELOG.md"),
    ("SECURITY.md", "SECURITY.md"),
    ("LICENSE-APACHE", "LICENSE-APACHE"),
    ("LICENSE-MIT", "LICENSE-MIT"),
];

/// The first page of the archive, where its links begin at the archive's root.
const PAGE: &str = "infra/cloudformation/RELEASE.md";

/// The folders of which every text is in the archive, at the same place.
const FOLDERS: [&str; 2] = ["docs", "infra/cloudformation/examples"];

/// Builds the functions for both processors, and writes `target/release-archive`: the archive, its checksum, and a
/// statement of what it was built from. Returns the files' paths.
///
/// The same commit results in the same bytes.
///
/// # Errors
/// - Those of [`package`] and [`sbom`].
/// - `Missing`: a file is not as the commit has it, or git does not answer.
/// - `File`: a file cannot be read or written.
pub fn release() -> Result<Vec<PathBuf>> {
    let changed = command::read(
        Command::new("git")
            .current_dir(root())
            .args(["status", "--porcelain"]),
    )?;
    if !changed.is_empty() {
        return Err(Error::Missing(format!(
            "a release is made of a commit, and these files are not in it:\n{changed}"
        )));
    }
    let mut zips = BTreeMap::new();
    for architecture in [Architecture::Arm64, Architecture::X86_64] {
        for path in package(architecture, Profile::Release)? {
            let bytes = fs::read(&path).map_err(at(&path))?;
            zips.insert((architecture, name(&path)), bytes);
        }
    }
    archive(&output_dir().join("release-archive"), &zips)
}

/// Writes the archive of these zips, which are by processor and file name, into a folder. Returns the files' paths.
///
/// # Errors
/// - Those of [`sbom`].
/// - `Missing`: git does not say which commit this is.
/// - `File`: a file cannot be read or written.
pub fn archive(
    folder: &Path,
    zips: &BTreeMap<(Architecture, String), Vec<u8>>,
) -> Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).map_err(at(folder))?;
    let mut files = texts()?;
    for ((architecture, name), bytes) in zips {
        files.insert(format!("{}/{name}", architecture.name()), bytes.clone());
        files
            .entry(format!("{}/template.yaml", architecture.name()))
            .or_insert(template(*architecture)?.into_bytes());
    }
    for path in sbom()? {
        let bytes = fs::read(&path).map_err(at(&path))?;
        files.insert(format!("sbom/{}", name(&path)), bytes);
    }
    let digests: BTreeMap<&str, String> = files
        .iter()
        .map(|(name, bytes)| (name.as_str(), sha256(bytes)))
        .collect();
    let sums = sums(
        digests
            .iter()
            .map(|(name, digest)| (*name, digest.as_str())),
    );
    let statement_of = digests
        .iter()
        .map(|(name, digest)| subject(name, digest))
        .collect::<Vec<_>>();
    files.insert("SHA256SUMS".to_owned(), sums.into_bytes());

    let name = format!("ledgerbell-{VERSION}");
    let packed = tar(&name, &files).map_err(at(folder))?;
    let digest = sha256(&packed);
    let file = format!("{name}.tar.gz");
    let statement = statement(&file, &digest, statement_of)?;
    [
        (file.clone(), packed),
        (format!("{file}.sha256"), sums_of_one(&file, &digest)),
        (
            format!("{name}.intoto.json"),
            format!("{statement:#}\n").into_bytes(),
        ),
    ]
    .into_iter()
    .map(|(name, bytes)| {
        let path = folder.join(name);
        fs::write(&path, bytes).map_err(at(&path))?;
        Ok(path)
    })
    .collect()
}

/// Returns the template with the functions beside it and this processor as the default.
fn template(architecture: Architecture) -> Result<String> {
    let path = template_path();
    let mut text = fs::read_to_string(&path).map_err(at(&path))?;
    for function in FUNCTIONS {
        text = replaced(
            &text,
            &format!("CodeUri: ../../target/package/{function}.zip\n"),
            &format!("CodeUri: {function}.zip\n"),
        )?;
    }
    replaced(
        &text,
        "    Default: arm64\n",
        &format!("    Default: {}\n", architecture.name()),
    )
}

fn replaced(text: &str, from: &str, to: &str) -> Result<String> {
    match text.matches(from).count() {
        1 => Ok(text.replace(from, to)),
        found => Err(Error::Template(format!("{from:?} is there {found} times"))),
    }
}

fn texts() -> Result<BTreeMap<String, Vec<u8>>> {
    let mut found = BTreeMap::new();
    for (from, to) in FILES {
        let path = root().join(from);
        found.insert(to.to_owned(), fs::read(&path).map_err(at(&path))?);
    }
    let page = root().join(PAGE);
    let page = fs::read_to_string(&page).map_err(at(&page))?;
    found.insert("README.md".to_owned(), from_the_root(&page).into_bytes());
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(|folder| root().join(folder)).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).map_err(at(&folder))? {
            let path = entry.map_err(at(&folder))?.path();
            let is_text = path.extension().is_some_and(|end| {
                ["md", "json", "py", "ts", "tf"]
                    .iter()
                    .any(|text| end == *text)
            });
            if path.is_dir() {
                folders.push(path);
            } else if is_text {
                let name = path.strip_prefix(root()).unwrap_or(&path);
                let name = name.to_string_lossy().into_owned();
                found.insert(name, fs::read(&path).map_err(at(&path))?);
            }
        }
    }
    Ok(found)
}

/// Makes the links of a page in `infra/cloudformation` those of a page two folders above.
fn from_the_root(page: &str) -> String {
    page.split_inclusive("](")
        .scan(false, |after_link, part| {
            let was = std::mem::replace(after_link, part.ends_with("]("));
            Some(match part.strip_prefix("../../") {
                Some(rest) if was => rest.to_owned(),
                None if was && !part.starts_with("https://") => {
                    format!("infra/cloudformation/{part}")
                }
                _ => part.to_owned(),
            })
        })
        .collect()
}

/// Packs files, without anything that differs from one build to another: time, owner, order.
fn tar(folder: &str, files: &BTreeMap<String, Vec<u8>>) -> io::Result<Vec<u8>> {
    let gz = GzBuilder::new()
        .mtime(0)
        .write(Vec::new(), Compression::best());
    let mut builder = tar::Builder::new(gz);
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mtime(0);
        header.set_mode(if name.ends_with(".sh") { 0o755 } else { 0o644 });
        builder.append_data(&mut header, format!("{folder}/{name}"), bytes.as_slice())?;
    }
    builder.into_inner()?.finish()
}

/// The statement of in-toto with SLSA's provenance (<https://slsa.dev/spec/v1.0/provenance>). It is not signed: who publishes
/// a release signs it.
fn statement(file: &str, digest: &str, mut subjects: Vec<Value>) -> Result<Value> {
    let commit = command::read(
        Command::new("git")
            .current_dir(root())
            .args(["rev-parse", "HEAD"]),
    )?;
    let lock = root().join("Cargo.lock");
    let lock = sha256(&fs::read(&lock).map_err(at(&lock))?);
    subjects.insert(0, subject(file, digest));
    Ok(json!({
        "_type": "https://in-toto.io/Statement/v1",
        "subject": subjects,
        "predicateType": "https://slsa.dev/provenance/v1",
        "predicate": {
            "buildDefinition": {
                "buildType": "cargo xtask release",
                "externalParameters": { "version": VERSION },
                "resolvedDependencies": [
                    { "name": "source", "digest": { "gitCommit": commit.trim() } },
                    { "name": "Cargo.lock", "digest": { "sha256": lock } },
                ],
            },
            "runDetails": { "builder": { "id": "cargo xtask release" } },
        },
    }))
}

fn subject(name: &str, digest: &str) -> Value {
    json!({ "name": name, "digest": { "sha256": digest } })
}

/// The lines that `sha256sum --check` reads.
fn sums<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    files.fold(String::new(), |mut all, (name, digest)| {
        let _ = writeln!(all, "{digest}  {name}");
        all
    })
}

fn sums_of_one(file: &str, digest: &str) -> Vec<u8> {
    sums([(file, digest)].into_iter()).into_bytes()
}

/// Returns the SHA-256 of these bytes, in hexadecimal.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes)
        .iter()
        .fold(String::new(), |mut all, byte| {
            let _ = write!(all, "{byte:02x}");
            all
        })
}

fn name(path: &Path) -> String {
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zips() -> BTreeMap<(Architecture, String), Vec<u8>> {
        let both = [Architecture::Arm64, Architecture::X86_64];
        both.into_iter()
            .flat_map(|architecture| {
                FUNCTIONS.map(|name| {
                    (
                        (architecture, format!("{name}.zip")),
                        format!("{name} on {}", architecture.name()).into_bytes(),
                    )
                })
            })
            .collect()
    }

    #[test]
    fn the_archive_has_what_a_deployment_needs_under_its_checksums_and_is_the_same_bytes_twice() {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let [first, second] = folders
            .each_ref()
            .map(|folder| archive(folder.path(), &zips()).unwrap());
        for (first, second) in first.iter().zip(&second) {
            assert_eq!(
                fs::read(first).unwrap(),
                fs::read(second).unwrap(),
                "{}",
                first.display()
            );
        }

        let folder = folders[0].path();
        let run = |program: &str, arguments: &[&str], within: &Path| {
            command::read(Command::new(program).args(arguments).current_dir(within)).unwrap()
        };
        let archive = name(&first[0]);
        run(
            "sha256sum",
            &["--check", &format!("{archive}.sha256")],
            folder,
        );
        run("tar", &["-xzf", &archive], folder);
        let inside = folder.join(archive.trim_end_matches(".tar.gz"));
        run("sha256sum", &["--strict", "--check", "SHA256SUMS"], &inside);
        for architecture in ["arm64", "x86_64"] {
            let template =
                fs::read_to_string(inside.join(architecture).join("template.yaml")).unwrap();
            assert!(template.contains(&format!("    Default: {architecture}\n")));
            for (_, uri) in template
                .lines()
                .filter_map(|line| line.split_once("CodeUri: "))
            {
                assert!(inside.join(architecture).join(uri).is_file(), "{uri}");
            }
        }
        let help = run("./ledgerbell-stack.sh", &["--help"], &inside);
        assert!(
            help.starts_with("Usage: ledgerbell-stack.sh COMMAND"),
            "{help}"
        );
        // Every link of its first page leads to a file of the archive.
        let page = fs::read_to_string(inside.join("README.md")).unwrap();
        for target in page
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split([')', '#']).next())
        {
            assert!(
                target.starts_with("https://") || inside.join(target).exists(),
                "{target}"
            );
        }

        let statement: Value = serde_json::from_slice(&fs::read(&first[2]).unwrap()).unwrap();
        let subjects = statement["subject"].as_array().unwrap();
        let packed = sha256(&fs::read(&first[0]).unwrap());
        assert_eq!(subjects[0], subject(&archive, &packed));
        let sums = fs::read_to_string(inside.join("SHA256SUMS")).unwrap();
        assert_eq!(subjects.len(), 1 + sums.lines().count());
        assert!(
            sums.lines()
                .any(|line| line.ends_with("  sbom/lambda.cdx.json")),
            "{sums}"
        );
    }
}
