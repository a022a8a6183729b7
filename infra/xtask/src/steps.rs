//! The steps of a long command, sequential or concurrent, with their times.

use std::{
    fs,
    path::PathBuf,
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use crate::{
    command,
    error::{Result, at},
    workspace::output_dir,
};

/// The steps so far.
pub(crate) struct Steps {
    started: Instant,
    ended: Vec<Ended>,
}

struct Ended {
    name: &'static str,
    took: Duration,
    passed: bool,
}

impl Steps {
    pub(crate) fn start() -> Self {
        Self {
            started: Instant::now(),
            ended: Vec::new(),
        }
    }

    /// Runs a step, which writes to the terminal itself.
    ///
    /// # Errors
    /// That of the step.
    pub(crate) fn run(
        &mut self,
        name: &'static str,
        run: impl FnOnce() -> Result<()>,
    ) -> Result<()> {
        eprintln!("== {name}");
        let started = Instant::now();
        let result = run();
        self.end(name, started, &result);
        result
    }

    /// Runs steps concurrently. The output of each is shown in one piece when it ends.
    ///
    /// # Errors
    /// The first failure. The other steps still run to their end, because their results are useful.
    pub(crate) fn side_by_side(&mut self, steps: Vec<(&'static str, Command)>) -> Result<()> {
        let started = Instant::now();
        let (sender, endings) = mpsc::channel();
        thread::scope(|scope| {
            for (name, mut command) in steps {
                let sender = sender.clone();
                scope.spawn(move || {
                    let ending = output_file(name)
                        .map(|file| (command::run_into(&mut command, &file), file));
                    // The receiver lives until all have sent.
                    let _ = sender.send((name, ending));
                });
            }
            drop(sender);
            let mut outcome = Ok(());
            for (name, ending) in endings {
                let result = ending.and_then(|(result, file)| {
                    eprintln!("== {name}");
                    eprint!("{}", fs::read_to_string(&file).map_err(at(&file))?);
                    result
                });
                self.end(name, started, &result);
                outcome = outcome.and(result);
            }
            outcome
        })
    }

    fn end(&mut self, name: &'static str, started: Instant, result: &Result<()>) {
        let took = started.elapsed();
        let passed = result.is_ok();
        eprintln!("== {name}: {} in {took:.1?}", outcome(passed));
        self.ended.push(Ended { name, took, passed });
    }

    /// Prints the time of each step and of all together.
    pub(crate) fn print(&self) {
        for Ended { name, took, passed } in &self.ended {
            eprintln!("== {name:<26} {} {took:>8.1?}", outcome(*passed));
        }
        let passed = self.ended.iter().all(|step| step.passed);
        let all = self.started.elapsed();
        eprintln!("== {:<26} {} {all:>8.1?}", "all", outcome(passed));
    }
}

fn outcome(passed: bool) -> &'static str {
    if passed { "passed" } else { "FAILED" }
}

/// Returns the file for the output of a concurrent step, which can be watched while it runs.
pub(crate) fn output_file(name: &str) -> Result<PathBuf> {
    let dir = output_dir().join("steps");
    fs::create_dir_all(&dir).map_err(at(&dir))?;
    Ok(dir.join(format!("{}.log", name.replace(' ', "-"))))
}
