//! `Ntry`, one booked entry, which may combine many payments.

use domain::Currency;

use super::tree::Node;
use super::{amount, direction, moment};
use crate::statement::LeftOut;
use crate::{Direction, Entry, ReadError, Reason, text};

pub(super) fn read_all(
    statement: &Node,
    currency: Currency,
) -> Result<(Vec<Entry>, Vec<LeftOut>), ReadError> {
    let mut entries = Vec::new();
    let mut left_out = Vec::new();
    for node in statement.children("Ntry") {
        let entry = read(node, currency)?;
        match not_booked(node) {
            Some(status) => left_out.push(LeftOut {
                line: node.line,
                reason: format!("{} is not booked (status {status})", entry.amount),
            }),
            None => entries.push(entry),
        }
    }
    Ok((entries, left_out))
}

/// Returns the status of an entry that is pending or only informative. Up to
/// version 7 the code is in `Sts` itself, later in `Sts/Cd`.
fn not_booked(node: &Node) -> Option<&str> {
    let status = node.child("Sts")?;
    let code = status.text_at(&["Cd"]).unwrap_or_else(|| status.text());
    (!matches!(code, "BOOK" | "")).then_some(code)
}

fn read(node: &Node, currency: Currency) -> Result<Entry, ReadError> {
    let direction = direction(node, None)?;
    let value = node.child("ValDt").map(moment).transpose()?.flatten();
    let booked = node.child("BookgDt").map(moment).transpose()?.flatten();
    let booked = booked.as_ref().or(value.as_ref()).map(|moment| moment.at);
    let transactions: Vec<&Node> = node
        .children("NtryDtls")
        .flat_map(|details| details.children("TxDtls"))
        .collect();
    // In a batch, no single payment describes the entry.
    let single = match transactions.as_slice() {
        [only] => Some(*only),
        _ => None,
    };
    let parties = single.map(|details| parties(details, direction));
    let (counterparty, counterparty_account) = parties.unwrap_or_default();
    let reference = single.and_then(|details| {
        let refs = details.child("Refs")?;
        [["EndToEndId"], ["InstrId"], ["TxId"], ["MsgId"]]
            .iter()
            .find_map(|path| refs.text_at(path).and_then(text::reference))
    });
    let bank_reference = node
        .text_at(&["AcctSvcrRef"])
        .or_else(|| single?.text_at(&["Refs", "AcctSvcrRef"]))
        .or_else(|| node.text_at(&["NtryRef"]));
    let own = [node.text_at(&["NtryRef"]), node.text_at(&["AcctSvcrRef"])];
    let of_payments = transactions
        .iter()
        .filter_map(|details| details.child("Refs"))
        .flat_map(Node::texts);
    let references = own.into_iter().flatten().chain(of_payments);
    let (code, own_number) = code(node, single).map_or((None, None), |code| split_number(&code));
    Ok(Entry {
        line: node.line,
        direction,
        reversal: matches!(node.text_at(&["RvslInd"]), Some("true" | "1")),
        amount: amount(node, currency, "the entry")?,
        value_date: value.map(|moment| moment.written),
        booked: booked.ok_or_else(|| {
            ReadError::at(node.line, Reason::Missing("the entry's date (BookgDt)"))
        })?,
        reference,
        bank_reference: bank_reference.and_then(text::reference).or(own_number),
        remittance: remittance(node, single, transactions.len()),
        counterparty,
        counterparty_account,
        code,
        references: references.map(str::to_owned).collect(),
    })
}

/// Returns the payer's text, or else the creditor's structured reference, or
/// else the bank's text, or else, for a batch, the number of payments.
fn remittance(node: &Node, single: Option<&Node>, transactions: usize) -> Option<String> {
    let information = single.and_then(|details| details.child("RmtInf"));
    let unstructured = information.and_then(|information| {
        let lines: Vec<&str> = information.children("Ustrd").map(Node::text).collect();
        text::one_line(&lines.join(" "))
    });
    let structured = || {
        let references = information?
            .children("Strd")
            .filter_map(|strd| strd.text_at(&["CdtrRefInf", "Ref"]));
        text::one_line(&references.collect::<Vec<_>>().join(" "))
    };
    let of_payment = || single?.text_at(&["AddtlTxInf"]).and_then(text::one_line);
    let of_entry = || node.text_at(&["AddtlNtryInf"]).and_then(text::one_line);
    let batch = || (transactions > 1).then(|| format!("{transactions} payments in one entry"));
    unstructured
        .or_else(structured)
        .or_else(of_payment)
        .or_else(of_entry)
        .or_else(batch)
}

/// Returns name and account of the other side: the payer of a credit, the
/// recipient of a debit. From version 8 the name is one level deeper.
fn parties(details: &Node, direction: Direction) -> (Option<String>, Option<String>) {
    let Some(parties) = details.child("RltdPties") else {
        return (None, None);
    };
    let (party, ultimate, account) = match direction {
        Direction::Credit => ("Dbtr", "UltmtDbtr", "DbtrAcct"),
        Direction::Debit => ("Cdtr", "UltmtCdtr", "CdtrAcct"),
    };
    let name_of = |party: &str| {
        let node = parties.child(party)?;
        node.text_at(&["Nm"])
            .or_else(|| node.text_at(&["Pty", "Nm"]))
            .and_then(text::one_line)
    };
    let account = parties.child(account).and_then(|account| {
        account
            .text_at(&["Id", "IBAN"])
            .or_else(|| account.text_at(&["Id", "Othr", "Id"]))
    });
    (
        name_of(party).or_else(|| name_of(ultimate)),
        account.and_then(text::account),
    )
}

/// Returns a code like `PMNT-RCDT-ESCT`, or the bank's own.
fn code(node: &Node, single: Option<&Node>) -> Option<String> {
    let of = |holder: &Node| {
        let code = holder.child("BkTxCd")?;
        let domain = code.child("Domn").map(|domain| {
            let parts = [
                domain.text_at(&["Cd"]),
                domain.text_at(&["Fmly", "Cd"]),
                domain.text_at(&["Fmly", "SubFmlyCd"]),
            ];
            parts.into_iter().flatten().collect::<Vec<_>>().join("-")
        });
        domain
            .or_else(|| code.text_at(&["Prtry", "Cd"]).map(str::to_owned))
            .and_then(|code| text::one_line(&code))
    };
    of(node).or_else(|| of(single?))
}

/// Separates the entry's number from its code: Wise writes `CARD-9254382`.
fn split_number(code: &str) -> (Option<String>, Option<String>) {
    match code.rsplit_once('-') {
        Some((kind, number))
            if number.bytes().all(|byte| byte.is_ascii_digit()) && !number.is_empty() =>
        {
            (text::one_line(kind), Some(code.to_owned()))
        }
        _ => (Some(code.to_owned()), None),
    }
}
