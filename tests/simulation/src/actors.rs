//! The users of the system: banks that append, customers that change, an
//! operator, an analyst.

mod analyst;
mod bank;
mod customers;
mod exporter;
pub mod heart;
mod operator;
mod scheduler;

use std::future::Future;
use std::sync::Arc;

use handlers::append::Appender;
use handlers::composition::Composition;

use crate::cloud::functions::Program;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, Micros, ProcessId, SECOND};
use crate::ports::{Port, Role};

pub use analyst::Asked;
pub use exporter::Exports;

/// API Gateway waits no longer.
const API_TIMEOUT: Micros = 29 * SECOND;

/// A process behind the API, with what it remembers.
#[derive(Debug)]
pub struct Api {
    process: ProcessId,
    program: Program,
    appender: Arc<Appender>,
}

impl Api {
    pub fn process(&self) -> ProcessId {
        self.process
    }
}

impl Core {
    pub fn start_api(&mut self) {
        let process = self.new_process();
        let program = Program(Arc::new(Port::new(self, process, Role::Api)));
        self.state.apis.push(Api {
            process,
            appender: Arc::new(program.appender()),
            program,
        });
    }

    /// One thing that somebody does.
    pub fn command(&mut self) {
        match self.rng.u32(..100) {
            0..6 if self.state.setup.schedules => self.schedule_something(),
            0..78 => self.append_something(),
            78..85 => self.change_a_customer(),
            85..95 => self.redrive_something(),
            95..97 => self.look_at_letters(),
            97 if self.state.setup.exports => self.export(),
            _ => self.replay_something(),
        }
    }

    /// Runs work in one of the API's processes, at most as long as API Gateway waits.
    fn in_an_api<T, F>(
        &mut self,
        work: impl FnOnce(Program, Arc<Appender>) -> F,
        on_end: impl FnOnce(&mut Core, Option<T>) + Send + 'static,
    ) where
        T: Send + 'static,
        F: Future<Output = T> + Send + 'static,
    {
        let index = self.rng.usize(..self.state.apis.len());
        let api = &self.state.apis[index];
        let (process, program, appender) = (api.process, api.program.clone(), api.appender.clone());
        let task = self.spawn(process, work(program, appender), move |core, answer| {
            if answer.is_none() {
                core.api_died(index);
            }
            on_end(core, answer);
        });
        self.after(API_TIMEOUT, move |core| {
            if core.is_running(task) {
                core.crash(process);
            }
        });
    }

    /// What it remembered may be gone, or not: a function that timed out keeps
    /// its memory.
    fn api_died(&mut self, index: usize) {
        self.coverage.note(Hop::ClientToApi, Fault::CrashAfter);
        if self.rng.bool() {
            let api = &mut self.state.apis[index];
            api.appender = Arc::new(api.program.appender());
        }
    }
}
