//! The message when the server is ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::output::line;

/// Prints the addresses, and commands to try. If they cannot be written, it serves
/// nevertheless, because a bank relies on it; the exit code shows the failure.
pub(super) fn print(address: SocketAddr, data_dir: &Path, after: Duration) {
    let base = format!("http://{address}");
    for text in [
        format!(
            "ledgerbell is ready after {} ms, on the folder {}",
            after.as_millis(),
            data_dir.display()
        ),
        String::new(),
        format!("  console   {base}/"),
        format!("  mailbox   {base}/inbox"),
        format!("  API       {base}/v1   (described at {base}/v1/openapi.json)"),
        String::new(),
        "Try it:".to_owned(),
        String::new(),
        example(&base),
        String::new(),
        "Ctrl-C stops it. Nothing is sent to anybody: mails end in the mailbox.".to_owned(),
    ] {
        line(text);
    }
}

fn example(base: &str) -> String {
    format!(
        r#"  curl -X POST {base}/v1/accounts/ACC-1/events -H 'Content-Type: application/json' -H 'Idempotency-Key: open-1' -d '{{"events":[{{"type":"AccountOpened","occurred_at":"2026-11-22T09:00:00Z","data":{{"customer_id":"ana","currency":"EUR"}}}}]}}'"#
    )
}
