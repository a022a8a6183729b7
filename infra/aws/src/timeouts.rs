//! Timeouts for AWS. The SDK's default limits no operation, and a function that waits until its own timeout cannot log why
//! it failed.

use std::time::Duration;

use aws_smithy_types::timeout::TimeoutConfig;

/// In the same region a connection is there in milliseconds; a second SYN is sent after one second.
const CONNECT: Duration = Duration::from_secs(2);

/// The timeouts of one service.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Limits {
    /// For one answer. Beyond it, the attempt is repeated or its outcome is unknown.
    attempt: Duration,
    /// For all attempts of a call with the pauses between them: below the timeout of every function that makes it, of which
    /// the shortest is 28 s.
    operation: Duration,
}

/// DynamoDB answers in milliseconds. Three attempts fit into an operation.
pub(crate) const DYNAMODB: Limits = Limits::seconds(4, 12);
/// PutEvents answers in some 100 ms, with a batch of 256 KB later.
#[cfg(feature = "cloud")]
pub(crate) const EVENT_BRIDGE: Limits = Limits::seconds(5, 15);
/// SQS answers in milliseconds; nobody polls long here.
#[cfg(feature = "cloud")]
pub(crate) const SQS: Limits = Limits::seconds(5, 12);
/// Read once in minutes, with a caller waiting.
#[cfg(feature = "cloud")]
pub(crate) const SECRETS_MANAGER: Limits = Limits::seconds(4, 10);
/// Sent once and never repeated. Shorter than the lease of a notification (45 s), so that no other worker resumes it while
/// an answer may still come.
#[cfg(feature = "cloud")]
pub(crate) const SES: Limits = Limits::seconds(20, 20);

/// A file of the export has some 10 MB, the manifest of a large bank more. Only the exporting function uses it, which may
/// run for 900 s.
#[cfg(feature = "cloud")]
pub(crate) const S3: Limits = Limits::seconds(60, 180);

impl Limits {
    const fn seconds(attempt: u64, operation: u64) -> Self {
        Limits {
            attempt: Duration::from_secs(attempt),
            operation: Duration::from_secs(operation),
        }
    }

    pub(crate) fn config(self) -> TimeoutConfig {
        TimeoutConfig::builder()
            .connect_timeout(CONNECT)
            .operation_attempt_timeout(self.attempt)
            .operation_timeout(self.operation)
            .build()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The shortest timeout of the functions, `ApiFunction`'s in the template.
    const FUNCTION: Duration = Duration::from_secs(28);

    /// `ExportFunction`'s.
    #[cfg(feature = "cloud")]
    const EXPORT: Duration = Duration::from_secs(900);

    #[test]
    fn no_call_outlasts_the_function_that_makes_it() {
        let mut all = vec![DYNAMODB];
        #[cfg(feature = "cloud")]
        all.extend([EVENT_BRIDGE, SQS, SECRETS_MANAGER, SES]);
        for limits in all {
            let config = limits.config();
            assert!(
                config.connect_timeout() < config.operation_attempt_timeout(),
                "{limits:?}"
            );
            assert!(
                config.operation_attempt_timeout() <= config.operation_timeout(),
                "{limits:?}"
            );
            assert!(config.operation_timeout() < Some(FUNCTION), "{limits:?}");
        }
        #[cfg(feature = "cloud")]
        assert!(S3.config().operation_timeout() < Some(EXPORT));
    }

    #[test]
    fn every_client_is_built_with_its_limits_and_says_how_often_it_tries() {
        let mut built = 0;
        let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(folder).expect("the sources are there") {
                let path = entry.expect("a folder can be listed").path();
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                let text = std::fs::read_to_string(&path).expect("a source is text");
                let text = text.split("#[cfg(test)]").next().unwrap_or_default();
                let clients = text.matches("Client::from_conf(").count();
                for part in [".timeout_config(timeouts::", ".retry_config("] {
                    assert_eq!(
                        text.matches(part).count(),
                        clients,
                        "{part} in {}",
                        path.display()
                    );
                }
                built += clients;
            }
        }
        assert!(built >= 6, "only {built} clients were found");
    }
}
