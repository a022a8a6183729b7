//! All that the month has left, read once.

use domain::email::AddressHash;
use domain::notification::Notification;
use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use domain::{AccountId, Commit, IntegrationEvent, NotificationId, Schedule, Version};
use embedded::StoredMail;
use handlers::ports::{Person, Suppression};

use crate::mailbox::Mailbox;
use crate::people::{CUSTOMERS, customer_id};
use crate::run::{Month, Wishes};
use crate::traffic::{account_id, schedules};

pub struct Account {
    pub customer: String,
    pub commits: Vec<Commit>,
    /// What the bus told, what follows from a movement too.
    pub events: Vec<IntegrationEvent>,
    pub notifications: Vec<Notification>,
}

pub struct Books {
    pub accounts: BTreeMap<AccountId, Account>,
    pub digests: BTreeMap<NotificationId, Notification>,
    /// As they came.
    pub mails: Vec<StoredMail>,
    /// The content of each mail's first file.
    pub files: BTreeMap<String, Vec<u8>>,
    pub wishes: Wishes,
    /// By address.
    pub suppressed: BTreeMap<String, Suppression>,
    pub schedules: Vec<(AccountId, Schedule, DateTime<Utc>)>,
    pub ended_at: DateTime<Utc>,
}

impl Books {
    pub async fn of(month: &Month) -> Self {
        let api = &month.pipeline.api;
        let Mailbox { mails, files } = Mailbox::read(&month.pipeline)
            .await
            .restored(&month.before_erasure);
        let mut books = Books {
            accounts: BTreeMap::new(),
            digests: BTreeMap::new(),
            mails,
            files,
            wishes: month.wishes.clone(),
            suppressed: BTreeMap::new(),
            schedules: Vec::new(),
            ended_at: handlers::ports::Clock::now(month.clock.as_ref()),
        };
        for number in 0..CUSTOMERS {
            let id: AccountId = account_id(number).parse().unwrap();
            let account = Account::of(month, &id, number).await;
            for digest in account.notifications.iter().filter_map(|n| n.digest_id()) {
                if let Some(found) = api.notifications.get(digest).await.unwrap() {
                    books.digests.insert(digest, found.value);
                }
            }
            books.accounts.insert(id, account);
        }
        for address in books.mails.iter().map(|mail| &mail.to) {
            if let Some(found) = api
                .suppressions
                .suppressions
                .get(&AddressHash::of(address))
                .await
                .unwrap()
            {
                books.suppressed.insert(address.clone(), found);
            }
        }
        for (number, id, schedule) in schedules() {
            let account: AccountId = account_id(number).parse().unwrap();
            let row = api
                .scheduler
                .schedules
                .get(&account, &id.parse().unwrap())
                .await
                .unwrap();
            books
                .schedules
                .push((account, schedule, row.unwrap().value.created_at));
        }
        books
    }

    /// The customer's wishes as they were at this time; `None` where nobody is known.
    pub fn person(&self, customer: &str, time: DateTime<Utc>) -> Option<&Person> {
        let known = self.wishes.get(customer)?;
        let in_force = known.iter().rfind(|(since, _)| *since <= time)?;
        in_force.1.as_ref()
    }

    pub fn notifications(&self) -> impl Iterator<Item = (&Account, &Notification)> {
        self.accounts.values().flat_map(|account| {
            let found = account.notifications.iter();
            found.map(move |notification| (account, notification))
        })
    }

    /// What became of it: of what a digest tells, what became of that.
    pub fn fate<'a>(&'a self, notification: &'a Notification) -> &'a Notification {
        match notification.in_digest() {
            Some(digest) => &self.digests[&digest],
            None => notification,
        }
    }

    pub fn mails_of(&self, id: NotificationId) -> impl Iterator<Item = &StoredMail> {
        let id = id.to_string();
        let mails = self.mails.iter();
        mails.filter(move |mail| mail.notification_id == id)
    }

    /// How many there are of each kind, state and reason.
    pub fn print(&self) {
        let mut counts: BTreeMap<(String, &str, String), usize> = BTreeMap::new();
        for (_, notification) in self.notifications() {
            let fate = self.fate(notification);
            let reason = match notification.in_digest() {
                Some(_) => "in a digest".to_owned(),
                None => fate.reason().unwrap_or_default().to_owned(),
            };
            let key = (
                notification.kind().to_string(),
                fate.phase().as_str(),
                reason,
            );
            *counts.entry(key).or_default() += 1;
        }
        let events: usize = self.accounts.values().map(|a| a.events.len()).sum();
        let reported: usize = self
            .accounts
            .values()
            .flat_map(|account| &account.commits)
            .map(|commit| commit.events.len())
            .sum();
        eprintln!("{reported} events, {events} told on the bus");
        for ((kind, state, reason), count) in &counts {
            eprintln!("{count:6} {kind:17} {state:8} {reason}");
        }
        eprintln!(
            "{:6} notifications; {} mails, {} digests among them",
            counts.values().sum::<usize>(),
            self.mails.len(),
            self.digests.len()
        );
    }
}

impl Account {
    async fn of(month: &Month, id: &AccountId, number: u32) -> Self {
        let api = &month.pipeline.api;
        let mut commits = Vec::new();
        let mut after: Version = 0;
        loop {
            let page = api.queries.store.commits(id, after, 500).await.unwrap();
            commits.extend(page.commits);
            match commits.last() {
                Some(last) if page.next.is_some() => after = last.head().version(),
                _ => break,
            }
        }
        let mut notifications = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = api.notifications.of_account(id, cursor.as_deref(), 500);
            let (found, next) = page.await.unwrap();
            notifications.extend(found);
            if next.is_none() {
                break;
            }
            cursor = next;
        }
        let events = commits
            .iter()
            .flat_map(|commit| IntegrationEvent::of_commit(commit).unwrap())
            .collect();
        Account {
            customer: customer_id(number),
            commits,
            events,
            notifications,
        }
    }
}
