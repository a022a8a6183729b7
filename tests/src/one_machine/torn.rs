//! What a power cut or a bad disk leaves of SQLite's files.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::disk::Disk;

/// Sizes of SQLite's file format.
const PAGE: usize = 4096;
const JOURNAL_HEADER: usize = 32;
const FRAME_HEADER: usize = 24;
const FRAME: usize = FRAME_HEADER + PAGE;
/// What no page of SQLite consists of.
const GARBAGE: u8 = 0xA5;

impl Disk {
    fn journal(&self, file: &str) -> PathBuf {
        self.file(&format!("{file}-wal"))
    }

    /// Whether something is in the journal that is not in the file.
    #[must_use]
    pub fn has_journal(&self, file: &str) -> bool {
        self.file_size(self.journal(file)) > JOURNAL_HEADER
    }

    fn file_size(&self, path: PathBuf) -> usize {
        fs::metadata(path).map_or(0, |data| data.len() as usize)
    }

    /// A write to the journal that came half way: the first half of a frame,
    /// with the marks of this journal, behind the last whole one.
    ///
    /// # Panics
    /// When there is no journal.
    pub fn tear_a_write_to_the_journal(&self, file: &str) {
        self.change_bytes(self.journal(file), |journal| {
            let end = JOURNAL_HEADER + frames(journal) * FRAME;
            let mut torn = journal[end - FRAME..end - FRAME / 2].to_vec();
            torn[FRAME_HEADER..].fill(GARBAGE);
            journal.truncate(end);
            journal.extend(torn);
        });
    }

    /// The journal ends after this share of it, in percent: what no power cut
    /// does to what was synced, but a bad disk.
    ///
    /// # Panics
    /// When there is no journal.
    pub fn lose_the_end_of_the_journal(&self, file: &str, percent: usize) {
        self.change_bytes(self.journal(file), |journal| {
            let kept = frames(journal) * percent / 100;
            journal.truncate(JOURNAL_HEADER + kept * FRAME);
        });
    }

    /// Every page that the journal holds is torn in the file itself, as when
    /// the power fails while they are moved there. Answers with how many.
    ///
    /// # Panics
    /// When one of them is missing.
    #[must_use]
    pub fn tear_what_is_moved_from_the_journal(&self, file: &str) -> usize {
        let journal = fs::read(self.journal(file)).expect("there is a journal");
        let numbers: BTreeSet<usize> = (0..frames(&journal))
            .map(|frame| JOURNAL_HEADER + frame * FRAME)
            .map(|at| number(&journal[at..at + 4]))
            // The first page says that there is a journal.
            .filter(|page| *page > 1)
            .collect();
        let mut torn = 0;
        self.change_bytes(self.file(file), |bytes| {
            for page in numbers {
                if let Some(half) = bytes.get_mut((page - 1) * PAGE..(page - 1) * PAGE + PAGE / 2) {
                    half.fill(GARBAGE);
                    torn += 1;
                }
            }
        });
        torn
    }

    /// The first half of the last page that holds something is something
    /// else. (What a page holds that is free is nobody's loss.)
    ///
    /// # Panics
    /// When the file cannot be changed.
    pub fn tear_the_last_page(&self, file: &str) {
        let last: usize = self
            .open(file)
            .query_row("SELECT max(pageno) FROM dbstat", [], |row| row.get(0))
            .expect("SQLite tells its pages");
        self.change_bytes(self.file(file), |bytes| {
            let at = (last - 1) * PAGE;
            bytes[at..at + PAGE / 2].fill(GARBAGE);
        });
    }

    /// The file ends in the middle of its last page.
    ///
    /// # Panics
    /// When the file cannot be changed.
    pub fn cut_the_last_page(&self, file: &str) {
        self.change_bytes(self.file(file), |bytes| {
            bytes.truncate(bytes.len() - PAGE / 2);
        });
    }

    /// Nothing is left in the file, nor beside it.
    ///
    /// # Panics
    /// When the file cannot be changed.
    pub fn empty(&self, file: &str) {
        self.change_bytes(self.file(file), Vec::clear);
        let _ = fs::remove_file(self.journal(file));
    }

    fn change_bytes(&self, path: PathBuf, change: impl FnOnce(&mut Vec<u8>)) {
        let mut bytes = fs::read(&path).expect("the file is there");
        change(&mut bytes);
        fs::write(&path, bytes).expect("the file can be written");
    }

    /// All files of the folder, to be put back.
    ///
    /// # Panics
    /// When they cannot be read.
    #[must_use]
    pub fn backup(&self) -> Vec<(PathBuf, Vec<u8>)> {
        fs::read_dir(self.file("."))
            .expect("the folder is there")
            .map(|entry| entry.expect("it can be listed").path())
            .map(|path| (path.clone(), fs::read(path).expect("it can be read")))
            .collect()
    }

    /// The folder is as it was.
    ///
    /// # Panics
    /// When a file cannot be written.
    pub fn put_back(&self, backup: &[(PathBuf, Vec<u8>)]) {
        for entry in fs::read_dir(self.file(".")).expect("the folder is there") {
            fs::remove_file(entry.expect("it can be listed").path()).expect("it can be removed");
        }
        for (path, bytes) in backup {
            fs::write(path, bytes).expect("it can be written");
        }
    }
}

/// The frames of this journal, without what an earlier one left behind them.
fn frames(journal: &[u8]) -> usize {
    assert!(journal.len() > JOURNAL_HEADER, "there is nothing in it");
    let salt = &journal[16..24];
    journal[JOURNAL_HEADER..]
        .chunks_exact(FRAME)
        .take_while(|frame| &frame[8..16] == salt)
        .count()
}

fn number(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .fold(0, |number, byte| number * 256 + usize::from(*byte))
}
