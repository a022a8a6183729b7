//! The running of programs, with errors that name the command.

use std::{
    fs::File,
    path::Path,
    process::{Command, Output, Stdio},
};

use crate::error::{Error, Result, at};

/// Runs a command whose output goes to the terminal, or to where the command redirects it.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let status = command
        .status()
        .map_err(|source| not_started(command, source))?;
    if status.success() {
        return Ok(());
    }
    Err(Error::Failed {
        command: shown(command),
        status: status.to_string(),
        output: String::new(),
    })
}

/// Runs a command whose output and errors go to a file, in their order.
pub(crate) fn run_into(command: &mut Command, file: &Path) -> Result<()> {
    let output = File::create(file).map_err(at(file))?;
    let errors = output.try_clone().map_err(at(file))?;
    run(command.stdin(Stdio::null()).stdout(output).stderr(errors))
}

/// Runs a command and returns its standard output. Its standard error is shown if it fails.
pub(crate) fn read(command: &mut Command) -> Result<String> {
    let output = command
        .output()
        .map_err(|source| not_started(command, source))?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned());
    }
    Err(Error::Failed {
        command: shown(command),
        status: output.status.to_string(),
        output: said(&output),
    })
}

fn not_started(command: &Command, source: std::io::Error) -> Error {
    Error::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    }
}

fn said(output: &Output) -> String {
    format!(
        "\n{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
    .trim_end()
    .to_owned()
}

fn shown(command: &Command) -> String {
    std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|part| part.to_string_lossy())
        .collect::<Vec<_>>()
        .join(" ")
}
