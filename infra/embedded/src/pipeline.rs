//! All of it together, on one folder.

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
        workers.extend(look.map(|look| tokio::spawn(look.run(stopped))));
        Ok(Pipeline {
            api,
            mailbox: machine.mailbox,
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
