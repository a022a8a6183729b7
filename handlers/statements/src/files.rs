//! Several files of one import.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{Again, Direction, Entry, Statement, identity};

/// The files that were read so far.
///
/// Some banks give all statements of a day one number, and a day on which the
/// same is booked twice has two that nothing tells apart but what else is
/// written in them. In one file their places do. In two files it is what was
/// written of their entries: the files themselves do not tell, as two downloads
/// may have one statement in common and differ in everything around it.
#[derive(Debug, Default)]
pub struct Files {
    /// By what statements share, what is written in each; its place is which
    /// of them it is.
    known: BTreeMap<String, Vec<Written>>,
    /// How many files there were.
    count: usize,
}

#[derive(Debug)]
struct Written {
    content: [u8; 32],
    /// How many before it in its file say the same.
    before: usize,
    /// The first file that has it.
    file: usize,
}

impl Files {
    /// Takes in the statements of one file, and counts on those that share
    /// number, balances and amounts with one of another file but say something
    /// else. Those that say the same are copies, in whatever encoding, and count
    /// as the first.
    ///
    /// Notifications are not counted on: they have no balances that would tell
    /// if one were taken for two.
    pub fn add<'a>(&mut self, statements: impl IntoIterator<Item = &'a mut Statement>) {
        self.count += 1;
        let mut here: BTreeMap<(String, [u8; 32]), usize> = BTreeMap::new();
        for statement in statements {
            if statement.closing.is_none() {
                continue;
            }
            let shared = identity::shared(statement);
            let content = content(statement);
            let before = here.entry((shared.clone(), content)).or_default();
            let known = self.known.entry(shared).or_default();
            let is_this =
                |written: &Written| written.content == content && written.before == *before;
            let place = known.iter().position(is_this);
            statement.occurrence = place.unwrap_or(known.len());
            if place.is_none() {
                let file = self.count;
                if known.iter().any(|written| written.file != file) {
                    statement.again = Again::OtherTexts;
                }
                known.push(Written {
                    content,
                    before: *before,
                    file,
                });
            }
            *before += 1;
        }
    }
}

/// Of what is written in the entries, in whatever order; no encoding and no line
/// end changes it.
fn content(statement: &Statement) -> [u8; 32] {
    let mut entries: Vec<String> = statement.entries.iter().map(skeleton).collect();
    entries.sort_unstable();
    Sha256::digest(entries.join("\n").as_bytes()).into()
}

fn skeleton(entry: &Entry) -> String {
    let sign = match entry.direction {
        Direction::Credit => '+',
        Direction::Debit => '-',
    };
    let mut skeleton = format!("{sign}{}", entry.amount.minor());
    for text in [
        &entry.reference,
        &entry.bank_reference,
        &entry.remittance,
        &entry.counterparty,
    ] {
        skeleton.push(' ');
        let text = text.as_deref().unwrap_or_default();
        skeleton.extend(text.chars().filter(char::is_ascii_alphanumeric));
    }
    skeleton
}
