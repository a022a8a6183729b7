//! The accounts of a command: the named ones, or all.

use serde_json::Value;

use crate::client::{Client, Result, Rows};

/// Returns all accounts of the read model, page by page.
pub(super) fn all(client: &Client) -> Result<Vec<Value>> {
    Rows::new(client, "accounts", "accounts").all()
}
