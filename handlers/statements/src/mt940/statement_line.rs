//! `:61:`, one entry of the account.

use chrono::{Datelike, NaiveDate};
use domain::{Currency, Money};

use super::balance;
use crate::amount::parse_amount;
use crate::error::malformed;
use crate::{Direction, Reason, text};

/// Longest customer reference (16x), in characters. If a longer one has no
/// `//`, the rest is a name.
const MAX_REFERENCE_CHARS: usize = 16;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct StatementLine {
    pub value_date: NaiveDate,
    pub entry_date: Option<NaiveDate>,
    pub direction: Direction,
    pub reversal: bool,
    /// Whether it is announced (`EC`, `ED`) and not booked.
    pub expected: bool,
    pub amount: Money,
    /// The transaction type: `NTRF`, `N426`.
    pub code: Option<String>,
    pub reference: Option<String>,
    pub bank_reference: Option<String>,
    /// The other side's name, which some banks write after the reference.
    pub name: Option<String>,
    /// The lines after the first.
    pub supplement: Option<String>,
}

/// Reads `6!n[4!n]2a[1!a]15d1!a3!c16x[//16x][34x]` and the deviations of banks:
/// no decimal comma, no type, blanks in the type, longer references.
pub(super) fn parse(lines: &[&str], currency: Currency) -> Result<StatementLine, Reason> {
    let whole = lines.first().copied().unwrap_or_default();
    let bad = |problem: &str| malformed("the entry (:61:)", whole, problem);
    let (value_date, rest) = whole
        .split_at_checked(6)
        .ok_or_else(|| bad("has no value date (YYMMDD)"))?;
    let value_date =
        balance::parse_date(value_date).ok_or_else(|| bad("has no value date (YYMMDD)"))?;
    let (entry_date, rest) = match rest.split_at_checked(4) {
        Some((digits, rest)) if digits.bytes().all(|byte| byte.is_ascii_digit()) => {
            (Some(digits), rest)
        }
        _ => (None, rest),
    };
    let entry_date = match entry_date.filter(|digits| *digits != "0000") {
        Some(digits) => Some(
            nearest(digits, value_date)
                .ok_or_else(|| bad("has no entry date (MMDD) behind its value date"))?,
        ),
        None => None,
    };
    let (mark, rest) =
        Mark::parse(rest).ok_or_else(|| bad("has no C, D, RC or RD behind its dates"))?;
    // The third letter of the currency, or any other letter of the bank's choice.
    let rest = rest
        .strip_prefix(|c: char| c.is_ascii_alphabetic())
        .unwrap_or(rest);
    let end = rest
        .find(|c: char| !c.is_ascii_digit() && c != ',' && c != '.')
        .unwrap_or(rest.len());
    let (amount, rest) = rest
        .split_at_checked(end)
        .ok_or_else(|| bad("has no amount"))?;
    let amount = parse_amount(amount, currency).map_err(|error| {
        malformed(
            "the entry (:61:)",
            whole,
            format!("has the amount {amount:?}, which {error}"),
        )
    })?;
    let (code, rest) = match rest.char_indices().nth(4) {
        Some((at, _)) => rest.split_at(at),
        None => (rest, ""),
    };
    let (reference, name, bank_reference) = references(rest);
    let supplement: Vec<&str> = lines.iter().skip(1).copied().collect();
    Ok(StatementLine {
        value_date,
        entry_date,
        direction: mark.direction,
        reversal: mark.reversal,
        expected: mark.expected,
        amount,
        code: text::one_line(code),
        reference,
        bank_reference,
        name,
        supplement: (!supplement.is_empty()).then(|| supplement.join(" ")),
    })
}

struct Mark {
    direction: Direction,
    reversal: bool,
    expected: bool,
}

impl Mark {
    fn parse(text: &str) -> Option<(Self, &str)> {
        let marks = [
            ("RC", Direction::Debit, true, false),
            ("RD", Direction::Credit, true, false),
            ("EC", Direction::Credit, false, true),
            ("ED", Direction::Debit, false, true),
            ("C", Direction::Credit, false, false),
            ("D", Direction::Debit, false, false),
        ];
        marks
            .into_iter()
            .find_map(|(mark, direction, reversal, expected)| {
                let rest = text.strip_prefix(mark)?;
                Some((
                    Mark {
                        direction,
                        reversal,
                        expected,
                    },
                    rest,
                ))
            })
    }
}

/// Returns the entry date, which is written without a year, in the year nearest
/// to the value date: `0102` with value date 2013-12-31 is in 2014.
fn nearest(digits: &str, value_date: NaiveDate) -> Option<NaiveDate> {
    let month = digits.get(..2)?.parse().ok()?;
    let day = digits.get(2..)?.parse().ok()?;
    let year = value_date.year();
    [year, year - 1, year + 1]
        .into_iter()
        .filter_map(|year| balance::date(year, month, day))
        .min_by_key(|date| (*date - value_date).num_days().abs())
}

fn references(text: &str) -> (Option<String>, Option<String>, Option<String>) {
    if let Some((reference, bank_reference)) = text.split_once("//") {
        return (
            text::reference(reference),
            None,
            text::reference(bank_reference),
        );
    }
    match text.char_indices().nth(MAX_REFERENCE_CHARS) {
        Some((at, _)) => {
            let (reference, name) = text.split_at(at);
            (text::reference(reference), text::one_line(name), None)
        }
        None => (text::reference(text), None, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> StatementLine {
        parse(&[line], "EUR".parse().unwrap()).unwrap()
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn the_mark_gives_the_effect_on_the_balance() {
        for (line, direction, reversal) in [
            ("130101C1,NTRFX", Direction::Credit, false),
            ("130101D1,NTRFX", Direction::Debit, false),
            ("130101CR1,NTRFX", Direction::Credit, false),
            ("130101DK1,NTRFX", Direction::Debit, false),
            ("1301010101RC1,NTRFX", Direction::Debit, true),
            ("1301010101RDR1,NTRFX", Direction::Credit, true),
        ] {
            let read = read(line);
            assert_eq!(
                (read.direction, read.reversal, read.amount.minor()),
                (direction, reversal, 100),
                "{line}"
            );
        }
        assert!(read("130101EC1,NTRFX").expected);
    }

    #[test]
    fn the_entry_date_is_in_the_year_nearest_to_the_value_date() {
        assert_eq!(
            read("1312310102C1,NTRFX").entry_date,
            Some(day("2014-01-02"))
        );
        assert_eq!(
            read("1401021231C1,NTRFX").entry_date,
            Some(day("2013-12-31"))
        );
        assert_eq!(
            read("1202280229C1,NTRFX").entry_date,
            Some(day("2012-02-29"))
        );
        assert_eq!(read("130101C1,NTRFX").entry_date, None);
    }

    #[test]
    fn known_deviations_of_banks_are_accepted() {
        let old_rabobank =
            read("110617D000000000044,95N0600733959555      T-MOBILE NETHERLANDS BV          ");
        assert_eq!(old_rabobank.amount.minor(), 4495);
        assert_eq!(old_rabobank.code.as_deref(), Some("N060"));
        assert_eq!(old_rabobank.reference.as_deref(), Some("0733959555"));
        assert_eq!(
            old_rabobank.name.as_deref(),
            Some("T-MOBILE NETHERLANDS BV")
        );
        let sberbank = read("1710111011DF2402,00S   X");
        assert_eq!(
            (sberbank.amount.minor(), sberbank.code.as_deref()),
            (240_200, Some("S"))
        );
        let knab = read("1407290729C500NTRF29-07-2014 10:05//B4G29PGDCK1QFV3E");
        assert_eq!(knab.amount.minor(), 50_000);
        assert_eq!(knab.reference.as_deref(), Some("29-07-2014 10:05"));
        assert_eq!(knab.bank_reference.as_deref(), Some("B4G29PGDCK1QFV3E"));
        assert_eq!(read("130101C1,").code, None);
        assert_eq!(read("130101C,50NTRFNONREF").reference, None);
    }

    #[test]
    fn the_error_of_an_unreadable_entry_names_the_fault() {
        let problem = |line: &str| {
            parse(&[line], "EUR".parse().unwrap())
                .unwrap_err()
                .to_string()
        };
        assert_eq!(
            problem("13"),
            "the entry (:61:) \"13\" has no value date (YYMMDD)"
        );
        assert!(problem("1302010201X1,N").contains("has no C, D, RC or RD"));
        assert!(problem("130201C1,234NTRF").contains("has more than the 2 decimals of EUR"));
        assert!(problem("130201CNTRF").contains("has the amount \"\", which is not an amount"));
        assert!(problem("1302019901C1,NTRF").contains("has no entry date (MMDD)"));
    }
}
