//! The exports of the deployed stack.

use std::path::Path;

use super::{Answer, Caller, Request, Stack};

impl Stack {
    /// One of S3's calls on an exported file that is not there; a put on a condition that is never met.
    ///
    /// # Panics
    /// Where it is none of those that are known here.
    #[must_use]
    pub fn probe_exports(&self, caller: &Caller, operation: &str) -> Answer {
        let (method, path, headers) = match operation {
            "GetObject" => ("GET", "/history/PROBE", Vec::new()),
            "PutObject" => {
                let never = ("if-match".to_owned(), "\"never\"".to_owned());
                ("PUT", "/history/PROBE", vec![never])
            }
            "DeleteObject" => ("DELETE", "/history/PROBE", Vec::new()),
            "ListBucket" => ("GET", "?list-type=2&max-keys=1", Vec::new()),
            other => panic!("no operation {other}"),
        };
        let bucket = self.output("ExportsBucketName");
        Request {
            service: "s3",
            method,
            url: format!("{}/{bucket}{path}", self.aws.endpoint()),
            headers,
            body: String::new(),
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
