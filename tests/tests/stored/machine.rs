//! One machine on a folder, its tables as they are, and its API from outside.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::Request;
use embedded::{Engine, Pipeline, Settings};
use handlers::http::router;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::world::TestClock;
use tower::ServiceExt;

/// A data folder that nothing runs on.
pub struct Machine {
    folder: TempDir,
}

impl Machine {
    /// A folder with nothing in it yet but its tables.
    pub async fn new() -> Self {
        let machine = Machine {
            folder: tempfile::tempdir().unwrap(),
        };
        machine.start(Arc::default()).await.stop().await;
        machine
    }

    /// A folder with these files.
    pub fn of(files: &[(&str, Vec<u8>)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("data")).unwrap();
        for (name, content) in files {
            std::fs::write(folder.path().join("data").join(name), content).unwrap();
        }
        Machine { folder }
    }

    pub fn data_dir(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    pub async fn engine(&self) -> Tables {
        let file = self.data_dir().join("dynamodb.sqlite");
        Tables(Engine::start(&file).await.unwrap())
    }

    pub async fn start(&self, clock: Arc<TestClock>) -> Running {
        Running(
            Pipeline::start(&settings(&self.data_dir(), clock))
                .await
                .unwrap(),
        )
    }
}

fn settings(data_dir: &Path, clock: Arc<TestClock>) -> Settings {
    Settings {
        data_dir: data_dir.to_owned(),
        bank_name: "Example Bank".to_owned(),
        mail_from: "notifications@bank.example".to_owned(),
        heartbeat: Duration::from_millis(100),
        public_url: "http://127.0.0.1:8080/v1".to_owned(),
        clock,
    }
}

/// The tables, as raw items in DynamoDB's JSON.
pub struct Tables(pub Engine);

impl Tables {
    pub fn put(&self, table: &str, item: &Value) {
        let request = json!({ "TableName": table, "Item": item });
        let put = self
            .0
            .database()
            .put_item(serde_json::from_value(request).unwrap());
        put.unwrap();
    }

    pub fn delete(&self, table: &str, key: &Value) {
        let request = json!({ "TableName": table, "Key": key });
        let deleted = self
            .0
            .database()
            .delete_item(serde_json::from_value(request).unwrap());
        deleted.unwrap();
    }

    pub fn get(&self, table: &str, key: &Value) -> Option<Value> {
        let request = json!({ "TableName": table, "Key": key, "ConsistentRead": true });
        let found = self
            .0
            .database()
            .get_item(serde_json::from_value(request).unwrap());
        let found = serde_json::to_value(found.unwrap()).unwrap();
        found.get("Item").cloned()
    }
}

/// The pipeline at work.
pub struct Running(Pipeline);

impl Running {
    /// What `GET` answers, whatever its status.
    pub async fn get(&self, path: &str) -> Value {
        self.answer(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, idempotency_key: &str, body: &Value) -> Value {
        let request = Request::post(path)
            .header("content-type", "application/json")
            .header("idempotency-key", idempotency_key)
            .body(Body::from(body.to_string()))
            .unwrap();
        self.answer(request).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Value {
        let request = Request::put(path)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))
            .unwrap();
        self.answer(request).await
    }

    /// What a mail program does for who unsubscribes; gives the status.
    pub async fn one_click(&self, path: &str) -> u16 {
        let request = Request::post(path)
            .header("content-type", "application/x-www-form-urlencoded")
            .body(Body::from("List-Unsubscribe=One-Click"))
            .unwrap();
        let answer = router(self.0.api.clone()).oneshot(request).await.unwrap();
        answer.status().as_u16()
    }

    async fn answer(&self, request: Request<Body>) -> Value {
        let answer = router(self.0.api.clone()).oneshot(request).await.unwrap();
        let body = axum::body::to_bytes(answer.into_body(), usize::MAX).await;
        serde_json::from_slice(&body.unwrap()).unwrap()
    }

    /// The mails, newest first.
    pub async fn inbox(&self) -> Vec<Value> {
        let mails = self.0.mailbox.inbox(None, None).await.unwrap();
        mails
            .iter()
            .map(|mail| serde_json::to_value(mail).unwrap())
            .collect()
    }

    pub async fn stop(self) {
        self.0.stop().await;
    }
}
