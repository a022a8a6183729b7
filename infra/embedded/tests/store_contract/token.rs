//! What the local engine is not sent.

use aws::{Dynamo, DynamoEventStore};
use handlers::ports::EventStore;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

use crate::history::{History, account, opened, start};

/// dynoxide looks through the tokens of ten minutes at each transaction: with
/// them a busy server slows down and grows.
#[tokio::test]
async fn an_append_sends_no_token_to_the_local_engine() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let engine = tokio::spawn(async move {
        let (mut caller, _) = listener.accept().await.unwrap();
        let mut request = Vec::new();
        let asked = loop {
            assert_ne!(caller.read_buf(&mut request).await.unwrap(), 0);
            let text = String::from_utf8_lossy(&request);
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body);
            if let Some(whole) = body.and_then(|body| serde_json::from_str(body).ok()) {
                break whole;
            }
        };
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
        caller.write_all(answer).await.unwrap();
        asked
    });
    let store = DynamoEventStore(Dynamo::local(&endpoint, embedded::tables()));
    let commit = History::of(&account("ACC-1")).next("open", vec![opened()], start());
    store.append(&commit, &[]).await.unwrap();
    let asked: Value = engine.await.unwrap();
    assert!(asked["TransactItems"].is_array(), "{asked}");
    assert_eq!(asked["ClientRequestToken"], Value::Null);
}
