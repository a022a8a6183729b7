//! The parameters of a request: path, query and headers.

use std::collections::BTreeMap;
use std::str::FromStr;

use axum::extract::path::ErrorKind;
use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use chrono::{DateTime, Utc};
use domain::identifiers::IdentifierError;
use domain::time::parse_time;
use domain::{CorrelationId, FieldError, IdempotencyKey};

use super::problem::Problem;
use crate::error::Error;
use crate::query::time_index::Range;
use crate::query::{DEFAULT_PAGE, MAX_PAGE};

/// The id in the path.
pub(super) fn id<T>(name: &str, text: &str) -> Result<T, Problem>
where
    T: FromStr,
    T::Err: std::fmt::Display,
{
    text.parse().map_err(|error: T::Err| {
        Problem::invalid(vec![FieldError::parameter(name, error.to_string())])
    })
}

/// The text of a path's only variable segment.
pub(super) struct PathText(pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathText {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        path.map(|Path(text)| PathText(text)).map_err(unreadable)
    }
}

/// The texts of a path's two variable segments.
pub(super) struct PathTexts(pub(super) String, pub(super) String);

impl<S: Send + Sync> FromRequestParts<S> for PathTexts {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = Path::<(String, String)>::from_request_parts(parts, state).await;
        path.map(|Path((first, second))| PathTexts(first, second))
            .map_err(unreadable)
    }
}

#[expect(
    clippy::wildcard_enum_match_arm,
    reason = "axum may add variants to both"
)]
fn unreadable(rejection: PathRejection) -> Problem {
    match rejection {
        PathRejection::FailedToDeserializePathParams(error) => {
            let name = match error.into_kind() {
                ErrorKind::InvalidUtf8InPathParam { key } => key,
                _ => "path".to_owned(),
            };
            let error = FieldError::parameter(name, "is not UTF-8 when it is decoded");
            Problem::invalid(vec![error])
        }
        _ => Problem::from(Error::Permanent(
            "a route without the variable part that it is read for".into(),
        )),
    }
}

/// The query of a request, each parameter known and read once.
pub(super) struct Query(BTreeMap<String, String>);

impl Query {
    pub(super) fn read(text: Option<String>, known: &[&str]) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = parse(text.as_deref().unwrap_or(""));
        let mut query = BTreeMap::new();
        let mut errors = Vec::new();
        for (name, value) in pairs {
            if !known.contains(&name.as_str()) {
                errors.push(FieldError::parameter(name, "is not a known parameter"));
            } else if query.insert(name.clone(), value).is_some() {
                errors.push(FieldError::parameter(name, "is given twice"));
            }
        }
        if errors.is_empty() {
            Ok(Query(query))
        } else {
            Err(Problem::invalid(errors))
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&String> {
        self.0.get(name)
    }

    pub(super) fn parsed<T, E: std::fmt::Display>(
        &self,
        name: &str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, Problem> {
        self.get(name)
            .map(|text| parse(text))
            .transpose()
            .map_err(|error| Problem::invalid(vec![FieldError::parameter(name, error.to_string())]))
    }

    /// A version, within the bound of the OpenAPI document: signed 64 bits.
    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Problem> {
        self.parsed(name, |text| match text.parse::<u64>() {
            Ok(number) if number <= i64::MAX.unsigned_abs() => Ok(number),
            _ => Err(format!("must be a whole number from 0 to {}", i64::MAX)),
        })
    }

    pub(super) fn limit(&self) -> Result<usize, Problem> {
        self.limit_of(DEFAULT_PAGE, MAX_PAGE)
    }

    /// The limit of a list with a default and a maximum of its own.
    pub(super) fn limit_of(&self, default: usize, max: usize) -> Result<usize, Problem> {
        let limit = self.parsed("limit", |text| match text.parse::<usize>() {
            Ok(limit) if (1..=max).contains(&limit) => Ok(limit),
            _ => Err(format!("must be a whole number from 1 to {max}")),
        })?;
        Ok(limit.unwrap_or(default))
    }

    /// The range from `from` on and before `to`; all times by default.
    pub(super) fn range(&self) -> Result<Range, Problem> {
        let from = self.parsed("from", parse_time)?;
        let to = self.parsed("to", parse_time)?;
        Ok(Range {
            from: from.unwrap_or(DateTime::UNIX_EPOCH),
            to: to.unwrap_or(DateTime::<Utc>::MAX_UTC),
        })
    }

    /// Whether the newest are first.
    pub(super) fn newest_first(&self) -> Result<bool, Problem> {
        let order = self.parsed("order", |text| match text {
            "asc" => Ok(false),
            "desc" => Ok(true),
            _ => Err("must be \"asc\" or \"desc\""),
        })?;
        Ok(order.unwrap_or(false))
    }
}

/// `application/x-www-form-urlencoded`, as the query of a URL has it.
fn parse(text: &str) -> Vec<(String, String)> {
    serde_urlencoded::from_str(text).unwrap_or_default()
}

/// The value of a header. Equal values count as one; different ones are refused as ambiguous. (RFC 9110 allows a list in
/// `If-Match`, but an account has only one version.)
pub(super) fn header<'a>(
    headers: &'a HeaderMap,
    name: &str,
) -> Result<Option<&'a HeaderValue>, Problem> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.any(|other| Some(other) != first) {
        let detail = "is given twice, with other values";
        return Err(Problem::invalid(vec![FieldError::header(name, detail)]));
    }
    Ok(first)
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<IdempotencyKey, Problem> {
    const NAME: &str = "Idempotency-Key";
    let refuse = |detail: String| Problem::invalid(vec![FieldError::header(NAME, detail)]);
    let Some(value) = header(headers, NAME)? else {
        return Err(refuse(
            "is missing; each request needs its own, and a retry the same one".to_owned(),
        ));
    };
    let text = value.to_str().unwrap_or("");
    IdempotencyKey::of_caller(text).map_err(|error| refuse(error.to_string()))
}

/// The version of `If-Match: "7"`, which the resource must have.
pub(super) fn if_match(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = header(headers, "If-Match")? else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or("");
    let version = text
        .strip_prefix('"')
        .and_then(|text| text.strip_suffix('"'))
        .filter(|text| text.bytes().all(|b| b.is_ascii_digit()))
        .and_then(|text| text.parse().ok());
    version.map(Some).ok_or_else(|| {
        let detail = "must be a version in quotes, like \"7\"; \"0\" if there must be none";
        Problem::invalid(vec![FieldError::header("If-Match", detail)])
    })
}

/// The caller's correlation id, or a new one.
pub(super) fn correlation_id(headers: &HeaderMap) -> Result<CorrelationId, Problem> {
    const NAME: &str = "X-Correlation-Id";
    let Some(value) = header(headers, NAME)? else {
        return Ok(uuid::Uuid::new_v4().into());
    };
    let text = value.to_str().unwrap_or("");
    text.parse().map_err(|error: IdentifierError| {
        Problem::invalid(vec![FieldError::header(NAME, error.to_string())])
    })
}
