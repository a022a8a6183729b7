//! The mails that a bank's customer gets: templates, locales, and how money and times are written in them.
//!
//! Pure: no I/O, no clock, no network. A [`Notice`] is everything that a mail may say; [`render`] turns it into
//! subject, text and html, or fails. There is no way for a mail to say something that is not in the notice, because
//! an undefined variable in a template is an error.
//!
//! Templates are in `templates/`: a folder for each kind and locale, one `layout/` for each format, one file of `words/`
//! for each language. What they give is in `golden/`; the tests also write `target/previews/index.html`, which shows
//! every mail on one page. After a change of words: raise the version in `templates.rs`, then
//! `UPDATE_GOLDEN=1 cargo test -p mail`, and read the difference.

mod account;
mod money;
mod notice;
mod render;
mod templates;
mod time;
mod untrusted;

pub use account::mask;
/// What a mail is about is what its notification is about.
pub use domain::notification::Kind;
pub use money::format_amount;
pub use notice::{Amount, Locale, Notice, UnknownLocale};
pub use render::{RenderError, Rendered, render};
pub use time::{format_date, format_time};
