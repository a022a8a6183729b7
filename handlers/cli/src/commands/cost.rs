//! `ledgerbell cost`.

mod data;
mod model;

use clap::Args;
use serde_json::{Value, json};

use crate::exit::{End, Failure};
use crate::flags::{Output, without_csv};
use crate::output;
use crate::table::{Align, Table};
use data::{Commit, Data};
use model::{Lever, Part, SES};

/// The goal without SES, in USD for a million events at one a commit.
const GOAL: f64 = 10.0;
const MILLION: f64 = 1e6;

/// Compute the cost of a stack on AWS, from counts and list prices
///
/// USD for a million events by part, for 1, 10 and 25 events in a commit, and
/// what a month costs. Reads, writes, bytes and log lines are those that the
/// tests count; prices are list prices of one region, and durations are
/// assumed: --json has all of them, with their sources. It contacts nobody:
/// your stack's real cost is in AWS's bill.
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment, mut_arg("output", without_csv))]
pub(crate) struct CostOptions {
    /// Events a month
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    events: u64,

    /// Events in a commit; by default all three
    #[arg(long, value_name = "N", value_parser = ["1", "10", "25"])]
    events_per_commit: Option<String>,

    /// Mails for an event, on average
    #[arg(long, value_name = "N", default_value = "1", value_parser = mails)]
    mails_per_event: f64,

    #[command(flatten)]
    output: Output,
}

fn mails(text: &str) -> Result<f64, &'static str> {
    let number = text.parse().ok();
    number
        .filter(|mails| (0.0..=10.0).contains(mails))
        .ok_or("must be a number from 0 to 10")
}

/// The cost for one number of events in a commit.
struct Column {
    events_per_commit: u32,
    parts: Vec<Part>,
}

impl Column {
    fn all(&self) -> f64 {
        self.parts.iter().map(|part| part.usd).sum()
    }

    fn beside_ses(&self) -> f64 {
        let ours = self.parts.iter().filter(|part| part.service != SES);
        ours.map(|part| part.usd).sum()
    }
}

/// The document of `--json`.
struct Answer<'a> {
    options: &'a CostOptions,
    data: &'a Data,
    columns: Vec<Column>,
    standing: Vec<Part>,
    /// The cost at one event a commit.
    beside_ses: f64,
    levers: Vec<Lever>,
}

pub(crate) fn run(options: &CostOptions) -> Result<End, Failure> {
    let data = Data::read()?;
    let mails = options.mails_per_event;
    let wanted = |commit: &&Commit| {
        let asked = options.events_per_commit.as_deref();
        asked.is_none_or(|asked| asked == commit.events.to_string())
    };
    let column = |commit: &Commit| {
        Ok(Column {
            events_per_commit: commit.events,
            parts: model::parts(&data, commit, mails)?,
        })
    };
    let commits = &data.counts.commits;
    let columns: Result<Vec<Column>, Failure> = commits.iter().filter(wanted).map(column).collect();
    let one = commits.iter().find(|commit| commit.events == 1);
    let one =
        one.ok_or_else(|| Failure::Failed("one event a commit was not counted".to_owned()))?;
    let answer = Answer {
        options,
        data: &data,
        columns: columns?,
        standing: model::standing(&data)?,
        beside_ses: column(one)?.beside_ses(),
        levers: model::levers(&data, mails)?,
    };
    if options.output.json() {
        output::json(&answer.document());
    } else {
        answer.print();
    }
    Ok(End::Done)
}

impl Answer<'_> {
    fn standing(&self) -> f64 {
        self.standing.iter().map(|part| part.usd).sum()
    }

    fn month(&self, column: &Column) -> f64 {
        column.all() * self.options.events as f64 / MILLION + self.standing()
    }

    fn looked_up(&self) -> bool {
        let prices = &self.data.prices.prices;
        prices.values().all(|price| price.looked_up)
    }

    fn document(&self) -> Value {
        let parts = |parts: &[Part]| -> Vec<Value> {
            parts
                .iter()
                .map(|part| json!({ "part": part.service, "usd": rounded(part.usd) }))
                .collect()
        };
        let columns: Vec<Value> = self
            .columns
            .iter()
            .map(|column| {
                json!({
                    "events_per_commit": column.events_per_commit,
                    "million_events": parts(&column.parts),
                    "beside_ses": rounded(column.beside_ses()),
                    "all": rounded(column.all()),
                    "month": rounded(self.month(column)),
                })
            })
            .collect();
        let levers: Vec<Value> = self
            .levers
            .iter()
            .map(|lever| json!({ "what": lever.what, "usd": rounded(lever.usd) }))
            .collect();
        json!({
            "events": self.options.events,
            "mails_per_event": self.options.mails_per_event,
            "columns": columns,
            "standing_a_month": parts(&self.standing),
            "goal": {
                "what": "a million events at one a commit, without SES",
                "wanted": GOAL,
                "computed": rounded(self.beside_ses),
                "met": self.beside_ses <= GOAL,
            },
            "cheaper": levers,
            "prices_looked_up": self.looked_up(),
            "prices": self.data.prices,
            "assumptions": self.data.assumptions,
        })
    }

    fn print(&self) {
        let prices = &self.data.prices;
        output::line(format!(
            "{} for a million events; mails for an event: {}; list prices of {} as of {}{}.",
            prices.currency,
            self.options.mails_per_event,
            prices.region,
            prices.as_of,
            if self.looked_up() {
                ""
            } else {
                ", not looked up (see --json)"
            },
        ));
        output::line("");
        self.table().print();
        output::line("");
        let standing: Vec<String> = self
            .standing
            .iter()
            .map(|part| format!("{} {:.2}", part.service, part.usd))
            .collect();
        output::line(format!("Fixed costs, a month: {}.", standing.join(", ")));
        let verdict = if self.beside_ses <= GOAL {
            "met".to_owned()
        } else {
            format!("missed by {:.2}", self.beside_ses - GOAL)
        };
        output::line(format!(
            "Goal: at most {GOAL:.2} without SES at one event a commit; {:.2}: {verdict}.",
            self.beside_ses
        ));
        output::line("Possible savings for a million events, at one a commit:");
        for lever in &self.levers {
            output::line(format!("  {:>5.2}  {}", lever.usd, lever.what));
        }
    }

    fn table(&self) -> Table {
        const HEADS: [(u32, &str); 3] =
            [(1, "1 A COMMIT"), (10, "10 A COMMIT"), (25, "25 A COMMIT")];
        let mut heads = vec![("PART", Align::Left)];
        for (events, head) in HEADS {
            let shown = |column: &Column| column.events_per_commit == events;
            heads.extend(
                self.columns
                    .iter()
                    .any(shown)
                    .then_some((head, Align::Right)),
            );
        }
        let mut table = Table::new(&heads);
        let mut row = |name: &str, of: &dyn Fn(&Column) -> f64| {
            let cells = self
                .columns
                .iter()
                .map(|column| format!("{:.2}", of(column)));
            table.row(std::iter::once(name.to_owned()).chain(cells));
        };
        let services = self.columns.first().map_or(&[][..], |column| &column.parts);
        for (index, part) in services.iter().enumerate() {
            if part.service == SES {
                row("without SES", &Column::beside_ses);
            }
            row(part.service, &|column| column.parts[index].usd);
        }
        row("all", &Column::all);
        row("fixed, a month", &|_| self.standing());
        let month = format!("{} events a month", self.options.events);
        row(&month, &|column| self.month(column));
        table
    }
}

/// Rounds to hundredths of a cent, beyond which the figures mean nothing.
fn rounded(usd: f64) -> f64 {
    (usd * 10_000.0).round() / 10_000.0
}
