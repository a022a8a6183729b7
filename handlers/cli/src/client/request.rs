//! A request, which may be sent several times.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;
use ureq::http;

use crate::stack::{Signer, Unsigned};

/// All characters but the unreserved ones of RFC 3986, as in the signature.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

pub(super) struct Request {
    method: &'static str,
    /// The path with its query.
    path: String,
    headers: Vec<(&'static str, String)>,
    body: Result<Vec<u8>, String>,
}

impl Request {
    /// Returns a request to the API.
    pub(super) fn new(method: &'static str, path: &str) -> Self {
        Request::of(method, format!("v1/{path}"))
    }

    /// Returns a request to one of the paths that `serve` has besides the API.
    pub(super) fn local(method: &'static str, path: &str) -> Self {
        Request::of(method, format!("local/{path}"))
    }

    fn of(method: &'static str, path: String) -> Self {
        Request {
            method,
            path,
            headers: Vec::new(),
            body: Ok(Vec::new()),
        }
    }

    pub(super) fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        for (index, (name, value)) in pairs.iter().enumerate() {
            self.path.push(if index == 0 { '?' } else { '&' });
            self.path.push_str(name);
            self.path.push('=');
            self.path.extend(utf8_percent_encode(value, RESERVED));
        }
        self
    }

    pub(super) fn header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((name, value));
        self
    }

    pub(super) fn if_match(self, revision: Option<u64>) -> Self {
        match revision {
            Some(revision) => self.header("if-match", format!("\"{revision}\"")),
            None => self,
        }
    }

    pub(super) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).map_err(|error| error.to_string());
        self.header("content-type", "application/json".to_owned())
    }

    /// Returns the request to send, signed if there is a signer.
    pub(super) fn made(
        &self,
        endpoint: &str,
        signer: Option<&Signer>,
    ) -> Result<http::Request<Vec<u8>>, String> {
        let body = self.body.clone()?;
        let url = format!("{endpoint}/{}", self.path);
        let headers: Vec<(&str, &str)> = self
            .headers
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let signed = match signer {
            None => Vec::new(),
            Some(signer) => signer.sign(&Unsigned {
                method: self.method,
                url: &url,
                headers: &headers,
                body: &body,
            })?,
        };
        let mut request = http::Request::builder().method(self.method).uri(&url);
        for &(name, value) in &headers {
            request = request.header(name, value);
        }
        for (name, value) in signed {
            request = request.header(name, value);
        }
        request.body(body).map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_encoded_byte_by_byte() {
        let request = Request::new("GET", "events")
            .query(&[("from", "2026-11-22T10:00:00+01:00"), ("type", "é&")]);
        let made = request.made("http://127.0.0.1:8080", None).unwrap();
        assert_eq!(
            made.uri(),
            "http://127.0.0.1:8080/v1/events?from=2026-11-22T10%3A00%3A00%2B01%3A00&type=%C3%A9%26"
        );
    }
}
