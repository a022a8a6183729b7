//! The functions: the real use cases, each in a process of its own.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use handlers::composition::Composition;
use handlers::notify::{LEASE, Settings, UNKNOWN_WINDOW};
use handlers::ports::{
    AccountIndex, Bus, Clock, CustomerIndex, Customers, DeadLetterQueue, EventStore, Ids, Keys,
    Mailer, Notifications, ReadModel, Replays, Schedules, Suppressions,
};
use handlers::project::StreamRecord;
use handlers::query::time_index::SAFETY_WINDOW;
use handlers::{Error, Result};

use super::rules::Envelope;
use crate::bugs;
use crate::kernel::{Core, ProcessId};
use crate::ports::{Port, Role};

/// How long a replay works before it calls itself again.
const REPLAY_BUDGET: Duration = Duration::from_secs(1);
/// The notify function's timeout, without what its main keeps in reserve.
const BEAT_BUDGET: Duration = Duration::from_secs(40);

/// The use cases of one process.
#[derive(Debug, Clone)]
pub struct Program(pub Arc<Port>);

impl Composition for Program {
    fn store(&self) -> Arc<dyn EventStore> {
        bugs::store(&self.0)
    }

    fn read_model(&self) -> Arc<dyn ReadModel> {
        self.0.clone()
    }

    fn customers(&self) -> Arc<dyn Customers> {
        bugs::customers(&self.0)
    }

    fn customer_index(&self) -> Arc<dyn CustomerIndex> {
        self.0.clone()
    }

    fn account_index(&self) -> Arc<dyn AccountIndex> {
        self.0.clone()
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        bugs::notifications(&self.0)
    }

    fn suppressions(&self) -> Arc<dyn Suppressions> {
        bugs::suppressions(&self.0)
    }

    fn schedules(&self) -> Arc<dyn Schedules> {
        self.0.clone()
    }

    fn replays(&self) -> Arc<dyn Replays> {
        self.0.clone()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        bugs::bus(&self.0)
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetterQueue> {
        bugs::letters(&self.0)
    }

    fn mailer(&self) -> Arc<dyn Mailer> {
        bugs::mailer(&self.0)
    }

    fn keys(&self) -> Arc<dyn Keys> {
        self.0.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.0.clone()
    }

    fn ids(&self) -> Arc<dyn Ids> {
        self.0.clone()
    }

    /// As those of the function in the cloud.
    fn settings(&self) -> Settings {
        let lease = if bugs::is("lease-shorter-than-the-call") {
            Duration::from_secs(1)
        } else {
            LEASE
        };
        Settings {
            bank_name: "Example Bank".to_owned(),
            mail_from: "notices@bank.example".to_owned(),
            public_url: "https://bank.example/v1".to_owned(),
            message_id_domain: "mailer.example".to_owned(),
            lease,
            unknown_window: UNKNOWN_WINDOW,
        }
    }

    fn safety_window(&self) -> TimeDelta {
        SAFETY_WINDOW
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
        if bugs::is("arrival-order") {
            return bugs::projection::in_order_of_arrival(&port, &records).await;
        }
        let first = records.first().map(|record| record.sequence_number.clone());
        let Ok(records) = bugs::projection::seen(&port, records).await else {
            return first.into_iter().collect();
        };
        let failed = Box::pin(Program(port).projector().project(records)).await;
        if bugs::is("failures-not-reported") {
            return Vec::new();
        }
        if bugs::is("last-failure-reported") {
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
    let program = Program(Arc::new(Port::new(core, process, role)));
    async move {
        let (event_type, detail) = (envelope.event_type(), envelope.detail());
        match function {
            Function::Notify => {
                let notifier = program.notifier();
                Box::pin(notifier.call(event_type, detail, BEAT_BUDGET)).await
            }
            Function::Schedule => {
                let scheduler = program.scheduler();
                Box::pin(scheduler.call(event_type, detail, BEAT_BUDGET)).await
            }
            Function::Feedback => Box::pin(program.feedback().deliver(&envelope.whole())).await,
            Function::Replay => Box::pin(program.replayer().deliver(detail, REPLAY_BUDGET)).await,
        }
    }
}
