//! One mail on one screen: its files and their names.

use std::path::{Path, PathBuf};

use domain::IntegrationEvent;
use mail::{Locale, Rendered};
use serde_json::{Value, json};

use super::browser::Browser;
use super::screen::Screen;
use super::subject::Subject;
use crate::exit::Failure;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sheet {
    pub(super) subject: Subject,
    pub(super) locale: Locale,
    pub(super) hide_amounts: bool,
    pub(super) screen: Screen,
}

/// The subjects that are shown in another way too: for each way, the one with the most effect.
const HIDDEN: Subject = Subject::Kind(mail::Kind::Withdrawal);
const DARK: Subject = Subject::Digest;
const PHONE: Subject = Subject::Kind(mail::Kind::Statement);

impl Sheet {
    /// Returns every mail in every language, and for each language one with hidden amounts, one in dark mode, one on a phone.
    pub(super) fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for locale in Locale::ALL {
            let plain = |subject| Sheet {
                subject,
                locale,
                hide_amounts: false,
                screen: Screen::default(),
            };
            let on = |subject, dark, phone| Sheet {
                screen: Screen { dark, phone },
                ..plain(subject)
            };
            all.extend(Subject::all().map(plain));
            all.push(Sheet {
                hide_amounts: true,
                ..plain(HIDDEN)
            });
            all.push(on(DARK, true, false));
            all.push(on(PHONE, false, true));
        }
        all
    }

    /// Writes text, HTML and attachment, without a picture.
    pub(super) fn write(
        self,
        out: &Path,
        event: Option<&IntegrationEvent>,
    ) -> Result<Written, Failure> {
        let (mail, attachment) = self
            .subject
            .render(self.locale, self.hide_amounts, event)
            .map_err(|error| Failure::Failed(error.to_string()))?;
        private::create_dir_all(out).map_err(|error| failed(out, "cannot be made", error))?;
        let mut files = Vec::new();
        for (ending, content) in [("txt", &mail.text), ("html", &mail.html)] {
            let path = out.join(format!("{}.{ending}", self.name()));
            write(&path, content.as_bytes())?;
            files.push((ending, path));
        }
        if let Some(attachment) = attachment {
            // Under its own name, which has only ASCII letters, digits, `-` and `.`.
            let path = out.join(&attachment.name);
            write(&path, &attachment.bytes)?;
            files.push(("attachment", path));
        }
        Ok(Written { mail, files })
    }

    /// Draws the mail, and removes its other files.
    pub(super) fn write_picture(self, out: &Path, browser: &Browser) -> Result<Written, Failure> {
        let mut written = self.write(out, None)?;
        let drawn = self.draw(out, browser);
        for (_, path) in written.files.drain(..) {
            std::fs::remove_file(&path)
                .map_err(|error| failed(&path, "cannot be removed", error))?;
        }
        let picture = drawn.map_err(|reason| Failure::Failed(format!("no picture: {reason}")))?;
        written.files.push(("picture", picture));
        Ok(written)
    }

    /// Draws the HTML that was written.
    pub(super) fn draw(self, out: &Path, browser: &Browser) -> Result<PathBuf, String> {
        let html = out.join(format!("{}.html", self.name()));
        let picture = out.join(format!("{}{}.png", self.name(), self.screen.suffix()));
        browser.picture(&html, &picture, self.screen)?;
        Ok(picture)
    }

    fn name(self) -> String {
        let hidden = if self.hide_amounts { ".hidden" } else { "" };
        format!("{}.{}{hidden}", self.subject, self.locale)
    }
}

/// A mail and its files, by their kinds.
pub(super) struct Written {
    pub(super) mail: Rendered,
    pub(super) files: Vec<(&'static str, PathBuf)>,
}

impl Written {
    pub(super) fn document(&self) -> Value {
        let files: serde_json::Map<String, Value> = self
            .files
            .iter()
            .map(|(what, path)| ((*what).to_owned(), json!(path)))
            .collect();
        json!({ "subject": self.mail.subject, "template": self.mail.template, "files": files })
    }
}

fn write(path: &Path, content: &[u8]) -> Result<(), Failure> {
    private::write(path, content).map_err(|error| failed(path, "cannot be written", error))
}

fn failed(path: &Path, what: &str, error: std::io::Error) -> Failure {
    Failure::Failed(format!("{} {what}: {error}", path.display()))
}
