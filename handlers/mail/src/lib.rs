//! The mails to a bank's customers: templates, locales, and the formats of money and times.
//!
//! Pure: no I/O, no clock, no network. A [`Notice`], [`DigestNotice`] or [`StatementNotice`] holds everything that a mail
//! may say; [`render()`], [`render_digest`] and [`render_statement`] turn it into subject, text and HTML, or fail. A mail
//! cannot say anything else, because an undefined variable in a template is an error: of the build (`build.rs`), or else
//! of the rendering.
//!
//! ```
//! use mail::{Amount, Kind, Locale, Notice, examples, render};
//!
//! let notice = Notice {
//!     amount: Some(Amount { minor: 12_550, currency: "EUR".to_owned(), digits: 2 }),
//!     reference: Some("Salary November 2026".to_owned()),
//!     ..examples::notice(Kind::Deposit, Locale::En)
//! };
//! let mail = render(&notice)?;
//! assert!(mail.subject.contains("€125.50"));
//! assert!(mail.text.contains("Salary November 2026"));
//! assert!(mail.template.starts_with("deposit/en@"));
//! # Ok::<(), mail::RenderError>(())
//! ```
//!
//! `templates/` has a folder for each locale, with a folder for each kind, the locale's words, its format of money and the
//! templates' versions; `layout/` has the parts that all locales share. `build.rs` combines them into one template a mail.
//! `golden/` has the results. After a change of words, raise the versions in `versions.txt`, run
//! `UPDATE_GOLDEN=1 cargo test -p mail` and review the difference. `docs/explanation/mails.md` has more.

mod account;
mod digest;
mod envelope;
pub mod examples;
#[allow(dead_code, reason = "most of the names are for build.rs and the tests")]
mod fact_names;
mod facts;
mod icu;
mod limits;
mod locale;
mod money;
mod notice;
mod render;
mod statement;
mod templates;
mod thread;
mod time;
mod untrusted;

pub use account::mask;
pub use digest::{DigestItem, DigestNotice, DigestTotal, digest_totals, render_digest};
/// The kind of a mail, which is the kind of its notification.
pub use domain::notification::Kind;
pub use envelope::Envelope;
pub use limits::{MAX_DIGEST_ITEMS_SHOWN, MAX_STATEMENT_ENTRIES, MAX_STATEMENT_ENTRIES_SHOWN};
pub use locale::{Locale, UnknownLocale};
pub use money::{Amount, Direction, format_amount};
pub use notice::{Also, Notice, Reversed, Scheduled, render};
pub use render::{RenderError, Rendered};
pub use statement::{
    Attachment, RenderedStatement, StatementEntry, StatementNotice, render_statement,
};
pub use thread::thread_headers;
pub use time::{format_date, format_time};
