//! `POST /accounts/{account_id}/events?dry_run=notifications`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::notification::Verdict;
use domain::time::format_time;
use serde_json::{Value, json};

use super::Api;
use super::problem::Problem;
use crate::append::Append;
use crate::notify::Preview;

/// Answers a dry run: with the refusal of the append, or with the notifications that it would lead to. Stores nothing.
pub(super) async fn answer(api: &Api, request: &Append) -> Result<Response, Problem> {
    let commit = api.appender.would_record(request).await?;
    let previews = match &commit {
        // Recorded before, so its notifications were decided then.
        None => Vec::new(),
        Some(commit) => api.previewer.preview(commit).await?,
    };
    let last_version = commit.map(|commit| commit.first_version + commit.events.len() as u64 - 1);
    Ok(Json(json!({
        "dry_run": "notifications",
        "account_id": request.account_id,
        "would_record": last_version.is_some(),
        "last_version": last_version,
        "notifications": previews.iter().map(shown).collect::<Vec<_>>(),
    }))
    .into_response())
}

fn shown(preview: &Preview) -> Value {
    let (decision, reason, until) = match preview.verdict {
        Verdict::Send => ("send", None, None),
        Verdict::Skip(reason) => ("skip", Some(reason.as_str()), None),
        Verdict::Wait { until, reason } => ("wait", Some(reason.as_str()), Some(until)),
    };
    json!({
        "event": { "type": preview.event_type, "version": preview.version },
        "kind": preview.kind,
        "to": preview.to,
        "decision": decision,
        "reason": reason,
        "until": until.map(format_time),
        "told_with": preview.told_with,
        "template": preview.mail.as_ref().map(|mail| mail.template),
        "mail": preview.mail.as_ref().map(|mail| json!({
            "subject": mail.subject,
            "text": mail.text,
            "html": mail.html,
        })),
    })
}
