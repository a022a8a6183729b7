//! The erasure of a person on one machine: from the mailbox too, and down to the
//! bytes of the files.

use std::collections::BTreeMap;
use std::sync::Arc;

use async_trait::async_trait;
use aws::DynamoCustomers;
use chrono::{DateTime, Utc};
use domain::{CustomerId, NotificationId};
use handlers::customers::name_texts;
use handlers::ports::{CustomerRevision, Customers, Notifications, ReadModel, Saved};
use handlers::{Error, Result};
use rusqlite::params;
use serde_json::Value;
use tokio::sync::Mutex;

use crate::durable::Durable;
use crate::engine::EventsFile;

/// The text in place of an erased person's address or mail.
const ERASED: &str = "erased";

/// The customers, of whom an erasure leaves nothing on this machine.
pub(crate) struct ErasedToTheByte {
    pub(crate) customers: DynamoCustomers,
    pub(crate) notifications: Arc<dyn Notifications>,
    pub(crate) read_model: Arc<dyn ReadModel>,
    pub(crate) durable: Durable,
    pub(crate) events: EventsFile,
    pub(crate) wiping: Mutex<()>,
}

/// The texts by which a person could be found.
#[derive(Default)]
struct Traces {
    addresses: Vec<String>,
    names: Vec<String>,
}

/// The notifications of a person's mails, by the mails' ids.
type Mails = BTreeMap<i64, String>;

impl Traces {
    /// Of persons as stored, whether or not they could be read as such.
    fn of(persons: &[Value]) -> Self {
        let mut traces = Traces::default();
        for person in persons {
            let further = person["preferences"]["addresses"].as_array();
            let all = further.into_iter().flatten().chain([person]);
            let text = |of: &Value, member: &str| of[member].as_str().map(str::to_owned);
            traces
                .addresses
                .extend(all.filter_map(|of| text(of, "email")));
            let name = text(person, "name");
            // As the index of the customers has it, too.
            let terms = name.iter().flat_map(|name| name_texts(name));
            traces.names.extend(terms);
            traces.names.extend(name);
        }
        for found in [&mut traces.addresses, &mut traces.names] {
            found.sort_unstable();
            found.dedup();
        }
        traces
    }

    /// Returns their forms in the files: plain, and within JSON.
    fn bytes(&self) -> Vec<Vec<u8>> {
        let all = self.addresses.iter().chain(&self.names);
        let mut found: Vec<Vec<u8>> = all
            .flat_map(|text| [text.clone(), within_json(text)])
            .map(String::into_bytes)
            .collect();
        found.dedup();
        found
    }
}

fn within_json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

impl ErasedToTheByte {
    /// Erases the mails to these addresses that are this customer's; customers
    /// who share an address keep theirs. The fact and the time of a mail's
    /// acceptance stay, because they keep it from being sent again.
    async fn erase_mails(
        &self,
        customer: &CustomerId,
        traces: &Traces,
        erased: &mut Mails,
    ) -> Result<()> {
        let addresses = traces.addresses.clone();
        let candidates: Mails = self
            .durable
            .write(move |transaction| {
                let mut to = transaction
                    .prepare_cached("SELECT id, notification_id FROM mail WHERE recipient = ?1")?;
                let mut found = Mails::new();
                for address in addresses {
                    for row in to.query_map([address], |row| Ok((row.get(0)?, row.get(1)?)))? {
                        found.extend([row?]);
                    }
                }
                Ok(found)
            })
            .await?;
        for (mail, notification) in candidates {
            if self.is_of(customer, &notification).await? {
                erased.insert(mail, notification);
            }
        }
        let (addresses, mails) = (traces.addresses.clone(), erased.clone());
        self.durable
            .write(move |transaction| {
                for (mail, notification) in &mails {
                    transaction.execute(
                        "UPDATE mail SET recipient = ?2, subject = ?2, text = '', html = '', headers = '{}' WHERE id = ?1",
                        params![mail, ERASED],
                    )?;
                    transaction.execute("DELETE FROM attachment WHERE mail = ?1", [mail])?;
                    // Provider events about the mail, pending or failed.
                    for address in &addresses {
                        let told = params![notification, within_json(address), ERASED];
                        transaction.execute(
                            "UPDATE delivery SET event = replace(event, ?2, ?3) WHERE instr(event, ?1) AND instr(event, ?2)",
                            told,
                        )?;
                        transaction.execute(
                            "UPDATE dead_letter SET body = replace(body, ?2, ?3) WHERE instr(body, ?1) AND instr(body, ?2)",
                            told,
                        )?;
                    }
                }
                Ok(())
            })
            .await
    }

    /// Whether a mail is this customer's. A mail without a notification counts
    /// as theirs, because it went to their address.
    async fn is_of(&self, customer: &CustomerId, notification: &str) -> Result<bool> {
        let id: Option<NotificationId> = notification.parse().ok();
        let Some(id) = id else { return Ok(true) };
        let Some(notification) = self.notifications.get(id).await? else {
            return Ok(true);
        };
        if let Some(digest) = notification.value.content().digest() {
            return Ok(digest.customer_id() == customer);
        }
        let account = notification.value.account_id();
        let row = self.read_model.load(account).await?;
        let balance = row.and_then(|row| row.value.balance);
        Ok(balance.is_none_or(|balance| balance.head.account.customer_id == *customer))
    }
}

#[async_trait]
impl Customers for ErasedToTheByte {
    async fn latest(&self, customer: &CustomerId) -> Result<Option<CustomerRevision>> {
        self.customers.latest(customer).await
    }

    async fn at(
        &self,
        customer: &CustomerId,
        time: DateTime<Utc>,
    ) -> Result<Option<CustomerRevision>> {
        self.customers.at(customer, time).await
    }

    async fn add(&self, revision: &CustomerRevision) -> Result<Saved> {
        self.customers.add(revision).await
    }

    /// Erases the mails first: if the revisions went first and this were
    /// interrupted, nothing would lead to the mails any more. Before the first
    /// deletion it records that data may be left, so that the next erasure looks
    /// for it. Idempotent.
    async fn erase_before(&self, customer: &CustomerId, revision: u64) -> Result<()> {
        // One at a time: the record about the files is shared.
        let _alone = self.wiping.lock().await;
        let had_leftovers = self.durable.note_leftovers().await?;
        let traces = Traces::of(&self.customers.persons(customer).await?);
        let mut mails = Mails::new();
        self.erase_mails(customer, &traces, &mut mails).await?;
        self.customers.erase_before(customer, revision).await?;
        // Again, for mails that arrived in the meantime.
        self.erase_mails(customer, &traces, &mut mails).await?;
        if had_leftovers {
            // The texts of the unfinished erasure are unknown by now.
            return free_of_leftovers(&self.durable, self.events.clone()).await;
        }
        self.durable.wipe(traces.bytes()).await?;
        let (events, traces) = (self.events.clone(), traces.bytes());
        match tokio::task::spawn_blocking(move || events.wipe(&traces)).await {
            Ok(Ok(())) => self.durable.note_without_leftovers().await,
            Ok(Err(error)) => Err(Error::Retryable(error.to_string().into())),
            Err(_) => Err(Error::Retryable("wiping the file was interrupted".into())),
        }
    }
}

/// Rewrites both files without deleted data, which an older version or an
/// unfinished wipe left there.
pub(crate) async fn free_of_leftovers(durable: &Durable, events: EventsFile) -> Result<()> {
    tracing::warn!("rewriting the files to remove deleted data");
    match tokio::task::spawn_blocking(move || events.rewrite()).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => return Err(Error::Retryable(error.to_string().into())),
        Err(_) => {
            return Err(Error::Retryable(
                "rewriting the file was interrupted".into(),
            ));
        }
    }
    durable.rewrite().await?;
    durable.note_without_leftovers().await
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use aws::{DynamoNotifications, DynamoReadModel};
    use rusqlite::Connection;

    use super::*;
    use crate::durable;
    use crate::engine::Engine;

    const TRACE: &str = "ana.lind@example.com";

    fn holds(file: &Path) -> bool {
        let bytes = fs::read(file).unwrap();
        bytes
            .windows(TRACE.len())
            .any(|window| window == TRACE.as_bytes())
    }

    #[test]
    fn who_could_not_be_read_as_a_person_is_found_all_the_same() {
        let stored = serde_json::json!({
            "email": TRACE, "name": "Ana \"Lind\"", "time_zone": "Nowhere/Land",
            "preferences": { "addresses": [{ "email": "ben@example.com" }], "delivery": 7 },
        });
        let traces = Traces::of(&[stored, serde_json::json!({})]);
        assert_eq!(traces.addresses, [TRACE, "ben@example.com"]);
        assert_eq!(traces.names, ["Ana \"Lind\"", "ana lind", "lind ana"]);
    }

    /// Deletes as older versions did.
    fn leave_something(file: &Path) {
        Connection::open(file)
            .unwrap()
            .execute_batch(&format!(
                "PRAGMA secure_delete = OFF; CREATE TABLE left_over (text TEXT);
                 INSERT INTO left_over VALUES ('{TRACE}'); DELETE FROM left_over;
                 PRAGMA wal_checkpoint(TRUNCATE);"
            ))
            .unwrap();
    }

    #[tokio::test]
    async fn data_deleted_by_an_older_version_is_in_no_file_after_the_first_start_with_this_one() {
        let folder = tempfile::tempdir().unwrap();
        let [events, local] =
            ["dynamodb.sqlite", "local.sqlite"].map(|name| folder.path().join(name));
        let engine = Engine::start(&events).await.unwrap();
        drop(Durable::open(&local).unwrap());
        leave_something(&events);
        leave_something(&local);
        assert!(holds(&events) && holds(&local));
        assert!(durable::has_leftovers(&local).unwrap());

        let durable = Durable::open(&local).unwrap();
        free_of_leftovers(&durable, engine.file()).await.unwrap();
        assert!(!holds(&events) && !holds(&local));
        assert!(!durable::has_leftovers(&local).unwrap());
        engine.stop().await;
    }

    #[tokio::test]
    async fn an_erasure_interrupted_at_its_first_delete_has_recorded_that_data_may_be_left() {
        let folder = tempfile::tempdir().unwrap();
        let [events, local] =
            ["dynamodb.sqlite", "local.sqlite"].map(|name| folder.path().join(name));
        let engine = Engine::start(&events).await.unwrap();
        let durable = Durable::open(&local).unwrap();
        durable.note_without_leftovers().await.unwrap();
        let customers = erased_to_the_byte(&engine, durable.clone());
        durable
            .write(|transaction| transaction.execute_batch("ALTER TABLE mail RENAME TO lost"))
            .await
            .unwrap();
        let ana = "ana".parse().unwrap();
        assert!(customers.erase_before(&ana, 2).await.is_err());
        assert!(durable::has_leftovers(&local).unwrap());
        engine.stop().await;
    }

    fn erased_to_the_byte(engine: &Engine, durable: Durable) -> ErasedToTheByte {
        let dynamo = engine.client();
        ErasedToTheByte {
            customers: DynamoCustomers(dynamo.clone()),
            notifications: Arc::new(DynamoNotifications(dynamo.clone())),
            read_model: Arc::new(DynamoReadModel(dynamo)),
            durable,
            events: engine.file(),
            wiping: Mutex::default(),
        }
    }

    #[tokio::test]
    async fn an_unfinished_erasure_is_finished_by_the_next_although_its_address_is_unknown() {
        let folder = tempfile::tempdir().unwrap();
        let [events, local] =
            ["dynamodb.sqlite", "local.sqlite"].map(|name| folder.path().join(name));
        let engine = Engine::start(&events).await.unwrap();
        let durable = Durable::open(&local).unwrap();
        durable.note_without_leftovers().await.unwrap();
        assert!(!durable.note_leftovers().await.unwrap());
        leave_something(&events);
        leave_something(&local);
        let customers = erased_to_the_byte(&engine, durable);
        let ana = "ana".parse().unwrap();
        customers.erase_before(&ana, 2).await.unwrap();
        assert!(!holds(&events) && !holds(&local));
        assert!(!durable::has_leftovers(&local).unwrap());
        engine.stop().await;
    }

    #[tokio::test]
    async fn an_erased_name_is_in_no_file_as_it_was_entered_or_as_the_index_had_it() {
        let folder = tempfile::tempdir().unwrap();
        let engine = Engine::start(&folder.path().join("dynamodb.sqlite"))
            .await
            .unwrap();
        let durable = Durable::open(&folder.path().join("local.sqlite")).unwrap();
        durable.note_without_leftovers().await.unwrap();
        let customers = erased_to_the_byte(&engine, durable);
        let revision = |number, name: Option<String>| CustomerRevision {
            customer_id: "ana".parse().unwrap(),
            revision: number,
            in_force_from: DateTime::UNIX_EPOCH,
            person: name.map(|name| {
                let person = serde_json::json!({ "email": TRACE, "name": name });
                Ok(handlers::customers::read_person(person).unwrap())
            }),
        };
        // Names of many lengths, so that rows are moved between pages.
        for number in 1..40 {
            let name = format!("Zqjosé {}", "Zqmaría ".repeat(number % 13 + 1));
            let entered = revision(number as u64, Some(name.trim().to_owned()));
            assert_eq!(customers.add(&entered).await, Ok(Saved::Written));
        }
        let found = |text: &str| {
            let files = fs::read_dir(folder.path()).unwrap();
            files
                .map(|file| fs::read(file.unwrap().path()).unwrap())
                .any(|bytes| {
                    bytes
                        .windows(text.len())
                        .any(|part| part == text.as_bytes())
                })
        };
        let traces = ["Zqmaría", "zqjose", "zqmaria", TRACE];
        for text in traces {
            assert!(found(text), "{text} was never there");
        }
        assert_eq!(customers.add(&revision(40, None)).await, Ok(Saved::Written));
        let ana = "ana".parse().unwrap();
        customers.erase_before(&ana, 40).await.unwrap();
        for text in traces {
            assert!(!found(text), "{text} is left");
        }
        engine.stop().await;
    }
}
