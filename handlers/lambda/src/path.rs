//! Paths that `lambda_http` would change after API Gateway has authorised them.

use lambda_http::http::Uri;
use lambda_http::{Request, RequestExt};

/// Leads a request nowhere (a `404`) if its path differs from the one that was sent.
///
/// API Gateway and IAM authorise the path as it was sent. `lambda_http` parses it as a URL and resolves `..`, so that a path
/// which begins at one account could end at another one.
pub fn keep(mut request: Request) -> Request {
    let is_as_sent = request.uri().path().ends_with(request.raw_http_path());
    if !is_as_sent {
        tracing::warn!("a path changes when it is parsed: it leads nowhere");
        *request.uri_mut() = Uri::from_static("/");
    }
    request
}

#[cfg(test)]
mod tests {
    use super::*;
    use lambda_http::request::from_str;

    /// The path that the router sees of a request as API Gateway hands it over.
    fn seen(path: &str) -> String {
        let event = format!(
            r#"{{ "resource": "/{{proxy+}}", "path": "{path}", "httpMethod": "POST",
                 "headers": {{ "Host": "api.example.com" }}, "multiValueHeaders": {{}},
                 "requestContext": {{ "stage": "v1", "httpMethod": "POST", "resourcePath": "/{{proxy+}}" }} }}"#
        );
        let request = keep(from_str(&event).unwrap());
        request.uri().path().to_owned()
    }

    #[test]
    fn a_path_stays_as_it_is() {
        for path in [
            "/accounts/ACC-1/events",
            "/accounts/a.b_c:d-1/events",
            "/accounts/a%3Ab/events",
            "/accounts/..a/events",
        ] {
            assert_eq!(seen(path), format!("/v1{path}"));
        }
    }

    #[test]
    fn a_path_that_would_become_another_leads_nowhere() {
        for path in [
            "/accounts/OWN-1/../OTHER-1/events",
            "/accounts/OWN-1/%2e%2e/OTHER-1/events",
            "/accounts/OWN-1/.%2E/OTHER-1/events",
            "/accounts/OWN-1\\\\..\\\\OTHER-1/events",
            "/accounts/OWN-1/./events",
            "/accounts/OWN-1/events#/events",
            "/accounts/OWN-1\\t/events",
        ] {
            assert_eq!(seen(path), "/", "{path}");
        }
    }
}
