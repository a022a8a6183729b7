//! The function behind the REST API.

use std::sync::Arc;

use handlers::append::Appender;
use handlers::customers::CustomerService;
use handlers::http::{Api, Caller, router};
use handlers::notify::{Evaluator, Previewer, WhatIf};
use handlers::query::Queries;
use handlers::query::time_index::SAFETY_WINDOW;
use handlers::redrive::Redriver;
use handlers::suppressions::SuppressionService;
use handlers::unsubscribe::Unsubscriber;
use lambda::clients::Clients;
use lambda_http::request::RequestContext;
use lambda_http::tower::ServiceBuilder;
use lambda_http::{Adapter, Error, Request, RequestExt};

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let clients = Clients::from_env().await;
    let appender = Arc::new(Appender::new(clients.store(), clients.clock()));
    let customers = Arc::new(CustomerService {
        customers: clients.customers(),
        clock: clients.clock(),
    });
    let evaluator = Evaluator {
        store: clients.store(),
        customers: clients.customers(),
    };
    let api = Api {
        appender: appender.clone(),
        queries: Arc::new(Queries {
            store: clients.store(),
            read_model: clients.read_model(),
            clock: clients.clock(),
            safety_window: SAFETY_WINDOW,
        }),
        notifications: clients.notifications(),
        customers: customers.clone(),
        redriver: Arc::new(Redriver {
            queue: clients.dead_letters(),
            bus: clients.bus(),
            projector: clients.projector(),
            notifications: clients.notifications(),
            schedules: clients.schedules(),
            feedback: clients.feedback(),
        }),
        replayer: clients.replayer(),
        scheduler: clients.scheduler_with(appender),
        suppressions: Arc::new(SuppressionService {
            suppressions: clients.suppressions(),
            customers: customers.clone(),
            clock: clients.clock(),
        }),
        unsubscriber: Arc::new(Unsubscriber {
            keys: clients.keys(),
            customers,
        }),
        previewer: Arc::new(Previewer {
            evaluator: evaluator.clone(),
            suppressions: clients.suppressions(),
            clock: clients.clock(),
            bank_name: clients.bank_name(),
        }),
        what_if: Arc::new(WhatIf {
            evaluator,
            clock: clients.clock(),
            safety_window: SAFETY_WINDOW,
        }),
    };
    let service = ServiceBuilder::new()
        .map_request(lambda::path::keep)
        .map_request(name_caller)
        .service(router(api));
    // What `lambda_http::run` does, but for the headers.
    let service = ServiceBuilder::new()
        .map_request(lambda::headers::keep_all)
        .service(Adapter::from(service));
    lambda_runtime::run(service).await
}

/// API Gateway has verified the signature; who signed is kept with what they append.
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
