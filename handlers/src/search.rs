//! The search of clerks and analysts: an account, a customer, an event or a mail, by whatever the caller on the phone has.

mod question;
mod reindex;

use std::collections::BTreeSet;
use std::sync::Arc;

use domain::notification::Notification;
use domain::{AccountId, CustomerId, EventId, FieldError};
use serde::Serialize;

use crate::customers::{
    TermKind, email_prefix, has_address, has_words, id_prefix, name_prefix, words,
};
use crate::error::{Error, Result};
use crate::ports::{
    AccountIndex, AccountLookup, CustomerIndex, CustomerRevision, Customers, Notifications, Person,
};
use crate::query::{AccountView, Queries};
pub use question::{MAX_QUESTION_CHARS, Question};
pub use reindex::{Reindexed, Reindexer, Standing};

/// The most hits of a search. A higher `limit` is refused with 400.
pub const MAX_HITS: usize = 100;
/// The hits of a search without `limit`.
pub const DEFAULT_HITS: usize = 20;
/// Orders of several words that are looked up, each from another word on. Further orders are found among the candidates.
const MAX_ORDERS: usize = 4;
/// Customers with one of several words who are held against the others; each is a read. If there are more, the answer says so.
const MAX_CANDIDATES: usize = 100;
/// Pages of an index that are read for one key. If more would be needed, the answer says so.
const MAX_PAGES: usize = 5;

/// The search. It reads keys and indexes only, and never a whole table.
pub struct Searcher {
    /// The index of the accounts.
    pub accounts: Arc<dyn AccountIndex>,
    /// The queries of balances and history.
    pub queries: Arc<Queries>,
    /// The stored customers.
    pub customers: Arc<dyn Customers>,
    /// The index of the customers.
    pub customer_index: Arc<dyn CustomerIndex>,
    /// The notifications.
    pub notifications: Arc<dyn Notifications>,
}

impl std::fmt::Debug for Searcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Searcher").finish_non_exhaustive()
    }
}

/// What a search found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Found {
    /// The hits: exact ones first, then those by last four characters, then those by name.
    pub hits: Vec<Hit>,
    /// What the text was compared with.
    pub looked_at: Vec<Key>,
    /// Whether there are, or may be, hits beyond these.
    pub more: bool,
}

/// A hit of a search.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hit {
    /// The kind of thing.
    #[serde(rename = "type")]
    pub kind: HitKind,
    /// Its id.
    pub id: String,
    /// A line about it, for people.
    pub label: String,
    /// What the text was found in.
    pub matched: Key,
    /// The account of an event or a notification.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account_id: Option<AccountId>,
    /// The version of an event in its account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}

/// A kind of thing that is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HitKind {
    /// An account.
    Account,
    /// A customer.
    Customer,
    /// An event.
    Event,
    /// A notification.
    Notification,
}

/// What something is found by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The account's id.
    AccountId,
    /// The last four letters and digits of the account's id.
    LastFour,
    /// The customer's id.
    CustomerId,
    /// An address of the customer.
    Email,
    /// The customer's name.
    Name,
    /// The event's id.
    EventId,
    /// The notification's id.
    NotificationId,
    /// The code in a mail.
    MailCode,
}

/// The hits so far, each once and at most as many as were asked for.
struct Hits {
    hits: Vec<Hit>,
    seen: BTreeSet<(HitKind, String)>,
    limit: usize,
    more: bool,
}

impl Hits {
    fn is_full(&self) -> bool {
        self.more && self.hits.len() >= self.limit
    }

    /// Whether this one is known, so that nothing has to be read about it.
    fn has(&self, kind: HitKind, id: &str) -> bool {
        self.seen.contains(&(kind, id.to_owned()))
    }

    fn add(&mut self, hit: Hit) {
        if !self.seen.insert((hit.kind, hit.id.clone())) {
            return;
        }
        if self.hits.len() < self.limit {
            self.hits.push(hit);
        } else {
            self.more = true;
        }
    }
}

impl Searcher {
    /// Finds everything that the question may mean, except customers.
    ///
    /// Ids are read consistently. What is found by an index follows about a second after it was stored, accounts after they are
    /// projected.
    ///
    /// # Errors
    /// - `Retryable`, `Unknown`: a store did not answer; search again.
    /// - `Permanent`: stored data cannot be read; a retry does not help.
    pub async fn ledger(&self, question: &Question, limit: usize) -> Result<Found> {
        self.search(question, limit, false).await
    }

    /// Finds everything that the question may mean, customers included: for those who may read customers.
    ///
    /// A customer who was found by the index is held against the newest revision, so that one who was erased, or is called
    /// otherwise now, is never a hit.
    ///
    /// # Errors
    /// Those of [`Searcher::ledger`].
    pub async fn everything(&self, question: &Question, limit: usize) -> Result<Found> {
        self.search(question, limit, true).await
    }

    /// Reads a page of a customer's accounts, and the cursor of the next. Accounts follow about a second after they are
    /// projected.
    ///
    /// # Errors
    /// - `Invalid`: the cursor is none that was given out here.
    /// - `Retryable`, `Unknown`: a store did not answer; read again.
    /// - `Permanent`: a row cannot be read; a retry does not help.
    pub async fn accounts_of(
        &self,
        customer: &CustomerId,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<AccountView>, Option<String>)> {
        let by = AccountLookup::Customer(customer.clone());
        let (accounts, next) = self.accounts.find(&by, cursor, limit).await?;
        let mut views = Vec::with_capacity(accounts.len());
        for account in &accounts {
            views.push(self.queries.account(account).await?);
        }
        Ok((views, next))
    }

    /// Reads the ids of all accounts of a customer.
    ///
    /// # Errors
    /// - `Invalid`: there are more than `max`; a retry does not help.
    /// - `Retryable`, `Unknown`: the store did not answer; read again.
    /// - `Permanent`: the index cannot be read; a retry does not help.
    pub async fn account_ids_of(
        &self,
        customer: &CustomerId,
        max: usize,
    ) -> Result<BTreeSet<AccountId>> {
        let by = AccountLookup::Customer(customer.clone());
        let mut found = BTreeSet::new();
        let mut cursor = None;
        loop {
            let (accounts, next) = self.accounts.find(&by, cursor.as_deref(), max + 1).await?;
            found.extend(accounts);
            if found.len() > max {
                let detail = format!("has more than {max} accounts: name one as account_id");
                return Err(Error::invalid(FieldError::parameter("customer_id", detail)));
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(found);
            }
        }
    }

    /// Reads a page of all customers by name, and the cursor of the next. Erased ones are not among them. A person whom today's
    /// rules refuse is `None`.
    ///
    /// # Errors
    /// Those of [`Searcher::accounts_of`].
    pub async fn customers(
        &self,
        cursor: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<(CustomerId, Option<Person>)>, Option<String>)> {
        let (found, next) = self
            .customer_index
            .find(TermKind::Name, "", cursor, limit)
            .await?;
        let mut customers = Vec::with_capacity(found.len());
        for customer in found {
            let latest = self.customers.latest(&customer).await?;
            if let Some(person) = latest.and_then(|latest| latest.person) {
                customers.push((customer, person.ok()));
            }
        }
        Ok((customers, next))
    }

    async fn search(&self, question: &Question, limit: usize, persons: bool) -> Result<Found> {
        let mut hits = Hits {
            hits: Vec::new(),
            seen: BTreeSet::new(),
            limit,
            more: false,
        };
        let mut looked_at = Vec::new();
        if let Some(folded) = question.id() {
            looked_at.push(Key::AccountId);
            self.accounts_by_id(question, folded, &mut hits).await?;
            if persons {
                looked_at.push(Key::CustomerId);
                self.customers_by_id(question, folded, &mut hits).await?;
            }
        }
        if let Some(id) = question.uuid() {
            looked_at.extend([Key::EventId, Key::NotificationId]);
            self.event(id, &mut hits).await?;
            if let Some(found) = self.notifications.get(id.into()).await? {
                hits.add(notification(&found.value, Key::NotificationId));
            }
        }
        if let Some(code) = question.code() {
            looked_at.push(Key::MailCode);
            if let Some(found) = self.notifications.by_code(code).await? {
                hits.add(notification(&found, Key::MailCode));
            }
        }
        if let Some(ending) = question.ending() {
            looked_at.push(Key::LastFour);
            self.accounts_by_ending(ending, &mut hits).await?;
        }
        if persons && let Some(address) = question.email() {
            looked_at.push(Key::Email);
            self.customers_by_address(address, &mut hits).await?;
        }
        if persons && let Some(text) = question.name() {
            looked_at.push(Key::Name);
            self.customers_by_name(&words(text), &mut hits).await?;
        }
        Ok(Found {
            hits: hits.hits,
            looked_at,
            more: hits.more,
        })
    }

    async fn accounts_by_id(
        &self,
        question: &Question,
        folded: &str,
        hits: &mut Hits,
    ) -> Result<()> {
        for id in question.spellings() {
            self.account(&id, Key::AccountId, hits).await?;
        }
        let by = AccountLookup::Id(folded.to_owned());
        self.accounts_by(&by, Key::AccountId, |_| true, hits).await
    }

    async fn accounts_by_ending(&self, ending: &str, hits: &mut Hits) -> Result<()> {
        let by = AccountLookup::Ending(crate::ports::ending_of(ending).to_owned());
        // More than four may stand behind the dots.
        let ends = |account: &AccountId| account.folded().ends_with(ending);
        self.accounts_by(&by, Key::LastFour, ends, hits).await
    }

    async fn accounts_by(
        &self,
        by: &AccountLookup,
        key: Key,
        is: impl Fn(&AccountId) -> bool,
        hits: &mut Hits,
    ) -> Result<()> {
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            if hits.is_full() {
                return Ok(());
            }
            let (found, next) = self
                .accounts
                .find(by, cursor.as_deref(), hits.limit + 1)
                .await?;
            for account in found.iter().filter(|account| is(account)) {
                self.account(account, key, hits).await?;
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(());
            }
        }
        hits.more = true;
        Ok(())
    }

    async fn account(&self, account: &AccountId, key: Key, hits: &mut Hits) -> Result<()> {
        if hits.is_full() || hits.has(HitKind::Account, account.as_str()) {
            return Ok(());
        }
        match self.queries.account(account).await {
            Ok(view) => hits.add(account_hit(&view, key)),
            Err(Error::NotFound(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }

    async fn event(&self, id: uuid::Uuid, hits: &mut Hits) -> Result<()> {
        let id = EventId::from(id);
        let by = AccountLookup::Event(id);
        let (accounts, _) = self.accounts.find(&by, None, MAX_CANDIDATES).await?;
        for account in accounts {
            let Some(version) = id.version_in(&account) else {
                continue;
            };
            let found = match self.queries.history(&account, version - 1, 1).await {
                Ok((events, _)) => events.into_iter().find(|event| event.version == version),
                Err(Error::NotFound(_)) => None,
                Err(error) => return Err(error),
            };
            if let Some(event) = found {
                hits.add(Hit {
                    kind: HitKind::Event,
                    id: event.event_id,
                    label: format!("{}, {account}", event.event_type),
                    matched: Key::EventId,
                    account_id: Some(account),
                    version: Some(version),
                });
            }
        }
        Ok(())
    }

    async fn customers_by_id(
        &self,
        question: &Question,
        folded: &str,
        hits: &mut Hits,
    ) -> Result<()> {
        for customer in question.spellings() {
            self.customer(&customer, Key::CustomerId, |_| true, hits)
                .await?;
        }
        let prefix = id_prefix(folded);
        self.customers_by(TermKind::Id, &prefix, Key::CustomerId, |_| true, hits)
            .await
    }

    async fn customers_by_address(&self, address: &str, hits: &mut Hits) -> Result<()> {
        let has = |person: &Person| has_address(person, address);
        let prefix = email_prefix(address);
        self.customers_by(TermKind::Email, &prefix, Key::Email, has, hits)
            .await
    }

    /// Looks up the words as they were given and from each further one on, as the index has names. Other orders, and beginnings
    /// of several words, are found among those who have the longest of the words.
    async fn customers_by_name(&self, asked: &[String], hits: &mut Hits) -> Result<()> {
        let has = |person: &Person| has_words(&person.name, asked);
        let mut order = asked.to_vec();
        for _ in 0..asked.len().min(MAX_ORDERS) {
            let prefix = name_prefix(&order);
            for kind in [TermKind::Name, TermKind::Word] {
                self.customers_by(kind, &prefix, Key::Name, has, hits)
                    .await?;
            }
            order.rotate_left(1);
        }
        let longest = asked.iter().max_by_key(|word| word.chars().count());
        if asked.len() > 1
            && let Some(longest) = longest
        {
            let prefix = name_prefix(std::slice::from_ref(longest));
            for kind in [TermKind::Name, TermKind::Word] {
                self.candidates(kind, &prefix, has, hits).await?;
            }
        }
        Ok(())
    }

    async fn customers_by(
        &self,
        kind: TermKind,
        prefix: &str,
        key: Key,
        is: impl Fn(&Person) -> bool,
        hits: &mut Hits,
    ) -> Result<()> {
        let mut cursor = None;
        for _ in 0..MAX_PAGES {
            if hits.is_full() {
                return Ok(());
            }
            let (found, next) = self
                .customer_index
                .find(kind, prefix, cursor.as_deref(), hits.limit + 1)
                .await?;
            for customer in &found {
                self.customer(customer, key, &is, hits).await?;
            }
            cursor = next;
            if cursor.is_none() {
                return Ok(());
            }
        }
        hits.more = true;
        Ok(())
    }

    /// Holds at most [`MAX_CANDIDATES`] customers against all words.
    async fn candidates(
        &self,
        kind: TermKind,
        prefix: &str,
        is: impl Fn(&Person) -> bool,
        hits: &mut Hits,
    ) -> Result<()> {
        if hits.is_full() {
            return Ok(());
        }
        let (found, next) = self
            .customer_index
            .find(kind, prefix, None, MAX_CANDIDATES)
            .await?;
        for customer in &found {
            self.customer(customer, Key::Name, &is, hits).await?;
        }
        hits.more |= next.is_some();
        Ok(())
    }

    /// Adds the customer, if there is a person now and it is the one that was asked for. A person whom today's rules refuse
    /// cannot be held against the question, and is found by what the index has.
    async fn customer(
        &self,
        customer: &CustomerId,
        key: Key,
        is: impl Fn(&Person) -> bool,
        hits: &mut Hits,
    ) -> Result<()> {
        if hits.is_full() || hits.has(HitKind::Customer, customer.as_str()) {
            return Ok(());
        }
        let latest = self.customers.latest(customer).await?;
        let Some(CustomerRevision {
            person: Some(person),
            ..
        }) = latest
        else {
            return Ok(());
        };
        let label = match person {
            Ok(person) if !is(&person) => return Ok(()),
            Ok(person) => person.name,
            Err(_) => customer.to_string(),
        };
        hits.add(Hit {
            kind: HitKind::Customer,
            id: customer.to_string(),
            label,
            matched: key,
            account_id: None,
            version: None,
        });
        Ok(())
    }
}

fn account_hit(view: &AccountView, matched: Key) -> Hit {
    let closed = match view.status {
        domain::account::Status::Open => "",
        domain::account::Status::Closed => ", closed",
    };
    Hit {
        kind: HitKind::Account,
        id: view.account_id.to_string(),
        label: format!("{}, of {}{closed}", view.currency, view.customer_id),
        matched,
        account_id: None,
        version: None,
    }
}

fn notification(notification: &Notification, matched: Key) -> Hit {
    let account = notification.mail_account().cloned();
    let kind = match account {
        None => "digest".to_owned(),
        Some(_) => notification.subject().lead().to_string(),
    };
    Hit {
        kind: HitKind::Notification,
        id: notification.id().to_string(),
        label: format!("{kind}, {}", notification.phase()),
        matched,
        account_id: account,
        version: None,
    }
}
