//! `ledgerbell man`.

use std::path::PathBuf;

use clap::{Args, CommandFactory};

use crate::args::Arguments;
use crate::exit::{End, Failure};
use crate::output;

/// Write the manual pages, one for each command
///
/// To read one without a folder: ledgerbell man | man -l -
#[derive(Debug, Clone, Args)]
#[command(verbatim_doc_comment)]
pub(crate) struct ManOptions {
    /// Folder for the pages, such as ~/.local/share/man/man1; created if
    /// missing. By default the first page goes to stdout
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
}

pub(crate) fn run(options: &ManOptions) -> Result<End, Failure> {
    let command = Arguments::command();
    let Some(folder) = &options.out else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command)
            .render(&mut page)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        output::line(String::from_utf8_lossy(&page).trim_end());
        return Ok(End::Done);
    };
    std::fs::create_dir_all(folder)
        .and_then(|()| clap_mangen::generate_to(command, folder))
        .map_err(|error| Failure::Failed(format!("{}: {error}", folder.display())))?;
    Ok(End::Done)
}
