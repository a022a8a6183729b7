//! What the local engine is not sent.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use aws::{Answer, Dynamo, DynamoEventStore, InProcess, Unanswered};
use handlers::ports::EventStore;
use serde_json::Value;

use crate::history::{History, account, opened, start};

/// Keeps what it was asked last, and says that it is done.
#[derive(Debug, Clone, Default)]
struct Asked(Arc<Mutex<Value>>);

#[async_trait]
impl InProcess for Asked {
    async fn answer(&self, _: &str, request: &[u8]) -> Result<Answer, Unanswered> {
        *self.0.lock().unwrap() = serde_json::from_slice(request).unwrap();
        Ok(Answer {
            status: 200,
            body: b"{}".to_vec(),
        })
    }
}

/// dynoxide looks through the tokens of ten minutes at each transaction: with
/// them a busy server slows down and grows.
#[tokio::test]
async fn an_append_sends_no_token_to_the_local_engine() {
    let asked = Asked::default();
    let local = Dynamo::in_process(asked.clone(), embedded::tables());
    let commit = History::of(&account("ACC-1")).next("open", vec![opened()], start());
    let store = DynamoEventStore(local);
    store.append(&commit, &[]).await.unwrap();
    let asked = asked.0.lock().unwrap();
    assert!(asked["TransactItems"].is_array(), "{asked}");
    assert_eq!(asked["ClientRequestToken"], Value::Null);
}
