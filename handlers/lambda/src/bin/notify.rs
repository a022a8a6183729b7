//! The function behind the mail rules of the bus.

use std::sync::Arc;
use std::time::Duration;

use handlers::notify::{Notifier, Settings};
use lambda::Failure;
use lambda::clients::Clients;
use lambda_runtime::{Error, LambdaEvent, run, service_fn};
use serde_json::Value;

/// Longer than the mailer's timeout, shorter than the function's (90 s), and
/// shorter than Lambda's wait before the first retry (60 s).
const LEASE: Duration = Duration::from_secs(45);
/// How long SES's events may take to clear up an unknown outcome.
const UNKNOWN_WINDOW: Duration = Duration::from_secs(15 * 60);

/// What is left of the function's time for the last mail of a heartbeat: more
/// than its lease.
const RESERVE: Duration = Duration::from_secs(50);

#[tokio::main]
async fn main() -> Result<(), Error> {
    lambda::telemetry::start();
    let clients = Clients::from_env().await;
    let notifier = Arc::new(Notifier {
        store: clients.store(),
        customers: clients.customers(),
        notifications: clients.notifications(),
        suppressions: clients.suppressions(),
        keys: clients.keys(),
        mailer: clients.mailer(),
        dead_letters: clients.dead_letters(),
        clock: clients.clock(),
        settings: Settings {
            bank_name: clients.bank_name(),
            mail_from: clients.mail_from(),
            public_url: clients.public_url(),
            message_id_domain: clients.message_id_domain(),
            lease: LEASE,
            unknown_window: UNKNOWN_WINDOW,
        },
    });
    run(service_fn(|event: LambdaEvent<Value>| {
        notify(Arc::clone(&notifier), event)
    }))
    .await
}

async fn notify(notifier: Arc<Notifier>, event: LambdaEvent<Value>) -> Result<(), Failure> {
    let budget = lambda::time_left(&event.context).saturating_sub(RESERVE);
    let event_type = event.payload["detail-type"].as_str().unwrap_or_default();
    Ok(notifier
        .call(event_type, &event.payload["detail"], budget)
        .await?)
}
