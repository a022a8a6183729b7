//! The whole pipeline on one folder.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::http::Api;
use handlers::ports::Clock;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use crate::composition::Machine;
use crate::damage::{DamageError, IntegrityScan};
use crate::durable::{self, Durable};
use crate::engine::{Engine, EngineError};
use crate::erasure::free_of_leftovers;
use crate::folder::{Folder, FolderError};
use crate::heartbeat::Heart;
use crate::invoker::{self, Invoker};
use crate::keys::KeysError;
use crate::mailbox::Mailbox;
use crate::moment::are_of_one_moment;
use crate::poller::Poller;
use crate::template::{Template, TemplateError};

/// Milliseconds that a start waits for the integrity check: enough for a hundred
/// megabytes. The check of larger files continues in the background.
const CHECK_BEFORE_START: Duration = Duration::from_millis(300);
/// Seconds between two looks at the workers.
const LOOK_AT_WORKERS: Duration = Duration::from_secs(1);
/// The default heartbeat, in seconds. In the cloud it is a minute, because each
/// beat costs money; here it costs nothing.
pub const HEARTBEAT: Duration = Duration::from_secs(3);
/// Seconds that a stop waits for each worker. The next start continues its work.
const STOP_WITHIN: Duration = Duration::from_secs(10);

/// The settings of a pipeline.
#[derive(Clone)]
pub struct Settings {
    /// The data folder, which is created if it is missing.
    pub data_dir: PathBuf,
    /// The bank's name in mails.
    pub bank_name: String,
    /// The sender of mails.
    pub mail_from: String,
    /// The time between two heartbeats; see [`HEARTBEAT`].
    pub heartbeat: Duration,
    /// The public URL of the API including `/v1`, with which links in mails
    /// begin.
    pub public_url: String,
    /// The clock of the whole pipeline. Tests pass one that runs faster.
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

/// The reason why a pipeline did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The data folder was refused.
    #[error(transparent)]
    Folder(#[from] FolderError),
    /// The files are damaged.
    #[error(transparent)]
    Damage(#[from] DamageError),
    /// The local DynamoDB did not start.
    #[error(transparent)]
    Engine(#[from] EngineError),
    /// The built-in template is invalid.
    #[error(transparent)]
    Template(#[from] TemplateError),
    /// The operating system refused to create the local file.
    #[error("the local file cannot be created: {0}")]
    Make(std::io::Error),
    /// SQLite refused the local file.
    #[error("the local file cannot be opened: {0}")]
    Durable(#[from] rusqlite::Error),
    /// The signing keys are not available.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// A port failed.
    #[error(transparent)]
    Handlers(#[from] handlers::Error),
}

/// A running pipeline.
#[derive(Debug)]
pub struct Pipeline {
    /// The HTTP API.
    pub api: Api,
    /// The mailbox that accepts the mails.
    pub mailbox: Mailbox,
    engine: Engine,
    stop: watch::Sender<bool>,
    workers: Vec<JoinHandle<()>>,
    _folder: Folder,
}

impl Pipeline {
    /// Starts the pipeline on its data folder, with what an earlier process left
    /// to do.
    ///
    /// # Errors
    /// - [`Folder`](StartError::Folder): the folder is in use, of a newer
    ///   version, or not ours; permanent, unless the other process ends.
    /// - [`Damage`](StartError::Damage): the files are damaged; restore a backup.
    /// - [`Template`](StartError::Template): the program is faulty.
    /// - All others: the operating system or a file refused; a retry may help.
    pub async fn start(settings: &Settings) -> Result<Self, StartError> {
        let folder = Folder::open(&settings.data_dir)?;
        let (events, local) = (folder.file("dynamodb.sqlite"), folder.file("local.sqlite"));
        let has_leftovers =
            durable::has_leftovers(&local).map_err(|error| DamageError::of(&local, error));
        // A file must be intact before it is rewritten.
        let longest = match has_leftovers {
            Ok(true) => Duration::MAX,
            _ => CHECK_BEFORE_START,
        };
        let scan = IntegrityScan::through(&[&events, &local])?
            .wait(longest)
            .await?;
        let has_leftovers = has_leftovers?;
        are_of_one_moment(&events, &local)?;
        let engine = Engine::start(&events).await?;
        private::make(&local).map_err(StartError::Make)?;
        let durable = Durable::open(&local)?;
        if !has_leftovers {
            durable.note_without_leftovers().await?;
        } else if let Err(error) = free_of_leftovers(&durable, engine.file()).await {
            tracing::warn!(%error, "deleted data is still in the files; the next start tries again");
        }
        let bell = Arc::new(Notify::new());
        let template = Template::built_in()?;
        let machine = Machine::on(&engine, &durable, &template, &bell, settings).await?;
        let api = machine.api();

        let (stop, stopped) = watch::channel(false);
        let projector = api.redriver.projector.clone();
        let poller = Poller::new(engine.database.clone(), durable, projector);
        let idle = invoker::IDLE.min(settings.heartbeat);
        let invoker = Invoker::new(&machine, &api, bell, idle);
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
        workers.extend(scan.map(|scan| tokio::spawn(scan.run(stopped))));
        Ok(Pipeline {
            api,
            mailbox: machine.mailbox,
            engine,
            stop,
            workers,
            _folder: folder,
        })
    }

    /// Waits until a worker ends by itself, which happens only if it panics or
    /// finds damage. The API would still record events, but nothing would
    /// process them.
    pub async fn worker_ended(&self) {
        while !self.workers.iter().any(JoinHandle::is_finished) {
            tokio::time::sleep(LOOK_AT_WORKERS).await;
        }
    }

    /// Stops the pipeline after the work in progress. The rest is left to the
    /// next start.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        for worker in self.workers {
            let _ = tokio::time::timeout(STOP_WITHIN, worker).await;
        }
        self.engine.stop().await;
    }
}
