//! `ledgerbell completions`.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use crate::args::Arguments;
use crate::exit::{End, Failure};
use crate::output;

/// Print a script with which a shell completes commands and options
///
/// For bash: ledgerbell completions bash >
/// ~/.local/share/bash-completion/completions/ledgerbell
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct CompletionsOptions {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

pub(crate) fn run(options: &CompletionsOptions) -> Result<End, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(
        options.shell,
        &mut Arguments::command(),
        "ledgerbell",
        &mut script,
    );
    output::line(String::from_utf8_lossy(&script).trim_end());
    Ok(End::Done)
}
