//! Why a statement, or a whole file, was not read.

use domain::Money;
use serde::Serialize;

/// A fault of a file or of one statement in it. Nothing of that statement is
/// imported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("line {line}: {}{reason}", self.subject())]
pub struct ReadError {
    /// The line of the file, the first being 1.
    pub line: usize,
    /// The statement, as far as it is known: its account and number.
    pub statement: Option<String>,
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

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("the file is empty")]
    Empty,
    #[error("the file has more than {0} bytes")]
    TooLarge(usize),
    #[error("this is neither MT940 nor camt.053 nor camt.054")]
    UnknownFormat,
    #[error(
        "this is an intraday report ({0}), which has no booked closing balance; import the statement of the day instead"
    )]
    Intraday(&'static str),
    #[error("the file holds no statement")]
    NoStatement,
    #[error(
        "the encoding {0:?} is not supported; UTF-8, ISO-8859-1, ISO-8859-15 and Windows-1252 are"
    )]
    Encoding(String),
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{field} {text:?} {problem}")]
    Malformed {
        field: &'static str,
        text: String,
        problem: String,
    },
    #[error("{field} is in {found}, but the account is in {expected}")]
    OtherCurrency {
        field: &'static str,
        found: String,
        expected: String,
    },
    #[error("the balances or entries add up to more than can be kept (2^63-1 minor units)")]
    TooMuch,
    #[error(
        "the statement contradicts itself: it opens with {opening}, its {entries} entries add up to {sum}, \
         which gives {computed}, but it closes with {closing} (difference {difference})"
    )]
    Contradiction {
        opening: Money,
        entries: usize,
        sum: Money,
        computed: Money,
        closing: Money,
        difference: Money,
    },
    #[error(
        "the statement contradicts itself: its entries add up to {sum}, but its summary says {summary}"
    )]
    SummaryContradiction { sum: Money, summary: Money },
    #[error("the XML is not well-formed: {0}")]
    Xml(String),
}

/// Longest piece of a file that is repeated in a message.
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
