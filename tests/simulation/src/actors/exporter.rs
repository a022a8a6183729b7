//! Who exports the history, again and again into one folder.

use std::collections::{BTreeMap, VecDeque};
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, Version};
use export::walk::{History, Page, Standing, offer_all};
use export::{ExportError, Exporter, Format, Manifest, Start};
use handlers::composition::Composition;
use handlers::ports::{ReadModelRow, Versioned};
use handlers::query::time_index::{PageLimit, Range, SAFETY_WINDOW, page_within};
use tempfile::TempDir;

use crate::cloud::State;
use crate::cloud::functions::Program;
use crate::cloud::store::Store;
use crate::kernel::Core;
use crate::ports::{Port, Role};

/// Small, so that there are many.
const PAGE: PageLimit = PageLimit {
    commits: 8,
    events: 40,
};
const COMMITS_OF_ACCOUNT: usize = 5;
/// Files here are in memory, where there is such a place: an export waits for
/// its disk five times.
const IN_MEMORY: &str = "/dev/shm";

/// An export and its runs.
#[derive(Debug, Default)]
pub struct Exports {
    /// Made with the first run; gone with the seed.
    folder: Option<TempDir>,
    under_way: bool,
    /// Runs that came to their end.
    pub done: u64,
}

/// What a run has read of the time index.
struct Read {
    pages: VecDeque<Vec<Commit>>,
    /// Nothing recorded before this is missing.
    until: DateTime<Utc>,
}

impl Core {
    /// Reads what was recorded since the last run, page by page, and adds it.
    pub fn export(&mut self) {
        // Its folder is locked meanwhile.
        if self.state.exports.under_way {
            return;
        }
        let read_from = match self.folder().and_then(|root| look(&root)) {
            Ok(read_from) => read_from,
            Err(reason) => return self.violate("an export goes on", || reason),
        };
        self.state.exports.under_way = true;
        let process = self.new_process();
        let program = Program(Arc::new(Port::new(self, process, Role::Export)));
        let work = async move { read(&program, read_from).await };
        self.spawn(process, work, |core, read| {
            core.state.exports.under_way = false;
            // What was interrupted has added nothing.
            if let Some(Ok(read)) = read {
                core.add_to_the_export(read);
            }
        });
    }

    fn folder(&mut self) -> Result<std::path::PathBuf, String> {
        let folder = match self.state.exports.folder.take() {
            Some(folder) => folder,
            None => {
                let made = match Path::new(IN_MEMORY).is_dir() {
                    true => TempDir::new_in(IN_MEMORY),
                    false => TempDir::new(),
                };
                made.map_err(|error| error.to_string())?
            }
        };
        let path = folder.path().to_owned();
        self.state.exports.folder = Some(folder);
        Ok(path)
    }

    fn add_to_the_export(&mut self, read: Read) {
        let until = read.until;
        let manifest = self
            .folder()
            .and_then(|root| write(&root, read, &self.state));
        match manifest {
            Ok(manifest) => {
                self.state.exports.done += 1;
                self.tell(|_| {
                    let events = manifest.events;
                    format!("the export has {events} events, up to {until}")
                });
                self.check_export(&manifest);
            }
            Err(reason) => self.violate("an export goes on", || reason),
        }
    }

    /// The manifest of the export, where there is one.
    pub fn exported(&self) -> Option<Manifest> {
        let folder = self.state.exports.folder.as_ref()?;
        Manifest::of_folder(folder.path()).ok()?
    }
}

fn look(root: &Path) -> Result<Option<DateTime<Utc>>, String> {
    let start = Start::look(root, Some(Format::Ndjson), None);
    let start = start.map_err(|error| error.to_string())?;
    Ok(start.read_from)
}

async fn read(program: &Program, from: Option<DateTime<Utc>>) -> handlers::Result<Read> {
    let until = program.clock().settled(SAFETY_WINDOW);
    let range = Range {
        from: from.unwrap_or(DateTime::UNIX_EPOCH),
        to: until,
    };
    let store = program.store();
    let mut pages = VecDeque::new();
    let mut position = None;
    loop {
        let page = page_within(store.as_ref(), range, position, false, PAGE).await?;
        pages.push_back(page.commits);
        position = page.next;
        if position.is_none() {
            return Ok(Read { pages, until });
        }
    }
}

fn write(root: &Path, read: Read, state: &State) -> Result<Manifest, String> {
    let history = Stored {
        read,
        store: &state.store,
        standings: Some(standings(&state.rows)),
    };
    add(root, history).map_err(|error| error.to_string())
}

fn add(root: &Path, mut history: Stored<'_>) -> Result<Manifest, ExportError> {
    let mut exporter = Exporter::open(root, Some(Format::Ndjson), None)?;
    offer_all(&mut exporter, &mut history, |_| true)?;
    Ok(exporter.finish(history.read.until, None)?.manifest)
}

struct Stored<'a> {
    read: Read,
    store: &'a Store,
    /// Those of all accounts, until they were told.
    standings: Option<Vec<Standing>>,
}

/// Where accounts stand, as the read model has it.
fn standings(rows: &BTreeMap<AccountId, Versioned<ReadModelRow>>) -> Vec<Standing> {
    let balances = rows.values().filter_map(|row| row.value.balance.as_ref());
    balances
        .map(|balance| Standing {
            account_id: balance.account_id.clone(),
            version: balance.version(),
            updated_at: balance.updated_at,
        })
        .collect()
}

impl History for Stored<'_> {
    type Error = ExportError;

    fn page(&mut self) -> Result<Page, ExportError> {
        let commits = self.read.pages.pop_front().unwrap_or_default();
        let is_last = self.read.pages.is_empty();
        Ok(Page {
            commits,
            complete_until: is_last.then_some(self.read.until),
        })
    }

    fn standings(&mut self) -> Result<Option<Vec<Standing>>, ExportError> {
        Ok(self.standings.take())
    }

    fn after(&mut self, account: &AccountId, version: Version) -> Result<Vec<Commit>, ExportError> {
        Ok(self
            .store
            .after(account, version, COMMITS_OF_ACCOUNT)
            .commits)
    }
}
