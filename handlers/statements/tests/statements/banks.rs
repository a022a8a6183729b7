//! Real statements of real banks: opening and entries give the closing balance,
//! and what contradicts itself is refused with the line and the difference.

use std::collections::BTreeMap;

use crate::files::File;
use statements::{Format, Statement, detect, in_order};

/// Bank, file, format, statements, entries.
const READ: [(&str, &str, Format, usize, usize); 14] = [
    ("mBank", "mbank/collect.sta", Format::Mt940, 1, 3),
    ("SNS Bank", "sns-bank/2012.sta", Format::Mt940, 2, 2),
    ("Rabobank", "rabobank/iban-2013.sta", Format::Mt940, 2, 4),
    ("Sberbank", "sberbank-hungary/2017.sta", Format::Mt940, 1, 3),
    ("Knab", "knab/2014.mt940", Format::Mt940, 2, 3),
    (
        "Wirecard Bank",
        "wirecard-bank/2010.sta",
        Format::Mt940,
        2,
        4,
    ),
    ("Danske Bank", "danske-bank/dk.sta", Format::Mt940, 15, 89),
    ("Danske Bank", "danske-bank/fi.sta", Format::Mt940, 1, 6),
    ("Danske Bank", "danske-bank/no.sta", Format::Mt940, 13, 24),
    ("Danske Bank", "danske-bank/se.sta", Format::Mt940, 12, 103),
    (
        "Dresdner Bank",
        "dresdner-bank/sepa.sta",
        Format::Mt940,
        26,
        97,
    ),
    ("Bank BPH", "bank-bph/2003.sta", Format::Mt940, 1, 3),
    ("Wise", "wise/2024.xml", Format::Camt053, 1, 10),
    (
        "a Czech bank",
        "czech-bank-a/2023.xml",
        Format::Camt053,
        1,
        2,
    ),
];

#[test]
fn statements_of_at_least_eight_banks_agree_with_their_closing_balances() {
    let mut banks: Vec<&str> = Vec::new();
    for (bank, name, format, statements, entries) in READ {
        let file = File::named(name);
        assert_eq!(detect(&file.bytes()), Some(format), "{name}");
        let read = file.statements();
        assert_eq!(read.len(), statements, "{name}");
        assert_eq!(
            read.iter()
                .map(|statement| statement.entries.len())
                .sum::<usize>(),
            entries,
            "{name}"
        );
        for statement in &read {
            assert_eq!(
                statement.computed_closing(),
                statement.closing.map(|balance| balance.amount),
                "{name}"
            );
        }
        banks.push(bank);
    }
    banks.sort_unstable();
    banks.dedup();
    assert!(banks.len() >= 8, "{banks:?}");
}

#[test]
fn each_statement_of_a_chain_opens_with_what_the_one_before_closed_with() {
    for name in [
        "danske-bank/dk.sta",
        "danske-bank/no.sta",
        "danske-bank/se.sta",
        "dresdner-bank/sepa.sta",
        "rabobank/iban-2013.sta",
    ] {
        // The order of the file is not to matter.
        let mut backwards = File::named(name).statements();
        backwards.reverse();
        let mut accounts: BTreeMap<String, Vec<Statement>> = BTreeMap::new();
        for statement in in_order(backwards) {
            accounts
                .entry(statement.account.clone())
                .or_default()
                .push(statement);
        }
        for statements in accounts.values() {
            for pair in statements.windows(2) {
                let amount =
                    |balance: Option<statements::Balance>| balance.map(|balance| balance.amount);
                assert_eq!(
                    amount(pair[0].closing),
                    amount(pair[1].opening),
                    "{name}: {}",
                    pair[1].name()
                );
            }
        }
    }
}

#[test]
fn a_statement_that_contradicts_itself_is_refused_and_the_others_of_its_file_count() {
    for (name, readable, messages) in [
        (
            "knab/2014-altered.sta",
            1,
            vec![
                "line 20: account 123456789, statement 999/1: the statement contradicts itself: it opens with 3058.98 EUR, \
             its 2 entries add up to -6760.00 EUR, which gives -3701.02 EUR, but it closes with 798.98 EUR \
             (difference 4500.00 EUR)",
            ],
        ),
        (
            "postfinance/2014.sta",
            1,
            vec![
                "line 27: account 123456789, statement 999/2: the statement contradicts itself: it opens with 229.20 CHF, \
             its 2 entries add up to -69.80 CHF, which gives 159.40 CHF, but it closes with 159.60 CHF \
             (difference 0.20 CHF)",
            ],
        ),
        (
            "sparkasse/2013-marks.sta",
            0,
            vec![
                "line 4: account 45050050/76198810, statement 27/01: the opening balance (:60F:) \"C131016DEM84349,74\" \
             names the currency \"DEM\", which is not a currency code of ISO 4217",
            ],
        ),
        (
            "czech-bank-b/2023.xml",
            0,
            vec![
                "line 97: account XXX-IBAN, statement 1: the statement contradicts itself: it opens with 1000.00 CZK, \
             its 6 entries add up to 2000.00 CZK, which gives 3000.00 CZK, but it closes with 2000.00 CZK \
             (difference -1000.00 CZK)",
            ],
        ),
    ] {
        let file = File::named(name);
        assert_eq!(
            file.read().iter().filter(|read| read.is_ok()).count(),
            readable,
            "{name}"
        );
        assert_eq!(file.errors(), messages, "{name}");
    }
}

#[test]
fn every_other_file_is_refused_only_because_it_contradicts_itself() {
    for file in crate::files::all() {
        if READ.iter().any(|(_, name, ..)| *name == file.name)
            || file.name == "sparkasse/2013-marks.sta"
        {
            continue;
        }
        let errors = file.errors();
        assert!(
            !errors.is_empty(),
            "{} should be in the table of banks",
            file.name
        );
        for error in errors {
            assert!(
                error.contains("the statement contradicts itself"),
                "{}: {error}",
                file.name
            );
        }
    }
}
