//! The function that exports the history. EventBridge Scheduler invokes it at night.

use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use nightly::Nightly;
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let nightly = Clients::from_env().await.nightly();
    run(service_fn(|event: LambdaEvent<Value>| {
        export(nightly.clone(), event)
    }))
    .await
}

async fn export(nightly: Nightly, event: LambdaEvent<Value>) -> Result<(), Failure> {
    let budget = lambda::time_left(&event.context);
    nightly.deliver(&event.payload, budget).await?;
    Ok(())
}
