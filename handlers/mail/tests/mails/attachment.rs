//! The file of a statement, read back.

use mail::{
    Kind, Locale, MAX_STATEMENT_ENTRIES, RenderError, StatementEntry, StatementNotice, examples,
    render_statement,
};

/// The most that all attachments of a mail may have together (`handlers::ports::MAX_ATTACHMENT_BYTES`).
const MAX_ATTACHMENT_BYTES: usize = 7 * 1024 * 1024;

fn rows(notice: &StatementNotice) -> Vec<Vec<String>> {
    let file = render_statement(notice).unwrap().attachment.unwrap();
    let text = String::from_utf8(file.bytes).unwrap();
    let (delimiter, text) = match notice.envelope.locale {
        Locale::En => (b',', &*text),
        Locale::Fr => (b';', text.strip_prefix('\u{feff}').unwrap()),
    };
    csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .from_reader(text.as_bytes())
        .records()
        .map(|row| row.unwrap().iter().map(str::to_owned).collect())
        .collect()
}

#[test]
fn the_file_has_every_entry_with_its_exact_figures() {
    let notice = examples::statement(Locale::Fr);
    let rows = rows(&notice);
    assert_eq!(rows.len(), notice.entries.len() + 1);
    assert_eq!(
        rows[1],
        [
            "2026-11-01T09:00:03+01:00",
            "",
            "Débit",
            "-850,00",
            "EUR",
            "275,50",
            "Agence Immobilière Dupont",
            "Rent Nov. flat 3",
            "00000000-0040-8ec9-a178-4641c05f1b8b"
        ]
    );
    assert_eq!(rows[5][3], "2450,00");
    assert_eq!(rows[5][7], "Salary, \"November\" 2026");
    let sum: i64 = rows[1..]
        .iter()
        .map(|row| row[3].replace(',', "").parse::<i64>().unwrap())
        .sum();
    assert_eq!(
        sum,
        notice.closing_balance.minor - notice.opening_balance.minor
    );
}

#[test]
fn the_file_is_csv_by_rfc_4180() {
    for locale in Locale::ALL {
        let file = render_statement(&examples::statement(locale))
            .unwrap()
            .attachment
            .unwrap();
        assert_eq!(file.content_type, "text/csv; charset=utf-8; header=present");
        let text = String::from_utf8(file.bytes).unwrap();
        assert!(text.ends_with("\r\n"));
        assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
        let (quoted, marked, name) = match locale {
            Locale::Fr => (
                ";\"Salary, \"\"November\"\" 2026\";",
                true,
                "releve-1234-2026-11-01-2026-11-30.csv",
            ),
            Locale::En => (
                ",\"Salary, \"\"November\"\" 2026\",",
                false,
                "statement-1234-2026-11-01-2026-11-30.csv",
            ),
        };
        assert!(text.contains(quoted), "{text}");
        assert_eq!(text.starts_with('\u{feff}'), marked);
        assert_eq!(text.matches('\u{feff}').count(), usize::from(marked));
        assert_eq!(file.name, name);
    }
}

#[test]
fn no_cell_is_a_formula_and_every_row_has_all_cells_whatever_others_write() {
    for list in [
        include_str!("../data/naughty-strings/blns.json"),
        include_str!("../data/naughty-strings/ours.json"),
    ] {
        let strings: Vec<String> = serde_json::from_str(list).unwrap();
        for words in strings {
            for locale in Locale::ALL {
                let mut notice = examples::statement(locale);
                for entry in &mut notice.entries {
                    entry.reference = Some(words.clone());
                    entry.counterparty = Some(words.clone());
                    entry.event_id = words.clone();
                }
                for row in rows(&notice) {
                    assert_eq!(row.len(), 9, "{words:?}");
                    for (column, cell) in row.iter().enumerate() {
                        let number = matches!(column, 3 | 5)
                            && cell.replace(',', ".").parse::<f64>().is_ok();
                        let formula = cell.starts_with([
                            '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠',
                        ]);
                        assert!(number || !formula, "{words:?}: {cell:?}");
                        assert!(!cell.contains(char::is_control), "{words:?}: {cell:?}");
                    }
                }
            }
        }
    }
}

#[test]
fn the_longest_statement_is_a_file_that_a_mail_can_carry_and_a_longer_one_is_refused() {
    let example = examples::statement(Locale::En);
    let mut balance = example.opening_balance.clone();
    let entries: Vec<StatementEntry> = (0..MAX_STATEMENT_ENTRIES)
        .map(|_| {
            balance.minor += 1;
            let mut one = balance.clone();
            one.minor = 1;
            StatementEntry {
                kind: Kind::Deposit,
                amount: one,
                balance_after: balance.clone(),
                direction: mail::Direction::In,
                // Four bytes a character, as long as they may be.
                reference: Some("𝄞".repeat(140)),
                counterparty: Some("𝄞".repeat(140)),
                ..example.entries[4].clone()
            }
        })
        .collect();
    let mut notice = StatementNotice {
        closing_balance: balance.clone(),
        entries,
        ..example
    };
    let made = render_statement(&notice).unwrap();
    let bytes = made.attachment.unwrap().bytes.len();
    assert!(bytes <= MAX_ATTACHMENT_BYTES, "{bytes}");
    assert!(made.mail.text.contains("and 4,950 more"));
    assert!(made.mail.html.len() < 150_000, "{}", made.mail.html.len());
    notice.entries.push(notice.entries[0].clone());
    assert!(matches!(
        render_statement(&notice),
        Err(RenderError::TooMany {
            field: "entries",
            count: 5_001,
            max: 5_000
        })
    ));
}

#[test]
fn another_file_makes_another_hash_of_the_mail() {
    let notice = examples::statement(Locale::En);
    let mut other = notice.clone();
    // An id that only the file has.
    other.entries[0].event_id = "1".to_owned();
    let (one, other) = (
        render_statement(&notice).unwrap(),
        render_statement(&other).unwrap(),
    );
    assert_eq!(one.mail.html, other.mail.html);
    assert_ne!(one.mail.content_hash, other.mail.content_hash);
}
