//! The files, read and planned before anything is sent.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use domain::{CustomerId, Money};
use serde::Serialize;
use statements::format::MAX_FILE_BYTES;
use statements::{Files, Format, Plan, ReadError, Statement, identity, in_order, plan};

/// A statement with its place and its plan.
#[derive(Debug)]
pub(crate) struct Source {
    pub file: String,
    pub statement: Statement,
    pub plan: Plan,
    /// Whether a later statement of the import opens with this one's closing balance.
    pub followed: bool,
}

/// A file or a statement of which nothing is imported.
#[derive(Debug, Serialize)]
pub(crate) struct Unreadable {
    pub file: String,
    /// The line, unless the file could not be opened.
    pub line: Option<usize>,
    pub statement: Option<String>,
    pub reason: String,
}

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if let Some(statement) = &self.statement {
            write!(f, "{statement}: ")?;
        }
        write!(f, "{}; nothing of it is imported", self.reason)
    }
}

#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The statements, each after its predecessor.
    pub sources: Vec<Source>,
    pub unreadable: Vec<Unreadable>,
}

/// A file's name, and its bytes or the reason why it cannot be read.
pub(crate) type NamedFile = (String, std::io::Result<Vec<u8>>);

/// Reads and plans the statements of all files, of which one at a time is in memory.
pub(crate) fn read(
    files: impl IntoIterator<Item = NamedFile>,
    format: Option<Format>,
    customer: Option<&CustomerId>,
) -> Sources {
    let mut found = Sources::default();
    let mut statements = Vec::new();
    let mut known = Files::default();
    // Sorting separates the statements from their files.
    let mut origins: BTreeMap<(String, usize), VecDeque<String>> = BTreeMap::new();
    for (file, bytes) in files {
        let bytes = match bytes {
            Ok(bytes) => bytes,
            Err(error) => {
                found.unreadable.push(Unreadable {
                    file,
                    line: None,
                    statement: None,
                    reason: error.to_string(),
                });
                continue;
            }
        };
        let mut read = statements::read(&bytes, format).unwrap_or_else(|error| vec![Err(error)]);
        known.add(read.iter_mut().filter_map(|read| read.as_mut().ok()));
        for statement in read {
            match statement {
                Ok(statement) => {
                    let origin = (identity::identity(&statement), statement.line);
                    origins.entry(origin).or_default().push_back(file.clone());
                    statements.push(statement);
                }
                Err(error) => found.unreadable.push(unreadable(&file, error)),
            }
        }
    }
    for statement in in_order(statements) {
        let plan = plan(&statement, customer);
        let origin = origins.get_mut(&(plan.identity.clone(), statement.line));
        let file = origin.and_then(VecDeque::pop_front).unwrap_or_default();
        found.sources.push(Source {
            file,
            statement,
            plan,
            followed: false,
        });
    }
    let mut later = BTreeSet::new();
    for source in found.sources.iter_mut().rev() {
        let account = &source.plan.account_id;
        let place = |balance: Option<Money>| balance.map(|sum| (account.clone(), sum.minor()));
        source.followed =
            place(source.plan.expected_closing).is_some_and(|place| later.contains(&place));
        later.extend(place(source.plan.expected_opening));
    }
    found
}

fn unreadable(file: &str, error: ReadError) -> Unreadable {
    Unreadable {
        file: file.to_owned(),
        line: Some(error.line),
        statement: error.statement,
        reason: error.reason.to_string(),
    }
}

/// Opens a file. At most one byte more than the limit is read, which is enough to refuse it.
pub(super) fn open(path: &Path) -> NamedFile {
    let content = || {
        let mut bytes = Vec::new();
        File::open(path)?
            .take(MAX_FILE_BYTES as u64 + 1)
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    (path.display().to_string(), content())
}
