//! Following a replay to its end.

use std::time::Duration;

use serde_json::Value;

use super::estimate::Estimate;
use crate::client::{CallError, Client};
use crate::exit::Failure;
use crate::output;

const FIRST_POLL: Duration = Duration::from_millis(50);
/// Time between two looks, for a bar that visibly moves.
const SLOWEST_POLL: Duration = Duration::from_secs(1);

/// Starts a replay and follows it to its end.
pub(super) fn start(
    client: &Client,
    request: &Value,
    estimate: Option<&Estimate>,
    json: bool,
) -> Result<Value, Failure> {
    let accepted = client.post("replays", request)?;
    let replay_id = accepted["replay_id"].as_str().ok_or_else(|| {
        Failure::Failed("the answer to the request for a replay has no replay_id".to_owned())
    })?;
    if !json {
        output::line(format!("replay {replay_id}"));
    }
    Ok(to_its_end(client, replay_id, estimate)?)
}

/// Polls until the replay is over.
fn to_its_end(
    client: &Client,
    replay_id: &str,
    estimate: Option<&Estimate>,
) -> Result<Value, CallError> {
    // A lost read model has no versions, so the number of events is unknown then.
    let expected = estimate
        .filter(|estimate| !estimate.at_most && estimate.events > 0)
        .map(|estimate| estimate.events);
    let bar = output::bar(expected, "events");
    bar.set_message("replaying");
    let mut heartbeat = output::Heartbeat::new();
    let mut poll = FIRST_POLL;
    loop {
        let replay = client.get(&format!("replays/{replay_id}"), &[]);
        let replay = replay.inspect_err(|_| bar.finish_and_clear())?;
        bar.set_position(replay["progress"]["events"].as_u64().unwrap_or(0));
        if matches!(
            replay["state"].as_str(),
            Some("done" | "failed" | "stopped")
        ) {
            bar.finish_and_clear();
            return Ok(replay);
        }
        if let Some(estimate) = estimate {
            bar.set_prefix(format!("events{}", pace(&replay, estimate)));
        }
        heartbeat.beat(&bar);
        std::thread::sleep(poll);
        poll = (poll * 2).min(SLOWEST_POLL);
    }
}

/// Returns the rate and the remaining time at this rate.
fn pace(replay: &Value, estimate: &Estimate) -> String {
    let Some(rate) = replay["pace"]["events_per_second"].as_u64() else {
        return String::new();
    };
    let done = replay["progress"]["events"].as_u64().unwrap_or(0);
    let left = estimate.events.saturating_sub(done).checked_div(rate);
    match left {
        None | Some(0) => format!(", {rate}/s"),
        Some(seconds) => {
            let about = if estimate.at_most { "at most" } else { "about" };
            format!(", {rate}/s, {about} {} left", duration(seconds))
        }
    }
}

fn duration(seconds: u64) -> String {
    match (seconds / 3600, seconds / 60) {
        (0, 0) => format!("{seconds} s"),
        (0, minutes) => format!("{minutes} min {} s", seconds % 60),
        (hours, minutes) => format!("{hours} h {} min", minutes % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn estimate(events: u64, at_most: bool) -> Estimate {
        Estimate {
            accounts: 1,
            events,
            read_units: 0,
            write_units: 0,
            published: 0,
            usd: String::new(),
            at_most,
        }
    }

    #[test]
    fn the_remaining_time_follows_from_the_rate() {
        let replay = |rate: u64| json!({ "progress": { "events": 1000 }, "pace": { "events_per_second": rate } });
        for (rate, events, at_most, shown) in [
            (100, 2000, false, ", 100/s, about 10 s left"),
            (100, 10_000, true, ", 100/s, at most 1 min 30 s left"),
            (10, 41_000, false, ", 10/s, about 1 h 6 min left"),
            (10, 1000, false, ", 10/s"),
            // More than estimated, because others append in the meantime.
            (10, 900, false, ", 10/s"),
            (0, 2000, false, ", 0/s"),
        ] {
            assert_eq!(pace(&replay(rate), &estimate(events, at_most)), shown);
        }
        assert_eq!(pace(&json!({}), &estimate(1, false)), "");
    }
}
