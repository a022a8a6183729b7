//! The function behind the REST API.

use handlers::composition::Composition;
use handlers::http::{Caller, router};
use lambda::clients::Clients;
use lambda_http::request::RequestContext;
use lambda_http::tower::ServiceBuilder;
use lambda_http::{Adapter, Error, Request, RequestExt};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let api = Clients::from_env().await.api();
    let service = ServiceBuilder::new()
        .map_request(lambda::path::keep)
        .map_request(name_caller)
        .service(router(api));
    // Like `lambda_http::run`, except for the headers.
    let service = ServiceBuilder::new()
        .map_request(lambda::headers::keep_all)
        .service(Adapter::from(service));
    lambda_runtime::run(service).await
}

/// Names the caller, whose signature API Gateway has verified. Commits record the name.
fn name_caller(mut request: Request) -> Request {
    let arn = match request.request_context_ref() {
        Some(RequestContext::ApiGatewayV1(context)) => context.identity.user_arn.clone(),
        _ => None,
    };
    request
        .extensions_mut()
        .insert(Caller(arn.unwrap_or_else(|| "unknown".to_owned())));
    request
}
