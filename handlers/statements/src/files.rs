//! The statements of several files in one import.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{Direction, Doubt, Entry, Statement, identity};

/// The files of an import that were read so far.
///
/// Some banks give all statements of a day the same number. If the same amounts
/// are booked twice on such a day, only the texts and positions of the two
/// statements differ. Within a file their positions distinguish them. Across
/// files only the texts of the entries do: two downloads may share a statement
/// and differ in everything around it.
#[derive(Debug, Default)]
pub struct Files {
    /// The different texts of the statements that share an identity, by that
    /// identity. The index is the statement's occurrence.
    known: BTreeMap<String, Vec<KnownTexts>>,
    /// The number of files so far.
    count: usize,
}

#[derive(Debug)]
struct KnownTexts {
    content: [u8; 32],
    /// The number of statements with the same texts before it in its file.
    before: usize,
    /// The first file that contains it.
    file: usize,
}

impl Files {
    /// Adds the statements of one file and numbers those that share number,
    /// balances and amounts with a statement of another file but have other
    /// texts. Statements with the same texts, in any encoding, are copies and
    /// count as the first.
    ///
    /// Notifications are not numbered: without balances, nothing would reveal
    /// that one was mistaken for two.
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
            let is_this = |texts: &KnownTexts| texts.content == content && texts.before == *before;
            let place = known.iter().position(is_this);
            statement.occurrence = place.unwrap_or(known.len());
            if place.is_none() {
                let file = self.count;
                if known.iter().any(|texts| texts.file != file) {
                    statement.doubt = Doubt::OtherTexts;
                }
                known.push(KnownTexts {
                    content,
                    before: *before,
                    file,
                });
            }
            *before += 1;
        }
    }
}

/// Returns a hash of the entries' texts that does not depend on their order,
/// encoding or line ends.
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
