//! The mailbox, and what was in it before somebody was erased.

use std::collections::BTreeMap;

use embedded::{Pipeline, StoredMail};

/// What stands for the recipient of a mail to somebody who was erased.
const ERASED: &str = "erased";

/// Mails with the content of each one's first file, by id.
#[derive(Default)]
pub struct Mailbox {
    pub mails: Vec<StoredMail>,
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Mailbox {
    pub async fn read(pipeline: &Pipeline) -> Self {
        let mails = pipeline.mailbox.inbox(None, None).await.unwrap();
        let mut files = BTreeMap::new();
        for mail in mails.iter().filter(|mail| !mail.attachments.is_empty()) {
            let number = mail.id.parse().unwrap();
            let file = pipeline.mailbox.attachment(number, 0).await.unwrap();
            files.insert(mail.id.clone(), file.unwrap().bytes);
        }
        Mailbox { mails, files }
    }

    /// The same with each mail as it came, by what was there `before` somebody
    /// was erased. A mail that came after it stays as it is.
    pub fn restored(mut self, before: &Mailbox) -> Self {
        for mail in self.mails.iter_mut().filter(|mail| mail.to == ERASED) {
            let mut came = before.mails.iter();
            let came = came.find(|came| came.id == mail.id && came.to != ERASED);
            *mail = came.unwrap().clone();
            if let Some(file) = before.files.get(&mail.id) {
                self.files.insert(mail.id.clone(), file.clone());
            }
        }
        self
    }
}
