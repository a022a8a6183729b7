use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use handlers::ports::{DeadLetterQueue, QueuedLetter};
use handlers::{Error, Result};

use crate::error::classify;
use crate::timeouts;

/// Most messages in one ReceiveMessage.
const MAX_RECEIVED: usize = 10;
/// SQS's longest delay of a message.
const MAX_DELAY_SECONDS: u64 = 900;

/// The dead-letter queue on SQS.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    client: Client,
    queue_url: String,
}

impl SqsDeadLetters {
    pub fn new(shared: &aws_config::SdkConfig, queue_url: String) -> Self {
        let config = aws_sdk_sqs::config::Builder::from(shared)
            .timeout_config(timeouts::SQS.config())
            .retry_config(RetryConfig::standard())
            .build();
        SqsDeadLetters {
            client: Client::from_conf(config),
            queue_url,
        }
    }
}

fn seconds(duration: Duration) -> i32 {
    i32::try_from(duration.as_secs()).unwrap_or(i32::MAX)
}

#[async_trait]
impl DeadLetterQueue for SqsDeadLetters {
    async fn put(&self, body: &str, delay: Duration) -> Result<()> {
        self.client
            .send_message()
            .queue_url(&self.queue_url)
            .message_body(body)
            .delay_seconds(seconds(delay.min(Duration::from_secs(MAX_DELAY_SECONDS))))
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("writing a dead letter", &error))
    }

    async fn receive(&self, max: usize, hidden_for: Duration) -> Result<Vec<QueuedLetter>> {
        let answer = self
            .client
            .receive_message()
            .queue_url(&self.queue_url)
            .max_number_of_messages(i32::try_from(max.min(MAX_RECEIVED)).unwrap_or(1))
            .visibility_timeout(seconds(hidden_for))
            // A long poll asks all of SQS's servers; a short one may miss some.
            .wait_time_seconds(1)
            .message_attribute_names("All")
            .send()
            .await
            .map_err(|error| classify("reading the dead letters", &error))?;
        answer
            .messages
            .unwrap_or_default()
            .into_iter()
            .map(|message| {
                let incomplete =
                    || Error::Permanent("SQS gave a message without its id".to_owned());
                let attributes = message.message_attributes.unwrap_or_default();
                Ok(QueuedLetter {
                    id: message.message_id.ok_or_else(incomplete)?,
                    receipt: message.receipt_handle.ok_or_else(incomplete)?,
                    body: message.body.unwrap_or_default(),
                    attributes: attributes
                        .into_iter()
                        .filter_map(|(name, value)| Some((name, value.string_value?)))
                        .collect(),
                })
            })
            .collect()
    }

    async fn remove(&self, receipt: &str) -> Result<()> {
        self.client
            .delete_message()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("removing a dead letter", &error))
    }

    async fn release(&self, receipt: &str) -> Result<()> {
        self.client
            .change_message_visibility()
            .queue_url(&self.queue_url)
            .receipt_handle(receipt)
            .visibility_timeout(0)
            .send()
            .await
            .map(drop)
            .map_err(|error| classify("releasing a dead letter", &error))
    }
}
