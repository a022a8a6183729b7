//! The function behind the rule for `ReplayRequested`.

use std::sync::Arc;
use std::time::Duration;

use handlers::composition::Composition;
use handlers::replay::Replayer;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

/// The function's time that stays reserved for the last page.
const RESERVE: Duration = Duration::from_secs(120);

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let replayer = Arc::new(Clients::from_env().await.replayer());
    run(service_fn(|event: LambdaEvent<Value>| {
        replay(Arc::clone(&replayer), event)
    }))
    .await
}

async fn replay(replayer: Arc<Replayer>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    let budget = event
        .context
        .deadline()
        .duration_since(std::time::SystemTime::now())
        .unwrap_or_default();
    Ok(replayer
        .deliver(&event.payload["detail"], budget.saturating_sub(RESERVE))
        .await?)
}
