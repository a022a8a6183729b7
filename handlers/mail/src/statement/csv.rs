//! The file of entries: CSV according to RFC 4180, in UTF-8.
//!
//! Spreadsheet programs read such a file by the conventions of their language, so the locale's `formats.txt` has delimiter,
//! decimal character and whether there is a byte order mark. Times are for programs: ISO 8601 with the customer's offset, or
//! a date alone if the bank gave no time.
//! Words are in the customer's language.

use chrono::SecondsFormat;
use csv::{Terminator, WriterBuilder};
use domain::Occurred;

use super::{Attachment, StatementNotice};
use crate::envelope::untrusted;
use crate::limits::{MAX_COUNTERPARTY_CHARS, MAX_REFERENCE_CHARS};
use crate::render::RenderError;
use crate::templates::Words;
use crate::{Amount, Direction, mask};

/// RFC 4180, with the parameters of RFC 7111.
const CONTENT_TYPE: &str = "text/csv; charset=utf-8; header=present";

/// Without it, spreadsheet programs of some languages read UTF-8 as Latin-1.
const BYTE_ORDER_MARK: &[u8] = "\u{feff}".as_bytes();

/// The columns, by their names in `words.txt`.
const COLUMNS: [&str; 9] = [
    "time",
    "value_date",
    "type",
    "amount",
    "currency",
    "balance_after",
    "counterparty",
    "reference",
    "event_id",
];

/// Longest event id, in characters: far longer than any of ours. A longer one is cut.
const MAX_EVENT_ID_CHARS: usize = 64;

pub(super) fn attachment(notice: &StatementNotice) -> Result<Attachment, RenderError> {
    let failed = |source| RenderError::Template {
        template: "words.txt",
        source,
    };
    let conventions = notice.envelope.locale.conventions();
    let words = Words::of(notice.envelope.locale);
    let word =
        |name: &str, key: Option<&str>| words.get(name, key).map(str::to_owned).map_err(failed);
    let mark: &[u8] = if conventions.csv_mark {
        BYTE_ORDER_MARK
    } else {
        b""
    };
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        // The build refuses any but ASCII.
        .delimiter(u8::try_from(conventions.csv_delimiter).unwrap_or(b','))
        .from_writer(mark.to_vec());
    let mut rows = vec![
        COLUMNS
            .iter()
            .map(|column| word("columns", Some(column)))
            .collect::<Result<Vec<_>, _>>()?,
    ];
    for entry in &notice.entries {
        let time = match entry.occurred {
            Occurred::At(time) => time
                .with_timezone(&notice.envelope.time_zone)
                .to_rfc3339_opts(SecondsFormat::Secs, true),
            Occurred::On(date) => date.to_string(),
        };
        rows.push(vec![
            time,
            entry
                .value_date
                .map(|day| day.to_string())
                .unwrap_or_default(),
            words.kind(entry.kind).to_owned(),
            decimal(
                i128::from(entry.amount.minor).abs()
                    * match entry.direction {
                        Direction::In => 1,
                        Direction::Out => -1,
                    },
                entry.amount.digits,
                conventions.csv_decimal,
            ),
            entry.amount.currency.clone(),
            plain(&entry.balance_after, conventions.csv_decimal),
            harmless(untrusted(&entry.counterparty, MAX_COUNTERPARTY_CHARS)),
            harmless(untrusted(&entry.reference, MAX_REFERENCE_CHARS)),
            harmless(untrusted(&Some(entry.event_id.clone()), MAX_EVENT_ID_CHARS)),
        ]);
    }
    for row in rows {
        // Writing to memory cannot fail, and every row has the same number of fields.
        writer
            .write_record(row)
            .expect("a row is written to memory");
    }
    let bytes = writer.into_inner().expect("rows are written to memory");
    let account: String = mask(&notice.account_id)
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    Ok(Attachment {
        name: [
            word("file_name", None)?,
            account,
            notice.from.to_string(),
            notice.to.to_string(),
        ]
        .into_iter()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join("-")
            + ".csv",
        content_type: CONTENT_TYPE,
        bytes,
    })
}

fn plain(amount: &Amount, point: char) -> String {
    decimal(i128::from(amount.minor), amount.digits, point)
}

/// Formats an amount as programs read it: `-12.50`, or `-12,50`.
fn decimal(minor: i128, digits: u32, point: char) -> String {
    let sign = if minor < 0 { "-" } else { "" };
    let width = digits as usize + 1;
    let mut text = format!("{:0width$}", minor.unsigned_abs());
    if digits > 0 {
        text.insert(text.len() - digits as usize, point);
    }
    format!("{sign}{text}")
}

/// Puts an apostrophe before words that a spreadsheet program would take for a formula (OWASP, "CSV Injection"), including
/// the full-width forms of East Asian scripts.
fn harmless(words: Option<String>) -> String {
    let words = words.unwrap_or_default();
    let formula = words.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '−',
    ]);
    if formula { format!("'{words}") } else { words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_plain_decimals() {
        for (minor, digits, text) in [
            (0, 2, "0.00"),
            (5, 2, "0.05"),
            (-5, 2, "-0.05"),
            (-123_456, 2, "-1234.56"),
            (1_234, 0, "1234"),
            (7, 3, "0.007"),
            (i128::from(i64::MIN), 2, "-92233720368547758.08"),
        ] {
            assert_eq!(decimal(minor, digits, '.'), text);
            assert_eq!(decimal(minor, digits, ','), text.replace('.', ","));
        }
    }

    #[test]
    fn words_that_begin_like_a_formula_become_text() {
        for words in ["=1+1", "+1", "-1", "@A1", "＝1", "＋1", "－1", "＠1"] {
            assert_eq!(harmless(Some(words.to_owned())), format!("'{words}"));
        }
        for words in ["", "Rent", "a=b", "1-2", "'=1"] {
            assert_eq!(harmless(Some(words.to_owned())), words);
        }
    }
}
