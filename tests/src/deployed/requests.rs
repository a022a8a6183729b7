//! Signed requests, as an AWS client makes them but without one: what is denied must be seen as it was answered.

use std::time::{Duration, SystemTime};

use aws_credential_types::Credentials;
use aws_sigv4::{
    http_request::{SignableBody, SignableRequest, SigningSettings, sign},
    sign::v4,
};
use serde_json::Value;
use ureq::{Agent, http};

/// A cold function of a debug build on a loaded machine, with room.
const REQUEST_LIMIT: Duration = Duration::from_secs(60);

/// Whose key signs a request.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The access key's id.
    pub key: String,
    /// Its secret.
    pub secret: String,
    /// The session's token, for a role.
    pub token: Option<String>,
}

impl Caller {
    /// The same caller with a secret that is not its own.
    #[must_use]
    pub fn with_wrong_secret(&self) -> Self {
        Self {
            secret: "not the secret".to_owned(),
            ..self.clone()
        }
    }
}

/// A request, before it is signed.
#[derive(Debug, Clone)]
pub struct Request {
    /// The service that the signature is for.
    pub service: &'static str,
    /// The method.
    pub method: &'static str,
    /// The whole address.
    pub url: String,
    /// Headers beside those of the signature.
    pub headers: Vec<(String, String)>,
    /// The body; empty for none.
    pub body: String,
}

impl Request {
    /// The request with the caller's signature among its headers.
    #[must_use]
    pub fn signed(&self, caller: &Caller) -> Self {
        let mut signed = self.clone();
        signed.headers.extend(self.signature(caller));
        signed
    }

    /// Signs the request as the caller, or sends it as it is.
    ///
    /// # Panics
    /// Where no answer comes.
    #[must_use]
    pub fn send(&self, caller: Option<&Caller>) -> Answer {
        self.try_send(caller, REQUEST_LIMIT)
            .unwrap_or_else(|error| panic!("{} {}: {error}", self.method, self.url))
    }

    /// The same for a caller who can live without an answer.
    ///
    /// # Errors
    /// Where none comes in time, or not the whole of it.
    pub fn try_send(&self, caller: Option<&Caller>, limit: Duration) -> Result<Answer, String> {
        let whole = caller.map_or_else(|| self.clone(), |caller| self.signed(caller));
        let mut builder = http::Request::builder().method(self.method).uri(&self.url);
        for (name, value) in &whole.headers {
            builder = builder.header(name, value);
        }
        let request = builder.body(whole.body).expect("the parts are valid");
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(limit))
            // A body where the method usually has none is sent all the same, empty.
            .allow_non_standard_methods(true)
            .build()
            .into();
        let mut response = agent.run(request).map_err(|error| error.to_string())?;
        let headers = response
            .headers()
            .iter()
            .filter_map(|(name, value)| Some((name.to_string(), value.to_str().ok()?.to_owned())))
            .collect();
        let body = response
            .body_mut()
            .read_to_string()
            .map_err(|error| error.to_string())?;
        Ok(Answer {
            status: response.status().as_u16(),
            headers,
            body,
        })
    }

    fn signature(&self, caller: &Caller) -> Vec<(String, String)> {
        let identity = Credentials::new(
            &caller.key,
            &caller.secret,
            caller.token.clone(),
            None,
            "test",
        )
        .into();
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(xtask::REGION)
            .name(self.service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()
            .expect("all parameters are given")
            .into();
        let headers = self
            .headers
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()));
        let signable = SignableRequest::new(
            self.method,
            &self.url,
            headers,
            SignableBody::Bytes(self.body.as_bytes()),
        )
        .expect("the parts are valid");
        let (instructions, _) = sign(signable, &parameters)
            .expect("the key signs")
            .into_parts();
        instructions
            .headers()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }
}

/// What came back.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, with names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    /// The body as JSON.
    ///
    /// # Panics
    /// Where it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// A header's value, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// Whether a policy denied it, and not something else.
    #[must_use]
    pub fn is_access_denied(&self) -> bool {
        matches!(self.status, 400 | 403)
            && self.body.contains("AccessDenied")
            && self.body.contains("not authorized")
    }
}
