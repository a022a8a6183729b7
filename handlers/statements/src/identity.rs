//! The identity of a statement, which is the same in every file.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{Balance, Direction, Entry, Statement};

/// The scheme of the identity. A change would make every statement new, and
/// record it again.
const VERSION: &str = "ledgerbell-statement-2";

/// Returns the identity of a statement: a hash of the bank's names for it and
/// of the facts that do not change from one download to the next.
///
/// - Its number and page, or its id; see [`Statement::names`].
/// - The account, its currency, and both balances with their dates.
/// - For a statement with balances: each entry's direction, amount and value
///   date, in any order. They distinguish the pages of banks that number all
///   pages of a day alike, or none.
/// - For a notification, which has no balances: the bank's references of each
///   entry, in any order. Amounts count only if neither the entry nor the
///   notification has a name: a named payment that is sent again with another
///   amount is still the same payment.
/// - If several statements agree in all of this: which of them it is; see
///   [`Statement::occurrence`].
///
/// Texts do not count: they change with the encoding of the file, and a later
/// version of this crate may read them better.
pub fn identity(statement: &Statement) -> String {
    let mut lines = lines(statement);
    if statement.occurrence > 0 {
        lines.push(format!("occurrence {}", statement.occurrence));
    }
    hash(&lines)
}

/// Returns the identity without the occurrence: statements that agree in
/// everything else share it.
pub fn shared(statement: &Statement) -> String {
    hash(&lines(statement))
}

fn hash(lines: &[String]) -> String {
    HEXLOWER.encode(&Sha256::digest(lines.join("\n").as_bytes()))
}

fn lines(statement: &Statement) -> Vec<String> {
    let mut lines = vec![
        VERSION.to_owned(),
        statement.account_id.to_string(),
        statement.currency.to_string(),
    ];
    lines.extend(statement.names.iter().map(|name| token(name)));
    // A derived balance follows from the rest and has no date of its own.
    let opening = statement.opening.filter(|_| !statement.opening_derived);
    lines.push(balance(opening));
    lines.push(balance(statement.closing));
    let entries = statement.entries.iter();
    let mut entries: Vec<String> = match statement.closing {
        Some(_) => entries.map(amount).collect(),
        None => entries
            .map(|entry| {
                let references = references(entry);
                if references.is_empty() && statement.names.is_empty() {
                    return amount(entry);
                }
                references
            })
            .collect(),
    };
    entries.sort_unstable();
    lines.append(&mut entries);
    lines
}

fn balance(balance: Option<Balance>) -> String {
    match balance {
        Some(balance) => format!("{} {}", balance.amount.minor(), balance.date),
        None => "-".to_owned(),
    }
}

fn amount(entry: &Entry) -> String {
    let sign = match entry.direction {
        Direction::Credit => '+',
        Direction::Debit => '-',
    };
    let reversal = if entry.reversal { "R" } else { "" };
    let value_date = entry
        .value_date
        .map_or("-".to_owned(), |date| date.to_string());
    format!("{reversal}{sign}{} {value_date}", entry.amount.minor())
}

fn references(entry: &Entry) -> String {
    let tokens: Vec<String> = entry.references.iter().map(|text| token(text)).collect();
    tokens.join(" ")
}

/// Returns the parts of a name that do not depend on encoding or spacing, and
/// numbers without leading zeros.
fn token(text: &str) -> String {
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .filter(|part| !part.is_empty())
        .map(
            |part| match part.bytes().all(|byte| byte.is_ascii_digit()) {
                true => part.trim_start_matches('0'),
                false => part,
            },
        )
        .collect::<Vec<_>>()
        .join("/")
}
