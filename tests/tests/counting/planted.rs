//! Regressions that are planted, and have to be caught by the counts: each check passes without, and fails with.

use handlers::planted::plant;

use crate::{append, project, stream};

/// A regression that is there until this is dropped: the next test may be run by the same thread.
struct Planted;

impl Planted {
    fn the(name: &'static str) -> Self {
        plant(name);
        Planted
    }
}

impl Drop for Planted {
    fn drop(&mut self) {
        plant("");
    }
}

#[tokio::test]
async fn a_second_read_of_an_append_is_caught() {
    assert_eq!(append::check().await, Ok(()));
    let _planted = Planted::the("head-read-again");
    let caught = append::check().await.unwrap_err();
    assert!(
        caught.contains("round trips of a cold append: 3"),
        "{caught}"
    );
}

#[tokio::test]
async fn a_write_of_the_balance_for_each_event_is_caught() {
    assert_eq!(project::check().await, Ok(()));
    let _planted = Planted::the("balance-written-for-each-event");
    let caught = project::check().await.unwrap_err();
    assert!(
        caught.contains("writes of balances for 100 events of one account: 100"),
        "{caught}"
    );
}

#[tokio::test]
async fn a_stream_without_an_index_is_caught() {
    assert_eq!(stream::check().await, Ok(()));
    let _planted = Planted::the("stream-not-indexed");
    let caught = stream::check().await.unwrap_err();
    assert!(caught.contains("a write takes"), "{caught}");
}
