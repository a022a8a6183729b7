//! `ledgerbell import`: bank statements, appended entry by entry.

mod accounts;
mod bring;
mod found;
mod mails;
mod notify;
mod outcome;
mod recorded;
mod report;
mod sources;

use std::path::PathBuf;

use chrono::NaiveDate;
use clap::{Args, ValueEnum};
use domain::CustomerId;
use statements::Format;

use crate::client::{CallError, Client};
use crate::confirm::Yes;
use crate::connection::Connection;
use crate::exit::{End, Failure};
use crate::flags::{DryRun, without_csv};
use crate::output;

use bring::Importer;
use mails::{MailCount, Mails};
pub(crate) use notify::Notify;
use outcome::Outcome;
use report::Report;
pub(crate) use report::document;
pub(crate) use sources::{NamedFile, Sources, read};

/// Import bank statements
///
/// Reads MT940, camt.053 and camt.054 as banks write them, and appends every
/// entry to its account. A missing account is opened with the statement's
/// opening balance. Afterwards the statement's closing balance is compared with
/// the account's.
///
/// Importing again changes nothing: account, the bank's number of the
/// statement, and its balances determine the keys under which entries are recorded;
/// of a notification, its id and the references of its entries.
///
/// Customers are not notified of imported events, now or later, unless
/// --notify or --notify-since says so. Before more than 50 mails it asks.
///
/// Nothing is imported of a statement that cannot be read, that contradicts
/// itself, whose opening balance differs from the account's, or that was
/// imported before with other amounts; the others are imported, and the exit
/// code is 1.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
#[command(mut_arg("dry_run", |flag| flag.help("Only show what would be done, and how many mails would be sent; changes nothing")))]
pub(crate) struct ImportOptions {
    /// Statement files, in any order; a file can contain several
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// Format of all files; by default recognised from the content
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<FormatName>,

    /// Customer of newly opened accounts; by default the account's own id
    #[arg(long, value_name = "ID")]
    customer: Option<CustomerId>,

    /// Notify customers of every imported movement, like any other
    #[arg(long)]
    notify: bool,

    /// Notify customers of movements booked on this day (UTC) or later
    #[arg(long, value_name = "DATE", conflicts_with = "notify")]
    notify_since: Option<NaiveDate>,

    #[command(flatten)]
    dry_run: DryRun,

    #[command(flatten)]
    yes: Yes,

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

/// Mails that an import may send without a question. More are rarely meant: a year of history is a mail for each entry.
const MAILS_WITHOUT_QUESTION: u64 = 50;

pub(crate) fn run(options: &ImportOptions) -> Result<End, Failure> {
    let client = options.connection.client()?;
    let read = read(
        options.files.iter().map(|path| sources::open(path)),
        options.format.map(Format::from),
        options.customer.as_ref(),
    );
    for unreadable in &read.unreadable {
        output::complain(unreadable);
    }
    let notify = match (options.notify, options.notify_since) {
        (true, _) => Notify::Always,
        (false, Some(day)) => Notify::Since(day),
        (false, None) => Notify::Never,
    };
    if !options.dry_run.dry_run && !matches!(notify, Notify::Never) && !options.yes.is_given() {
        let would = would_send(&client, &read, notify);
        if would.mails > MAILS_WITHOUT_QUESTION {
            let question = report::mails_line(would);
            options.yes.or_typed(&question, "yes")?;
        }
    }
    let mut report = Report::new(&read, options.dry_run.dry_run, options.connection.json());
    let bar = output::bar(Some(read.sources.len() as u64), "statements");
    let (told, ended) = bring_all(&client, &read, notify, options.dry_run.dry_run, |outcome| {
        bar.suspend(|| report.add(outcome));
        bar.inc(1);
    });
    bar.finish_and_clear();
    report.finish(told);
    ended?;
    Ok(End::done_if(report.is_good()))
}

/// Brings all statements into their accounts, or in a dry run finds out what that would do, and hands on what became of
/// each. Returns the mails that a dry run counted.
///
/// # Errors
/// The server is gone. One statement's failure is in its outcome, because the next may succeed.
pub(crate) fn bring_all(
    client: &Client,
    read: &Sources,
    notify: Notify,
    dry_run: bool,
    mut each: impl FnMut(Outcome),
) -> (Option<MailCount>, Result<(), CallError>) {
    let mut importer = Importer::new(client, notify, dry_run);
    let mut ended = Ok(());
    for source in &read.sources {
        let mut outcome = Outcome::of(source);
        let stopped = importer.bring(source, &mut outcome).err();
        let unreachable = stopped.and_then(|stop| outcome.stopped(stop));
        each(outcome);
        if let Some(error) = unreachable {
            ended = Err(error);
            break;
        }
    }
    (importer.mails().map(Mails::count), ended)
}

/// Counts the mails by a dry run. A statement that fails is reported by the import itself.
fn would_send(client: &Client, read: &Sources, notify: Notify) -> MailCount {
    let (told, _) = bring_all(client, read, notify, true, |_| {});
    told.unwrap_or_default()
}
