//! What must have come of it all, when all has come to its end: nothing lost, nothing doubled.

use std::collections::BTreeMap;

use serde_json::Value;
use tests::deployed::{Mail, Stack};

use super::{
    PREFIX,
    bank::{Acknowledged, Bank},
    notifications::{self, Stored},
};

/// What was found. Each entry of a list says what and where.
#[derive(Debug, Default)]
pub struct Outcome {
    pub events: usize,
    pub notifications: usize,
    pub mails: usize,
    pub lost: Vec<String>,
    pub doubled: Vec<String>,
    /// What is neither, and not as it must be.
    pub wrong: Vec<String>,
}

impl Outcome {
    /// Looks at every account that was reported to.
    pub fn of(bank: &Bank) -> Self {
        let mut this = Self::default();
        let mut accounts: BTreeMap<String, Vec<Acknowledged>> = BTreeMap::new();
        for acknowledged in bank.acknowledged() {
            accounts
                .entry(acknowledged.account.clone())
                .or_default()
                .push(acknowledged);
        }
        let mails = mails_by_notification(bank.stack);
        let mut stored = BTreeMap::<String, Vec<Stored>>::new();
        for notification in notifications::stored(bank.stack, PREFIX) {
            stored
                .entry(notification.account.clone())
                .or_default()
                .push(notification);
        }
        for (account, reports) in &accounts {
            let events = this.events_are_the_reports(bank, account, reports);
            this.balance_is_the_sum(bank, account, reports);
            let told = stored.remove(account).unwrap_or_default();
            this.each_movement_is_told(bank, account, &events, &told, &mails);
        }
        if !stored.is_empty() {
            this.wrong
                .push(format!("notifications of no account of ours: {stored:?}"));
        }
        this
    }

    /// Each report is one event, with the answer that was given; versions have neither gap nor double.
    fn events_are_the_reports(
        &mut self,
        bank: &Bank,
        account: &str,
        reports: &[Acknowledged],
    ) -> Vec<Value> {
        let page = bank.get(&format!("/accounts/{account}/events?limit=1000"));
        let events = page["events"].as_array().cloned().unwrap_or_default();
        self.events += events.len();
        let versions: Vec<u64> = events
            .iter()
            .filter_map(|event| event["version"].as_u64())
            .collect();
        let expected: Vec<u64> = (1..=events.len() as u64).collect();
        self.expect(versions == expected, || {
            format!("{account}: versions {versions:?}")
        });
        if events.len() > reports.len() {
            let more = events.len() - reports.len();
            self.doubled
                .push(format!("{account}: {more} events more than reports"));
        }
        for report in reports {
            let key = &report.key;
            let answered = &report.answer["events"][0];
            let found = events
                .iter()
                .find(|event| event["event_id"] == answered["event_id"]);
            match found {
                None => self.lost.push(format!("{key}: no event {answered}")),
                Some(event) => {
                    let same = event["version"] == answered["version"]
                        && event["type"] == answered["type"]
                        && event["data"]["reference"]
                            == report.body["events"][0]["data"]["reference"]
                        && event["hash"] == report.answer["hash"];
                    self.expect(same, || {
                        format!("{key}: answered {}, stored {event}", report.answer)
                    });
                }
            }
            let again = bank.post(account, key, &report.body);
            let same = again.as_ref().is_ok_and(|again| {
                again.status == 200
                    && again.header("idempotency-replayed") == Some("true")
                    && again.json() == report.answer
            });
            self.expect(same, || {
                format!("{key}: answered {}, then {again:?}", report.answer)
            });
        }
        events
    }

    fn balance_is_the_sum(&mut self, bank: &Bank, account: &str, reports: &[Acknowledged]) {
        let cents: i64 = reports.iter().map(|report| report.cents).sum();
        let sum = format!("{}.{:02}", cents / 100, cents % 100);
        let shown = bank.get(&format!("/accounts/{account}"));
        let right = shown["balance"] == sum && shown["version"] == reports.len();
        self.expect(right, || format!("{account}: sum {sum}, shown {shown}"));
        let verified = bank.get(&format!("/accounts/{account}/verification"));
        let right = verified["valid"] == true && verified["checked_events"] == reports.len();
        self.expect(right, || format!("{account}: {verified}"));
    }

    /// Each movement has one notification, at its end, and that one mail; more only where an operator had it sent again.
    fn each_movement_is_told(
        &mut self,
        bank: &Bank,
        account: &str,
        events: &[Value],
        told: &[Stored],
        mails: &BTreeMap<String, usize>,
    ) {
        let page = bank.get(&format!("/accounts/{account}/notifications?limit=1000"));
        let shown = page["notifications"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        self.expect(shown.len() == told.len(), || {
            format!(
                "{account}: {} notifications shown, {} stored",
                shown.len(),
                told.len()
            )
        });
        self.notifications += told.len();
        for event in events {
            let due = usize::from(event["type"] != "AccountOpened");
            let of_it = told
                .iter()
                .filter(|notification| event["event_id"] == *notification.event_id)
                .count();
            if of_it < due {
                self.lost.push(format!("no notification of {event}"));
            }
            if of_it > due {
                self.doubled
                    .push(format!("{of_it} notifications of {event}"));
            }
        }
        for notification in told {
            let count = mails.get(&notification.code).copied().unwrap_or(0);
            self.mails += count;
            // Each of these was named to the API once, and then may be a mail more.
            let resent = notification.times("UNKNOWN");
            match &*notification.state {
                "SENT" if count == 0 => self.lost.push(format!("no mail of {notification:?}")),
                "SENT" | "REJECTED" => {}
                _ => self.wrong.push(format!("not at its end: {notification:?}")),
            }
            if count > 1 + resent {
                self.doubled
                    .push(format!("{count} mails of {notification:?}"));
            }
        }
    }

    fn expect(&mut self, right: bool, otherwise: impl FnOnce() -> String) {
        if !right {
            self.wrong.push(otherwise());
        }
    }
}

/// How many mails each notification was sent in, by its code, which the mail shows; the local AWS keeps neither header nor
/// tag.
fn mails_by_notification(stack: &Stack) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for mail in stack.mails() {
        *counts.entry(code_of(&mail)).or_default() += 1;
    }
    counts
}

fn code_of(mail: &Mail) -> String {
    let code = mail.text.lines().find_map(|line| {
        let (_, code) = line.trim().split_once("tell it to us when you call us: ")?;
        Some(code)
    });
    code.unwrap_or_default().to_owned()
}
