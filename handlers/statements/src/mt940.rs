//! SWIFT MT940, read with tolerance: fields that are not needed are ignored, and
//! violations of the grammar are accepted if their meaning is clear.

mod balance;
mod details;
mod statement_line;
mod tags;

use chrono::NaiveDate;
use domain::{Currency, Occurred};

use crate::error::malformed;
use crate::statement::{LeftOut, name};
use crate::{Balance, Doubt, Entry, ReadError, Reason, Statement, account, text};
use details::Details;
use statement_line::StatementLine;
use tags::Field;

/// Whether the text has the tags that every MT940 has.
pub(crate) fn looks_like(text: &str) -> bool {
    let starts = |tag: &str| {
        text.lines()
            .any(|line| tags::content(line).starts_with(tag))
    };
    starts(":60F:") || starts(":60M:")
}

pub(crate) fn read(text: &str) -> Vec<Result<Statement, ReadError>> {
    tags::statements(text)
        .iter()
        .map(|fields| read_statement(fields))
        .collect()
}

fn read_statement(fields: &[Field<'_>]) -> Result<Statement, ReadError> {
    let value = |tags: &[&str]| {
        fields
            .iter()
            .find(|field| tags.contains(&field.tag))
            .map(Field::first_line)
    };
    let number = value(&["28C", "28"]).and_then(text::one_line);
    let account = value(&["25", "25P"]).and_then(text::one_line);
    // The reference (:20:) names the message and is new in every download.
    let names = number
        .clone()
        .or_else(|| value(&["20"]).and_then(text::one_line));
    Assembly::new(fields, account.as_deref(), number.as_deref())
        .assemble()
        .map(|mut statement| {
            statement.names = names.into_iter().collect();
            statement
        })
        .map_err(|mut error| {
            error.statement = Some(name(account.as_deref(), number.as_deref()));
            error
        })
}

/// An entry whose details are still being collected.
struct Draft {
    line: usize,
    statement_line: StatementLine,
    details: Vec<String>,
    multicash: Vec<String>,
}

struct Assembly<'a> {
    fields: &'a [Field<'a>],
    account: Option<&'a str>,
    number: Option<&'a str>,
    first_line: usize,
}

impl<'a> Assembly<'a> {
    fn new(fields: &'a [Field<'a>], account: Option<&'a str>, number: Option<&'a str>) -> Self {
        let first_line = fields.first().map_or(1, |field| field.line);
        Assembly {
            fields,
            account,
            number,
            first_line,
        }
    }

    fn missing(&self, what: &'static str) -> ReadError {
        ReadError::at(self.first_line, Reason::Missing(what))
    }

    fn assemble(self) -> Result<Statement, ReadError> {
        let account = self
            .account
            .ok_or_else(|| self.missing("the account (:25:)"))?;
        let account_id = account::account_id(account).ok_or_else(|| {
            let problem = "has no letter and no digit that an account id can be made of";
            ReadError::at(
                self.first_line,
                malformed("the account (:25:)", account, problem),
            )
        })?;
        let (opening, currency) = self.balance(&["60F", "60M"], "the opening balance (:60F:)")?;
        let (closing, closing_currency) =
            self.balance(&["62F", "62M"], "the closing balance (:62F:)")?;
        if closing_currency != currency {
            let reason = Reason::OtherCurrency {
                field: "the closing balance",
                found: closing_currency.to_string(),
                expected: currency.to_string(),
            };
            return Err(ReadError::at(closing.line, reason));
        }
        let (entries, left_out) = self.entries(currency, opening.date, closing.date)?;
        Ok(Statement {
            line: self.first_line,
            account_id,
            account: account.to_owned(),
            currency,
            number: self.number.map(str::to_owned),
            names: Vec::new(),
            occurrence: 0,
            doubt: Doubt::None,
            opening: Some(opening),
            opening_derived: false,
            closing: Some(closing),
            entries,
            left_out,
        })
    }

    fn balance(&self, tags: &[&str], what: &'static str) -> Result<(Balance, Currency), ReadError> {
        let field = self
            .fields
            .iter()
            .find(|field| tags.contains(&field.tag))
            .ok_or_else(|| self.missing(what))?;
        balance::parse(field.first_line(), field.line, what)
            .map_err(|reason| ReadError::at(field.line, reason))
    }

    fn entries(
        &self,
        currency: Currency,
        from: NaiveDate,
        to: NaiveDate,
    ) -> Result<(Vec<Entry>, Vec<LeftOut>), ReadError> {
        let mut drafts: Vec<Draft> = Vec::new();
        for field in self.fields {
            match field.tag {
                "61" => drafts.push(Draft {
                    line: field.line,
                    statement_line: statement_line::parse(&field.lines, currency)
                        .map_err(|reason| ReadError::at(field.line, reason))?,
                    details: Vec::new(),
                    multicash: Vec::new(),
                }),
                "86" => {
                    if let Some(draft) = drafts.last_mut() {
                        draft
                            .details
                            .extend(field.lines.iter().map(|line| (*line).to_owned()));
                    }
                }
                "NS" => {
                    if let Some(draft) = drafts.last_mut() {
                        draft
                            .multicash
                            .extend(field.lines.iter().map(|line| (*line).to_owned()));
                    }
                }
                // Fields after the closing balance concern the whole statement.
                "62F" | "62M" => break,
                _ => {}
            }
        }
        let (expected, booked): (Vec<Draft>, Vec<Draft>) = drafts
            .into_iter()
            .partition(|draft| draft.statement_line.expected);
        let left_out = expected.into_iter().map(|draft| LeftOut {
            line: draft.line,
            reason: format!(
                "{} is expected (EC, ED), not booked",
                draft.statement_line.amount
            ),
        });
        let left_out = left_out.collect();
        Ok((
            booked
                .into_iter()
                .map(|draft| draft.entry(from, to))
                .collect(),
            left_out,
        ))
    }
}

impl Draft {
    fn entry(self, from: NaiveDate, to: NaiveDate) -> Entry {
        let line = self.statement_line;
        let details = if self.details.is_empty() {
            Details::of_multicash(&self.multicash)
        } else {
            Details::parse(&self.details)
        };
        // Without an entry date, the bank still booked it within the statement's
        // days, whatever the value date is.
        let booked_on = line
            .entry_date
            .unwrap_or_else(|| line.value_date.min(to).max(from));
        let supplement = line.supplement.as_deref().and_then(text::one_line);
        let (account, supplement) = match supplement {
            Some(text) if details::is_iban(&text) => (Some(text), None),
            supplement => (None, supplement),
        };
        Entry {
            line: self.line,
            direction: line.direction,
            reversal: line.reversal,
            amount: line.amount,
            value_date: Some(line.value_date),
            booked: Occurred::On(booked_on),
            reference: details.end_to_end.or(line.reference),
            bank_reference: line.bank_reference,
            remittance: details.remittance.or(supplement),
            counterparty: details.name.or(line.name),
            counterparty_account: details.account.or(account),
            code: line.code,
            references: Vec::new(),
        }
    }
}
