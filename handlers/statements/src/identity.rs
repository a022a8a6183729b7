//! What makes a statement the same statement, whatever file it comes in.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::{Direction, Statement};

/// How an identity is computed; a change would make every statement new.
const VERSION: &str = "ledgerbell-statement-1";

/// The identity of a statement: a hash of what a bank cannot change from one
/// download to the next. That is the account, the currency, both balances with
/// their dates, and of each entry its direction, amount and value date, in any
/// order.
///
/// Texts, references and numbers are left out: banks number a download anew
/// and write it in another encoding or format version, and this program may
/// come to read a text better. Two statements that agree in all of the rest
/// are the same.
pub fn identity(statement: &Statement) -> String {
    let account: String = statement
        .account
        .chars()
        .filter(|c| !c.is_whitespace())
        .collect();
    let balance = |balance: Option<crate::Balance>| match balance {
        Some(balance) => format!("{} {}", balance.amount.minor(), balance.date),
        None => "-".to_owned(),
    };
    // What is derived follows from the rest, and has no date of its own.
    let opening = statement.opening.filter(|_| !statement.opening_derived);
    let mut entries: Vec<String> = statement
        .entries
        .iter()
        .map(|entry| {
            let sign = match entry.direction {
                Direction::Credit => '+',
                Direction::Debit => '-',
            };
            let reversal = if entry.reversal { "R" } else { "" };
            let value_date = entry
                .value_date
                .map_or("-".to_owned(), |date| date.to_string());
            format!("{reversal}{sign}{} {value_date}", entry.amount.minor())
        })
        .collect();
    entries.sort_unstable();
    let mut lines = vec![
        VERSION.to_owned(),
        account,
        statement.currency.to_string(),
        balance(opening),
        balance(statement.closing),
    ];
    lines.append(&mut entries);
    HEXLOWER.encode(&Sha256::digest(lines.join("\n").as_bytes()))
}
