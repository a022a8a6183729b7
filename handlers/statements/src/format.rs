//! The formats, how they are recognised, and how a file is read.

use std::collections::BTreeMap;

use crate::{ReadError, Reason, Statement, camt, encoding, identity, mt940};

/// A supported format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// SWIFT MT940, with or without the envelope.
    Mt940,
    /// ISO 20022 bank-to-customer statement, any version.
    Camt053,
    /// ISO 20022 debit/credit notification: movements without balances.
    Camt054,
}

impl Format {
    /// Returns the format's name on the command line.
    pub const fn name(self) -> &'static str {
        match self {
            Format::Mt940 => "mt940",
            Format::Camt053 => "camt.053",
            Format::Camt054 => "camt.054",
        }
    }

    /// Returns the format with this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Format::Mt940, Format::Camt053, Format::Camt054]
            .into_iter()
            .find(|format| format.name() == name)
    }
}

/// Largest file, in bytes: a year of a busy business account has a few
/// megabytes, and the tree of a camt file takes several times its size. A
/// larger file is refused.
pub const MAX_FILE_BYTES: usize = 64 * 1024 * 1024;

/// Recognises the format of a file by its content alone.
pub fn detect(bytes: &[u8]) -> Option<Format> {
    detect_text(&encoding::line_ends(encoding::decode(bytes)))
}

fn detect_text(text: &str) -> Option<Format> {
    if text.trim_start().starts_with('<') {
        return camt::detect(text);
    }
    mt940::looks_like(text).then_some(Format::Mt940)
}

/// Reads all statements of a file, in their order. Without a `format` it is
/// recognised by the content.
///
/// A statement that cannot be read, or that contradicts itself, is an error in
/// its place; the others still count.
///
/// # Errors
/// None of the file can be read. All of these are permanent.
/// - [`Reason::Empty`], [`Reason::TooLarge`]: the file has no text, or more
///   than [`MAX_FILE_BYTES`].
/// - [`Reason::UnknownFormat`], [`Reason::Intraday`]: the format is not
///   supported.
/// - [`Reason::Encoding`]: the XML declares an unsupported encoding.
/// - [`Reason::NoStatement`]: the file contains no statement.
pub fn read(
    bytes: &[u8],
    format: Option<Format>,
) -> Result<Vec<Result<Statement, ReadError>>, ReadError> {
    let whole_file = |reason| ReadError::at(1, reason);
    if bytes.len() > MAX_FILE_BYTES {
        return Err(whole_file(Reason::TooLarge(MAX_FILE_BYTES)));
    }
    let text = encoding::line_ends(encoding::decode(bytes));
    if text.trim().is_empty() {
        return Err(whole_file(Reason::Empty));
    }
    let Some(format) = format.or_else(|| detect_text(&text)) else {
        let intraday = intraday(&text);
        return Err(whole_file(
            intraday.map_or(Reason::UnknownFormat, Reason::Intraday),
        ));
    };
    let statements = match format {
        Format::Mt940 => mt940::read(&text),
        Format::Camt053 | Format::Camt054 => {
            let text = encoding::decode_xml(bytes).map_err(whole_file)?;
            camt::read(&encoding::line_ends(text), format)
        }
    };
    if statements.is_empty() {
        return Err(whole_file(Reason::NoStatement));
    }
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let checked = statements.into_iter().map(|read| {
        let mut statement = read?;
        statement.check()?;
        let before = seen.entry(identity::shared(&statement)).or_default();
        statement.occurrence = *before;
        *before += 1;
        Ok(statement)
    });
    Ok(checked.collect())
}

fn intraday(text: &str) -> Option<&'static str> {
    if text.contains("BkToCstmrAcctRpt") {
        return Some("camt.052");
    }
    (text.contains(":34F:") && !text.contains(":60")).then_some("MT942")
}
