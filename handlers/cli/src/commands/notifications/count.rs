//! `ledgerbell notifications list --count-by`.

use std::collections::BTreeMap;

use domain::words;
use serde_json::{Value, json};

use super::list::Member;
use crate::flags::Format;
use crate::listing::{Column, Listing, cell};
use crate::table::Align;

/// The number of notifications by one of their members.
pub(super) struct Counts {
    member: Member,
    counts: BTreeMap<Option<String>, u64>,
}

const KINDS: [Column; 2] = [("KIND", Align::Left, "kind"), COUNT];
const STATES: [Column; 2] = [("STATE", Align::Left, "state"), COUNT];
const REASONS: [Column; 2] = [("REASON", Align::Left, "reason"), COUNT];
const COUNT: Column = ("COUNT", Align::Right, "count");

impl Counts {
    pub(super) fn new(member: Member) -> Self {
        Counts {
            member,
            counts: BTreeMap::new(),
        }
    }

    pub(super) fn add(&mut self, notifications: &[Value]) {
        for notification in notifications {
            let value = notification[self.member.name()].as_str();
            *self.counts.entry(value.map(str::to_owned)).or_default() += 1;
        }
    }

    pub(super) fn print(self, format: Format) {
        let name = self.member.name();
        let columns = match self.member {
            Member::Kind => &KINDS,
            Member::State => &STATES,
            Member::Reason => &REASONS,
        };
        let mut listing = Listing::new(format, columns, |row| {
            vec![cell(&row["value"]), cell(&row["count"])]
        })
        .worded(&[("state", &words::STATES)]);
        let rows = (self.counts.into_iter())
            .map(|(value, count)| json!({ "value": value, "count": count }));
        listing.page(rows.collect());
        listing.end("counts", "There are no such notifications.", |document| {
            document["by"] = json!(name);
        });
    }
}
