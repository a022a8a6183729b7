//! Problem details (RFC 9457), on one line.

use std::fmt;

use serde_json::Value;
use ureq::http::StatusCode;

/// A problem document of the API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Problem {
    pub status: StatusCode,
    pub problem_type: String,
    pub title: String,
    pub detail: String,
    /// The fields with their faults.
    pub errors: Vec<(String, String)>,
}

const BUSY: &str = "urn:ledgerbell:problem:busy";

impl Problem {
    /// Reads a problem document. Returns `None` if it is not one.
    pub(crate) fn read(status: StatusCode, body: &Value) -> Option<Self> {
        let text = |value: &Value, name: &str| value.get(name)?.as_str().map(str::to_owned);
        let errors = body
            .get("errors")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .map(|error| {
                let field = ["pointer", "parameter", "header"]
                    .into_iter()
                    .find_map(|name| text(error, name));
                (
                    field.unwrap_or_default(),
                    text(error, "detail").unwrap_or_default(),
                )
            });
        Some(Problem {
            status,
            problem_type: text(body, "type").unwrap_or_default(),
            title: text(body, "title")?,
            detail: text(body, "detail").unwrap_or_default(),
            errors: errors.collect(),
        })
    }

    /// Whether other writers won every race; the same request may be sent again.
    pub(crate) fn is_busy(&self) -> bool {
        self.problem_type == BUSY
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.title)?;
        if self.errors.is_empty() {
            return write!(f, ": {} ({})", self.detail, self.status.as_u16());
        }
        for (index, (field, detail)) in self.errors.iter().enumerate() {
            let before = if index == 0 { ":" } else { ";" };
            // An empty pointer is the whole body.
            let field = if field.is_empty() { "the body" } else { field };
            write!(f, "{before} {field} {detail}")?;
        }
        write!(f, " ({})", self.status.as_u16())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_the_conflict_of_other_writers_is_worth_a_retry() {
        let of_type = |name: &str| {
            let problem_type = format!("urn:ledgerbell:problem:{name}");
            let body = json!({"type": problem_type, "title": "", "detail": ""});
            Problem::read(StatusCode::CONFLICT, &body).unwrap()
        };
        assert!(of_type("busy").is_busy());
        assert!(!of_type("conflict").is_busy());
    }

    #[test]
    fn all_faults_are_on_one_line() {
        let body = json!({"title": "The request is invalid", "detail": "2 fields are not as they must be; see errors.",
            "errors": [{"pointer": "/events/0/type", "detail": "is unknown"}, {"header": "If-Match", "detail": "must be a version"}]});
        let problem = Problem::read(StatusCode::BAD_REQUEST, &body).unwrap();
        assert_eq!(
            problem.to_string(),
            "The request is invalid: /events/0/type is unknown; If-Match must be a version (400)"
        );
        let plain =
            json!({"title": "There is no such resource", "detail": "account A was never opened"});
        assert_eq!(
            Problem::read(StatusCode::NOT_FOUND, &plain)
                .unwrap()
                .to_string(),
            "There is no such resource: account A was never opened (404)"
        );
        assert_eq!(
            Problem::read(StatusCode::NOT_FOUND, &json!("no such page")),
            None
        );
    }
}
