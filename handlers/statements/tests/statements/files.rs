//! The bank statements of `tests/data/statements`.

use std::fs;
use std::path::{Path, PathBuf};

use statements::{ReadError, Statement, read};

pub struct File {
    /// Bank and file: `knab/2014.mt940`.
    pub name: String,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/data/statements")
}

/// All of them, in the order of their names.
pub fn all() -> Vec<File> {
    let mut names = Vec::new();
    for bank in fs::read_dir(root()).unwrap() {
        let bank = bank.unwrap().path();
        if !bank.is_dir() || bank.ends_with("LICENSES") {
            continue;
        }
        for file in fs::read_dir(&bank).unwrap() {
            let file = file.unwrap().path();
            let name = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
            names.push(format!("{}/{}", name(&bank), name(&file)));
        }
    }
    names.sort();
    assert!(!names.is_empty());
    names.into_iter().map(|name| File { name }).collect()
}

impl File {
    pub fn named(name: &str) -> Self {
        File {
            name: name.to_owned(),
        }
    }

    pub fn bytes(&self) -> Vec<u8> {
        fs::read(root().join(&self.name)).unwrap()
    }

    pub fn snapshot_name(&self) -> String {
        self.name.replace(['/', '.'], "-")
    }

    pub fn read(&self) -> Vec<Result<Statement, ReadError>> {
        read(&self.bytes(), None).unwrap()
    }

    /// The statements, none of which may be unreadable.
    pub fn statements(&self) -> Vec<Statement> {
        self.read()
            .into_iter()
            .map(|read| read.unwrap_or_else(|error| panic!("{}: {error}", self.name)))
            .collect()
    }

    pub fn errors(&self) -> Vec<String> {
        self.read()
            .into_iter()
            .filter_map(Result::err)
            .map(|error| error.to_string())
            .collect()
    }
}
