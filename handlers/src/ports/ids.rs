use uuid::Uuid;

/// Where ids come from that follow from nothing else.
pub trait Ids: Send + Sync {
    fn next(&self) -> Uuid;
}

/// From the system's randomness.
#[derive(Debug, Clone, Copy, Default)]
pub struct RandomIds;

impl Ids for RandomIds {
    fn next(&self) -> Uuid {
        Uuid::new_v4()
    }
}
