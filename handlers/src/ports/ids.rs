use uuid::Uuid;

/// The source of ids that are not derived from other data.
pub trait Ids: Send + Sync {
    /// Returns a new id.
    fn next(&self) -> Uuid;
}

/// Random ids (version 4), from the operating system.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        Uuid::new_v4()
    }
}
