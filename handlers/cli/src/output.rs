//! The output: lines for people, or one JSON document for programs. Nothing else
//! writes to stdout.
//!
//! A reader may stop reading (`| head`): that is not reported, and the exit code is
//! that of the work. An answer that could not be written (a full disk) is reported
//! once, and the exit code is 1. Neither is a reason to panic or to abort work in
//! progress.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::exit;

/// The state of stdout, which never improves.
static STDOUT: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
/// The reader has closed the pipe.
const CLOSED: u8 = 1;
/// Output was lost.
const FAILED: u8 = 2;

/// Prints a line on stdout. Returns false if further output is pointless, because
/// nobody reads it or it cannot be written.
pub(crate) fn line(text: impl Display) -> bool {
    STDOUT.load(Ordering::Relaxed) == OPEN && note_written(writeln!(io::stdout().lock(), "{text}"))
}

/// Prints text that has its own line ends. Returns false if further output is pointless.
pub(crate) fn text(text: impl Display) -> bool {
    STDOUT.load(Ordering::Relaxed) == OPEN && note_written(write!(io::stdout().lock(), "{text}"))
}

/// Prints the document of `--json`.
pub(crate) fn json(document: &impl Serialize) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => {
            line(text);
        }
        Err(error) => failed(error),
    }
}

/// Prints the answer to the command line itself: help, the version, or its fault.
pub(crate) fn explain(answer: &clap::Error) -> ExitCode {
    let written = answer.print();
    if answer.use_stderr() {
        return ExitCode::from(exit::WRONG_USE);
    }
    note_written(written);
    ExitCode::SUCCESS
}

/// Returns the program's exit code, given that of the work and the state of stdout.
pub(crate) fn ended(code: ExitCode) -> ExitCode {
    note_written(io::stdout().flush());
    match STDOUT.load(Ordering::Relaxed) {
        FAILED => ExitCode::from(exit::FAILED),
        _ => code,
    }
}

/// Returns whether it was written.
fn note_written(written: io::Result<()>) -> bool {
    match written {
        Ok(()) => return true,
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            STDOUT.fetch_max(CLOSED, Ordering::Relaxed);
        }
        Err(error) => failed(error),
    }
    false
}

fn failed(error: impl Display) {
    if STDOUT.fetch_max(FAILED, Ordering::Relaxed) != FAILED {
        complain(format!("the answer cannot be written: {error}"));
    }
}

/// Prints a line on stderr.
pub(crate) fn complain(message: impl Display) {
    let message = one_line(&message.to_string());
    // A failure cannot be reported if stderr is closed too.
    let _ = writeln!(io::stderr().lock(), "ledgerbell: {message}");
}

/// Prints a line on stderr that matters to a person only: nothing if stderr is no terminal.
pub(crate) fn note(message: impl Display) {
    if io::stderr().is_terminal() {
        complain(message);
    }
}

/// Returns foreign text on one line, without control characters, which would
/// reach the terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// Returns a progress bar on stderr if that is a terminal. Otherwise nothing is
/// drawn, and the command's own lines show the progress.
pub(crate) fn bar(length: Option<u64>, what: &'static str) -> ProgressBar {
    let target = if io::stderr().is_terminal() {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let template = match length {
        Some(_) => "{msg} {wide_bar} {pos}/{len} {prefix}",
        None => "{spinner} {msg} {pos} {prefix}",
    };
    let style =
        ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    let bar = ProgressBar::with_draw_target(length, target);
    bar.set_style(style);
    bar.set_prefix(what);
    bar
}

/// Seconds between two progress lines of long work without a terminal.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The substitute for a bar in logs: an occasional line on stderr.
#[derive(Debug)]
pub(crate) struct Heartbeat {
    terminal: bool,
    next: Instant,
}

impl Heartbeat {
    pub(crate) fn new() -> Self {
        Heartbeat {
            terminal: io::stderr().is_terminal(),
            next: Instant::now() + HEARTBEAT,
        }
    }

    /// Prints the progress if enough time has passed.
    pub(crate) fn beat(&mut self, bar: &ProgressBar) {
        if self.terminal || Instant::now() < self.next {
            return;
        }
        self.next += HEARTBEAT;
        let of = bar
            .length()
            .map_or(String::new(), |length| format!(" of {length}"));
        complain(format!("{}{of} {}", bar.position(), bar.prefix()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(one_line("a\u{1b}[2Jb\r\nc"), "a [2Jb  c");
    }
}
