//! The composition of the functions: the ports on AWS, built once a process from the environment.

use std::sync::Arc;

use aws::{
    Bucket, Dynamo, DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel,
    DynamoReplays, DynamoSchedules, DynamoSuppressions, EventBridge, ManagedSecrets, RandomSecrets,
    SecretKeys, Ses, SqsDeadLetters,
};
use chrono::TimeDelta;
use handlers::composition::Composition;
use handlers::notify::{LEASE, Settings, UNKNOWN_WINDOW};
use handlers::ports::{
    AccountIndex, Bus, Clock, CustomerIndex, Customers, DeadLetterQueue, EventStore, Ids, Keys,
    Mailer, Notifications, RandomIds, ReadModel, Replays, Schedules, Suppressions, SystemClock,
    sender,
};
use handlers::query::time_index::SAFETY_WINDOW;
use handlers::rotate::Rotator;
use nightly::Nightly;

/// The ports of the functions on AWS.
///
/// Its methods read the variables that they need: a function has those of its own ports, and a missing one is an empty text,
/// with which the first call fails.
pub struct Clients {
    shared: aws::SharedConfig,
    dynamo: Dynamo,
}

impl std::fmt::Debug for Clients {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

/// The prefix of the nightly export in its bucket.
const EXPORT: &str = "history/";
/// Events in one run of the export, because its files first go to the function's `/tmp` (2 GB): some 250 MB, before decisions
/// and notifications. The rest waits for the next run.
const MAX_EVENTS_OF_A_RUN: u64 = 2_000_000;

/// Reads a variable, which the template sets.
fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_default()
}

impl Clients {
    /// Makes the clients for the region and credentials of the environment. Calls no service except that of the credentials.
    pub async fn from_env() -> Self {
        let shared = aws::client::shared_config().await;
        let dynamo = Dynamo::of(&shared);
        Clients { shared, dynamo }
    }

    /// Composes the rotation of the signing keys.
    pub fn rotator(&self) -> Rotator {
        Rotator {
            versions: Arc::new(ManagedSecrets::new(&self.shared)),
            source: Arc::new(RandomSecrets),
        }
    }

    /// Composes the nightly export.
    pub fn nightly(&self) -> Nightly {
        let bucket = variable("EXPORTS_BUCKET");
        Nightly {
            store: self.store(),
            read_model: self.read_model(),
            notifications: self.notifications(),
            objects: Arc::new(Bucket::new(&self.shared, bucket, EXPORT)),
            clock: self.clock(),
            ids: self.ids(),
            folder: std::env::temp_dir().join("export"),
            max_events: MAX_EVENTS_OF_A_RUN,
        }
    }
}

impl Composition for Clients {
    fn store(&self) -> Arc<dyn EventStore> {
        Arc::new(DynamoEventStore(self.dynamo.clone()))
    }

    fn read_model(&self) -> Arc<dyn ReadModel> {
        Arc::new(DynamoReadModel(self.dynamo.clone()))
    }

    fn customers(&self) -> Arc<dyn Customers> {
        Arc::new(DynamoCustomers(self.dynamo.clone()))
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

    fn bus(&self) -> Arc<dyn Bus> {
        Arc::new(EventBridge::new(&self.shared, variable("BUS_NAME")))
    }

    fn dead_letters(&self) -> Arc<dyn DeadLetterQueue> {
        Arc::new(SqsDeadLetters::new(
            &self.shared,
            variable("DEAD_LETTER_QUEUE_URL"),
        ))
    }

    fn mailer(&self) -> Arc<dyn Mailer> {
        Arc::new(Ses::new(
            &self.shared,
            variable("CONFIGURATION_SET"),
            variable("CONCURRENCY").parse().unwrap_or(0),
        ))
    }

    fn keys(&self) -> Arc<dyn Keys> {
        Arc::new(SecretKeys::new(&self.shared, variable("SIGNING_KEYS")))
    }

    fn clock(&self) -> Arc<dyn Clock> {
        Arc::new(SystemClock)
    }

    fn ids(&self) -> Arc<dyn Ids> {
        Arc::new(RandomIds)
    }

    fn settings(&self) -> Settings {
        Settings {
            bank_name: variable("BANK_NAME"),
            mail_from: sender(&variable("MAIL_FROM_NAME"), &variable("MAIL_FROM")),
            public_url: variable("PUBLIC_URL"),
            lease: LEASE,
            message_id_domain: message_id_domain(),
            unknown_window: UNKNOWN_WINDOW,
        }
    }

    fn safety_window(&self) -> TimeDelta {
        SAFETY_WINDOW
    }
}

/// Returns the domain of SES's message ids, which depends on the region:
/// <https://docs.aws.amazon.com/ses/latest/dg/header-fields.html>.
fn message_id_domain() -> String {
    match variable("AWS_REGION").as_str() {
        "us-east-1" => "email.amazonses.com".to_owned(),
        region => format!("{region}.amazonses.com"),
    }
}
