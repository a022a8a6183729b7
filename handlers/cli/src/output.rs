//! What is printed: lines for people, one JSON document for machines.
//!
//! Whoever reads may stop reading (`| head`). That is no reason to panic, nor
//! to break off work that is under way.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde::Serialize;

static CLOSED: AtomicBool = AtomicBool::new(false);

/// One line on stdout. False when nobody reads any more.
pub fn line(text: impl Display) -> bool {
    if CLOSED.load(Ordering::Relaxed) {
        return false;
    }
    let written = writeln!(io::stdout().lock(), "{text}").is_ok();
    if !written {
        CLOSED.store(true, Ordering::Relaxed);
    }
    written
}

/// The one document of `--json`.
pub fn json(document: &impl Serialize) {
    match serde_json::to_string_pretty(document) {
        Ok(text) => {
            line(text);
        }
        Err(error) => complain(format!("the answer cannot be written as JSON: {error}")),
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
