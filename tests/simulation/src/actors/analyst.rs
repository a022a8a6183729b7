//! The analyst, who replays projections and events while all goes on.

use chrono::{DateTime, TimeDelta, Utc};
use handlers::composition::Composition;
use handlers::replay::{ReplayKind, ReplayRequest};

use crate::kernel::{Core, Micros};

/// A replay that was acknowledged, and what was asked for.
#[derive(Debug)]
pub struct Asked {
    pub replay_id: String,
    pub kind: ReplayKind,
    pub from: DateTime<Utc>,
    pub at: Micros,
    pub to: DateTime<Utc>,
}

impl Core {
    pub(super) fn replay_something(&mut self) {
        let events = self.rng.bool();
        let (at, from, to) = (self.now, DateTime::UNIX_EPOCH, self.time());
        let kind = if events {
            ReplayKind::Events
        } else {
            ReplayKind::Projections
        };
        let request = ReplayRequest {
            kind,
            accounts: None,
            switch: !events && self.rng.bool(),
            from: events.then_some(from),
            to: events.then_some(to),
            target: events.then(|| "warehouse".to_owned()),
            events_per_second: None,
            replay_id: None,
        };
        // What is younger may be left out, by the replay's own rule.
        let behind = handlers::query::time_index::SAFETY_WINDOW + TimeDelta::seconds(3);
        self.in_an_api(
            move |program, _| async move { program.replayer().request(request).await },
            move |core, answer: Option<handlers::Result<String>>| {
                if let Some(Ok(replay_id)) = answer {
                    core.state.asked.push(Asked {
                        replay_id,
                        kind,
                        at,
                        from,
                        to: to - behind,
                    });
                }
            },
        );
    }
}
