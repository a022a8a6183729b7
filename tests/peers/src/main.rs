//! Runs the comparison and prints it as a part of the bench's report.

mod appends;
mod reads;

use peers::Failure;
use peers::report::{Part, differences};

/// How much is done.
#[derive(Debug, Clone, Copy)]
struct Size {
    rounds: usize,
    /// In each round, for one event a commit.
    commits: usize,
    /// Of the history that is read.
    events: usize,
}

// With 100,000 events the writing alone takes more than ten minutes: the engine looks through the request tokens of the last ten
// minutes at each transaction of a peer, so that the history of the one that writes an event at a time takes ever longer.

const FULL: Size = Size {
    rounds: 3,
    commits: 300,
    events: 30_000,
};
const QUICK: Size = Size {
    rounds: 2,
    commits: 100,
    events: 5_000,
};

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let size = size(std::env::args().skip(1))?;
    let mut part = Part {
        part: "peers".to_owned(),
        says: format!(
            "The same work done by ledgerbell and by two event stores for DynamoDB from crates.io, dynamo-es 0.5 with cqrs-es and \
             event-store-adapter-rs 5.2, in one process on the embedded engine: {} rounds in which they take turns.",
            size.rounds
        ),
        ..Part::default()
    };
    appends::run(size, &mut part).await?;
    reads::run(size, &mut part).await?;
    part.tables.push(differences());
    part.notes.extend(notes());
    println!("{}", serde_json::to_string_pretty(&part)?);
    Ok(())
}

/// `--quick`, and `--rounds N`, `--commits N`, `--events N` for any other size.
fn size(mut arguments: impl Iterator<Item = String>) -> Result<Size, Failure> {
    let mut size = FULL;
    while let Some(argument) = arguments.next() {
        let mut number = || -> Result<usize, Failure> {
            let text = arguments.next().ok_or("a number is missing")?;
            match text.parse()? {
                0 => Err("0 is too little".into()),
                number => Ok(number),
            }
        };
        match argument.as_str() {
            "--quick" => size = QUICK,
            "--rounds" => size.rounds = number()?,
            "--commits" => size.commits = number()?,
            "--events" => size.events = number()?.max(200),
            other => return Err(format!("{other} is not known").into()),
        }
    }
    Ok(size)
}

fn notes() -> Vec<String> {
    [
        "Each store has an engine (dynoxide on a SQLite file, served on loopback) in a folder of its own, with the same settings for \
         durability, and the same HTTP client. Tables, indexes and streams of the peers are those of their documentation.",
        "Client and engine share one process, with two threads of the engine's own, so processor time is that of both: on AWS the engine's \
         share is DynamoDB's.",
        "Every deposit has another counterparty and reference: ledgerbell packs commits of many events, and identical texts would pack too well.",
        "At each transaction with a request token, the engine searches those of the last ten minutes. ledgerbell sends it none; \
         the SDK of the peers does, so their last transactions of a run are a few percent more expensive than they would be on AWS.",
        "Requests are counted as they leave, retries included. Write units are those that the engine reports by DynamoDB's rules (each KB begun, doubled in transactions, indexes included); it does not report those of a refused transaction.",
        "All are long-living processes: ledgerbell remembers the last commits of the accounts that it wrote to, the caller of \
         event-store-adapter-rs holds its aggregates. dynamo-es loads an account before each commit.",
        "event-store-adapter-rs takes one event a call. Its commits of 10 are 10 transactions, one after another, and are not atomic.",
        "The peers leave conflicts to their callers: here they pause as ledgerbell does between processes (5 ms, doubled up to 400 ms, with \
         jitter), load the account again and retry without limit. Writers of one ledgerbell process queue for an account.",
        "With snapshots or aggregates, cqrs-es 0.5.0 counts the events of a commit twice in its stored state (a test here shows it), so the balance it loads is wrong. It takes as much work as the right one, so it is measured all the same.",
        "p50 and p99 are of whole commits, pauses after conflicts included.",
    ]
    .map(str::to_owned)
    .into()
}
