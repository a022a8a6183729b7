//! What is printed: lines for people, one JSON document for machines. Nothing
//! else writes to stdout.
//!
//! Whoever reads may stop reading (`| head`): nothing is said of that, and the
//! exit code is that of the work. An answer that could not be written (a full
//! disk) was not given: it is complained of once, and the exit code is 1.
//! Neither is a reason to panic, nor to break off work that is under way.

use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

use crate::exit;

/// How stdout is; it only ever gets worse.
static STDOUT: AtomicU8 = AtomicU8::new(OPEN);
const OPEN: u8 = 0;
/// Nobody reads any more.
const CLOSED: u8 = 1;
/// Something was not written that somebody waits for.
const FAILED: u8 = 2;

/// One line on stdout. False when nothing more needs to be printed, because
/// nobody reads it or it cannot be written.
pub fn line(text: impl Display) -> bool {
    STDOUT.load(Ordering::Relaxed) == OPEN && note(writeln!(io::stdout().lock(), "{text}"))
}

/// The one document of `--json`.
pub fn json(document: &impl Serialize) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => {
            line(text);
        }
        Err(error) => failed(error),
    }
}

/// What the command line itself is answered with: help, the version, or what
/// is wrong with it.
pub fn explain(answer: &clap::Error) -> ExitCode {
    let written = answer.print();
    if answer.use_stderr() {
        return ExitCode::from(exit::WRONG_USE);
    }
    note(written);
    ExitCode::SUCCESS
}

/// How the program ends that would end like this, now that all is written.
pub fn ended(code: ExitCode) -> ExitCode {
    note(io::stdout().flush());
    match STDOUT.load(Ordering::Relaxed) {
        FAILED => ExitCode::from(exit::FAILED),
        _ => code,
    }
}

/// Whether it was written.
fn note(written: io::Result<()>) -> bool {
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

/// One line on stderr.
pub fn complain(message: impl Display) {
    let message = one_line(&message.to_string());
    // Nothing is left to tell when stderr is closed too.
    let _ = writeln!(io::stderr().lock(), "ledgerbell: {message}");
}

/// Text from elsewhere on one line, without the control characters that would
/// reach the terminal.
pub fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

/// A bar on stderr, where that is a terminal; elsewhere nothing is drawn, and
/// the command's own lines tell how it goes.
pub fn bar(length: Option<u64>, what: &'static str) -> ProgressBar {
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

/// How often long work says where it is, where there is no terminal for a bar.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// The bar's stand-in for logs: a line on stderr now and then.
#[derive(Debug)]
pub struct Heartbeat {
    terminal: bool,
    next: Instant,
}

impl Heartbeat {
    pub fn new() -> Self {
        Heartbeat {
            terminal: io::stderr().is_terminal(),
            next: Instant::now() + HEARTBEAT,
        }
    }

    /// Says where the bar stands, if it is time to.
    pub fn beat(&mut self, bar: &ProgressBar) {
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
