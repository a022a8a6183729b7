//! Several files of one import.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::{Statement, encoding, identity};

/// The files that were read so far.
///
/// Some banks give all statements of a day one number, and a day on which the
/// same is booked twice has two that nothing tells apart but what else is
/// written in them. In one file their places do; in two files, that the files
/// are not copies of each other.
#[derive(Debug, Default)]
pub struct Files {
    contents: BTreeSet<[u8; 32]>,
    seen: BTreeMap<String, usize>,
}

impl Files {
    /// Takes in what a file was read as, and counts its statements on behind
    /// those of other files. A copy, in whatever encoding, counts as the first.
    ///
    /// Notifications are not counted on: they have no balances that would tell
    /// if one were taken for two.
    pub fn add<'a>(
        &mut self,
        bytes: &[u8],
        statements: impl IntoIterator<Item = &'a mut Statement>,
    ) {
        if !self.contents.insert(content(bytes)) {
            return;
        }
        let mut here: BTreeMap<String, usize> = BTreeMap::new();
        for statement in statements {
            if statement.closing.is_none() {
                continue;
            }
            let shared = identity::shared(statement);
            *here.entry(shared.clone()).or_default() += 1;
            statement.occurrence += self.seen.get(&shared).copied().unwrap_or(0);
        }
        for (shared, count) in here {
            *self.seen.entry(shared).or_default() += count;
        }
    }
}

/// Of what no encoding and no line end changes.
fn content(bytes: &[u8]) -> [u8; 32] {
    let text = encoding::decode(bytes);
    let mut hash = Sha256::new();
    for piece in text.split(|c: char| !c.is_ascii_alphanumeric()) {
        hash.update(piece);
    }
    hash.finalize().into()
}
