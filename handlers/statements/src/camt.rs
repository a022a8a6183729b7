//! ISO 20022 camt.053 and camt.054 in any version and with any namespace
//! prefix: elements are found by their local names.

mod entry;
mod tree;

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use domain::{Currency, Money, Occurred};

use crate::amount::parse_amount;
use crate::error::malformed;
use crate::statement::name;
use crate::{Balance, Direction, Doubt, Format, ReadError, Reason, Statement, account, text};
use tree::Node;

pub(crate) fn detect(text: &str) -> Option<Format> {
    if text.contains("BkToCstmrStmt") {
        Some(Format::Camt053)
    } else if text.contains("BkToCstmrDbtCdtNtfctn") {
        Some(Format::Camt054)
    } else {
        None
    }
}

pub(crate) fn read(text: &str, format: Format) -> Vec<Result<Statement, ReadError>> {
    let element = if format == Format::Camt054 {
        "Ntfctn"
    } else {
        "Stmt"
    };
    let (nodes, fault) = tree::elements(text, element);
    let (headers, _) = tree::elements(text, "GrpHdr");
    let message = headers.first();
    let mut statements: Vec<Result<Statement, ReadError>> = nodes
        .iter()
        .map(|node| {
            let mut statement = read_statement(node)?;
            statement.names = names(node, message);
            Ok(statement)
        })
        .collect();
    // The statements before the fault are complete.
    statements.extend(fault.map(Err));
    statements
}

fn read_statement(node: &Node) -> Result<Statement, ReadError> {
    let account = account_number(node);
    let number = number(node);
    read_parts(node, account.as_deref(), number.clone()).map_err(|mut error| {
        error.statement = Some(name(account.as_deref(), number.as_deref()));
        error
    })
}

fn account_number(node: &Node) -> Option<String> {
    let id = node.child("Acct")?.child("Id")?;
    let number = id
        .text_at(&["IBAN"])
        .or_else(|| id.text_at(&["Othr", "Id"]))
        .or_else(|| id.text_at(&["PrtryAcct", "Id"]));
    number.and_then(text::one_line)
}

/// Returns the statement's number, or the bank's id if it has none.
fn number(node: &Node) -> Option<String> {
    ["LglSeqNb", "ElctrncSeqNb", "Id"]
        .into_iter()
        .find_map(|child| node.text_at(&[child]))
        .and_then(text::one_line)
}

/// Returns everything that distinguishes the statement from others, each with
/// the name of its element.
fn names(node: &Node, message: Option<&Node>) -> Vec<String> {
    let own = [
        &["Id"][..],
        &["LglSeqNb"],
        &["ElctrncSeqNb"],
        &["StmtPgntn", "PgNb"],
        &["NtfctnPgntn", "PgNb"],
    ];
    let of = |node: &Node, path: &[&str]| {
        let text = node.text_at(path).and_then(text::one_line)?;
        Some(format!("{} {text}", path.join(" ")))
    };
    let mut names: Vec<String> = own.iter().filter_map(|path| of(node, path)).collect();
    let Some(message) = message else {
        return names;
    };
    // A message with pages carries one page of its contents. If the statement has
    // an id or pages of its own, the next download may divide it into messages in
    // another way.
    let is_named = ["Id", "StmtPgntn", "NtfctnPgntn"]
        .iter()
        .any(|child| node.child(child).is_some());
    if names.is_empty() {
        names.extend(of(message, &["MsgId"]));
    }
    if !is_named {
        names.extend(of(message, &["MsgPgntn", "PgNb"]));
    }
    names
}

fn read_parts(
    node: &Node,
    account: Option<&str>,
    number: Option<String>,
) -> Result<Statement, ReadError> {
    let missing = |what| ReadError::at(node.line, Reason::Missing(what));
    let account = account.ok_or_else(|| missing("the account (Acct/Id)"))?;
    let account_id = account::account_id(account).ok_or_else(|| {
        let problem = "has no letter and no digit that an account id can be made of";
        ReadError::at(
            node.line,
            malformed("the account (Acct/Id)", account, problem),
        )
    })?;
    let currency = currency(node)
        .ok_or_else(|| missing("the account's currency (Acct/Ccy, or Ccy of a balance)"))??;
    let notification = node.name == "Ntfctn";
    let balances = if notification {
        Vec::new()
    } else {
        balances(node, currency)?
    };
    let (mut opening, closing) = opening_and_closing(&balances);
    if closing.is_none() && !notification {
        return Err(missing("the closing balance (Bal of type CLBD)"));
    }
    let (entries, left_out) = entry::read_all(node, currency)?;
    let mut statement = Statement {
        line: node.line,
        account_id,
        account: account.to_owned(),
        currency,
        number,
        names: Vec::new(),
        occurrence: 0,
        doubt: Doubt::None,
        opening,
        opening_derived: false,
        closing,
        entries,
        left_out,
    };
    if let (None, Some(closing)) = (opening, closing) {
        opening = Some(derive_opening(node, &statement, closing)?);
        statement.opening = opening;
        statement.opening_derived = true;
    }
    Ok(statement)
}

fn currency(node: &Node) -> Option<Result<Currency, ReadError>> {
    let of_account = node
        .child("Acct")
        .and_then(|acct| acct.child("Ccy"))
        .map(|ccy| (ccy.line, ccy.text()));
    let of_amount = || {
        let holder = node.child("Bal").or_else(|| node.child("Ntry"))?;
        let amount = holder.child("Amt")?;
        Some((amount.line, amount.attribute("Ccy")?))
    };
    let (line, code) = of_account.or_else(of_amount)?;
    let currency = code.parse().map_err(|error: domain::money::MoneyError| {
        ReadError::at(line, malformed("the currency", code, error.to_string()))
    });
    Some(currency)
}

struct TypedBalance {
    code: String,
    balance: Balance,
}

fn balances(node: &Node, currency: Currency) -> Result<Vec<TypedBalance>, ReadError> {
    let mut read = Vec::new();
    for bal in node.children("Bal") {
        let code = bal.text_at(&["Tp", "CdOrPrtry", "Cd"]).unwrap_or_default();
        if !matches!(code, "OPBD" | "PRCD" | "ITBD" | "CLBD") {
            // Entries do not add up to available and forward balances.
            continue;
        }
        let amount = amount(bal, currency, "the balance")?;
        let negative = direction(bal, Some(Direction::Credit))? == Direction::Debit;
        let amount = if negative {
            amount.checked_neg().unwrap_or(amount)
        } else {
            amount
        };
        let date = bal.child("Dt").map(moment).transpose()?.flatten();
        let date = date.ok_or_else(|| {
            ReadError::at(bal.line, Reason::Missing("the date of a balance (Dt)"))
        })?;
        let balance = Balance {
            amount,
            date: date.written,
            line: bal.line,
        };
        read.push(TypedBalance {
            code: code.to_owned(),
            balance,
        });
    }
    Ok(read)
}

/// Returns both balances. A page of a statement opens and closes with
/// intermediate ones (ITBD).
fn opening_and_closing(balances: &[TypedBalance]) -> (Option<Balance>, Option<Balance>) {
    let of = |code: &str| {
        balances
            .iter()
            .find(|typed| typed.code == code)
            .map(|typed| typed.balance)
    };
    let mut interim = balances
        .iter()
        .filter(|typed| typed.code == "ITBD")
        .map(|typed| typed.balance);
    let opening = of("OPBD").or_else(|| of("PRCD"));
    match (opening, of("CLBD")) {
        (None, None) => (interim.next(), interim.next()),
        (None, closing) => (interim.next(), closing),
        (opening, None) => (opening, interim.next()),
        both => both,
    }
}

/// Computes the opening balance backwards from the closing balance, which is
/// the only one in some exports (Wise). The summary of the entries, if there is
/// one, is still checked.
fn derive_opening(
    node: &Node,
    statement: &Statement,
    closing: Balance,
) -> Result<Balance, ReadError> {
    let too_much = || ReadError::at(statement.line, Reason::TooMuch);
    let sum = statement.sum().ok_or_else(too_much)?;
    if let Some(net) = node
        .child("TxsSummry")
        .and_then(|summary| summary.child("TtlNtries")?.child("TtlNetNtry"))
    {
        let amount = amount(net, statement.currency, "the summary")?;
        let negative = direction(net, Some(Direction::Credit))? == Direction::Debit;
        let summary = if negative {
            amount.checked_neg().ok_or_else(too_much)?
        } else {
            amount
        };
        if summary != sum {
            return Err(ReadError::at(
                net.line,
                Reason::SummaryContradiction { sum, summary },
            ));
        }
    }
    let amount = sum
        .checked_neg()
        .and_then(|sum| closing.amount.checked_add(sum))
        .ok_or_else(too_much)?;
    let first = statement
        .entries
        .iter()
        .map(|entry| entry.booked.at().date_naive())
        .min();
    Ok(Balance {
        amount,
        date: first.unwrap_or(closing.date),
        line: closing.line,
    })
}

/// Reads `Amt` of a balance or an entry, which must be in the account's
/// currency.
fn amount(holder: &Node, currency: Currency, field: &'static str) -> Result<Money, ReadError> {
    let amt = holder
        .child("Amt")
        .ok_or_else(|| ReadError::at(holder.line, Reason::Missing("an amount (Amt)")))?;
    if let Some(code) = amt.attribute("Ccy").filter(|code| *code != currency.code()) {
        let reason = Reason::OtherCurrency {
            field,
            found: code.to_owned(),
            expected: currency.to_string(),
        };
        return Err(ReadError::at(amt.line, reason));
    }
    parse_amount(amt.text(), currency).map_err(|error| {
        ReadError::at(
            amt.line,
            malformed("the amount (Amt)", amt.text(), error.to_string()),
        )
    })
}

fn direction(holder: &Node, default: Option<Direction>) -> Result<Direction, ReadError> {
    let at = |line, reason| Err(ReadError::at(line, reason));
    match (holder.child("CdtDbtInd"), default) {
        (Some(mark), _) => match mark.text() {
            "CRDT" => Ok(Direction::Credit),
            "DBIT" => Ok(Direction::Debit),
            other => at(
                mark.line,
                malformed("the mark (CdtDbtInd)", other, "is neither CRDT nor DBIT"),
            ),
        },
        (None, Some(default)) => Ok(default),
        (None, None) => at(holder.line, Reason::Missing("the mark (CdtDbtInd)")),
    }
}

/// A point in time as the file gives it.
struct Moment {
    at: Occurred,
    /// The day as written; the time in UTC may be on the day before.
    written: NaiveDate,
}

/// Some banks fill the time of a mere day with zeros. Without a zone it is no midnight of any place.
fn without_zone(time: NaiveDateTime) -> Occurred {
    match time.time() {
        NaiveTime::MIN => Occurred::On(time.date()),
        _ => Occurred::At(time.and_utc()),
    }
}

/// Reads `Dt` (a day) or `DtTm` (a time, with or without a zone) below `holder`.
fn moment(holder: &Node) -> Result<Option<Moment>, ReadError> {
    let Some(child) = holder.child("DtTm").or_else(|| holder.child("Dt")) else {
        return Ok(None);
    };
    let written = child.text();
    let day = written
        .get(..10)
        .and_then(|day| day.parse::<NaiveDate>().ok());
    let at = match child.name.as_str() {
        // Some banks add a zone to the day: 2023-04-01+02:00.
        "Dt" => day.map(Occurred::On),
        _ => DateTime::parse_from_rfc3339(written)
            .map(|time| Occurred::At(time.to_utc()))
            .or_else(|_| written.parse().map(without_zone))
            .ok(),
    };
    match at.zip(day) {
        Some((at, written)) => Ok(Some(Moment { at, written })),
        None => Err(ReadError::at(
            child.line,
            malformed("the date", written, "is not a date like 2026-11-22"),
        )),
    }
}
