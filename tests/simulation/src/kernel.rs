//! Virtual time, one queue of events, and tasks that move only when an event
//! says so: the same seed takes the same steps.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BinaryHeap};
use std::future::Future;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::book::Violation;
use crate::cloud::State;
use crate::faults::{Chances, Coverage};

/// Microseconds since the simulation began.
pub type Micros = u64;

pub const MILLISECOND: Micros = 1_000;
pub const SECOND: Micros = 1_000_000;
pub const MINUTE: Micros = 60 * SECOND;
pub const HOUR: Micros = 60 * MINUTE;
pub const DAY: Micros = 24 * HOUR;

/// When the simulation begins: Monday, 30 November 2026, ten minutes before
/// eight in the morning of Halifax, when daily and weekly digests are told
/// there; the statements of the month are on the next day.
const EPOCH_SECONDS: i64 = 1_796_039_400;
/// More events than any seed takes: a run that reaches it does not end.
const MAX_EVENTS: u64 = 3_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u64);

/// What dies together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProcessId(pub u64);

type Work = Pin<Box<dyn Future<Output = ()> + Send>>;
type Effect = Box<dyn FnOnce(&mut Core) + Send>;

enum Event {
    Effect(Effect),
    Wake(TaskId),
    /// What a task waits for, and then the task: one step, as nothing comes in between.
    Answer(TaskId, Effect),
}

/// The queue hands out the greatest: that is the earliest, and of one moment the one that was put first.
struct Queued {
    at: (Micros, u64),
    event: Event,
}

impl Ord for Queued {
    fn cmp(&self, other: &Self) -> Ordering {
        other.at.cmp(&self.at)
    }
}

impl PartialOrd for Queued {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Queued {
    fn eq(&self, other: &Self) -> bool {
        self.at == other.at
    }
}

impl Eq for Queued {}

struct Task {
    process: ProcessId,
    work: Option<Work>,
    /// Told whether it ran to its end.
    on_end: Effect,
}

/// Everything but the futures themselves.
pub struct Core {
    pub now: Micros,
    pub rng: fastrand::Rng,
    pub chances: Chances,
    pub coverage: Coverage,
    pub state: State,
    pub violation: Option<Violation>,
    /// The task that is being polled.
    pub current: TaskId,
    pub events: u64,
    queue: BinaryHeap<Queued>,
    sequence: u64,
    tasks: BTreeMap<TaskId, Task>,
    processes: u64,
    to_crash: Vec<ProcessId>,
    hasher: DefaultHasher,
    me: Weak<Mutex<Core>>,
    /// Readable steps, when somebody wants to read them.
    pub story: Option<Vec<String>>,
}

impl std::fmt::Debug for Core {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Core")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

/// Shared by all ports of one simulation, which runs on one thread.
#[derive(Clone)]
pub struct Sim(Arc<Mutex<Core>>);

impl std::fmt::Debug for Sim {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sim").finish_non_exhaustive()
    }
}

impl Core {
    pub fn time(&self) -> DateTime<Utc> {
        time_at(self.now)
    }

    /// Runs `effect` after `delay`.
    pub fn after(&mut self, delay: Micros, effect: impl FnOnce(&mut Core) + Send + 'static) {
        self.push(delay, Event::Effect(Box::new(effect)));
    }

    pub fn wake_after(&mut self, delay: Micros, task: TaskId) {
        self.push(delay, Event::Wake(task));
    }

    /// Runs `effect` after `delay`, and at once the task that waits for it.
    pub fn answer_after(
        &mut self,
        delay: Micros,
        task: TaskId,
        effect: impl FnOnce(&mut Core) + Send + 'static,
    ) {
        self.push(delay, Event::Answer(task, Box::new(effect)));
    }

    fn push(&mut self, delay: Micros, event: Event) {
        self.sequence += 1;
        let at = (self.now.saturating_add(delay), self.sequence);
        self.queue.push(Queued { at, event });
    }

    /// The simulation that this is the core of, for who works in it.
    pub fn sim(&self) -> Sim {
        Sim(self
            .me
            .upgrade()
            .expect("the core is borrowed from its simulation"))
    }

    pub fn new_process(&mut self) -> ProcessId {
        self.processes += 1;
        ProcessId(self.processes)
    }

    /// Starts a task. `on_end` gets what it came to, or `None` when its process died.
    pub fn spawn<T: Send + 'static>(
        &mut self,
        process: ProcessId,
        work: impl Future<Output = T> + Send + 'static,
        on_end: impl FnOnce(&mut Core, Option<T>) + Send + 'static,
    ) -> TaskId {
        self.sequence += 1;
        let id = TaskId(self.sequence);
        let slot = Arc::new(Mutex::new(None));
        let filled = Arc::clone(&slot);
        let work: Work = Box::pin(async move {
            let output = work.await;
            *lock(&filled) = Some(output);
        });
        let on_end: Effect = Box::new(move |core| {
            let output = lock(&slot).take();
            on_end(core, output);
        });
        let task = Task {
            process,
            work: Some(work),
            on_end,
        };
        self.tasks.insert(id, task);
        self.wake_after(0, id);
        id
    }

    pub fn is_running(&self, task: TaskId) -> bool {
        self.tasks.contains_key(&task)
    }

    /// The process that this task belongs to.
    pub fn process_of(&self, task: TaskId) -> Option<ProcessId> {
        self.tasks.get(&task).map(|task| task.process)
    }

    /// Ends all that the process is doing, before its next step.
    pub fn crash(&mut self, process: ProcessId) {
        self.to_crash.push(process);
    }

    /// Notes what was broken; the first one counts.
    pub fn violate(&mut self, invariant: &'static str, detail: impl FnOnce() -> String) {
        if self.violation.is_none() {
            self.violation = Some(Violation {
                invariant,
                detail: detail(),
                at: self.now,
            });
        }
    }

    /// A step that every run of this seed must take alike.
    pub fn trace(&mut self, what: &'static str, numbers: (u64, u64)) {
        (self.now, what, numbers).hash(&mut self.hasher);
    }

    pub fn tell(&mut self, line: impl FnOnce(&Core) -> String) {
        if self.story.is_some() {
            let (seconds, rest) = (self.now / SECOND, self.now % SECOND);
            let line = format!("{seconds:>7}.{rest:06}  {}", line(self));
            if let Some(story) = &mut self.story {
                story.push(line);
            }
        }
    }

    fn is_at_rest(&self) -> bool {
        self.queue.len() == self.state.beats.len()
    }

    pub fn trace_hash(&self) -> u64 {
        self.hasher.finish()
    }
}

pub fn time_at(at: Micros) -> DateTime<Utc> {
    let micros = EPOCH_SECONDS * 1_000_000 + i64::try_from(at).unwrap_or(i64::MAX / 2);
    DateTime::from_timestamp_micros(micros).unwrap_or(DateTime::UNIX_EPOCH)
}

/// The moment of this time; 0 where it was before the beginning.
pub fn micros_at(time: DateTime<Utc>) -> Micros {
    let since = time.timestamp_micros() - EPOCH_SECONDS * 1_000_000;
    Micros::try_from(since).unwrap_or(0)
}

pub fn micros(duration: Duration) -> Micros {
    Micros::try_from(duration.as_micros()).unwrap_or(Micros::MAX)
}

pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Sim {
    pub fn new(rng: fastrand::Rng, chances: Chances, state: State, story: bool) -> Self {
        Sim(Arc::new_cyclic(|me| {
            Mutex::new(Core {
                now: 0,
                rng,
                chances,
                coverage: Coverage::default(),
                state,
                violation: None,
                current: TaskId(0),
                events: 0,
                queue: BinaryHeap::new(),
                sequence: 0,
                tasks: BTreeMap::new(),
                processes: 0,
                to_crash: Vec::new(),
                hasher: DefaultHasher::new(),
                me: me.clone(),
                story: story.then(Vec::new),
            })
        }))
    }

    pub fn core(&self) -> MutexGuard<'_, Core> {
        lock(&self.0)
    }

    /// Lets go of all that is still under way, which holds on to this.
    pub fn clear(&self) {
        let under_way = {
            let mut core = self.core();
            (
                std::mem::take(&mut core.tasks),
                std::mem::take(&mut core.queue),
                // The API's processes hold ports, and ports hold the simulation.
                std::mem::take(&mut core.state.apis),
                core.state.machine.take(),
            )
        };
        drop(under_way);
    }

    /// Takes steps until nothing but beats is left to do, or an invariant is
    /// broken.
    pub fn run(&self) {
        while !self.core().is_at_rest() && self.step() {}
    }

    /// Takes one step; `false` where there is none, or an invariant is broken.
    pub fn step(&self) -> bool {
        let mut core = self.core();
        if core.violation.is_some() {
            return false;
        }
        let Some(Queued { at, event }) = core.queue.pop() else {
            return false;
        };
        core.now = at.0;
        core.events += 1;
        if core.events > MAX_EVENTS {
            core.violate("it comes to an end", || {
                format!("more than {MAX_EVENTS} events")
            });
            return false;
        }
        match event {
            Event::Effect(effect) => {
                effect(&mut core);
                drop(core);
            }
            Event::Wake(id) => self.wake(core, id),
            Event::Answer(id, effect) => {
                effect(&mut core);
                self.wake(core, id);
            }
        }
        self.bury();
        true
    }

    /// Lets a task go on, if there is still one.
    fn wake(&self, mut core: MutexGuard<'_, Core>, id: TaskId) {
        let Some(mut work) = core.tasks.get_mut(&id).and_then(|task| task.work.take()) else {
            return;
        };
        core.current = id;
        core.trace("wake", (id.0, 0));
        drop(core);
        let polled = work.as_mut().poll(&mut Context::from_waker(Waker::noop()));
        let mut core = self.core();
        match polled {
            Poll::Pending => {
                if let Some(task) = core.tasks.get_mut(&id) {
                    task.work = Some(work);
                }
            }
            Poll::Ready(()) => {
                if let Some(task) = core.tasks.remove(&id) {
                    (task.on_end)(&mut core);
                }
                drop(core);
                drop(work);
            }
        }
    }

    /// Drops the tasks of processes that died.
    fn bury(&self) {
        loop {
            let mut core = self.core();
            let Some(process) = core.to_crash.pop() else {
                return;
            };
            let dead: Vec<TaskId> = core
                .tasks
                .iter()
                .filter(|(_, task)| task.process == process)
                .map(|(id, _)| *id)
                .collect();
            for id in dead {
                let Some(task) = core.tasks.remove(&id) else {
                    continue;
                };
                // A future may hold what locks: it is dropped unlocked.
                drop(core);
                drop(task.work);
                core = self.core();
                (task.on_end)(&mut core);
            }
        }
    }
}
