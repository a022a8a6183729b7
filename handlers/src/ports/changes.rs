use async_trait::async_trait;

use crate::error::Result;

/// Whether anything has changed, so that a reader who shows stored data knows when to read it again.
#[async_trait]
pub trait Changes: Send + Sync {
    /// Returns the mark of what is stored now.
    async fn mark(&self) -> Result<Mark>;
}

/// What is stored at a moment, as an opaque text. Marks are only compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// 1 to 128 of `A-Z a-z 0-9 . : -`. Another one means that something may have changed.
    pub text: String,
    /// Whether each change has another mark. Otherwise only some have, and a reader looks now and then without one.
    pub is_complete: bool,
}
