//! The accounts of a command: the named ones, or all.

use serde_json::Value;

use crate::client::{Client, Result};

const PAGE: &str = "1000";

/// Returns all accounts of the read model, page by page.
pub(super) fn all(client: &Client) -> Result<Vec<Value>> {
    let mut accounts = Vec::new();
    let mut cursor: Option<String> = None;
    loop {
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        let mut page = client.get("accounts", &query)?;
        if let Some(found) = page["accounts"].as_array_mut() {
            accounts.append(found);
        }
        match page["next"].as_str() {
            Some(next) => cursor = Some(next.to_owned()),
            None => return Ok(accounts),
        }
    }
}
