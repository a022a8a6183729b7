//! The function that rotates the signing keys. Secrets Manager invokes it.

use std::sync::Arc;

use handlers::rotate::Rotator;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let rotator = Arc::new(Clients::from_env().await.rotator());
    run(service_fn(|event: LambdaEvent<Value>| {
        rotate(Arc::clone(&rotator), event)
    }))
    .await
}

async fn rotate(rotator: Arc<Rotator>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    Ok(rotator.deliver(&event.payload).await?)
}
