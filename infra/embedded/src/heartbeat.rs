//! The heartbeat on one machine, which calls the functions that EventBridge
//! Scheduler calls in the cloud.

use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use crate::invoker::Invoker;
use crate::template::Heartbeat;

pub(crate) struct Heart {
    pub(crate) invoker: Invoker,
    pub(crate) heartbeats: Vec<Heartbeat>,
    /// The time from the end of one beat to the start of the next.
    pub(crate) every: Duration,
}

impl Heart {
    /// Beats until it is stopped, and then finishes the current beat. The first
    /// beat comes at once, for everything that became due while nothing ran.
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

    /// Runs one beat. A failure is only logged: the next beat does its work.
    async fn beat(&self, heartbeat: &Heartbeat) {
        let event = serde_json::from_str::<Value>(&heartbeat.input).unwrap_or(Value::Null);
        let (invoker, function) = (self.invoker.clone(), heartbeat.function.clone());
        // In a task of its own, so that a panic fails the function and not the heart.
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
