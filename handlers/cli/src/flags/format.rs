//! `--output`, and `--json` as its short form.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Arg, Args, ValueEnum};

/// The format of what a command prints on stdout.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    // No help of their own: it would spread every command's --help over twice the lines.
    Table,
    Json,
    Csv,
}

/// The flags for the format.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Output {
    /// Format of the answer: csv is RFC 4180 with a heading line
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "table")]
    output: Format,

    /// Print one JSON document on stdout, for programs: --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
}

impl Output {
    pub(crate) fn format(self) -> Format {
        if self.json { Format::Json } else { self.output }
    }

    pub(crate) fn json(self) -> bool {
        self.format() == Format::Json
    }
}

/// Takes CSV from `--output`, for commands whose answer has no rows.
pub(crate) fn without_csv(output: Arg) -> Arg {
    let formats = PossibleValuesParser::new(["table", "json"]);
    output
        .help("Format of the answer")
        .value_parser(formats.map(|name| match name.as_str() {
            "json" => Format::Json,
            _ => Format::Table,
        }))
}
