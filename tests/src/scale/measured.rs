//! What was measured, as a table for docs/reference/export.md.

use std::fmt::Write;
use std::time::Duration;

use super::megabytes;

#[derive(Debug)]
pub struct Step {
    name: &'static str,
    events: u32,
    took: Duration,
    memory: Option<u64>,
}

impl Step {
    pub fn new(name: &'static str, events: u32, took: Duration) -> Self {
        let step = Step {
            name,
            events,
            took,
            memory: None,
        };
        eprintln!("{}", step.row());
        step
    }

    pub fn with_memory(mut self, bytes: u64) -> Self {
        self.memory = Some(bytes);
        self
    }

    fn row(&self) -> String {
        let per_second = u128::from(self.events) * 1000 / self.took.as_millis().max(1);
        let memory = self
            .memory
            .map_or("".to_owned(), |bytes| format!("{} MB", megabytes(bytes)));
        format!(
            "| {} | {:.1} s | {per_second} | {memory} |",
            self.name,
            self.took.as_secs_f32()
        )
    }
}

/// All steps, and the server beside them.
#[derive(Debug, Default)]
pub struct Measured {
    steps: Vec<Step>,
    notes: Vec<String>,
    server: u64,
}

impl Measured {
    pub(super) fn add(&mut self, step: Step) {
        self.steps.push(step);
    }

    pub(super) fn note(&mut self, note: String) {
        self.notes.push(note);
    }

    pub(super) fn server_memory(&mut self, bytes: u64) {
        self.server = bytes;
    }

    /// The most that any process has had at once, in bytes.
    #[must_use]
    pub fn largest_memory(&self) -> u64 {
        let programs = self.steps.iter().filter_map(|step| step.memory);
        programs.fold(self.server, u64::max)
    }

    /// Markdown.
    #[must_use]
    pub fn table(&self) -> String {
        let mut text =
            "| step | took | events a second | memory |\n|---|---:|---:|---:|\n".to_owned();
        for step in &self.steps {
            let _ = writeln!(text, "{}", step.row());
        }
        let _ = writeln!(
            text,
            "| the server, beside all of them | | | {} MB |",
            megabytes(self.server)
        );
        for note in &self.notes {
            let _ = writeln!(text, "\n{note}");
        }
        text
    }
}
