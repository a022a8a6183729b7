//! The ports, built once per process from the environment.

use std::sync::Arc;

use aws::{
    Bucket, Dynamo, DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel,
    DynamoReplays, DynamoSchedules, DynamoSuppressions, EventBridge, ManagedSecrets, RandomSecrets,
    SecretKeys, Ses, SqsDeadLetters,
};
use handlers::append::Appender;
use handlers::feedback::Feedback;
use handlers::ports::{
    Bus, Clock, Customers, DeadLetterQueue, EventStore, Keys, Mailer, Notifications, RandomIds,
    ReadModel, Replays, Schedules, Suppressions, SystemClock,
};
use handlers::project::Projector;
use handlers::query::time_index::SAFETY_WINDOW;
use handlers::replay::Replayer;
use handlers::rotate::Rotator;
use handlers::schedule::Scheduler;
use nightly::Nightly;

/// Everything that is behind the AWS SDK.
pub struct Clients {
    shared: aws::SharedConfig,
    dynamo: Dynamo,
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

/// Where in the bucket the nightly export is.
const EXPORT: &str = "history/";
/// What an export may fill of the function's `/tmp` (2 GB): some 250 MB, before
/// decisions and notifications.
const MAX_EVENTS_OF_A_RUN: u64 = 2_000_000;

/// A variable that the template sets.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

impl Clients {
    pub async fn from_env() -> Self {
        let shared = aws::client::shared_config().await;
        let dynamo = Dynamo::of(&shared);
        Clients { shared, dynamo }
    }

    pub fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(DynamoEventStore(self.dynamo.clone()))
    }

    pub fn read_model(&self) -> Arc<dyn ReadModel> {
        Arc::new(DynamoReadModel(self.dynamo.clone()))
    }

    pub fn customers(&self) -> Arc<dyn Customers> {
        Arc::new(DynamoCustomers(self.dynamo.clone()))
    }

    pub fn notifications(&self) -> Arc<dyn Notifications> {
        Arc::new(DynamoNotifications(self.dynamo.clone()))
    }

    pub fn replays(&self) -> Arc<dyn Replays> {
        Arc::new(DynamoReplays(self.dynamo.clone()))
    }

    pub fn schedules(&self) -> Arc<dyn Schedules> {
        Arc::new(DynamoSchedules(self.dynamo.clone()))
    }

    pub fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(EventBridge::new(&self.shared, variable("BUS_NAME")))
    }

    pub fn dead_letters(&self) -> Arc<dyn DeadLetterQueue> {
        Arc::new(SqsDeadLetters::new(
            &self.shared,
            variable("DEAD_LETTER_QUEUE_URL"),
        ))
    }

    pub fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(Ses::new(
            &self.shared,
            variable("CONFIGURATION_SET"),
            variable("CONCURRENCY").parse().unwrap_or(0),
        ))
    }

    pub fn suppressions(&self) -> Arc<dyn Suppressions> {
        Arc::new(DynamoSuppressions(self.dynamo.clone()))
    }

    pub fn keys(&self) -> Arc<dyn Keys> {
        Arc::new(SecretKeys::new(&self.shared, variable("SIGNING_KEYS")))
    }

    pub fn rotator(&self) -> Arc<Rotator> {
        Arc::new(Rotator {
            versions: Arc::new(ManagedSecrets::new(&self.shared)),
            source: Arc::new(RandomSecrets),
        })
    }

    pub fn feedback(&self) -> Arc<Feedback> {
        Arc::new(Feedback {
            notifications: self.notifications(),
            suppressions: self.suppressions(),
            clock: self.clock(),
        })
    }

    pub fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    pub fn bank_name(&self) -> String {
        variable("BANK_NAME")
    }

    pub fn mail_from(&self) -> String {
        variable("MAIL_FROM")
    }

    /// SES's, which depends on the region:
    /// <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>.
    pub fn message_id_domain(&self) -> String {
        match variable("AWS_REGION").as_str() {
            "us-east-1" => "email.amazonses.com".to_owned(),
            region => format!("{region}.amazonses.com"),
        }
    }

    pub fn public_url(&self) -> String {
        variable("PUBLIC_URL")
    }

    pub fn nightly(&self) -> Nightly {
        let bucket = variable("EXPORTS_BUCKET");
        Nightly {
            store: self.store(),
            read_model: self.read_model(),
            notifications: self.notifications(),
            objects: Arc::new(Bucket::new(&self.shared, bucket, EXPORT)),
            clock: self.clock(),
            ids: Arc::new(RandomIds),
            folder: std::env::temp_dir().join("export"),
            max_events: MAX_EVENTS_OF_A_RUN,
        }
    }

    pub fn projector(&self) -> Arc<Projector> {
        Arc::new(Projector {
            store: self.store(),
            read_model: self.read_model(),
            bus: self.bus(),
            dead_letters: self.dead_letters(),
            clock: self.clock(),
        })
    }

    pub fn scheduler(&self) -> Arc<Scheduler> {
        self.scheduler_with(Arc::new(Appender::new(self.store(), self.clock())))
    }

    /// With the heads that another use case of the process remembers.
    pub fn scheduler_with(&self, appender: Arc<Appender>) -> Arc<Scheduler> {
        Arc::new(Scheduler {
            schedules: self.schedules(),
            store: self.store(),
            appender,
            dead_letters: self.dead_letters(),
            clock: self.clock(),
        })
    }

    pub fn replayer(&self) -> Arc<Replayer> {
        Arc::new(Replayer {
            store: self.store(),
            read_model: self.read_model(),
            bus: self.bus(),
            replays: self.replays(),
            clock: self.clock(),
            ids: Arc::new(RandomIds),
            safety_window: SAFETY_WINDOW,
        })
    }
}
