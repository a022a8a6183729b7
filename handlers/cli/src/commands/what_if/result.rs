//! The answer, as a person reads it.

use std::collections::BTreeSet;

use super::answer::{Answer, Beside, Counts};
use crate::output;
use crate::table::{Align, Table};

/// Accounts in the output. `--json` has all of them.
const MAX_ACCOUNTS: usize = 20;

pub(super) fn print(answer: &Answer) {
    for line in lines(answer) {
        if !output::line(line) {
            return;
        }
    }
}

fn lines(answer: &Answer) -> Vec<String> {
    if answer.events == 0 {
        return vec!["There are no events in this range.".to_owned()];
    }
    let mut lines = kinds(answer).lines();
    lines.push(String::new());
    let (mails, digests) = (answer.mails(), answer.digests());
    lines.push(format!(
        "mails: {} before, {} after ({})",
        mails.before,
        mails.after,
        change(&mails)
    ));
    if digests.before + digests.after > 0 {
        lines.push(format!(
            "of these, digests: {} before, {} after",
            digests.before, digests.after
        ));
    }
    let accounts = answer.differing_accounts();
    lines.push(format!(
        "events: {}; decisions that differ: {}, in {} of {} accounts",
        answer.events,
        answer.differing,
        accounts.len(),
        answer.accounts()
    ));
    if accounts.is_empty() {
        return lines;
    }
    let mut table = Table::new(&[
        ("ACCOUNT", Align::Left),
        ("CUSTOMER", Align::Left),
        ("DIFFERING", Align::Right),
        ("SENT", Align::Right),
        ("AFTER", Align::Right),
        ("WAITING", Align::Right),
        ("AFTER", Align::Right),
        ("SKIPPED", Align::Right),
        ("AFTER", Align::Right),
    ]);
    for account in accounts.iter().take(MAX_ACCOUNTS) {
        let (before, after) = (&account.counts.before, &account.counts.after);
        let numbers = [
            account.differing,
            before.told,
            after.told,
            before.all_waiting(),
            after.all_waiting(),
            before.all_skipped(),
            after.all_skipped(),
        ];
        let names = [account.account_id.clone(), account.customer_id.clone()];
        table.row(names.into_iter().chain(numbers.map(|n| n.to_string())));
    }
    lines.push(String::new());
    lines.extend(table.lines());
    if accounts.len() > MAX_ACCOUNTS {
        let left = accounts.len() - MAX_ACCOUNTS;
        lines.push(format!("and {left} more: --json has all of them"));
    }
    lines
}

fn kinds(answer: &Answer) -> Table {
    let mut table = Table::new(&[
        ("KIND", Align::Left),
        ("OUTCOME", Align::Left),
        ("BEFORE", Align::Right),
        ("AFTER", Align::Right),
        ("CHANGE", Align::Right),
    ]);
    for (kind, counts) in &answer.kinds {
        for (outcome, count) in outcomes(counts) {
            table.row([
                kind.clone(),
                outcome,
                count.before.to_string(),
                count.after.to_string(),
                change(&count),
            ]);
        }
    }
    table
}

fn outcomes(counts: &Beside<Counts>) -> Vec<(String, Beside<u64>)> {
    let told = Beside {
        before: counts.before.told,
        after: counts.after.told,
    };
    let mut outcomes = vec![("sent".to_owned(), told)];
    for (name, before, after) in [
        ("waiting", &counts.before.waiting, &counts.after.waiting),
        ("skipped", &counts.before.skipped, &counts.after.skipped),
    ] {
        let reasons: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        for reason in reasons {
            let of = |counts: &std::collections::BTreeMap<String, u64>| {
                counts.get(reason).copied().unwrap_or(0)
            };
            let count = Beside {
                before: of(before),
                after: of(after),
            };
            outcomes.push((format!("{name}: {reason}"), count));
        }
    }
    outcomes
}

fn change(count: &Beside<u64>) -> String {
    let change = i128::from(count.after) - i128::from(count.before);
    if change == 0 {
        "=".to_owned()
    } else {
        format!("{change:+}")
    }
}
