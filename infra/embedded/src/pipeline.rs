//! All of it together, on one folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use aws::{
    DynamoCustomers, DynamoEventStore, DynamoNotifications, DynamoReadModel, DynamoReplays,
    DynamoSchedules, DynamoSuppressions,
};
use handlers::append::Appender;
use handlers::customers::CustomerService;
use handlers::feedback::Feedback;
use handlers::http::Api;
use handlers::notify::{self, Evaluator, Notifier, Previewer, WhatIf};
use handlers::ports::{
    Bus, Clock, Customers, DeadLetterQueue, EventStore, Keys, Notifications, RandomIds, ReadModel,
    Suppressions,
};
use handlers::project::Projector;
use handlers::query::Queries;
use handlers::redrive::Redriver;
use handlers::replay::Replayer;
use handlers::schedule::Scheduler;
use handlers::suppressions::SuppressionService;
use handlers::unsubscribe::Unsubscriber;
use tokio::sync::{Mutex, Notify, watch};
use tokio::task::JoinHandle;

use crate::bus::LocalBus;
use crate::damage::{DamageError, IntegrityScan};
use crate::dead_letters::LocalDeadLetters;
use crate::durable::{self, Durable};
use crate::engine::{Engine, EngineError};
use crate::erasure::{ErasedToTheByte, free_of_leftovers};
use crate::folder::{Folder, FolderError};
use crate::heartbeat::Heart;
use crate::invoker::{self, Invoker};
use crate::keys::{KeysError, LocalKeys};
use crate::mailbox::{MESSAGE_ID_DOMAIN, Mailbox, Switch};
use crate::moment::are_of_one_moment;
use crate::noted_time::{NotedCustomers, one_clock};
use crate::poller::Poller;
use crate::template::{Template, TemplateError};

/// How long one worker may work on a mail. The mailbox is a file and answers
/// in milliseconds; after a crash this is what the next attempt waits for.
const LEASE: Duration = Duration::from_secs(5);
/// One process, one clock, an index that is written with its table: only the
/// write itself takes time here, and it takes milliseconds.
const SAFETY_WINDOW: chrono::TimeDelta = chrono::TimeDelta::seconds(2);
/// How long a start waits for the files to be read: enough for a hundred
/// megabytes. Larger ones are read on while it serves.
const LOOK_FOR: Duration = Duration::from_millis(300);
/// How often the workers are looked at.
const LOOK_AT_WORKERS: Duration = Duration::from_secs(1);
/// How often what is due is looked for on one machine, unless told otherwise.
/// In the cloud it is once a minute; here nobody pays for a look.
pub const HEARTBEAT: Duration = Duration::from_secs(3);
/// How long the end of a stop is waited for.
const STOP_WITHIN: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub struct Settings {
    pub data_dir: PathBuf,
    pub bank_name: String,
    pub mail_from: String,
    /// How often what is due is looked for; see [`HEARTBEAT`].
    pub heartbeat: Duration,
    /// Where this API is reached, up to and with `/v1`: links in mails begin
    /// with it.
    pub public_url: String,
    /// The time by which all of it goes; a test may let it pass quicker.
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for Settings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Settings")
            .field("data_dir", &self.data_dir)
            .field("bank_name", &self.bank_name)
            .field("mail_from", &self.mail_from)
            .field("public_url", &self.public_url)
            .finish_non_exhaustive()
    }
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Damage(#[from] DamageError),
    #[error(transparent)]
    Engine(#[from] EngineError),
    #[error(transparent)]
    Template(#[from] TemplateError),
    #[error("the local file cannot be made: {0}")]
    Make(std::io::Error),
    #[error("the local file cannot be opened: {0}")]
    Durable(#[from] rusqlite::Error),
    #[error(transparent)]
    Keys(#[from] KeysError),
    #[error(transparent)]
    Handlers(#[from] handlers::Error),
}

/// The running pipeline.
#[derive(Debug)]
pub struct Pipeline {
    pub api: Api,
    pub mailbox: Mailbox,
    engine: Engine,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
    _folder: Folder,
}

impl Pipeline {
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        let folder = Folder::open(&settings.data_dir)?;
        let (events, local) = (folder.file("dynamodb.sqlite"), folder.file("local.sqlite"));
        let has_leftovers =
            durable::has_leftovers(&local).map_err(|error| DamageError::of(&local, error));
        // A file that is written anew has to be whole.
        let look_for = match has_leftovers {
            Ok(true) => Duration::MAX,
            _ => LOOK_FOR,
        };
        let look = IntegrityScan::through(&[&events, &local])?
            .wait(look_for)
            .await?;
        let has_leftovers = has_leftovers?;
        are_of_one_moment(&events, &local)?;
        let engine = Engine::start(&events).await?;
        private::make(&local).map_err(StartError::Make)?;
        let durable = Durable::open(&local)?;
        if !has_leftovers {
            durable.note_without_leftovers().await?;
        } else if let Err(error) = free_of_leftovers(&durable, engine.file()).await {
            tracing::warn!(%error, "what was deleted is still in the files; the next start tries again");
        }
        let bell = Arc::new(Notify::new());
        let keys: Arc<dyn Keys> = Arc::new(LocalKeys::open(&settings.data_dir)?);

        let dynamo = engine.client();
        let store: Arc<dyn EventStore> = Arc::new(DynamoEventStore(dynamo.clone()));
        let clock = one_clock(settings.clock.clone(), store.as_ref(), &durable).await?;
        let read_model: Arc<dyn ReadModel> = Arc::new(DynamoReadModel(dynamo.clone()));
        let notifications: Arc<dyn Notifications> = Arc::new(DynamoNotifications(dynamo.clone()));
        let customers: Arc<dyn Customers> = Arc::new(NotedCustomers {
            customers: Arc::new(ErasedToTheByte {
                customers: DynamoCustomers(dynamo.clone()),
                notifications: notifications.clone(),
                read_model: read_model.clone(),
                durable: durable.clone(),
                events: engine.file(),
                wiping: Mutex::default(),
            }),
            durable: durable.clone(),
        });
        let template = Template::built_in()?;
        let suppressions: Arc<dyn Suppressions> = Arc::new(DynamoSuppressions(dynamo.clone()));
        let local_bus = Arc::new(LocalBus::new(
            durable.clone(),
            &template,
            bell.clone(),
            clock.clone(),
        )?);
        let bus: Arc<dyn Bus> = local_bus.clone();
        let dead_letters: Arc<dyn DeadLetterQueue> = Arc::new(LocalDeadLetters {
            durable: durable.clone(),
            clock: clock.clone(),
        });
        let mailbox = Mailbox {
            durable: durable.clone(),
            clock: clock.clone(),
            bus: local_bus,
            switch: Switch::default(),
        };
        let feedback = Arc::new(Feedback {
            notifications: notifications.clone(),
            suppressions: suppressions.clone(),
            clock: clock.clone(),
        });

        let projector = Arc::new(Projector {
            store: store.clone(),
            read_model: read_model.clone(),
            bus: bus.clone(),
            dead_letters: dead_letters.clone(),
            clock: clock.clone(),
        });
        let notifier = Arc::new(Notifier {
            store: store.clone(),
            customers: customers.clone(),
            notifications: notifications.clone(),
            suppressions: suppressions.clone(),
            keys: keys.clone(),
            mailer: Arc::new(mailbox.clone()),
            dead_letters: dead_letters.clone(),
            clock: clock.clone(),
            settings: notify::Settings {
                bank_name: settings.bank_name.clone(),
                mail_from: settings.mail_from.clone(),
                public_url: settings.public_url.clone(),
                message_id_domain: MESSAGE_ID_DOMAIN.to_owned(),
                lease: LEASE,
                unknown_window: Duration::ZERO,
            },
        });
        let evaluator = Evaluator {
            store: store.clone(),
            customers: customers.clone(),
        };
        let previewer = Arc::new(Previewer {
            evaluator: evaluator.clone(),
            suppressions: suppressions.clone(),
            clock: clock.clone(),
            bank_name: settings.bank_name.clone(),
        });
        let what_if = Arc::new(WhatIf {
            evaluator,
            clock: clock.clone(),
            safety_window: SAFETY_WINDOW,
        });
        let replayer = Arc::new(Replayer {
            store: store.clone(),
            read_model: read_model.clone(),
            bus: bus.clone(),
            replays: Arc::new(DynamoReplays(dynamo.clone())),
            clock: clock.clone(),
            ids: Arc::new(RandomIds),
            safety_window: SAFETY_WINDOW,
        });
        // One memory of heads for both who append.
        let appender = Arc::new(Appender::new(store.clone(), clock.clone()));
        let schedules = Arc::new(DynamoSchedules(dynamo));
        let scheduler = Arc::new(Scheduler {
            schedules: schedules.clone(),
            store: store.clone(),
            appender: appender.clone(),
            dead_letters: dead_letters.clone(),
            clock: clock.clone(),
        });
        let customers = Arc::new(CustomerService {
            customers,
            clock: clock.clone(),
        });
        let api = Api {
            appender,
            queries: Arc::new(Queries {
                store,
                read_model,
                clock: clock.clone(),
                safety_window: SAFETY_WINDOW,
            }),
            notifications: notifications.clone(),
            customers: customers.clone(),
            redriver: Arc::new(Redriver {
                queue: dead_letters,
                bus,
                projector: projector.clone(),
                notifications,
                schedules,
                feedback: feedback.clone(),
            }),
            replayer: replayer.clone(),
            scheduler: scheduler.clone(),
            suppressions: Arc::new(SuppressionService {
                suppressions,
                customers: customers.clone(),
                clock: clock.clone(),
            }),
            unsubscriber: Arc::new(Unsubscriber { keys, customers }),
            previewer,
            what_if,
        };

        let (stop, stopped) = watch::channel(false);
        let poller = Poller::new(engine.database.clone(), durable.clone(), projector);
        let invoker = Invoker {
            durable,
            notifier,
            replayer,
            scheduler,
            feedback,
            clock,
            bell,
            idle: invoker::IDLE.min(settings.heartbeat),
        };
        let heart = Heart {
            invoker: invoker.clone(),
            heartbeats: template.heartbeats(),
            every: settings.heartbeat,
        };
        let mut workers = vec![
            tokio::spawn(poller.run(stopped.clone())),
            tokio::spawn(invoker.run(stopped.clone())),
            tokio::spawn(heart.run(stopped.clone())),
        ];
        workers.extend(look.map(|look| tokio::spawn(look.run(stopped))));
        Ok(Pipeline {
            api,
            mailbox,
            engine,
            stop,
            workers,
            _folder: folder,
        })
    }

    /// Waits until a worker has ended by itself, which none does unless it has
    /// panicked: events would be taken and nothing would come of them.
    pub async fn worker_ended(&self) {
        while !self.workers.iter().any(JoinHandle::is_finished) {
            tokio::time::sleep(LOOK_AT_WORKERS).await;
        }
    }

    /// Stops in order: what is under way is finished, the rest is left to the
    /// next start.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for worker in self.workers {
            let _ = tokio::time::timeout(STOP_WITHIN, worker).await;
        }
        self.engine.stop().await;
    }
}
