use std::path::Path;

use async_trait::async_trait;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use chrono::{DateTime, Utc};
use handlers::ports::{Object, Objects};
use handlers::{Error, Result};

use crate::error::classify;
use crate::timeouts;

/// The objects of an export in a bucket of S3, below a prefix. Conditional writes rely on S3's strong consistency.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    bucket: String,
    prefix: String,
}

impl Bucket {
    /// Returns the objects of `bucket` whose keys begin with `prefix`, which ends with a slash.
    pub fn new(shared: &aws_config::SdkConfig, bucket: String, prefix: &str) -> Self {
        let config = aws_sdk_s3::config::Builder::from(shared)
            .timeout_config(timeouts::S3.config())
            .retry_config(RetryConfig::standard())
            // A local AWS has no host name for each bucket.
            .force_path_style(true)
            .build();
        Bucket {
            client: Client::from_conf(config),
            bucket,
            prefix: prefix.to_owned(),
        }
    }

    fn key(&self, name: &str) -> String {
        format!("{}{name}", self.prefix)
    }
}

/// Whether the write's condition did not hold: another object is there, or is being written.
fn other_is_there<E: ProvideErrorMetadata>(error: &SdkError<E, HttpResponse>) -> bool {
    let SdkError::ServiceError(context) = error else {
        return false;
    };
    let code = context.err().code().unwrap_or_default();
    context.raw().status().as_u16() == 412
        || ["PreconditionFailed", "ConditionalRequestConflict"].contains(&code)
}

#[async_trait]
impl Objects for Bucket {
    async fn get(&self, name: &str) -> Result<Option<Object>> {
        let call = self.client.get_object().bucket(&self.bucket);
        let answer = match call.key(self.key(name)).send().await {
            Ok(answer) => answer,
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(|error| error.is_no_such_key()) =>
            {
                return Ok(None);
            }
            Err(error) => return Err(classify("reading an object", &error)),
        };
        let tag = answer.e_tag.unwrap_or_default();
        let bytes = answer.body.collect().await;
        let bytes = bytes
            .map_err(|error| Error::retryable("reading an object: it was cut short", error))?;
        Ok(Some(Object {
            bytes: bytes.to_vec(),
            tag,
        }))
    }

    async fn create(&self, name: &str, file: &Path) -> Result<()> {
        let body = ByteStream::from_path(file).await;
        let body = body.map_err(|error| Error::retryable(format!("{}", file.display()), error))?;
        let call = self.client.put_object().bucket(&self.bucket);
        let call = call.key(self.key(name)).if_none_match("*").body(body);
        match call.send().await {
            Ok(_) => Ok(()),
            Err(error) if other_is_there(&error) => Ok(()),
            Err(error) => Err(classify("writing an object", &error)),
        }
    }

    async fn replace(&self, name: &str, bytes: Vec<u8>, tag: Option<&str>) -> Result<bool> {
        let call = self.client.put_object().bucket(&self.bucket);
        let call = call.key(self.key(name)).body(bytes.into());
        let call = match tag {
            Some(tag) => call.if_match(tag),
            None => call.if_none_match("*"),
        };
        match call.send().await {
            Ok(_) => Ok(true),
            Err(error) if other_is_there(&error) => Ok(false),
            Err(error) => Err(classify("replacing an object", &error)),
        }
    }

    async fn list(&self, prefix: &str) -> Result<Vec<(String, DateTime<Utc>)>> {
        let mut found = Vec::new();
        let mut token = None;
        loop {
            let call = self.client.list_objects_v2().bucket(&self.bucket);
            let call = call.prefix(self.key(prefix)).set_continuation_token(token);
            let page = call.send().await;
            let page = page.map_err(|error| classify("listing objects", &error))?;
            for object in page.contents.unwrap_or_default() {
                let name = object.key.as_deref();
                let name = name.and_then(|key| key.strip_prefix(&self.prefix));
                let written_at = object
                    .last_modified
                    .and_then(|time| DateTime::from_timestamp(time.secs(), 0));
                found.extend(name.map(str::to_owned).zip(written_at));
            }
            token = page.next_continuation_token;
            if token.is_none() {
                return Ok(found);
            }
        }
    }

    async fn remove(&self, name: &str) -> Result<()> {
        let call = self.client.delete_object().bucket(&self.bucket);
        let removed = call.key(self.key(name)).send().await;
        removed
            .map(|_| ())
            .map_err(|error| classify("removing an object", &error))
    }
}
