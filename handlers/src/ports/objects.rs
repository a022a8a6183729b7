use std::path::Path;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::error::Result;

/// The objects of an export, by their names within it, such as `events/day=2026-11-25/part-000001-….parquet`.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Reads an object, with the tag for [`Objects::replace`]; `None` if there is none.
    async fn get(&self, name: &str) -> Result<Option<Object>>;

    /// Creates an object from the file, unless one of this name exists. Idempotent: names are used once, so an existing object
    /// is this one, written by a call whose answer was lost.
    async fn create(&self, name: &str, file: &Path) -> Result<()>;

    /// Replaces the object with this tag, or creates it if `tag` is `None` and there is no object. Returns `false` and changes
    /// nothing if there is another one.
    async fn replace(&self, name: &str, bytes: Vec<u8>, tag: Option<&str>) -> Result<bool>;

    /// Returns the names of all objects with this prefix, and the time at which each was written.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, DateTime<Utc>)>>;

    /// Removes an object. Idempotent.
    async fn remove(&self, name: &str) -> Result<()>;
}

/// An object, as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    /// The content.
    pub bytes: Vec<u8>,
    /// An opaque text that changes with the content.
    pub tag: String,
}
