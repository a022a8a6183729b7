//! The composition root of one machine.

use std::sync::Arc;
use std::time::Duration;

use aws::{
    Dynamo, DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel, DynamoReplays,
    DynamoSchedules, DynamoSuppressions,
};
use chrono::TimeDelta;
use handlers::composition::Composition;
use handlers::notify;
use handlers::ports::{
    AccountIndex, Bus, Changes, Clock, CustomerIndex, Customers, DeadLetterQueue, EventStore, Ids,
    Keys, Mailer, Notifications, RandomIds, ReadModel, Replays, Schedules, Suppressions,
};
use tokio::sync::{Mutex, Notify};

use crate::bus::LocalBus;
use crate::changes::LocalChanges;
use crate::dead_letters::LocalDeadLetters;
use crate::durable::Durable;
use crate::engine::Engine;
use crate::erasure::ErasedToTheByte;
use crate::in_process::Answers;
use crate::keys::LocalKeys;
use crate::mailbox::{MESSAGE_ID_DOMAIN, Mailbox, Switch};
use crate::noted_time::{NotedCustomers, one_clock};
use crate::pipeline::{Settings, StartError};
use crate::template::Template;

/// Lease of a notification, in seconds. The mailbox is a file and answers within
/// milliseconds. After a crash, the next attempt waits for the lease to end.
const LEASE: Duration = Duration::from_secs(5);
/// Safety window, in seconds. There is one process with one clock, and the index
/// is written with its table, so only the write itself takes time: milliseconds.
const SAFETY_WINDOW: TimeDelta = TimeDelta::seconds(2);

/// The ports of one machine. Those without a field have no state of their own.
pub(crate) struct Machine {
    pub(crate) dynamo: Dynamo,
    pub(crate) answers: Answers,
    pub(crate) durable: Durable,
    pub(crate) customers: Arc<dyn Customers>,
    pub(crate) mailbox: Mailbox,
    pub(crate) keys: Arc<LocalKeys>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) settings: notify::Settings,
}

impl Machine {
    /// Creates the ports on the running engine and the local file. The bell is
    /// notified when the bus has something to deliver.
    pub(crate) async fn on(
        engine: &Engine,
        durable: &Durable,
        template: &Template,
        bell: &Arc<Notify>,
        settings: &Settings,
    ) -> Result<Self, StartError> {
        let keys = Arc::new(LocalKeys::open(&settings.data_dir)?);
        let dynamo = engine.client();
        let store = DynamoEventStore(dynamo.clone());
        let clock = one_clock(settings.clock.clone(), &store, durable).await?;
        let customers = NotedCustomers {
            customers: Arc::new(ErasedToTheByte {
                customers: DynamoCustomers(dynamo.clone()),
                notifications: Arc::new(DynamoNotifications(dynamo.clone())),
                read_model: Arc::new(DynamoReadModel(dynamo.clone())),
                durable: durable.clone(),
                events: engine.file(),
                wiping: Mutex::default(),
            }),
            durable: durable.clone(),
        };
        let bus = LocalBus::new(durable.clone(), template, bell.clone(), clock.clone())?;
        let mailbox = Mailbox {
            durable: durable.clone(),
            clock: clock.clone(),
            bus: Arc::new(bus),
            switch: Switch::default(),
        };
        Ok(Machine {
            dynamo,
            answers: engine.answers(),
            durable: durable.clone(),
            customers: Arc::new(customers),
            mailbox,
            keys,
            clock,
            settings: notify::Settings {
                bank_name: settings.bank_name.clone(),
                mail_from: settings.mail_from.clone(),
                public_url: settings.public_url.clone(),
                message_id_domain: MESSAGE_ID_DOMAIN.to_owned(),
                lease: LEASE,
                unknown_window: Duration::ZERO,
            },
        })
    }
}

impl Composition for Machine {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(DynamoEventStore(self.dynamo.clone()))
    }

    fn read_model(&self) -> Arc<dyn ReadModel> {
        Arc::new(DynamoReadModel(self.dynamo.clone()))
    }

    fn customers(&self) -> Arc<dyn Customers> {
        self.customers.clone()
    }

    fn customer_index(&self) -> Arc<dyn CustomerIndex> {
        Arc::new(DynamoCustomers(self.dynamo.clone()))
    }

    fn account_index(&self) -> Arc<dyn AccountIndex> {
        Arc::new(DynamoReadModel(self.dynamo.clone()))
    }

    fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::new(DynamoNotifications(self.dynamo.clone()))
    }

    fn suppressions(&self) -> Arc<dyn Suppressions> {
        Arc::new(DynamoSuppressions(self.dynamo.clone()))
    }

    fn schedules(&self) -> Arc<dyn Schedules> {
        Arc::new(DynamoSchedules(self.dynamo.clone()))
    }

    fn replays(&self) -> Arc<dyn Replays> {
        Arc::new(DynamoReplays(self.dynamo.clone()))
    }

    fn changes(&self) -> Arc<dyn Changes> {
        Arc::new(LocalChanges {
            answers: self.answers.clone(),
            dead_letters: self.dead_letters(),
        })
    }

    fn bus(&self) -> Arc<dyn Bus> {
        self.mailbox.bus.clone()
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetterQueue> {
        Arc::new(LocalDeadLetters {
            durable: self.durable.clone(),
            clock: self.clock.clone(),
        })
    }

    fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(self.mailbox.clone())
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

    fn settings(&self) -> notify::Settings {
        self.settings.clone()
    }

    fn safety_window(&self) -> TimeDelta {
        SAFETY_WINDOW
    }
}
