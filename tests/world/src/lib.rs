//! A world in memory: every port of the use cases, a clock that the test
//! moves, and faults at chosen calls. Deterministic: the same test takes the
//! same steps each time.

mod bus;
mod clock;
mod customers;
mod dead_letters;
mod event_store;
mod faults;
mod keys;
mod mailer;
mod notifications;
mod objects;
mod read_model;
mod replays;
mod schedules;
mod secret_versions;
mod story;
mod suppressions;
mod texts;

use std::sync::Arc;
use std::time::Duration;

use handlers::append::Appender;
use handlers::customers::CustomerService;
use handlers::feedback::Feedback;
use handlers::http::Api;
use handlers::notify::{Evaluator, Notifier, Previewer, Settings, WhatIf};
use handlers::ports::RandomIds;
use handlers::project::Projector;
use handlers::query::Queries;
use handlers::redrive::Redriver;
use handlers::replay::Replayer;
use handlers::schedule::Scheduler;
use handlers::suppressions::SuppressionService;
use handlers::unsubscribe::Unsubscriber;

pub use bus::MemoryBus;
pub use clock::TestClock;
pub use customers::MemoryCustomers;
pub use dead_letters::MemoryDeadLetters;
pub use event_store::MemoryEventStore;
pub use faults::{Fault, Faults};
pub use keys::MemoryKeys;
pub use mailer::{Answer, MemoryMailer};
pub use notifications::MemoryNotifications;
pub use objects::MemoryObjects;
pub use read_model::MemoryReadModel;
pub use replays::MemoryReplays;
pub use schedules::MemorySchedules;
pub use secret_versions::MemorySecretVersions;
pub use story::{account, customer, deposited, event, opened, reaches_notify, reports, withdrawn};
pub use suppressions::MemorySuppressions;
pub use texts::payment_texts;

/// How long a worker holds a notification in this world.
pub const LEASE: Duration = Duration::from_secs(60);
/// How long the outcome of a send may stay unknown before an operator sees it.
pub const UNKNOWN_WINDOW: Duration = Duration::from_secs(600);

/// The ports, shared by all use cases that are made from it. A second use case
/// of one kind is a second process.
#[derive(Debug)]
pub struct World {
    pub clock: Arc<TestClock>,
    pub faults: Arc<Faults>,
    pub store: Arc<MemoryEventStore>,
    pub read_model: Arc<MemoryReadModel>,
    pub customers: Arc<MemoryCustomers>,
    pub notifications: Arc<MemoryNotifications>,
    pub bus: Arc<MemoryBus>,
    pub mailer: Arc<MemoryMailer>,
    pub dead_letters: Arc<MemoryDeadLetters>,
    pub replays: Arc<MemoryReplays>,
    pub schedules: Arc<MemorySchedules>,
    pub suppressions: Arc<MemorySuppressions>,
    pub keys: Arc<MemoryKeys>,
}

impl Default for World {
    fn default() -> Self {
        let clock = Arc::new(TestClock::default());
        let faults = Arc::new(Faults::default());
        World {
            store: Arc::new(MemoryEventStore::new(faults.clone())),
            read_model: Arc::new(MemoryReadModel::new(faults.clone())),
            customers: Arc::new(MemoryCustomers::new(faults.clone())),
            notifications: Arc::new(MemoryNotifications::new(faults.clone())),
            bus: Arc::new(MemoryBus::new(faults.clone())),
            mailer: Arc::new(MemoryMailer::new(faults.clone())),
            dead_letters: Arc::new(MemoryDeadLetters::new(faults.clone(), clock.clone())),
            replays: Arc::new(MemoryReplays::new(faults.clone())),
            schedules: Arc::new(MemorySchedules::new(faults.clone())),
            suppressions: Arc::new(MemorySuppressions::new(faults.clone())),
            keys: Arc::default(),
            clock,
            faults,
        }
    }
}

impl World {
    pub fn appender(&self) -> Appender {
        Appender::new(self.store.clone(), self.clock.clone())
    }

    pub fn projector(&self) -> Projector {
        Projector {
            store: self.store.clone(),
            read_model: self.read_model.clone(),
            bus: self.bus.clone(),
            dead_letters: self.dead_letters.clone(),
            clock: self.clock.clone(),
        }
    }

    pub fn notifier(&self) -> Notifier {
        Notifier {
            store: self.store.clone(),
            customers: self.customers.clone(),
            suppressions: self.suppressions.clone(),
            keys: self.keys.clone(),
            notifications: self.notifications.clone(),
            mailer: self.mailer.clone(),
            dead_letters: self.dead_letters.clone(),
            clock: self.clock.clone(),
            settings: Settings {
                bank_name: "Example Bank".to_owned(),
                mail_from: "notices@bank.example".to_owned(),
                public_url: "https://bank.example/v1".to_owned(),
                message_id_domain: "mailer.example".to_owned(),
                lease: LEASE,
                unknown_window: UNKNOWN_WINDOW,
            },
        }
    }

    pub fn redriver(&self) -> Redriver {
        Redriver {
            queue: self.dead_letters.clone(),
            bus: self.bus.clone(),
            projector: Arc::new(self.projector()),
            notifications: self.notifications.clone(),
            schedules: self.schedules.clone(),
            feedback: Arc::new(self.feedback()),
        }
    }

    pub fn feedback(&self) -> Feedback {
        Feedback {
            notifications: self.notifications.clone(),
            suppressions: self.suppressions.clone(),
            clock: self.clock.clone(),
        }
    }

    pub fn replayer(&self) -> Replayer {
        Replayer {
            store: self.store.clone(),
            read_model: self.read_model.clone(),
            bus: self.bus.clone(),
            replays: self.replays.clone(),
            clock: self.clock.clone(),
            ids: Arc::new(RandomIds),
            safety_window: chrono::TimeDelta::seconds(2),
        }
    }

    pub fn scheduler(&self) -> Scheduler {
        Scheduler {
            schedules: self.schedules.clone(),
            store: self.store.clone(),
            appender: Arc::new(self.appender()),
            dead_letters: self.dead_letters.clone(),
            clock: self.clock.clone(),
        }
    }

    pub fn queries(&self) -> Queries {
        Queries {
            store: self.store.clone(),
            read_model: self.read_model.clone(),
            clock: self.clock.clone(),
            safety_window: chrono::TimeDelta::seconds(2),
        }
    }

    pub fn customer_desk(&self) -> CustomerService {
        CustomerService {
            customers: self.customers.clone(),
            clock: self.clock.clone(),
        }
    }

    pub fn api(&self) -> Api {
        Api {
            appender: Arc::new(self.appender()),
            queries: Arc::new(self.queries()),
            notifications: self.notifications.clone(),
            customers: Arc::new(self.customer_desk()),
            redriver: Arc::new(self.redriver()),
            replayer: Arc::new(self.replayer()),
            scheduler: Arc::new(self.scheduler()),
            suppressions: Arc::new(SuppressionService {
                suppressions: self.suppressions.clone(),
                customers: Arc::new(self.customer_desk()),
                clock: self.clock.clone(),
            }),
            unsubscriber: Arc::new(Unsubscriber {
                keys: self.keys.clone(),
                customers: Arc::new(self.customer_desk()),
            }),
            previewer: Arc::new(Previewer {
                evaluator: self.evaluator(),
                suppressions: self.suppressions.clone(),
                clock: self.clock.clone(),
                bank_name: "Example Bank".to_owned(),
            }),
            what_if: Arc::new(WhatIf {
                evaluator: self.evaluator(),
                clock: self.clock.clone(),
                safety_window: chrono::TimeDelta::seconds(2),
            }),
        }
    }

    fn evaluator(&self) -> Evaluator {
        Evaluator {
            store: self.store.clone(),
            customers: self.customers.clone(),
        }
    }
}
