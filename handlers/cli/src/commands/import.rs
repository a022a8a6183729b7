//! `ledgerbell import`: bank statements, appended entry by entry.

mod accounts;
mod bring;
mod history;
mod outcome;
mod preview;
mod report;
mod sources;

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use domain::CustomerId;
use statements::Format;

use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::output;

use bring::Importer;
use outcome::Outcome;
use preview::Preview;
use report::Report;

/// Import bank statements
///
/// Reads MT940, camt.053 and camt.054 as banks write them, and appends every
/// entry to its account. An account that is missing is opened with the
/// statement's opening balance. Afterwards the statement's closing balance is
/// held against the account's.
///
/// Importing again changes nothing: account, balances and entries make the
/// keys under which the entries are recorded.
///
/// Nothing is imported of a statement that cannot be read, that contradicts
/// itself, or that opens with another balance than its account has; the others
/// go on, and the exit code is 1.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub struct ImportOptions {
    /// Files of statements, in any order; one can hold many
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Format of all files; recognised from the content when left out
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatName>,

    /// Customer of the accounts that are opened; the account's own id when left out
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,

    /// Only say what would be done; sends nothing that changes anything
    #[arg(long)]
    dry_run: bool,

    #[command(flatten)]
    connection: Connection,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum FormatName {
    #[value(name = "mt940", help = "SWIFT MT940, with or without the envelope")]
    Mt940,
    #[value(name = "camt.053", help = "ISO 20022 statement")]
    Camt053,
    #[value(name = "camt.054", help = "ISO 20022 notification, without balances")]
    Camt054,
}

impl From<FormatName> for Format {
    fn from(name: FormatName) -> Self {
        match name {
            FormatName::Mt940 => Format::Mt940,
            FormatName::Camt053 => Format::Camt053,
            FormatName::Camt054 => Format::Camt054,
        }
    }
}

pub fn run(options: &ImportOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let read = sources::read(
        &options.files,
        options.format.map(Format::from),
        options.customer.as_ref(),
    );
    for unreadable in &read.unreadable {
        output::complain(unreadable);
    }
    let mut report = Report::new(&read, options.dry_run, options.connection.json);
    let bar = output::bar(Some(read.sources.len() as u64), "statements");
    let mut importer = Importer::new(&client);
    let mut preview = Preview::new(&client);
    for source in &read.sources {
        bar.set_message(source.name());
        let mut outcome = Outcome::of(source);
        let done = if options.dry_run {
            preview.of(source, &mut outcome)
        } else {
            importer.bring(source, &mut outcome)
        };
        let unreachable = match done {
            Ok(()) => None,
            // The next statement may be well; a server that is gone is gone.
            Err(stop) => outcome.stopped(stop),
        };
        bar.suspend(|| report.add(outcome));
        bar.inc(1);
        if let Some(failure) = unreachable {
            bar.finish_and_clear();
            report.finish();
            return Err(failure);
        }
    }
    bar.finish_and_clear();
    report.finish();
    Ok(End::done_if(report.is_good()))
}
