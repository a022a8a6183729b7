//! The message when the server is ready.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use crate::output::line;

/// Prints the addresses, and commands to try. If they cannot be written, it serves
/// nevertheless, because a bank relies on it; the exit code shows the failure.
pub(super) fn print(address: SocketAddr, data_dir: &Path, after: Duration) {
    let base = format!("http://{address}");
    let [customer, account, deposit] = examples(&base);
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
        "Try it: a customer, an account, and a deposit, whose mail is in the mailbox then:"
            .to_owned(),
        String::new(),
        customer,
        account,
        deposit,
        String::new(),
        "Ctrl-C stops it. Nothing is sent to anybody: mails end in the mailbox.".to_owned(),
    ] {
        line(text);
    }
}

/// The commands to try: a customer with an address, their account, and a deposit, of which they are notified.
fn examples(base: &str) -> [String; 3] {
    let json = "-H 'Content-Type: application/json'";
    let append = |key: &str, event: &str| {
        format!(
            "  curl -X POST {base}/v1/accounts/ACC-1/events {json} -H 'Idempotency-Key: {key}' -d '{{\"events\":[{event}]}}'"
        )
    };
    [
        format!(
            r#"  curl -X PUT {base}/v1/customers/ana {json} -d '{{"name":"Ana Lind","email":"ana@example.com"}}'"#
        ),
        append(
            "open-1",
            r#"{"type":"AccountOpened","occurred_at":"2026-11-22T09:00:00Z","data":{"customer_id":"ana","currency":"EUR"}}"#,
        ),
        append(
            "deposit-1",
            r#"{"type":"MoneyDeposited","occurred_at":"2026-11-22T10:00:00Z","data":{"amount":"125.50","currency":"EUR","reference":"salary"}}"#,
        ),
    ]
}
