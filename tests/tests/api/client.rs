//! A caller that holds every answer against the OpenAPI document.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Method, Request, StatusCode};
use handlers::composition::Composition;
use handlers::http::router;
use serde_json::{Value, json};
use tests::world::{World, opened};
use tower::ServiceExt;

use crate::document::Document;

pub struct Client {
    pub world: World,
    router: Router,
    document: Document,
}

#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Client {
    pub fn new() -> Self {
        let world = World::default();
        Client {
            router: router(world.api()),
            document: Document::read(),
            world,
        }
    }

    /// With account ACC-1 open at version 1.
    pub async fn with_account() -> Self {
        let client = Client::new();
        let answer = client.append("ACC-1", "open", &[opened()]).await;
        assert_eq!(answer.status, StatusCode::CREATED);
        client
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let bytes = to_bytes(body, 1 << 22).await.unwrap();
        let media_type = parts.headers.get("content-type");
        let is_html = media_type.is_some_and(|value| value.as_bytes().starts_with(b"text/html"));
        let body = match bytes.len() {
            0 => Value::Null,
            _ if is_html => Value::from(String::from_utf8_lossy(&bytes)),
            _ => serde_json::from_slice(&bytes)
                .unwrap_or_else(|_| panic!("no JSON: {:?}", String::from_utf8_lossy(&bytes))),
        };
        let answer = Answer {
            status: parts.status,
            headers: parts.headers,
            body,
        };
        self.document.check(&method, &path, &answer);
        answer
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap())
            .await
    }

    pub async fn delete(&self, path: &str) -> Answer {
        self.send(Request::delete(path).body(Body::empty()).unwrap())
            .await
    }

    /// Sends JSON with these headers.
    pub async fn json(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: &Value,
    ) -> Answer {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        self.send(request.body(Body::from(body.to_string())).unwrap())
            .await
    }

    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        self.json(Method::POST, path, &[], body).await
    }

    pub async fn append(&self, account: &str, key: &str, events: &[Value]) -> Answer {
        let path = format!("/v1/accounts/{account}/events");
        self.json(
            Method::POST,
            &path,
            &[("idempotency-key", key)],
            &json!({ "events": events }),
        )
        .await
    }
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    /// The places that a problem names: a pointer, a header, or a parameter.
    pub fn places(&self) -> Vec<String> {
        let place = |error: &Value| {
            let named = ["pointer", "header", "parameter"]
                .into_iter()
                .find_map(|kind| {
                    let text = error[kind].as_str()?;
                    Some(if kind == "pointer" {
                        text.to_owned()
                    } else {
                        format!("{kind} {text}")
                    })
                });
            named.unwrap()
        };
        self.body["errors"]
            .as_array()
            .into_iter()
            .flatten()
            .map(place)
            .collect()
    }
}
