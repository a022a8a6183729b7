//! The month as it passes.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};
use domain::AccountId;
use embedded::{Pipeline, Settings};
use handlers::ports::{Clock, DUE_SHARDS, Person};
use handlers::schedule::Change;
use rusqlite::{Connection, OpenFlags};
use tests::world::{self, TestClock};

use crate::mailbox::Mailbox;
use crate::people::{CUSTOMERS, UNKNOWN, changes, customer_id, person};
use crate::traffic::{Request, begin, end, openings, requests, schedules};

/// How long a step of the clock may take to be dealt with.
const PATIENCE: Duration = Duration::from_secs(120);

/// Each customer's revisions, and since when each is in force; `None`: erased.
pub type Wishes = BTreeMap<String, Vec<(DateTime<Utc>, Option<Person>)>>;

pub struct Month {
    pub pipeline: Pipeline,
    pub wishes: Wishes,
    /// As it was before the last one was erased.
    pub before_erasure: Mailbox,
    pub clock: Arc<TestClock>,
    /// Accounts whose schedules append by themselves.
    scheduled: BTreeSet<AccountId>,
    local: PathBuf,
    _folder: tempfile::TempDir,
}

impl Month {
    pub async fn live() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(TestClock::default());
        clock.set(begin());
        let settings = Settings {
            data_dir: folder.path().join("data"),
            bank_name: "Example Bank".to_owned(),
            mail_from: "notices@bank.example".to_owned(),
            heartbeat: Duration::from_millis(100),
            public_url: "http://127.0.0.1/v1".to_owned(),
            clock: clock.clone(),
        };
        let mut month = Month {
            pipeline: Pipeline::start(&settings).await.unwrap(),
            wishes: BTreeMap::new(),
            before_erasure: Mailbox::default(),
            clock,
            scheduled: BTreeSet::new(),
            local: settings.data_dir.join("local.sqlite"),
            _folder: folder,
        };
        month.open().await;
        month.pass().await;
        month
    }

    async fn open(&mut self) {
        for number in (0..CUSTOMERS).filter(|number| *number != UNKNOWN) {
            self.wish(number, Some(person(number))).await;
        }
        let openings = openings();
        for request in &openings {
            self.report(request).await;
        }
        for (number, schedule_id, schedule) in schedules() {
            let account_id: AccountId = crate::traffic::account_id(number).parse().unwrap();
            let change = Change {
                account_id: account_id.clone(),
                schedule_id: schedule_id.parse().unwrap(),
                schedule: Some(schedule),
                if_match: None,
                source: "test".to_owned(),
                correlation_id: "test".parse().unwrap(),
            };
            self.pipeline.api.scheduler.change(&change).await.unwrap();
            self.scheduled.insert(account_id);
        }
        self.settle(openings.iter().map(account).collect()).await;
    }

    /// Hour by hour: what the bank reports in it, at its times, and what is due at its end.
    async fn pass(&mut self) {
        let (mut requests, mut changes) = (requests().into_iter().peekable(), changes());
        let mut hour = begin() + TimeDelta::hours(1);
        while hour <= end() {
            let mut touched = BTreeSet::new();
            while let Some(request) = requests.next_if(|request| request.at < hour) {
                self.clock.set(request.at);
                self.report(&request).await;
                touched.insert(account(&request));
            }
            self.settle(touched).await;
            self.clock.set(hour);
            self.settle(BTreeSet::new()).await;
            for (_, number, person) in changes.extract_if(.., |(at, _, _)| *at <= hour) {
                self.wish(number, person).await;
            }
            if hour.time() == NaiveTime::MIN {
                eprintln!("{}", hour.date_naive());
            }
            hour += TimeDelta::hours(1);
        }
        // What the last schedules appended.
        self.settle(self.scheduled.clone()).await;
        assert!(requests.next().is_none() && changes.is_empty());
    }

    async fn wish(&mut self, number: u32, person: Option<Person>) {
        let customer = customer_id(number);
        let id = customer.parse().unwrap();
        if person.is_none() {
            let now = Mailbox::read(&self.pipeline).await;
            self.before_erasure = now.restored(&self.before_erasure);
        }
        let desk = &self.pipeline.api.customers;
        match &person {
            Some(person) => desk.put(&id, person.clone(), None).await.map(drop).unwrap(),
            None => desk.erase(&id).await.unwrap(),
        }
        let now = self.clock.now();
        self.wishes.entry(customer).or_default().push((now, person));
    }

    async fn report(&self, request: &Request) {
        let key = format!("{}-{}", request.account, request.at.timestamp_millis());
        let events = request.events.clone();
        let append = world::request(&account(request), &key, events);
        self.pipeline.api.appender.append(&append).await.unwrap();
    }

    /// Until nothing is under way and nothing is due. The cheap questions first:
    /// they are asked often.
    async fn settle(&self, mut touched: BTreeSet<AccountId>) {
        let local = Connection::open_with_flags(&self.local, OpenFlags::SQLITE_OPEN_READ_ONLY);
        let local = local.unwrap();
        let waited = async {
            while self.deliveries(&local) > 0
                || !self.is_projected(&mut touched).await
                || self.is_due().await
                // What was projected is on the bus a moment later.
                || self.deliveries_after_a_while(&local).await > 0
            {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, waited).await;
        assert!(waited.is_ok(), "{} is not settled", self.clock.now());
    }

    async fn deliveries_after_a_while(&self, local: &Connection) -> i64 {
        tokio::time::sleep(Duration::from_millis(20)).await;
        self.deliveries(local)
    }

    async fn is_projected(&self, touched: &mut BTreeSet<AccountId>) -> bool {
        let queries = &self.pipeline.api.queries;
        for account in touched.clone() {
            let head = queries.store.head(&account).await.unwrap().unwrap();
            let projected = queries.read_model.load(&account).await.unwrap();
            let version = projected.map(|row| row.value.version());
            if version != Some(head.version()) {
                return false;
            }
            touched.remove(&account);
        }
        true
    }

    fn deliveries(&self, local: &Connection) -> i64 {
        let now = self.clock.now().timestamp_millis();
        let sql = "SELECT count(*) FROM delivery WHERE due_at <= ?1";
        local.query_row(sql, [now], |row| row.get(0)).unwrap()
    }

    async fn is_due(&self) -> bool {
        let (api, now) = (&self.pipeline.api, self.clock.now());
        for slice in 0..DUE_SHARDS {
            let notifications = api.notifications.due(slice, now, 1).await.unwrap();
            let schedules = api.scheduler.schedules.due(slice, now, 1).await.unwrap();
            if !notifications.is_empty() || !schedules.is_empty() {
                return true;
            }
        }
        false
    }

    pub async fn end(self) {
        self.pipeline.stop().await;
    }
}

fn account(request: &Request) -> AccountId {
    request.account.parse().unwrap()
}
