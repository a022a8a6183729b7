//! What became of a statement.

use domain::Money;
use serde::Serialize;
use statements::Note;

use super::sources::Source;
use crate::client::CallError;
use crate::output;

/// The relation of a statement to its account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Verdict {
    /// The account has the statement's closing balance.
    Agrees,
    /// The statement has no closing balance.
    NoBalance,
    /// The statement's opening balance differs from the account's balance then.
    OpeningDiffers,
    /// The statement's closing balance differs from the account's.
    ClosingDiffers,
    /// The API refused it, or its keys belong to others.
    Failed,
}

/// A statement in the report. Money is a decimal string, as in the API.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Outcome {
    pub file: String,
    pub line: usize,
    pub account_id: String,
    pub statement: Option<String>,
    pub currency: String,
    pub verdict: Verdict,
    /// Whether the import opened the account.
    pub opened: bool,
    pub entries: usize,
    /// The number of entries that are new in the account.
    pub recorded: usize,
    /// The number of entries that were recorded before.
    pub replayed: usize,
    /// The number of entries that reverse an earlier event.
    pub reversals: usize,
    pub opening: Option<String>,
    pub closing: Option<String>,
    /// The account's balance, for comparison with `closing`, or with `opening` if that
    /// differs.
    pub balance: Option<String>,
    /// The version at which the account has this balance.
    pub version: Option<u64>,
    /// The account's balance minus the statement's.
    pub difference: Option<String>,
    pub problem: Option<String>,
    pub notes: Vec<String>,
}

/// The reason why the import of a statement stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The outcome shows the reason.
    Reported,
    Call(CallError),
    Refused(String),
}

impl From<CallError> for Stop {
    fn from(error: CallError) -> Self {
        Stop::Call(error)
    }
}

impl Outcome {
    pub(super) fn of(source: &Source) -> Self {
        let plan = &source.plan;
        let note = |note: &Note| format!("line {}: {}", note.line, note.text);
        Outcome {
            file: source.file.clone(),
            line: source.statement.line,
            account_id: plan.account_id.to_string(),
            statement: source.statement.number.clone(),
            currency: source.statement.currency.to_string(),
            verdict: Verdict::Failed,
            opened: false,
            entries: plan.entries.len(),
            recorded: 0,
            replayed: 0,
            reversals: 0,
            opening: plan.expected_opening.map(Money::to_decimal),
            closing: plan.expected_closing.map(Money::to_decimal),
            balance: None,
            version: None,
            difference: None,
            problem: None,
            notes: plan.notes.iter().map(note).collect(),
        }
    }

    /// Resets the counts before the account is read again.
    pub(super) fn start_counting(&mut self) {
        (self.recorded, self.replayed, self.reversals) = (0, 0, 0);
    }

    /// Counts a recorded entry, from this import (`own`) or from before.
    pub(super) fn count(&mut self, own: bool, reverses: bool) {
        match own {
            true => self.recorded += 1,
            false => self.replayed += 1,
        }
        self.reversals += usize::from(reverses);
    }

    pub(super) fn is_good(&self) -> bool {
        matches!(self.verdict, Verdict::Agrees | Verdict::NoBalance)
    }

    /// Records that the account's balance differs from the opening balance.
    pub(super) fn opening_differs(&mut self, version: u64, balance: Money, opening: Money) -> Stop {
        self.verdict = Verdict::OpeningDiffers;
        self.balance = Some(balance.to_decimal());
        self.version = Some(version);
        let difference = balance.checked_sub(opening);
        self.difference = difference.map(Money::to_decimal);
        let difference = self.difference.as_deref().unwrap_or("too large to say");
        let done = self.recorded + self.replayed;
        let problem = if version == 0 {
            // A dry run, after another statement that would open the account.
            format!(
                "the account would hold {balance}, but the statement opens with {opening} \
                 (difference {difference}); nothing of it would be imported"
            )
        } else if done == 0 {
            format!(
                "the account holds {balance} at version {version}, but the statement opens with {opening} \
                 (difference {difference}); nothing of it is imported"
            )
        } else {
            format!(
                "after {done} of {} entries the account should hold {opening}, but at version {version} it holds \
                 {balance} (difference {difference}): others wrote in between; the rest is not imported",
                self.entries
            )
        };
        self.problem = Some(problem);
        Stop::Reported
    }

    /// Compares the statement's closing balance with the account's.
    pub(super) fn close(&mut self, version: u64, balance: Money, closing: Option<Money>) {
        self.balance = Some(balance.to_decimal());
        self.version = Some(version);
        let Some(closing) = closing else {
            self.verdict = Verdict::NoBalance;
            return;
        };
        if balance == closing {
            self.verdict = Verdict::Agrees;
            return;
        }
        self.verdict = Verdict::ClosingDiffers;
        self.difference = balance.checked_sub(closing).map(Money::to_decimal);
        let difference = self.difference.as_deref().unwrap_or("too large to say");
        self.problem = Some(format!(
            "the account holds {balance} at version {version}, but the statement closes with {closing} \
             (difference {difference})"
        ));
    }

    /// Records the reason. Returns the error if it stops the whole import.
    pub(super) fn stopped(&mut self, stop: Stop) -> Option<CallError> {
        match stop {
            Stop::Reported => None,
            Stop::Refused(reason) => {
                self.problem = Some(reason);
                None
            }
            Stop::Call(error @ CallError::Problem(_)) => {
                self.problem = Some(error.to_string());
                None
            }
            Stop::Call(error) => {
                self.problem = Some("interrupted; import it again".to_owned());
                Some(error)
            }
        }
    }

    /// Prints the notes that do not fit into the table.
    pub(super) fn complain(&self) {
        let place = format!(
            "{}: line {}: account {}",
            self.file, self.line, self.account_id
        );
        for note in &self.notes {
            output::complain(format!("{}: {note}", self.file));
        }
        if let Some(problem) = &self.problem {
            output::complain(format!("{place}: {problem}"));
        }
    }
}
