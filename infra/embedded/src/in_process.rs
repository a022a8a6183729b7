//! The connection to the engine, which answers the SDK's requests within this
//! process.
//!
//! The adapters of `infra/aws` and the SDK run as they do in AWS, down to the
//! JSON of a request. There is no HTTP, no socket, and thus no port on which any
//! program of this machine could read and write the store (ADR 31).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use aws::{Answer, InProcess, Unanswered};
use dynoxide::{Database, DynoxideError};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::sync::RwLock;
use uuid::Uuid;

use crate::threads::Threads;

/// The engine's answers, until it is closed. Clones share one state.
#[derive(Clone)]
pub(crate) struct Answers {
    /// Read-locked while a request is pending.
    database: Arc<RwLock<Option<Database>>>,
    threads: Arc<Threads>,
    /// The number of operations that have written something.
    writes: Arc<AtomicU64>,
    /// Keeps the counts of two runs apart.
    run: Uuid,
}

impl Answers {
    pub(crate) fn new(database: Database, threads: Threads) -> Self {
        Answers {
            database: Arc::new(RwLock::new(Some(database))),
            threads: Arc::new(threads),
            writes: Arc::default(),
            run: Uuid::new_v4(),
        }
    }

    /// What has been written so far, as a text that no other run has.
    pub(crate) fn written(&self) -> String {
        let writes = self.writes.load(Ordering::SeqCst);
        format!("{}.{writes}", self.run.simple())
    }

    /// Waits for pending requests. Later ones are refused.
    pub(crate) async fn close(&self) {
        self.database.write().await.take();
    }
}

#[async_trait]
impl InProcess for Answers {
    async fn answer(&self, operation: &str, request: &[u8]) -> Result<Answer, Unanswered> {
        let open = Arc::clone(&self.database).read_owned().await;
        let (operation, request) = (operation.to_owned(), request.to_owned());
        let writes = Arc::clone(&self.writes);
        // Like a server's, the work continues if its caller no longer waits.
        let answered = self.threads.spawn(async move {
            let database = open.as_ref().ok_or(Unanswered::Closed)?;
            Ok(match dispatch(database, &operation, &request) {
                Ok(body) => {
                    if !READS.contains(&operation.as_str()) {
                        writes.fetch_add(1, Ordering::SeqCst);
                    }
                    Answer { status: 200, body }
                }
                Err(error) => Answer {
                    status: error.status_code(),
                    body: error.to_json().into_bytes(),
                },
            })
        });
        answered.await.unwrap_or(Err(Unanswered::Lost))
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Answers")
    }
}

/// The operations of [`dispatch`] that write nothing.
const READS: [&str; 4] = ["BatchGetItem", "GetItem", "Query", "Scan"];

/// Runs one of the adapters' operations. [`Engine`](crate::Engine) creates tables
/// itself.
fn dispatch(database: &Database, operation: &str, body: &[u8]) -> dynoxide::Result<Vec<u8>> {
    match operation {
        "BatchGetItem" => run(body, |request| database.batch_get_item(request)),
        "BatchWriteItem" => run(body, |request| database.batch_write_item(request)),
        "GetItem" => run(body, |request| database.get_item(request)),
        "PutItem" => run(body, |request| database.put_item(request)),
        "Query" => run(body, |request| database.query(request)),
        "Scan" => run(body, |request| database.scan(request)),
        "TransactWriteItems" => run(body, |request| database.transact_write_items(request)),
        "UpdateItem" => run(body, |request| database.update_item(request)),
        other => Err(DynoxideError::UnsupportedCapability(other.to_owned())),
    }
}

fn run<Q: DeserializeOwned, A: Serialize>(
    body: &[u8],
    operation: impl FnOnce(Q) -> dynoxide::Result<A>,
) -> dynoxide::Result<Vec<u8>> {
    let request = serde_json::from_slice(body)
        .map_err(|error| DynoxideError::SerializationException(error.to_string()))?;
    serde_json::to_vec(&operation(request)?)
        .map_err(|error| DynoxideError::InternalServerError(error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Engine;
    use handlers::ports::Customers;

    #[test]
    fn an_operation_that_our_adapters_never_use_is_refused_as_unknown() {
        let database = Database::memory().unwrap();
        let refused = dispatch(&database, "DeleteTable", b"{}").unwrap_err();
        // A status that the SDK does not ask again for.
        assert_eq!(refused.status_code(), 501, "{}", refused.to_json());
    }

    #[tokio::test]
    async fn an_engine_that_was_stopped_answers_none_of_its_clients() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::start(&folder.path().join("dynamodb.sqlite"))
            .await
            .unwrap();
        let customers = aws::DynamoCustomers(engine.client());
        let ana = "ana".parse().unwrap();
        assert_eq!(customers.latest(&ana).await, Ok(None));
        engine.stop().await;
        assert!(customers.latest(&ana).await.is_err());
    }
}
