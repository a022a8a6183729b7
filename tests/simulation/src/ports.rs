//! The ports of the use cases, on the simulated services.

pub mod customers;
mod indexes;
mod keys;
mod letters;
pub mod mailer;
mod notifications;
mod outgoing;
mod read_model;
mod replays;
mod schedules;
mod store;
mod suppressions;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use handlers::Result;
use handlers::ports::{Clock, Ids, MonotoneClock, Stamp};
use uuid::Uuid;

use crate::call::TIMEOUT;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, ProcessId, Sim, micros};

/// What the process is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Api,
    Project,
    Notify,
    Replay,
    Feedback,
    Export,
    Schedule,
}

/// One process's way to everything.
#[derive(Debug)]
pub struct Port {
    sim: Sim,
    process: ProcessId,
    role: Role,
    /// How far its clock is off, in microseconds.
    skew: i64,
    /// The clock that it has together with all others.
    machine: Option<Arc<MonotoneClock>>,
}

impl Port {
    pub fn new(core: &mut Core, process: ProcessId, role: Role) -> Self {
        let most = i64::try_from(core.state.setup.skew).unwrap_or(0);
        let machine = core.state.machine.clone();
        let skewed = machine.is_none()
            && most > 0
            && core.chances.happens(&mut core.rng, Hop::Clock, Fault::Skew);
        core.coverage.called(Hop::Clock);
        let skew = if skewed {
            core.coverage.note(Hop::Clock, Fault::Skew);
            core.rng.i64(-most..=most)
        } else {
            0
        };
        Port {
            sim: core.sim(),
            process,
            role,
            skew,
            machine,
        }
    }

    pub fn role(&self) -> Role {
        self.role
    }

    /// A call to DynamoDB, EventBridge or SQS.
    async fn call<T: Send + 'static>(
        &self,
        hop: Hop,
        effect: impl FnMut(&mut Core) -> T + Send + 'static,
    ) -> Result<T> {
        Ok(self.sim.call(self.process, hop, TIMEOUT, effect).await?)
    }
}

#[async_trait]
impl Clock for Port {
    fn now(&self) -> DateTime<Utc> {
        if let Some(machine) = &self.machine {
            return machine.now();
        }
        let core = self.sim.core();
        let error = core.state.clocks.error_of(self.process);
        core.time() + TimeDelta::microseconds(self.skew + error)
    }

    fn stamp(&self) -> Stamp {
        match &self.machine {
            Some(machine) => machine.stamp(),
            None => Stamp::of(self.now()),
        }
    }

    fn settled(&self, window: TimeDelta) -> DateTime<Utc> {
        match &self.machine {
            Some(machine) => machine.settled(window),
            None => (self.now() - window).trunc_subsecs(6),
        }
    }

    async fn sleep(&self, duration: Duration) {
        let until = {
            let mut core = self.sim.core();
            let task = core.current;
            let delay = micros(duration);
            core.wake_after(delay, task);
            core.now + delay
        };
        std::future::poll_fn(|_| {
            if self.sim.core().now >= until {
                std::task::Poll::Ready(())
            } else {
                std::task::Poll::Pending
            }
        })
        .await;
    }
}

impl Ids for Port {
    fn next(&self) -> Uuid {
        let mut core = self.sim.core();
        core.state.ids += 1;
        Uuid::from_u128(core.state.ids)
    }
}
