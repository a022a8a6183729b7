//! What comes back from the store: the stream's batches, and commits by their canonical bytes.

use domain::{Commit, Hash};
use handlers::composition::Composition;
use serde_json::Value;
use world::World;

use super::block_on;

pub(super) fn stream_batch(bytes: &[u8]) {
    let Ok(payload) = serde_json::from_slice::<Value>(bytes) else {
        return;
    };
    let Ok(batch) = aws::stream::read_batch(&payload) else {
        return;
    };
    let sequence: Vec<String> = batch
        .records
        .iter()
        .map(|record| record.sequence_number.clone())
        .collect();
    block_on(async {
        let world = World::default();
        for failed in world.projector().project(batch.records).await {
            assert!(sequence.contains(&failed), "{failed} is none of the batch");
        }
    });
}

pub(super) fn commit(bytes: &[u8]) {
    let zero = Hash::GENESIS;
    let Ok(commit) = Commit::read(bytes, zero, zero) else {
        return;
    };
    let canonical = commit.canonical_bytes();
    let again = Commit::read(&canonical, zero, zero).expect("what was written is read");
    assert_eq!(again, commit);
    assert_eq!(again.canonical_bytes(), canonical);
}
