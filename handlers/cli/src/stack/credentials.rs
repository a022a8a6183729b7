//! The credentials that sign: the environment's, or those that the AWS command line
//! finds.
//!
//! The AWS command line supports profiles, single sign-on and roles, and prints
//! what it found as JSON. So this program does not read its files.

use std::io::ErrorKind;
use std::process::Command;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::Deserialize;

/// Shortest remaining validity, in seconds, so that a request arrives before the
/// end. Other credentials are fetched again.
const MARGIN: Duration = Duration::from_secs(120);

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: Option<String>,
    expiration: Option<DateTime<Utc>>,
}

/// Omits the secret, which must not get into logs.
impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

impl Credentials {
    fn lasts(&self, now: DateTime<Utc>) -> bool {
        self.expiration.is_none_or(|end| end > now + MARGIN)
    }
}

#[derive(Debug)]
pub(super) struct CredentialSource {
    profile: Option<String>,
    kept: Mutex<Option<Credentials>>,
}

impl CredentialSource {
    /// Returns a source for this profile. Without one, the environment comes first, as everywhere in AWS.
    pub(super) fn new(profile: Option<String>) -> Self {
        CredentialSource {
            profile,
            kept: Mutex::default(),
        }
    }

    /// Returns valid credentials. May run a program, which takes a second.
    pub(super) fn current(&self) -> Result<Credentials, String> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(credentials) = kept.as_ref().filter(|kept| kept.lasts(Utc::now())) {
            return Ok(credentials.clone());
        }
        let of_environment = self.profile.is_none().then(of_environment).flatten();
        let credentials = match of_environment {
            Some(credentials) => credentials,
            None => of_command_line(self.profile.as_deref())?,
        };
        *kept = Some(credentials.clone());
        Ok(credentials)
    }
}

fn of_environment() -> Option<Credentials> {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    Some(Credentials {
        access_key_id: variable("AWS_ACCESS_KEY_ID")?,
        secret_access_key: variable("AWS_SECRET_ACCESS_KEY")?,
        session_token: variable("AWS_SESSION_TOKEN"),
        expiration: None,
    })
}

fn of_command_line(profile: Option<&str>) -> Result<Credentials, String> {
    let mut command = Command::new("aws");
    command.args(["configure", "export-credentials", "--format", "process"]);
    if let Some(profile) = profile {
        command.args(["--profile", profile]);
    }
    let output = command.output().map_err(|error| match error.kind() {
        ErrorKind::NotFound => {
            "no credentials: neither are AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY set, \
             nor is there the AWS command line, which knows profiles and single sign-on"
                .to_owned()
        }
        _ => format!("the AWS command line cannot be run: {error}"),
    })?;
    if !output.status.success() {
        let complaint = String::from_utf8_lossy(&output.stderr);
        return Err(format!("no credentials: {}", complaint.trim()));
    }
    serde_json::from_slice(&output.stdout).map_err(|error| {
        format!("the output of the AWS command line is not valid credentials: {error}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiring_credentials_are_fetched_again_and_their_secret_is_never_shown() {
        let text = r#"{"Version": 1, "AccessKeyId": "AKID", "SecretAccessKey": "hidden",
                       "SessionToken": "token", "Expiration": "2026-11-22T10:00:00+00:00"}"#;
        let credentials: Credentials = serde_json::from_str(text).unwrap();
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert!(credentials.lasts(at("2026-11-22T09:57:00Z")));
        assert!(!credentials.lasts(at("2026-11-22T09:58:30Z")));
        assert_eq!(credentials.session_token.as_deref(), Some("token"));
        let shown = format!("{credentials:?}");
        assert!(
            shown.contains("AKID") && !shown.contains("hidden"),
            "{shown}"
        );
    }
}
