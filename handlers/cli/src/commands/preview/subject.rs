//! What a preview is of, and its mail.

use std::fmt;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use domain::IntegrationEvent;
use mail::{
    Attachment, DigestNotice, Envelope, Kind, Locale, Rendered, StatementNotice, examples, render,
    render_digest, render_statement,
};

use super::event;

/// The argument for the mail without a kind.
const DIGEST: &str = "digest";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Subject {
    Kind(Kind),
    Digest,
}

impl fmt::Display for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Subject::Kind(kind) => kind.fmt(f),
            Subject::Digest => f.write_str(DIGEST),
        }
    }
}

/// Returns the parser of the argument, which suggests a kind for a mistyped one.
pub(super) fn parser() -> impl TypedValueParser<Value = Subject> {
    let kinds = Kind::ALL.map(Kind::as_str);
    PossibleValuesParser::new(kinds.into_iter().chain([DIGEST]))
        // Every possible value but one is a kind.
        .map(|name| name.parse().map_or(Subject::Digest, Subject::Kind))
}

impl Subject {
    /// Returns all subjects.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        Kind::ALL
            .into_iter()
            .map(Subject::Kind)
            .chain([Subject::Digest])
    }

    pub(super) fn render(
        self,
        locale: Locale,
        hide_amounts: bool,
        event: Option<&IntegrationEvent>,
    ) -> Result<(Rendered, Option<Attachment>), Box<dyn std::error::Error>> {
        let hide = |envelope: Envelope| Envelope {
            hide_amounts,
            ..envelope
        };
        match self {
            Subject::Kind(Kind::Statement) => {
                let example = examples::statement(locale);
                let notice = match event {
                    Some(event) => event::statement(event, example.envelope)?,
                    None => example,
                };
                let made = render_statement(&StatementNotice {
                    envelope: hide(notice.envelope),
                    ..notice
                })?;
                Ok((made.mail, made.attachment))
            }
            Subject::Kind(kind) => {
                let mut notice = examples::notice(kind, locale);
                if let Some(event) = event {
                    notice = event::notice(event, kind, notice.envelope);
                }
                notice.envelope = hide(notice.envelope);
                Ok((render(&notice)?, None))
            }
            Subject::Digest => {
                let example = examples::digest(locale);
                let notice = match event {
                    Some(event) => event::digest(event, example.envelope)?,
                    None => example,
                };
                let mail = render_digest(&DigestNotice {
                    envelope: hide(notice.envelope),
                    ..notice
                })?;
                Ok((mail, None))
            }
        }
    }
}
