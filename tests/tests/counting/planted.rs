//! Regressions that are planted, and have to be caught by the counts: each check passes without, and fails with.

use crate::bank::Regression;
use crate::{append, project, stream};

#[tokio::test]
async fn a_second_read_of_an_append_is_caught() {
    let caught = append::check(Some(Regression::ReadBeforeAppend)).await;
    let caught = caught.unwrap_err();
    assert!(
        caught.contains("round trips of a cold append: 3"),
        "{caught}"
    );
}

#[tokio::test]
async fn a_write_of_the_balance_for_each_event_is_caught() {
    let caught = project::check(Some(Regression::BatchesOfOne)).await;
    let caught = caught.unwrap_err();
    assert!(
        caught.contains("writes of balances for 100 events of one account: 100"),
        "{caught}"
    );
}

#[tokio::test]
async fn a_stream_without_an_index_is_caught() {
    let caught = stream::check(Some(Regression::StreamNotIndexed)).await;
    let caught = caught.unwrap_err();
    assert!(caught.contains("a write takes"), "{caught}");
}
