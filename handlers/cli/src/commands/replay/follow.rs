//! Following a replay to its end.

use std::time::Duration;

use serde_json::Value;

use super::estimate::Estimate;
use crate::client::{Client, Result};
use crate::output;

const FIRST_POLL: Duration = Duration::from_millis(50);
/// As often as a person wants to see the bar move.
const SLOWEST_POLL: Duration = Duration::from_secs(1);

/// Asks until the replay is done or failed.
pub fn to_its_end(client: &Client, replay_id: &str, estimate: &Estimate) -> Result<Value> {
    // A read model that was lost knows of no events: how many there are is not known then.
    let known = !estimate.at_most && estimate.events > 0;
    let expected = known.then_some(estimate.events);
    let bar = output::bar(expected, "events");
    bar.set_message("replaying");
    let mut heartbeat = output::Heartbeat::new();
    let mut poll = FIRST_POLL;
    loop {
        let replay = client.get(&format!("replays/{replay_id}"), &[]);
        let replay = replay.inspect_err(|_| bar.finish_and_clear())?;
        bar.set_position(replay["progress"]["events"].as_u64().unwrap_or(0));
        if matches!(replay["state"].as_str(), Some("done" | "failed")) {
            bar.finish_and_clear();
            return Ok(replay);
        }
        heartbeat.beat(&bar);
        std::thread::sleep(poll);
        poll = (poll * 2).min(SLOWEST_POLL);
    }
}
