mod account;
mod breaker;
mod bucket;
mod connection;
mod failure;
#[cfg(test)]
mod on_the_wire;
mod request;

use std::sync::Arc;
use std::time::{Duration, Instant};

use async_trait::async_trait;
use aws_sdk_sesv2::Client;
use aws_sdk_sesv2::config::retry::RetryConfig;
use domain::NotificationId;
use handlers::ports::{Mail, Mailer, Outcome, Priority, SendFailure};
use tokio::sync::Mutex;

use crate::timeouts;
use account::{Account, AccountCache};
use breaker::Breaker;
use bucket::Bucket;
use failure::{AFTER_QUOTA, AFTER_RATE, Failed};

/// Longest wait for the account's rate. Together with the wait for an answer it is shorter than the lease (45 s). A mail that
/// would wait longer fails as `Later`.
const MAX_WAIT: Duration = Duration::from_secs(10);

/// The mailer on Simple Email Service.
///
/// SES has no idempotency token, so this client never repeats a request. A mail without an answer, or with one that proves
/// nothing, is [`SendFailure::Unknown`].
///
/// Each process sends at its share of the account's rate, and the last 5% of a day's quota are for security mails. If SES
/// takes no mail of the account, because it is paused, over its quota, or not set up yet, no process calls it again for five
/// minutes. All of these mails are [`SendFailure::Later`], by a minute or more: nothing that can be mended ends a mail.
#[derive(Debug, Clone)]
pub struct Ses {
    client: Client,
    configuration_set: String,
    /// Processes that may send at the same time.
    concurrency: u32,
    pace: Arc<Mutex<Pace>>,
}

#[derive(Debug)]
struct Pace {
    account: AccountCache,
    bucket: Bucket,
    breaker: Breaker,
}

/// A client that never tries again by itself, and uses no connection that was idle for longer than this.
fn client(shared: &aws_config::SdkConfig, idle: Duration) -> Client {
    let config = aws_sdk_sesv2::config::Builder::from(shared)
        .http_client(connection::client(idle))
        .timeout_config(timeouts::SES.config())
        .retry_config(RetryConfig::disabled())
        .build();
    Client::from_conf(config)
}

impl Ses {
    /// Returns a mailer that sends with this configuration set, which publishes SES's events.
    ///
    /// `concurrency` is the number of processes that send at the same time: the function's reserved concurrency, or 0 if none
    /// is reserved. Then ten are assumed.
    pub fn new(
        shared: &aws_config::SdkConfig,
        configuration_set: String,
        concurrency: u32,
    ) -> Self {
        let concurrency = bucket::assumed(concurrency);
        let now = Instant::now();
        Ses {
            client: client(shared, connection::IDLE),
            configuration_set,
            concurrency,
            pace: Arc::new(Mutex::new(Pace {
                account: AccountCache::default(),
                bucket: Bucket::full(bucket::share(Account::default().rate, concurrency), now),
                breaker: Breaker::default(),
            })),
        }
    }

    /// Waits for this process's turn to send one mail, at most [`MAX_WAIT`].
    async fn wait_for_turn(&self, priority: Priority) -> Result<(), SendFailure> {
        let started = Instant::now();
        loop {
            let wait = {
                let mut pace = self.pace.lock().await;
                let now = Instant::now();
                if let Some(rest) = pace.breaker.open_for(now) {
                    return later("the account's sending is paused", rest);
                }
                if pace.account.is_due(now) {
                    let found = account::ask(&self.client).await;
                    pace.account.note(found, now);
                    if pace.account.latest().quota_is_nearly_used() {
                        handlers::telemetry::mail_paused("DailyQuota");
                    }
                }
                let account = pace.account.latest();
                if !account.sending_enabled {
                    let rest = self.pause(&mut pace, "SendingDisabled");
                    return later("the account's sending is paused", rest);
                }
                if priority == Priority::Ordinary && account.quota_is_nearly_used() {
                    return later(
                        "the rest of the day's quota is for security mails",
                        AFTER_QUOTA,
                    );
                }
                let share = bucket::share(account.rate, self.concurrency);
                pace.bucket.set_rate(share, now);
                match pace.bucket.take(priority, now) {
                    Ok(()) => return Ok(()),
                    Err(wait) => wait,
                }
            };
            if started.elapsed() + wait > MAX_WAIT {
                return later("the account's sending rate is used up", wait);
            }
            tokio::time::sleep(wait).await;
        }
    }

    /// Stops calling SES for a while, and counts it for the alarm.
    fn pause(&self, pace: &mut Pace, code: &str) -> Duration {
        handlers::telemetry::mail_paused(code);
        pace.account.forget();
        pace.breaker.open(Instant::now())
    }
}

fn later<T>(reason: &str, after: Duration) -> Result<T, SendFailure> {
    Err(SendFailure::Later {
        reason: reason.to_owned(),
        after: after.max(AFTER_RATE),
    })
}

/// Returns the address of a sender such as `"Example Bank" <alerts@bank.example>`.
fn address_of(from: &str) -> &str {
    let address = from.rsplit_once('<').map_or(from, |(_, address)| address);
    address.trim_end_matches('>')
}

#[async_trait]
impl Mailer for Ses {
    async fn send(&self, mail: &Mail) -> Result<String, SendFailure> {
        mail.check()?;
        let content = request::content(mail)?;
        let tags = request::tags(mail)?;
        self.wait_for_turn(mail.priority).await?;
        let answer = self
            .client
            .send_email()
            .from_email_address(mail.from_in_ascii())
            .destination(request::destination(mail))
            .content(content)
            .configuration_set_name(&self.configuration_set)
            .set_email_tags(Some(tags))
            .send()
            .await;
        match answer {
            Ok(answer) => Ok(answer.message_id().unwrap_or("not told").to_owned()),
            Err(error) => {
                let failed = Failed::of(&error, address_of(&mail.from));
                let rest = match failed.concerns_all() {
                    true => self.pause(&mut *self.pace.lock().await, &failed.reason),
                    false => Duration::ZERO,
                };
                if failed.needs_a_person() && !failed.concerns_all() {
                    handlers::telemetry::mail_paused(&failed.reason);
                }
                Err(failed.failure(rest))
            }
        }
    }

    async fn outcome(&self, _notification_id: NotificationId, _attempt: u32) -> Outcome {
        // SES has no such query. Its events may report the outcome later.
        Outcome::Unknowable
    }
}
