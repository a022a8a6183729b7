//! What the local engine is not sent.

use std::sync::{Arc, Mutex};

use aws::{Dynamo, DynamoEventStore};
use aws_smithy_runtime_api::client::http::{
    HttpConnector, HttpConnectorFuture, SharedHttpConnector, http_client_fn,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_types::body::SdkBody;
use handlers::ports::EventStore;
use serde_json::Value;

use crate::history::{History, account, opened, start};

/// Keeps what it was asked last, and says that it is done.
#[derive(Debug, Clone, Default)]
struct Asked(Arc<Mutex<Value>>);

impl HttpConnector for Asked {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let body = request.body().bytes().unwrap();
        *self.0.lock().unwrap() = serde_json::from_slice(body).unwrap();
        let done = HttpResponse::new(200.try_into().unwrap(), SdkBody::from("{}"));
        HttpConnectorFuture::ready(Ok(done))
    }
}

/// dynoxide looks through the tokens of ten minutes at each transaction: with
/// them a busy server slows down and grows.
#[tokio::test]
async fn an_append_sends_no_token_to_the_local_engine() {
    let asked = Asked::default();
    let engine = asked.clone();
    let http = http_client_fn(move |_, _| SharedHttpConnector::new(engine.clone()));
    let local = Dynamo::local(http, "http://dynamodb.invalid", embedded::tables());
    let commit = History::of(&account("ACC-1")).next("open", vec![opened()], start());
    let store = DynamoEventStore(local);
    store.append(&commit, &[]).await.unwrap();
    let asked = asked.0.lock().unwrap();
    assert!(asked["TransactItems"].is_array(), "{asked}");
    assert_eq!(asked["ClientRequestToken"], Value::Null);
}
