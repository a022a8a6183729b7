//! The function behind the events table's stream.

use std::sync::Arc;

use aws_lambda_events::streams::{DynamoDbBatchItemFailure, DynamoDbEventResponse};
use handlers::Error as HandlerError;
use handlers::composition::Composition;
use handlers::project::Projector;
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let projector = Arc::new(Clients::from_env().await.projector());
    run(service_fn(|event: LambdaEvent<Value>| {
        project(Arc::clone(&projector), event)
    }))
    .await
}

async fn project(
    projector: Arc<Projector>,
    event: LambdaEvent<Value>,
) -> Result<DynamoDbEventResponse, Failure> {
    let batch = aws::stream::read_batch(&event.payload)
        .map_err(|error| HandlerError::permanent("the batch cannot be read", error))?;
    for reason in &batch.unreadable {
        tracing::error!(reason, "a record of the stream names no account");
    }
    let failed = projector.project(batch.records).await;
    // Lambda continues at the lowest id, so one is enough. A response without any is a success, and one with an empty id
    // would fail the whole batch.
    let mut response = DynamoDbEventResponse::default();
    if let Some(first) = failed.into_iter().next() {
        let mut failure = DynamoDbBatchItemFailure::default();
        failure.item_identifier = Some(first);
        response.batch_item_failures.push(failure);
    }
    Ok(response)
}
