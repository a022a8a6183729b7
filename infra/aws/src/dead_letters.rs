use std::time::Duration;

use async_trait::async_trait;
use aws_sdk_sqs::Client;
use aws_sdk_sqs::config::retry::RetryConfig;
use aws_sdk_sqs::types::QueueAttributeName;
use handlers::ports::{DeadLetterQueue, QueueView, QueuedLetter};
use handlers::{Error, Result};

use crate::error::classify;
use crate::timeouts;

/// Messages in one ReceiveMessage, by SQS's limit. The rest takes further calls.
const MAX_RECEIVED: usize = 10;
/// SQS's longest delay of a message, in seconds. A longer one is shortened to it.
const MAX_DELAY_SECONDS: u64 = 900;

/// Rounds of one look, while it has seen fewer letters than SQS counts: a concurrent look may hide some for a moment. After
/// the last, the look returns what it has seen.
const LOOKS: u32 = 3;
/// The pause after the first round of a look. It grows by as much with each round.
const LOOK_AGAIN_AFTER: Duration = Duration::from_millis(400);
/// SQS returns letters behind the first ten only if those are hidden. This is about as long as collecting all takes; they
/// are released at the end, and become visible without it if that fails.
const LOOK_HIDES_FOR: Duration = Duration::from_secs(5);

/// The dead-letter queue on SQS, a standard queue.
///
/// SQS keeps a letter for as long as the queue says, and may deliver it twice. A look shows each letter once.
#[derive(Debug, Clone)]
pub struct SqsDeadLetters {
    client: Client,
    queue_url: String,
}

impl SqsDeadLetters {
    /// Returns the queue at this URL.
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

impl SqsDeadLetters {
    /// Counts the messages, including those that a caller has received. SQS's count is up to a minute old.
    async fn count(&self) -> Result<usize> {
        const COUNTED: [QueueAttributeName; 2] = [
            QueueAttributeName::ApproximateNumberOfMessages,
            QueueAttributeName::ApproximateNumberOfMessagesNotVisible,
        ];
        let answer = self
            .client
            .get_queue_attributes()
            .queue_url(&self.queue_url)
            .set_attribute_names(Some(COUNTED.to_vec()))
            .send()
            .await
            .map_err(|error| classify("counting the dead letters", &error))?;
        let attributes = answer.attributes.unwrap_or_default();
        let count = |name| attributes.get(name)?.parse::<usize>().ok();
        let counts: Option<Vec<usize>> = COUNTED.iter().map(count).collect();
        counts
            .map(|counts| counts.into_iter().sum())
            .ok_or_else(|| Error::Retryable("SQS did not count the dead letters".into()))
    }

    /// Adds the letters that are visible now and not seen yet, up to `max` in all. Stops at `counted`, because an empty
    /// answer takes a second.
    async fn see(&self, seen: &mut Vec<QueuedLetter>, max: usize, counted: usize) -> Result<()> {
        // One call returns so few; there are none behind them that hiding would show.
        let hidden_for = match counted > MAX_RECEIVED {
            true => LOOK_HIDES_FOR,
            false => Duration::ZERO,
        };
        let mut received = Vec::new();
        let looked = loop {
            match self.receive(max - seen.len(), hidden_for).await {
                Err(error) => break Err(error),
                Ok(page) => {
                    let before = seen.len();
                    for letter in page {
                        received.push(letter.receipt.clone());
                        if seen.len() < max && seen.iter().all(|known| known.id != letter.id) {
                            seen.push(letter);
                        }
                    }
                    if [before, max, counted].contains(&seen.len()) {
                        break Ok(());
                    }
                }
            }
        };
        if !hidden_for.is_zero() {
            for receipt in received {
                if let Err(error) = self.release(&receipt).await {
                    tracing::warn!(%error, "a letter that was looked at stays hidden for some seconds");
                }
            }
        }
        looked
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

    async fn look(&self, max: usize) -> Result<QueueView> {
        if max == 0 {
            let waiting = self.count().await?;
            return Ok(QueueView {
                letters: Vec::new(),
                waiting,
            });
        }
        let mut letters = Vec::new();
        for round in 1.. {
            let counted = self.count().await?;
            self.see(&mut letters, max, counted).await?;
            let waiting = counted.max(letters.len());
            if letters.len() >= waiting.min(max) || round == LOOKS {
                return Ok(QueueView { letters, waiting });
            }
            tokio::time::sleep(LOOK_AGAIN_AFTER * round).await;
        }
        Err(Error::Permanent("a look that did not end".into()))
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
                let incomplete = || Error::Permanent("SQS gave a message without its id".into());
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
