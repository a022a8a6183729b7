//! The function behind the rule for SES's events.

use std::sync::Arc;

use handlers::composition::Composition;
use handlers::feedback::Feedback;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let feedback = Arc::new(Clients::from_env().await.feedback());
    run(service_fn(|event: LambdaEvent<Value>| {
        deliver(Arc::clone(&feedback), event)
    }))
    .await
}

async fn deliver(feedback: Arc<Feedback>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    Ok(feedback.deliver(&event.payload).await?)
}
