//! `POST /local/imports`: what `ledgerbell import` does, for the console's page.

use axum::extract::multipart::{MultipartError, MultipartRejection};
use axum::extract::rejection::QueryRejection;
use axum::extract::{DefaultBodyLimit, Multipart, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use axum::{Json, Router};
use chrono::NaiveDate;
use domain::CustomerId;
use handlers::http::Problem;
use serde::Deserialize;
use serde_json::Value;
use statements::format::MAX_FILE_BYTES;

use crate::client::Client;
use crate::commands::import::{NamedFile, Notify, bring_all, document, read};

/// Bytes of all files together with what separates them: one file may be as large as for the command.
const MAX_UPLOAD_BYTES: usize = MAX_FILE_BYTES + 1024 * 1024;

/// Returns the route, whose imports are requests of this client.
pub(crate) fn router(client: Client) -> Router {
    Router::new()
        .route("/local/imports", post(import))
        .layer(DefaultBodyLimit::max(MAX_UPLOAD_BYTES))
        .with_state(client)
}

/// The options of `ledgerbell import`, as a query.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Only shows what would be done. Always given, so that nothing is imported by an oversight.
    dry_run: bool,
    #[serde(default)]
    notify: bool,
    notify_since: Option<NaiveDate>,
    customer: Option<CustomerId>,
}

async fn import(
    State(client): State<Client>,
    wanted: Result<Query<Wanted>, QueryRejection>,
    upload: Result<Multipart, MultipartRejection>,
) -> Response {
    let Query(wanted) = match wanted {
        Ok(wanted) => wanted,
        Err(rejection) => return refused(rejection.status(), rejection.body_text()),
    };
    let files = match upload {
        Ok(upload) => files_of(upload).await,
        Err(rejection) => return refused(rejection.status(), rejection.body_text()),
    };
    let files = match files {
        Ok(files) => files,
        Err(error) => return refused(error.status(), error.body_text()),
    };
    // The client waits for each answer.
    match tokio::task::spawn_blocking(move || report(&client, &wanted, files)).await {
        Ok(report) => Json(report).into_response(),
        Err(error) => {
            tracing::error!(%error, "an import has ended early");
            refused(
                StatusCode::INTERNAL_SERVER_ERROR,
                "The import has ended early. What was imported stays; import the files again for the rest.".to_owned(),
            )
        }
    }
}

fn refused(status: StatusCode, detail: String) -> Response {
    Problem::new(
        status,
        "import-refused",
        "The files were not imported",
        detail,
    )
    .into_response()
}

async fn files_of(mut upload: Multipart) -> Result<Vec<NamedFile>, MultipartError> {
    let mut files = Vec::new();
    while let Some(field) = upload.next_field().await? {
        let name = field.file_name().unwrap_or("file").to_owned();
        files.push((name, Ok(field.bytes().await?.to_vec())));
    }
    Ok(files)
}

/// The report of the command, with `interrupted` if the API went away.
fn report(client: &Client, wanted: &Wanted, files: Vec<NamedFile>) -> Value {
    let read = read(files, None, wanted.customer.as_ref());
    let notify = match (wanted.notify, wanted.notify_since) {
        (_, Some(day)) => Notify::Since(day),
        (true, None) => Notify::Always,
        (false, None) => Notify::Never,
    };
    let mut outcomes = Vec::new();
    let (told, ended) = bring_all(client, &read, notify, wanted.dry_run, |outcome| {
        outcomes.push(outcome);
    });
    let mut report = document(&outcomes, &read.unreadable, wanted.dry_run, told);
    report["interrupted"] = ended.err().map(|error| error.to_string()).into();
    report
}
