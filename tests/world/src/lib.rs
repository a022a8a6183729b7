//! Every port of the use cases in memory, for tests, with a clock that the test
//! moves and faults at chosen calls. Deterministic: the same test takes the same
//! steps each time.

mod bus;
mod clock;
mod customers;
mod dead_letters;
mod event_store;
mod faults;
mod indexes;
mod keys;
mod mailer;
mod notifications;
mod objects;
mod read_model;
mod replays;
mod requests;
mod schedules;
mod secret_versions;
mod story;
mod suppressions;
mod texts;
mod versioned;

use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use handlers::composition::Composition;
use handlers::notify::Settings;
use handlers::ports::{
    AccountIndex, Bus, Clock, CustomerIndex, Customers, DeadLetterQueue, EventStore, Ids, Keys,
    Mailer, Notifications, RandomIds, ReadModel, Replays, Schedules, Suppressions,
};

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
pub use requests::{CALLER, fill, request, request_of_a_bank};
pub use schedules::MemorySchedules;
pub use secret_versions::MemorySecretVersions;
pub use story::{account, customer, deposited, event, opened, reaches_notify, withdrawn};
pub use suppressions::MemorySuppressions;
pub use texts::payment_texts;

/// The lease of a notification, in seconds.
pub const LEASE: Duration = Duration::from_secs(60);
/// Seconds for which the outcome of a send may stay unknown before an operator
/// sees it.
pub const UNKNOWN_WINDOW: Duration = Duration::from_secs(600);

/// The ports, shared by all use cases that are made from them. A second use case
/// of the same kind acts as a second process.
#[derive(Debug)]
pub struct World {
    /// The clock.
    pub clock: Arc<TestClock>,
    /// The faults at the calls of all ports.
    pub faults: Arc<Faults>,
    /// The event store.
    pub store: Arc<MemoryEventStore>,
    /// The read model.
    pub read_model: Arc<MemoryReadModel>,
    /// The customers.
    pub customers: Arc<MemoryCustomers>,
    /// The notifications.
    pub notifications: Arc<MemoryNotifications>,
    /// The bus.
    pub bus: Arc<MemoryBus>,
    /// The mailer.
    pub mailer: Arc<MemoryMailer>,
    /// The dead-letter queue.
    pub dead_letters: Arc<MemoryDeadLetters>,
    /// The replays.
    pub replays: Arc<MemoryReplays>,
    /// The schedules.
    pub schedules: Arc<MemorySchedules>,
    /// The suppressions.
    pub suppressions: Arc<MemorySuppressions>,
    /// The signing keys.
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

impl Composition for World {
    fn store(&self) -> Arc<dyn EventStore> {
        self.store.clone()
    }

    fn read_model(&self) -> Arc<dyn ReadModel> {
        self.read_model.clone()
    }

    fn customers(&self) -> Arc<dyn Customers> {
        self.customers.clone()
    }

    fn customer_index(&self) -> Arc<dyn CustomerIndex> {
        self.customers.clone()
    }

    fn account_index(&self) -> Arc<dyn AccountIndex> {
        self.read_model.clone()
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        self.notifications.clone()
    }

    fn suppressions(&self) -> Arc<dyn Suppressions> {
        self.suppressions.clone()
    }

    fn schedules(&self) -> Arc<dyn Schedules> {
        self.schedules.clone()
    }

    fn replays(&self) -> Arc<dyn Replays> {
        self.replays.clone()
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.bus.clone()
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetterQueue> {
        self.dead_letters.clone()
    }

    fn mailer(&self) -> Arc<dyn Mailer> {
        self.mailer.clone()
    }

    fn keys(&self) -> Arc<dyn Keys> {
        self.keys.clone()
    }

    fn clock(&self) -> Arc<dyn Clock> {
        self.clock.clone()
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::new(RandomIds)
    }

    fn settings(&self) -> Settings {
        Settings {
            bank_name: "Example Bank".to_owned(),
            mail_from: "notices@bank.example".to_owned(),
            public_url: "https://bank.example/v1".to_owned(),
            message_id_domain: "mailer.example".to_owned(),
            lease: LEASE,
            unknown_window: UNKNOWN_WINDOW,
        }
    }

    fn safety_window(&self) -> TimeDelta {
        TimeDelta::seconds(2)
    }
}
