use std::path::Path;

use async_trait::async_trait;
use chrono::{DateTime, Utc};

use crate::error::Result;

/// The objects of an export, by their names below it, such as
/// `events/day=2026-11-25/part-000001-….parquet`.
#[async_trait]
pub trait Objects: Send + Sync {
    /// The object, with what [`Objects::replace`] knows it by.
    async fn get(&self, name: &str) -> Result<Option<Object>>;

    /// Makes an object of the file. One that is there is left as it is, and that
    /// is no error: names are used once, so it is this one, whose first answer
    /// was lost.
    async fn create(&self, name: &str, file: &Path) -> Result<()>;

    /// Puts the object in the place of the one with this tag, or makes it where
    /// there must be none. `false`, and nothing changes, where another is there.
    async fn replace(&self, name: &str, bytes: Vec<u8>, tag: Option<&str>) -> Result<bool>;

    /// All objects whose names begin so, and when each was written.
    async fn list(&self, prefix: &str) -> Result<Vec<(String, DateTime<Utc>)>>;

    /// Removes an object, which need not be there.
    async fn remove(&self, name: &str) -> Result<()>;
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub bytes: Vec<u8>,
    /// Changes with the object.
    pub tag: String,
}
