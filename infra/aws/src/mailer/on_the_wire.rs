//! What a connection proves: against servers that answer, hang up, or are not there.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use handlers::ports::{Mail, Mailer, Priority, SendFailure};

use super::*;

/// A server on loopback, which calls `serve` for each connection.
struct Server {
    endpoint: String,
    connections: Arc<AtomicUsize>,
}

fn server(serve: impl Fn(TcpStream) + Send + 'static) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    std::thread::spawn(move || {
        while let Ok((stream, _)) = listener.accept() {
            counted.fetch_add(1, Ordering::SeqCst);
            serve(stream);
        }
    });
    Server {
        endpoint,
        connections,
    }
}

/// Reads a request, and returns its path.
fn request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut path = None;
    let mut length = 0;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let line = line.trim_end().to_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        if path.is_none() {
            path = line.split(' ').nth(1).map(str::to_owned);
        }
        if line.is_empty() {
            let mut body = vec![0; length];
            reader.read_exact(&mut body).ok()?;
            return path;
        }
    }
}

fn answer(stream: &mut TcpStream, status: &str, headers: &str, body: &str) {
    let answer = format!(
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\n{headers}content-length: {}\r\n\r\n{body}",
        body.len()
    );
    let _ = stream.write_all(answer.as_bytes());
}

const ACCOUNT: &str = r#"{"SendingEnabled":true,"SendQuota":{"Max24HourSend":200.0,"MaxSendRate":1000.0,"SentLast24Hours":0.0}}"#;

/// Answers each request on a connection that stays open, and a send as given.
fn answering(status: &'static str, headers: &'static str, body: &'static str) -> Server {
    server(move |mut stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        std::thread::spawn(move || {
            while let Some(path) = request(&mut reader) {
                match path.contains("account") {
                    true => answer(&mut stream, "200 OK", "", ACCOUNT),
                    false => answer(&mut stream, status, headers, body),
                }
            }
        });
    })
}

fn config(endpoint: &str) -> SdkConfig {
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(endpoint)
        .credentials_provider(SharedCredentialsProvider::new(Credentials::new(
            "local", "local", None, None, "local",
        )))
        .build()
}

fn ses(endpoint: &str) -> Ses {
    Ses::new(&config(endpoint), "events".to_owned(), 1)
}

fn mail() -> Mail {
    Mail {
        notification_id: "3f9a1c0e-5d7b-5288-8a61-0c2e94d7b1f6".parse().unwrap(),
        attempt: 1,
        from: "\"Example Bank\" <alerts@bank.example>".to_owned(),
        to: "ana@example.com".parse().unwrap(),
        subject: "Money was paid in".to_owned(),
        text: "Money was paid in".to_owned(),
        html: "<p>Money was paid in</p>".to_owned(),
        headers: Vec::new(),
        attachments: Vec::new(),
        priority: Priority::Ordinary,
    }
}

#[tokio::test]
async fn a_mail_whose_connection_was_never_made_is_sent_later() {
    let gone = TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", gone.local_addr().unwrap());
    drop(gone);
    let failure = ses(&endpoint).send(&mail()).await.unwrap_err();
    assert!(
        matches!(&failure, SendFailure::Later { reason, .. } if reason == "no connection to SES"),
        "{failure:?}"
    );
}

#[tokio::test]
async fn a_mail_whose_connection_was_lost_after_it_left_may_have_been_sent() {
    let hangs_up = server(|mut stream| {
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        std::thread::spawn(move || {
            while let Some(path) = request(&mut reader) {
                match path.contains("account") {
                    true => answer(&mut stream, "200 OK", "", ACCOUNT),
                    false => return,
                }
            }
        });
    });
    let failure = ses(&hangs_up.endpoint).send(&mail()).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Unknown(_)), "{failure:?}");
}

#[tokio::test]
async fn a_connection_that_was_idle_for_long_is_not_used_again() {
    let idle = Duration::from_millis(200);
    let server = answering("200 OK", "", r#"{"MessageId":"m-1"}"#);
    let client = client(&config(&server.endpoint), idle);
    let ask = async || client.get_account().send().await.unwrap();
    ask().await;
    ask().await;
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    tokio::time::sleep(2 * idle).await;
    ask().await;
    assert_eq!(server.connections.load(Ordering::SeqCst), 2);
}

/// An account as it is on its first day.
const UNVERIFIED: &str = r#"{"message":"Email address is not verified. The following identities failed the check in region EU-WEST-1: Example Bank <alerts@bank.example>"}"#;
const SANDBOX: &str = r#"{"message":"Email address is not verified. The following identities failed the check in region EU-WEST-1: ana@example.com"}"#;

#[tokio::test]
async fn an_identity_that_is_not_verified_yet_stops_sending_for_a_while_and_ends_no_mail() {
    let server = answering(
        "400 Bad Request",
        "x-amzn-errortype: MessageRejected\r\n",
        UNVERIFIED,
    );
    let ses = ses(&server.endpoint);
    for _ in 0..2 {
        match ses.send(&mail()).await {
            Err(SendFailure::Later { after, .. }) => assert!(after >= Duration::from_secs(60)),
            other => panic!("{other:?}"),
        }
    }
    assert!(
        ses.pace
            .lock()
            .await
            .breaker
            .open_for(Instant::now())
            .is_some()
    );
}

#[tokio::test]
async fn a_recipient_that_the_sandbox_refuses_waits_alone() {
    let server = answering(
        "400 Bad Request",
        "x-amzn-errortype: MessageRejected\r\n",
        SANDBOX,
    );
    let ses = ses(&server.endpoint);
    let failure = ses.send(&mail()).await.unwrap_err();
    assert!(matches!(failure, SendFailure::Later { .. }), "{failure:?}");
    assert!(!format!("{failure:?}").contains("ana@"), "{failure:?}");
    assert_eq!(ses.pace.lock().await.breaker.open_for(Instant::now()), None);
}
