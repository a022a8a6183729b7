//! The exports of the deployed stack.

use std::path::Path;

use serde_json::Value;

use super::{Answer, Caller, Request, Stack};

impl Stack {
    /// Lambda's synchronous invocation of a function, by the function's short name.
    #[must_use]
    pub fn invoke(&self, caller: &Caller, function: &str, event: &Value) -> Answer {
        Request {
            service: "lambda",
            method: "POST",
            url: format!(
                "{}/2015-03-31/functions/{}-{function}/invocations",
                self.aws.endpoint(),
                self.deployment.stack
            ),
            headers: Vec::new(),
            body: event.to_string(),
        }
        .send(Some(caller))
    }

    /// Downloads the export, as an analyst does.
    ///
    /// # Panics
    /// Where the AWS command line cannot.
    pub fn download_export(&self, folder: &Path) {
        let bucket = self.output("ExportsBucketName");
        let output = self
            .aws
            .aws()
            .args(["s3", "sync", "--quiet"])
            .arg(format!("s3://{bucket}/history/"))
            .arg(folder)
            .output()
            .unwrap_or_else(|error| panic!("aws s3 sync: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws s3 sync: {errors}");
    }
}
