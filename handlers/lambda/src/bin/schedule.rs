//! The function behind the heartbeat and the rule for schedules.

use std::sync::Arc;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::schedule::{HEARTBEAT, Scheduler};
use handlers::telemetry;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

/// The function's time that stays reserved for the last occurrence: longer than DynamoDB's client may take for it.
const RESERVE: Duration = Duration::from_secs(40);

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let scheduler = Arc::new(Clients::from_env().await.scheduler());
    run(service_fn(|event: LambdaEvent<Value>| {
        schedule(Arc::clone(&scheduler), event)
    }))
    .await
}

async fn schedule(scheduler: Arc<Scheduler>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    let budget = lambda::time_left(&event.context);
    let event_type = event.payload["detail-type"].as_str().unwrap_or_default();
    if event_type == HEARTBEAT {
        telemetry::heartbeat("schedule");
    }
    Ok(scheduler
        .call(
            event_type,
            &event.payload["detail"],
            budget.saturating_sub(RESERVE),
        )
        .await?)
}
