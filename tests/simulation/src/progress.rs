//! How far many seeds are: a bar on a terminal, and in a log a line now and then.

use std::io::IsTerminal;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::kernel::lock;

/// Between two lines of a log.
const LINE_EVERY: Duration = Duration::from_secs(10);

/// Shared by all that run seeds.
pub(crate) struct Progress {
    bar: ProgressBar,
    /// When the last line was written; nothing on a terminal.
    last_line: Option<Mutex<Instant>>,
}

impl Progress {
    pub(crate) fn of(seeds: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let target = if terminal {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        };
        let style =
            ProgressStyle::with_template("{wide_bar} {pos}/{len} seeds, {per_sec}, {eta} left");
        let bar = ProgressBar::with_draw_target(Some(seeds), target);
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self {
            bar,
            last_line: (!terminal).then(|| Mutex::new(Instant::now())),
        }
    }

    pub(crate) fn one_more(&self) {
        self.bar.inc(1);
        let Some(last_line) = &self.last_line else {
            return;
        };
        let mut last_line = lock(last_line);
        if last_line.elapsed() >= LINE_EVERY {
            *last_line = Instant::now();
            eprintln!(
                "{}/{} seeds in {:.0?}",
                self.bar.position(),
                self.bar.length().unwrap_or_default(),
                self.bar.elapsed()
            );
        }
    }

    pub(crate) fn end(&self) {
        self.bar.finish_and_clear();
    }
}
