//! The program as its users run it, with its memory watched.

use std::fs::File;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::measured::Step;
use crate::one_machine::{ledgerbell_command, peak_memory};

/// How often its memory is looked at; what it takes at most is remembered by
/// the system in between.
const LOOK_EVERY: Duration = Duration::from_millis(20);

pub struct Ran {
    pub document: Value,
    took: Duration,
    memory: u64,
}

impl Ran {
    pub fn step(&self, name: &'static str, events: u32) -> Step {
        Step::new(name, events, self.took).with_memory(self.memory)
    }
}

pub fn run(endpoint: &str, arguments: &[&str]) -> Ran {
    run_alone(&[arguments, &["--endpoint", endpoint]].concat())
}

/// Without a server.
pub fn run_alone(arguments: &[&str]) -> Ran {
    let output = tempfile::NamedTempFile::new().expect("there is room for its output");
    let started = Instant::now();
    let mut child = ledgerbell_command()
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(output.reopen().expect("the file is there"))
        .spawn()
        .expect("the binary can be run");
    let mut memory = 0;
    let status = loop {
        memory = memory.max(peak_memory(child.id()).unwrap_or(0));
        if let Some(status) = child.try_wait().expect("it is our child") {
            break status;
        }
        std::thread::sleep(LOOK_EVERY);
    };
    let took = started.elapsed();
    assert!(status.success(), "{arguments:?}: {status}");
    let mut text = String::new();
    File::open(output.path())
        .and_then(|mut file| file.read_to_string(&mut text))
        .expect("its output is UTF-8");
    Ran {
        document: serde_json::from_str(&text).expect("its output is JSON"),
        took,
        memory,
    }
}
