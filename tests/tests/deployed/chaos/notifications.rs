//! The notifications as they are stored, read past the functions and their faults.

use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde_json::Value;
use tests::deployed::Stack;

/// A notification's item.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored {
    pub id: String,
    /// The code that its mail shows.
    pub code: String,
    pub account: String,
    pub event_id: String,
    pub state: String,
    /// Nobody may go on with it before this.
    busy_until: Option<DateTime<Utc>>,
    /// The states it has been through.
    pub history: Vec<String>,
}

impl Stored {
    /// Whether nothing happens to it any more by itself.
    pub fn is_settled(&self) -> bool {
        matches!(&*self.state, "SENT" | "REJECTED" | "SKIPPED" | "UNKNOWN")
    }

    pub fn times(&self, state: &str) -> usize {
        self.history.iter().filter(|past| *past == state).count()
    }

    /// How long a lease or a wish of the mailer still keeps it.
    pub fn busy_for(&self) -> Duration {
        let now: DateTime<Utc> = SystemTime::now().into();
        self.busy_until
            .and_then(|until| (until - now).to_std().ok())
            .unwrap_or_default()
    }
}

/// All notifications of accounts whose names begin so.
pub fn stored(stack: &Stack, prefix: &str) -> Vec<Stored> {
    let mut found: Vec<Stored> = stack
        .scan("NotificationsTableName")
        .iter()
        .map(read)
        .filter(|stored| stored.account.starts_with(prefix))
        .collect();
    found.sort_by(|one, other| one.id.cmp(&other.id));
    found
}

fn read(item: &Value) -> Stored {
    let text = |name: &str| item[name]["S"].as_str().unwrap_or_default().to_owned();
    let time = |name: &str| item[name]["S"].as_str()?.parse::<DateTime<Utc>>().ok();
    let history = item["history"]["L"].as_array().into_iter().flatten();
    Stored {
        id: text("notification_id"),
        code: text("verification_code"),
        account: text("account_id"),
        event_id: text("event_id"),
        state: text("state"),
        busy_until: time("lease_until").max(time("retry_at")),
        history: history
            .flat_map(|step| {
                let state = step["M"]["state"]["S"].as_str().unwrap_or_default();
                let times = step["M"]["times"]["N"].as_str();
                let times = times.and_then(|text| text.parse().ok()).unwrap_or(1);
                std::iter::repeat_n(state.to_owned(), times)
            })
            .collect(),
    }
}
