//! The report's lines, on the standard output. Its reader may stop reading
//! (`| head`); a report that cannot be written was not given.

use std::fmt::Arguments;
use std::io::{self, ErrorKind, Write};
use std::sync::atomic::{AtomicBool, Ordering};

static UNWRITTEN: AtomicBool = AtomicBool::new(false);

/// As `println!`, which panics where nobody reads.
macro_rules! tell {
    ($($text:tt)*) => { $crate::output::line(format_args!($($text)*)) };
}
pub(crate) use tell;

pub(crate) fn line(text: Arguments<'_>) {
    note(writeln!(io::stdout().lock(), "{text}"));
}

/// Whether the whole report was written, as far as somebody reads it.
#[must_use]
pub fn is_written() -> bool {
    note(io::stdout().flush());
    !UNWRITTEN.load(Ordering::Relaxed)
}

fn note(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
        && !UNWRITTEN.swap(true, Ordering::Relaxed)
    {
        eprintln!("the report cannot be written: {error}");
    }
}
