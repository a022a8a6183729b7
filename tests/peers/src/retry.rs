//! The pause after a conflict. The peers leave it to their caller; this is as ledgerbell pauses.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(5);
const LONGEST: Duration = Duration::from_millis(400);

/// Up to 5 ms doubled by each conflict, up to 400 ms, any share of it.
pub async fn pause(conflicts: u64) {
    let longest = FIRST.saturating_mul(1 << conflicts.min(10)).min(LONGEST);
    tokio::time::sleep(longest.mul_f64(fastrand::f64())).await;
}
