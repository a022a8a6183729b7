//! The functions: the real use cases, each in a process of its own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use handlers::append::Appender;
use handlers::feedback::Feedback;
use handlers::notify::{Notifier, Settings};
use handlers::planted;
use handlers::project::{Projector, StreamRecord};
use handlers::redrive::Redriver;
use handlers::replay::Replayer;
use handlers::schedule::Scheduler;
use handlers::{Error, Result};

use super::rules::Envelope;
use crate::kernel::{Core, ProcessId};
use crate::ports::{Port, Role};

/// As the function of AWS has it (handlers/lambda).
const LEASE: Duration = Duration::from_secs(45);
const UNKNOWN_WINDOW: Duration = Duration::from_secs(15 * 60);
/// How long a replay works before it calls itself again.
const REPLAY_BUDGET: Duration = Duration::from_secs(1);
/// The notify function's timeout, without what its main keeps in reserve.
const BEAT_BUDGET: Duration = Duration::from_secs(40);
/// As `handlers::query::time_index` has it.
const SAFETY_WINDOW: chrono::TimeDelta = handlers::query::time_index::SAFETY_WINDOW;

pub fn projector(port: &Arc<Port>) -> Projector {
    Projector {
        store: port.clone(),
        read_model: port.clone(),
        bus: port.clone(),
        dead_letters: port.clone(),
        clock: port.clone(),
    }
}

pub fn redriver(port: &Arc<Port>) -> Redriver {
    Redriver {
        queue: port.clone(),
        bus: port.clone(),
        projector: Arc::new(projector(port)),
        notifications: port.clone(),
        schedules: port.clone(),
        feedback: Arc::new(feedback(port)),
    }
}

fn feedback(port: &Arc<Port>) -> Feedback {
    Feedback {
        notifications: port.clone(),
        suppressions: port.clone(),
        clock: port.clone(),
    }
}

pub fn replayer(port: &Arc<Port>) -> Replayer {
    Replayer {
        store: port.clone(),
        read_model: port.clone(),
        bus: port.clone(),
        replays: port.clone(),
        clock: port.clone(),
        ids: port.clone(),
        safety_window: SAFETY_WINDOW,
    }
}

pub fn scheduler(port: &Arc<Port>, appender: Arc<Appender>) -> Scheduler {
    Scheduler {
        schedules: port.clone(),
        store: port.clone(),
        appender,
        dead_letters: port.clone(),
        clock: port.clone(),
    }
}

fn notifier(port: &Arc<Port>) -> Notifier {
    let lease = if planted::is("lease-shorter-than-the-call") {
        Duration::from_secs(1)
    } else {
        LEASE
    };
    Notifier {
        store: port.clone(),
        customers: port.clone(),
        suppressions: port.clone(),
        keys: port.clone(),
        notifications: port.clone(),
        mailer: port.clone(),
        dead_letters: port.clone(),
        clock: port.clone(),
        settings: Settings {
            bank_name: "Example Bank".to_owned(),
            mail_from: "notices@bank.example".to_owned(),
            public_url: "https://bank.example/v1".to_owned(),
            message_id_domain: "mailer.example".to_owned(),
            lease,
            unknown_window: UNKNOWN_WINDOW,
        },
    }
}

/// What the event source mapping calls; answers as the function's response does.
pub(super) fn project(
    core: &mut Core,
    process: ProcessId,
    records: Vec<StreamRecord>,
) -> impl Future<Output = Vec<String>> + Send + 'static {
    let port = Arc::new(Port::new(core, process, Role::Project));
    async move {
        if planted::is("arrival-order") {
            return crate::bugs::project_in_order_of_arrival(&port, &records).await;
        }
        let failed = Box::pin(projector(&port).project(records)).await;
        if planted::is("failures-not-reported") {
            return Vec::new();
        }
        if planted::is("last-failure-reported") {
            return failed.into_iter().next_back().into_iter().collect();
        }
        failed.into_iter().take(1).collect()
    }
}

/// What a rule of the bus has Lambda call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    Notify,
    Replay,
    Feedback,
    Schedule,
}

impl Function {
    pub fn name(self) -> &'static str {
        match self {
            Function::Notify => "notify",
            Function::Replay => "replay",
            Function::Feedback => "feedback",
            Function::Schedule => "schedule",
        }
    }
}

pub(super) fn invoke(
    core: &mut Core,
    process: ProcessId,
    function: Function,
    envelope: Arc<Envelope>,
) -> impl Future<Output = Result<(), Error>> + Send + 'static {
    let role = match function {
        Function::Notify => Role::Notify,
        Function::Replay => Role::Replay,
        Function::Feedback => Role::Feedback,
        Function::Schedule => Role::Schedule,
    };
    let port = Arc::new(Port::new(core, process, role));
    async move {
        let detail = envelope.detail();
        match function {
            Function::Notify => {
                let notifier = notifier(&port);
                Box::pin(notifier.call(envelope.event_type(), detail, BEAT_BUDGET)).await
            }
            Function::Schedule => {
                let appender = Arc::new(Appender::new(port.clone(), port.clone()));
                let scheduler = scheduler(&port, appender);
                Box::pin(scheduler.call(envelope.event_type(), detail, BEAT_BUDGET)).await
            }
            Function::Feedback => Box::pin(feedback(&port).deliver(&envelope.whole())).await,
            Function::Replay => Box::pin(replayer(&port).deliver(detail, REPLAY_BUDGET)).await,
        }
    }
}
