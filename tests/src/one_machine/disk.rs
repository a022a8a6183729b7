//! The files of a data folder, to look into and to damage.

use std::path::PathBuf;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

/// The two SQLite files of a folder. The engine keeps an item as one row of
/// its table: key, sort key, JSON.
#[derive(Debug, Clone)]
pub struct Disk {
    data: PathBuf,
}

impl Disk {
    pub(super) fn new(data: PathBuf) -> Self {
        Disk { data }
    }

    pub(super) fn file(&self, name: &str) -> PathBuf {
        self.data.join(name)
    }

    pub(super) fn open(&self, file: &str) -> Connection {
        let connection = Connection::open(self.file(file)).expect("the file is there");
        connection
            .busy_timeout(Duration::from_secs(10))
            .expect("a timeout can be set");
        connection
    }

    /// The text of a file.
    ///
    /// # Panics
    /// When it cannot be read.
    #[must_use]
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.file(name)).expect("the file is there")
    }

    /// Events that wait to be delivered to a function.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn deliveries(&self) -> usize {
        self.count("SELECT COUNT(*) FROM delivery")
    }

    /// Mails in the mailbox.
    ///
    /// # Panics
    /// When the file cannot be read.
    #[must_use]
    pub fn mails(&self) -> usize {
        self.count("SELECT COUNT(*) FROM mail")
    }

    fn count(&self, query: &str) -> usize {
        self.open("local.sqlite")
            .query_row(query, [], |row| row.get(0))
            .expect("the table is there")
    }

    /// Changes the read model's row of an account, as a fault would.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn change_balance(&self, account: &str, change: impl FnOnce(&mut Value)) {
        self.change("balances", account, change);
    }

    /// Changes the one revision of a customer, as a fault would.
    ///
    /// # Panics
    /// When there is no such row.
    pub fn change_customer(&self, customer: &str, change: impl FnOnce(&mut Value)) {
        self.change("customers", customer, change);
    }

    fn change(&self, table: &str, key: &str, change: impl FnOnce(&mut Value)) {
        let connection = self.open("dynamodb.sqlite");
        let key = format!("S:{key}");
        let text: Option<String> = connection
            .query_row(
                &format!("SELECT item_json FROM {table} WHERE pk = ?1"),
                [&key],
                |row| row.get(0),
            )
            .optional()
            .expect("the table is there");
        let mut item: Value =
            serde_json::from_str(&text.expect("the row is there")).expect("an item is JSON");
        change(&mut item);
        connection
            .execute(
                &format!("UPDATE {table} SET item_json = ?1 WHERE pk = ?2"),
                params![item.to_string(), key],
            )
            .expect("the row can be written");
    }

    /// From now on, `text` of an event of this account is written to the disk
    /// as `damaged`, to the table as well as to the stream.
    ///
    /// # Panics
    /// When the file cannot be changed.
    pub fn damage_what_is_written(&self, account: &str, text: &str, damaged: &str) {
        let change = |column: &str| format!("replace({column}, '{text}', '{damaged}')");
        let is_it = format!("LIKE '%{account}%{text}%' OR NEW.{{}} LIKE '%{text}%{account}%'");
        let of = |column: &str| format!("NEW.{column} {}", is_it.replace("{}", column));
        self.open("dynamodb.sqlite")
            .execute_batch(&format!(
                "CREATE TRIGGER damage_item AFTER INSERT ON events WHEN {} BEGIN
                     UPDATE events SET item_json = {} WHERE pk = NEW.pk AND sk = NEW.sk;
                 END;
                 CREATE TRIGGER damage_record AFTER INSERT ON _stream_records WHEN {} BEGIN
                     UPDATE _stream_records SET new_image = {} WHERE id = NEW.id;
                 END;",
                of("item_json"),
                change("item_json"),
                of("new_image"),
                change("new_image"),
            ))
            .expect("triggers can be made");
    }

    /// Writes as it should be what was damaged in the table, and damages
    /// nothing any more.
    ///
    /// # Panics
    /// When not exactly one item was damaged.
    pub fn repair(&self, account: &str, text: &str, damaged: &str) {
        let connection = self.open("dynamodb.sqlite");
        connection
            .execute_batch("DROP TRIGGER damage_item; DROP TRIGGER damage_record;")
            .expect("the triggers are there");
        let repaired = connection
            .execute(
                "UPDATE events SET item_json = replace(item_json, ?1, ?2)
                 WHERE pk = ?3 AND instr(item_json, ?1) > 0",
                params![damaged, text, format!("S:{account}")],
            )
            .expect("the items can be written");
        assert_eq!(repaired, 1, "items were damaged");
    }
}
