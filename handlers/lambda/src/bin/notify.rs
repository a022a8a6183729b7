//! The function behind the mail rules of the bus.

use std::sync::Arc;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::notify::Notifier;
use handlers::schedule::HEARTBEAT;
use handlers::telemetry;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

/// The function's time that stays reserved for the last mail of a heartbeat: longer than the mail's lease.
const RESERVE: Duration = Duration::from_secs(50);

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let notifier = Arc::new(Clients::from_env().await.notifier());
    run(service_fn(|event: LambdaEvent<Value>| {
        notify(Arc::clone(&notifier), event)
    }))
    .await
}

async fn notify(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    let budget = lambda::time_left(&event.context).saturating_sub(RESERVE);
    let event_type = event.payload["detail-type"].as_str().unwrap_or_default();
    if event_type == HEARTBEAT {
        telemetry::heartbeat("notification");
    }
    Ok(notifier
        .call(event_type, &event.payload["detail"], budget)
        .await?)
}
