//! Errors of reading a file or one of its statements.

use domain::Money;
use serde::Serialize;

/// A fault of a file or of one of its statements. Nothing of the faulty
/// statement is imported. Permanent: the same bytes fail again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {}{reason}", self.subject())]
pub struct ReadError {
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The statement's account and number, as far as they are known.
    pub statement: Option<String>,
    /// The fault itself. Serialized as its message.
    #[serde(serialize_with = "as_text")]
    pub reason: Reason,
}

impl ReadError {
    pub(crate) fn at(line: usize, reason: Reason) -> Self {
        ReadError {
            line,
            statement: None,
            reason,
        }
    }

    fn subject(&self) -> String {
        match &self.statement {
            Some(statement) => format!("{statement}: "),
            None => String::new(),
        }
    }
}

fn as_text<S: serde::Serializer>(reason: &Reason, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(reason)
}

/// The fault of a [`ReadError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    /// The file has only white space.
    #[error("the file is empty")]
    Empty,
    /// The file has more bytes than [`MAX_FILE_BYTES`](crate::format::MAX_FILE_BYTES).
    #[error("the file has more than {0} bytes")]
    TooLarge(usize),
    /// No known format was recognised.
    #[error("this is neither MT940 nor camt.053 nor camt.054")]
    UnknownFormat,
    /// The file is an intraday report, whose movements may still change.
    #[error(
        "this is an intraday report ({0}), which has no booked closing balance; import the statement of the day instead"
    )]
    Intraday(&'static str),
    /// The format is known, but no statement was found.
    #[error("the file holds no statement")]
    NoStatement,
    /// The XML declaration names an encoding that is not supported.
    #[error(
        "the encoding {0:?} is not supported; UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252 are"
    )]
    Encoding(String),
    /// A required field is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// A field cannot be read.
    #[error("{field} {text:?} {problem}")]
    Malformed {
        /// The field, with its tag or element.
        field: &'static str,
        /// The beginning of the field's text.
        text: String,
        /// The predicate that follows the text in the message.
        problem: String,
    },
    /// A balance or an entry is not in the account's currency.
    #[error("{field} is in {found}, but the account is in {expected}")]
    OtherCurrency {
        /// The field.
        field: &'static str,
        /// The field's currency.
        found: String,
        /// The account's currency.
        expected: String,
    },
    /// A sum exceeds 64 bits of minor units.
    #[error("the balances or entries add up to more than can be kept (2^63-1 minor units)")]
    TooMuch,
    /// Opening balance and entries do not add up to the closing balance.
    #[error(
        "the statement contradicts itself: it opens with {opening}, its {entries} entries add up to {sum}, \
         which gives {computed}, but it closes with {closing} (difference {difference})"
    )]
    Contradiction {
        /// The opening balance.
        opening: Money,
        /// The number of entries.
        entries: usize,
        /// The sum of the entries.
        sum: Money,
        /// The opening balance plus the sum.
        computed: Money,
        /// The closing balance according to the file.
        closing: Money,
        /// The closing balance minus the computed one.
        difference: Money,
    },
    /// The entries do not add up to the net total of the summary.
    #[error(
        "the statement contradicts itself: its entries add up to {sum}, but its summary says {summary}"
    )]
    SummaryContradiction {
        /// The sum of the entries.
        sum: Money,
        /// The net total of the summary.
        summary: Money,
    },
    /// The XML is not well-formed, or uses a feature that is refused.
    #[error("the XML is not well-formed: {0}")]
    Xml(String),
}

/// Longest quotation from a file in a message, in characters. A longer one is
/// cut and ends in `...`.
const MAX_QUOTED_CHARS: usize = 60;

pub(crate) fn malformed(field: &'static str, text: &str, problem: impl Into<String>) -> Reason {
    let text = match text.char_indices().nth(MAX_QUOTED_CHARS) {
        Some((end, _)) => format!("{}...", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    };
    Reason::Malformed {
        field,
        text,
        problem: problem.into(),
    }
}
