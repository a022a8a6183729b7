//! The heartbeat on one machine: the functions that EventBridge Scheduler
//! calls in the cloud, called from here.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::invoker::Invoker;
use crate::template::Heartbeat;

pub(crate) struct Heart {
    pub(crate) invoker: Invoker,
    pub(crate) heartbeats: Vec<Heartbeat>,
    /// From the end of one beat to the start of the next.
    pub(crate) every: Duration,
}

impl Heart {
    /// Beats until told to stop, and then finishes the beat that is under way.
    /// The first beat comes at once: what was missed while nothing ran is due.
    pub(crate) async fn run(self, mut stop: watch::Receiver<bool>) {
        while !*stop.borrow() {
            for heartbeat in &self.heartbeats {
                self.beat(heartbeat).await;
            }
            tokio::select! {
                () = tokio::time::sleep(self.every) => {}
                _ = stop.changed() => {}
            }
        }
    }

    /// A beat that fails is only told of: the next one does its work.
    async fn beat(&self, heartbeat: &Heartbeat) {
        let event = serde_json::from_str::<Value>(&heartbeat.input).unwrap_or(Value::Null);
        let (invoker, function) = (self.invoker.clone(), heartbeat.function.clone());
        // A task of its own: a panic is the function's failure, not the heart's.
        let called = tokio::spawn(async move { invoker.call(&function, &event).await }).await;
        match called {
            Ok(Ok(())) => {}
            Ok(Err(error)) => {
                tracing::warn!(name = heartbeat.name, class = error.class(), %error, "a heartbeat failed");
            }
            Err(_) => tracing::error!(name = heartbeat.name, "a heartbeat panicked"),
        }
    }
}
