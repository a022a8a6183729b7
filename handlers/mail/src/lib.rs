//! The mails that a bank's customer gets: templates, locales, and how money and times are written in them.
//!
//! Pure: no I/O, no clock, no network. A [`Notice`], [`DigestNotice`] or [`StatementNotice`] is everything that a mail may
//! say; [`render`], [`render_digest`] and [`render_statement`] turn it into subject, text and html, or fail. There is no way
//! for a mail to say something that is not in the notice, because an undefined variable in a template is an error: of the
//! build (`build.rs`), and if that should miss one, of the rendering.
//!
//! Templates are in `templates/`: a folder for each locale, in it a folder for each kind, the locale's words, how it writes
//! money, and the templates' versions; one `layout/` for each kind of mail and format. `build.rs` puts together what is the
//! same in each mail of a kind. What they give is in `golden/`.
//! After a change of words: raise the versions in `versions.txt`, then `UPDATE_GOLDEN=1 cargo test -p mail`, and read the
//! difference. More in `docs/mails.md`.

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
/// What a mail is about is what its notification is about.
pub use domain::notification::Kind;
pub use envelope::Envelope;
pub use limits::{MAX_DIGEST_ITEMS_SHOWN, MAX_STATEMENT_ENTRIES, MAX_STATEMENT_ENTRIES_SHOWN};
pub use locale::{Locale, UnknownLocale};
pub use money::{Amount, Direction, format_amount};
pub use notice::{Notice, Scheduled, render};
pub use render::{RenderError, Rendered};
pub use statement::{
    Attachment, RenderedStatement, StatementEntry, StatementNotice, render_statement,
};
pub use thread::thread_headers;
pub use time::{format_date, format_time};
