//! What the import says.

use serde::Serialize;
use serde_json::{Value, json};

use super::mails::MailCount;
use super::outcome::{Outcome, Verdict};
use super::sources::{Sources, Unreadable};
use crate::output;
use crate::table::{Align, Table};

const COLUMNS: [(&str, Align); 9] = [
    ("FILE", Align::Left),
    ("ACCOUNT", Align::Left),
    ("STATEMENT", Align::Left),
    ("ENTRIES", Align::Right),
    ("NEW", Align::Right),
    ("BEFORE", Align::Right),
    ("CLOSES WITH", Align::Right),
    ("", Align::Left),
    ("ACCOUNT'S BALANCE", Align::Left),
];

/// The report, which prints outcomes as they come.
#[derive(Debug)]
pub(super) struct Report<'a> {
    unreadable: &'a [Unreadable],
    dry_run: bool,
    json: bool,
    /// The table of expected rows, which determines the widths.
    layout: Table,
    outcomes: Vec<Outcome>,
}

#[derive(Debug, Default, Serialize)]
struct Totals {
    statements: usize,
    unreadable: usize,
    accounts_opened: usize,
    entries: usize,
    recorded: usize,
    replayed: usize,
    reversals: usize,
    mismatches: usize,
    failed: usize,
    /// The mails that a dry run counted.
    #[serde(flatten)]
    told: Option<MailCount>,
}

impl<'a> Report<'a> {
    pub(super) fn new(read: &'a Sources, dry_run: bool, json: bool) -> Self {
        let mut layout = Table::new(&COLUMNS);
        for source in &read.sources {
            layout.row(row(&Outcome::of(source), dry_run));
        }
        let report = Report {
            unreadable: &read.unreadable,
            dry_run,
            json,
            layout,
            outcomes: Vec::new(),
        };
        if !json && !read.sources.is_empty() {
            output::line(report.layout.heading());
        }
        report
    }

    pub(super) fn add(&mut self, outcome: Outcome) {
        if !self.json {
            output::line(self.layout.aligned(&row(&outcome, self.dry_run)));
        }
        outcome.complain();
        self.outcomes.push(outcome);
    }

    pub(super) fn is_good(&self) -> bool {
        self.unreadable.is_empty() && self.outcomes.iter().all(Outcome::is_good)
    }

    /// Prints the summary or the document.
    pub(super) fn finish(&self, told: Option<MailCount>) {
        if self.json {
            let document = document(&self.outcomes, self.unreadable, self.dry_run, told);
            output::json(&document);
            return;
        }
        let totals = Totals::of(&self.outcomes, self.unreadable, told);
        if !self.outcomes.is_empty() {
            output::line("");
        }
        output::line(sentence(&totals, self.dry_run));
        if let Some(told) = told {
            output::line(mails_line(told));
        }
    }
}

impl Totals {
    fn of(outcomes: &[Outcome], unreadable: &[Unreadable], told: Option<MailCount>) -> Self {
        let mut totals = Totals {
            statements: outcomes.len(),
            unreadable: unreadable.len(),
            told,
            ..Totals::default()
        };
        for outcome in outcomes {
            totals.accounts_opened += usize::from(outcome.opened);
            totals.entries += outcome.entries;
            totals.recorded += outcome.recorded;
            totals.replayed += outcome.replayed;
            totals.reversals += outcome.reversals;
            totals.failed += usize::from(outcome.verdict == Verdict::Failed);
            totals.mismatches += usize::from(matches!(
                outcome.verdict,
                Verdict::OpeningDiffers | Verdict::ClosingDiffers
            ));
        }
        totals
    }
}

/// Returns the report as JSON, with what it says in one sentence.
pub(crate) fn document(
    outcomes: &[Outcome],
    unreadable: &[Unreadable],
    dry_run: bool,
    told: Option<MailCount>,
) -> Value {
    let totals = Totals::of(outcomes, unreadable, told);
    json!({
        "dry_run": dry_run,
        "statements": outcomes,
        "unreadable": unreadable,
        "totals": totals,
    })
}

fn row(outcome: &Outcome, dry_run: bool) -> Vec<String> {
    let difference = || {
        let difference = outcome.difference.as_deref().unwrap_or("?");
        let sign = if difference.starts_with('-') { "" } else { "+" };
        format!("{sign}{difference}")
    };
    let verdict = match outcome.verdict {
        Verdict::Agrees if dry_run => "would agree".to_owned(),
        Verdict::Agrees => "agrees".to_owned(),
        Verdict::NoBalance => "not compared: the file gives none".to_owned(),
        Verdict::OpeningDiffers => format!("differs at the opening by {}", difference()),
        Verdict::ClosingDiffers => format!("differs by {}", difference()),
        Verdict::Failed => "failed".to_owned(),
    };
    vec![
        format!("{}:{}", outcome.file, outcome.line),
        outcome.account_id.clone(),
        outcome.statement.clone().unwrap_or_default(),
        outcome.entries.to_string(),
        outcome.recorded.to_string(),
        outcome.replayed.to_string(),
        outcome.closing.clone().unwrap_or_default(),
        outcome.currency.clone(),
        verdict,
    ]
}

fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

pub(super) fn mails_line(told: MailCount) -> String {
    if told.mails == 0 {
        return "No mails would be sent.".to_owned();
    }
    let plural = |number: u64, one: &str, many: &str| {
        count(usize::try_from(number).unwrap_or(usize::MAX), one, many)
    };
    format!(
        "By today's preferences and balances, {} would be sent to {}.",
        plural(told.mails, "mail", "mails"),
        plural(told.people, "person", "people")
    )
}

fn sentence(totals: &Totals, dry_run: bool) -> String {
    let statements = count(totals.statements, "statement", "statements");
    let mut parts = Vec::new();
    if totals.recorded == 0 && totals.accounts_opened == 0 {
        let nothing = if dry_run {
            "nothing would change"
        } else {
            "nothing has changed"
        };
        parts.push(nothing.to_owned());
    } else {
        let would = if dry_run { "would be " } else { "" };
        parts.push(format!(
            "{} {would}recorded",
            count(totals.recorded, "entry", "entries")
        ));
        parts.push(format!(
            "{} {would}opened",
            count(totals.accounts_opened, "account", "accounts")
        ));
    }
    if totals.replayed > 0 {
        parts.push(format!(
            "{} recorded before",
            count(totals.replayed, "entry was", "entries were")
        ));
    }
    if totals.reversals > 0 {
        let reversals = if dry_run {
            "would take back an earlier one"
        } else {
            "took back an earlier one"
        };
        parts.push(format!("{} {reversals}", totals.reversals));
    }
    if totals.mismatches > 0 {
        parts.push(count(
            totals.mismatches,
            "does not agree with its account",
            "do not agree with their accounts",
        ));
    }
    if totals.failed > 0 {
        parts.push(format!("{} failed", totals.failed));
    }
    if totals.unreadable > 0 {
        parts.push(format!("{} could not be read", totals.unreadable));
    }
    format!("{statements}: {}.", parts.join(", "))
}
