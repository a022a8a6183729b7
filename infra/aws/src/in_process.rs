//! A DynamoDB in this process, which the SDK uses as its HTTP client.

use std::fmt::Debug;
use std::sync::Arc;

use async_trait::async_trait;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;

/// The endpoint, which the SDK requires. It resolves nowhere (RFC 6761, 6.4).
pub(crate) const ENDPOINT: &str = "http://dynamodb.invalid";
/// The header with a request's operation, behind the version of the API.
const TARGET: &str = "x-amz-target";

/// An engine in this process that runs DynamoDB's operations.
#[async_trait]
pub trait InProcess: Debug + Send + Sync + 'static {
    /// Runs an operation, like `GetItem`, on the JSON of its request. A refusal by DynamoDB's rules is an [`Answer`] too.
    ///
    /// # Errors
    /// - [`Unanswered::Closed`]: the engine is closed and did nothing. The SDK repeats nothing.
    /// - [`Unanswered::Lost`]: the operation may have been done. The SDK repeats it, as after a lost connection.
    async fn answer(&self, operation: &str, request: &[u8]) -> Result<Answer, Unanswered>;
}

/// An answer of DynamoDB's HTTP API, a success or a refusal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The HTTP status: 200, or 400 and more with the error in the body.
    pub status: u16,
    /// The answer's JSON.
    pub body: Vec<u8>,
}

/// Why an operation has no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Unanswered {
    /// The engine is closed: the operation was not done and will not be.
    #[error("the local DynamoDB is closed")]
    Closed,
    /// The operation may have been done, as after a lost connection. It is repeated.
    #[error("the local DynamoDB gave no answer")]
    Lost,
}

#[derive(Debug, Clone)]
pub(crate) struct Transport(pub(crate) Arc<dyn InProcess>);

impl Transport {
    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = request
            .headers()
            .get(TARGET)
            .and_then(|target| target.split_once('.'))
            .map(|(_, operation)| operation)
            .ok_or_else(|| ConnectorError::user("no operation is named".into()))?;
        let body = request.body().bytes().unwrap_or_default();
        let answer = self.0.answer(operation, body).await.map_err(error)?;
        let status = StatusCode::try_from(answer.status)
            .map_err(|invalid| ConnectorError::user(invalid.into()))?;
        Ok(HttpResponse::new(status, SdkBody::from(answer.body)))
    }
}

fn error(unanswered: Unanswered) -> ConnectorError {
    match unanswered {
        Unanswered::Closed => ConnectorError::other(unanswered.into(), None),
        Unanswered::Lost => ConnectorError::io(unanswered.into()),
    }
}

impl HttpConnector for Transport {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let this = self.clone();
        HttpConnectorFuture::new(async move { this.send(request).await })
    }
}

impl HttpClient for Transport {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}
