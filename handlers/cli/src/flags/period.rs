//! `--from` and `--to`.

use chrono::{DateTime, Utc};
use clap::Args;
use domain::time::format_time;
use serde_json::Value;

use super::{Moment, Zone};
use crate::exit::Failure;

/// The period in which events were recorded. A command that needs both ends makes the flags required.
#[derive(Debug, Clone, Copy, Args)]
pub(crate) struct Period {
    /// Recorded at this time or later: a date such as 2026-11-01, or a time such as 2026-11-01T10:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<Moment>,

    /// Recorded before this time, or before this day
    #[arg(long, value_name = "TIME")]
    to: Option<Moment>,

    #[command(flatten)]
    zone: Zone,
}

/// The instants of a period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Range {
    pub from: Option<DateTime<Utc>>,
    pub to: Option<DateTime<Utc>>,
    zone: &'static str,
}

impl Period {
    /// Returns the instants, and shows on a terminal those that depend on the zone.
    ///
    /// # Errors
    /// `WrongUse`: the period is empty, or an end has no instant.
    pub(crate) fn range(&self) -> Result<Range, Failure> {
        let instant = |flag: &str, moment: Option<Moment>| {
            moment
                .map(|moment| self.zone.instant(flag, moment))
                .transpose()
        };
        let range = Range {
            from: instant("--from", self.from)?,
            to: instant("--to", self.to)?,
            zone: self.zone.name(),
        };
        match (range.from, range.to) {
            (Some(from), Some(to)) if from >= to => Err(Failure::WrongUse(
                "--to must be later than --from".to_owned(),
            )),
            _ => Ok(range),
        }
    }
}

impl Range {
    /// Returns the ends as the API takes them.
    pub(crate) fn query(self) -> impl Iterator<Item = (&'static str, String)> {
        let ends = [("from", self.from), ("to", self.to)];
        ends.into_iter()
            .filter_map(|(name, instant)| Some((name, format_time(instant?))))
    }

    /// Adds the instants and the zone to a JSON document, if the command was given any.
    pub(crate) fn describe(self, document: &mut Value) {
        if self.from.is_none() && self.to.is_none() {
            return;
        }
        document["from"] = self.from.map(format_time).into();
        document["to"] = self.to.map(format_time).into();
        document["time_zone"] = self.zone.into();
    }
}
