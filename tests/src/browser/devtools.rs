//! Commands and their answers, and what the browser tells in between.

use std::net::TcpStream;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{Error, Message, WebSocket};

/// What has no answer by then has none.
const NAVIGATED: &str = "Inspected target navigated or closed";
const ANSWER_WITHIN: Duration = Duration::from_secs(60);
/// How long one look for news waits.
const LOOK: Duration = Duration::from_millis(20);
/// A picture of a long page.
const MAX_MESSAGE_BYTES: usize = 256 * 1024 * 1024;

#[derive(Debug)]
pub(super) struct Devtools {
    socket: WebSocket<TcpStream>,
    last_id: u64,
    /// What the browser told and nobody has looked at.
    news: Vec<Value>,
}

impl Devtools {
    /// The first page of the browser at this address whose own address has this in it.
    pub(super) fn connect(address: &str, part: &str) -> Self {
        let target = page_of(address, part);
        let path = target
            .split_once(address)
            .map_or(target.as_str(), |(_, path)| path);
        let stream = TcpStream::connect(address).expect("the browser listens");
        let mut config = WebSocketConfig::default();
        config.max_message_size = Some(MAX_MESSAGE_BYTES);
        config.max_frame_size = Some(MAX_MESSAGE_BYTES);
        let (socket, _) = tungstenite::client::client_with_config(
            format!("ws://{address}{path}"),
            stream,
            Some(config),
        )
        .expect("the browser speaks WebSocket");
        socket
            .get_ref()
            .set_read_timeout(Some(LOOK))
            .expect("a timeout can be set");
        Devtools {
            socket,
            last_id: 0,
            news: Vec::new(),
        }
    }

    /// Calls a method, of the page itself or of a frame that is a target of its own.
    ///
    /// # Panics
    /// When it fails.
    #[track_caller]
    pub(super) fn call(&mut self, session: Option<&str>, method: &str, parameters: Value) -> Value {
        self.last_id += 1;
        let id = self.last_id;
        let mut command = json!({ "id": id, "method": method, "params": parameters });
        if let Some(session) = session {
            command["sessionId"] = json!(session);
        }
        self.socket
            .send(Message::text(command.to_string()))
            .expect("the browser listens");
        let started = Instant::now();
        while started.elapsed() < ANSWER_WITHIN {
            let Some(mut message) = self.read() else {
                continue;
            };
            if message["id"] == id {
                let error = &message["error"];
                // The page that was asked is no more: it gave no value, and the next one can be asked.
                if method == "Runtime.evaluate" && error["message"] == NAVIGATED {
                    return json!({ "result": { "value": null } });
                }
                assert!(error.is_null(), "{method} {parameters}: {error}");
                return message["result"].take();
            }
            self.news.push(message);
        }
        panic!("no answer to {method} {parameters}");
    }

    /// All that was told since the last look.
    pub(super) fn news(&mut self) -> Vec<Value> {
        while let Some(message) = self.read() {
            self.news.push(message);
        }
        std::mem::take(&mut self.news)
    }

    fn read(&mut self) -> Option<Value> {
        match self.socket.read() {
            Ok(Message::Text(text)) => serde_json::from_str(text.as_str()).ok(),
            Ok(_) => None,
            Err(Error::Io(error))
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut
                ) =>
            {
                None
            }
            Err(error) => panic!("the browser has gone: {error}"),
        }
    }
}

/// The WebSocket address of the first page that has this in its address.
fn page_of(address: &str, part: &str) -> String {
    let started = Instant::now();
    while started.elapsed() < ANSWER_WITHIN {
        let targets: Value = ureq::get(format!("http://{address}/json/list"))
            .call()
            .ok()
            .and_then(|mut answer| answer.body_mut().read_json().ok())
            .unwrap_or_default();
        let page = targets
            .as_array()
            .into_iter()
            .flatten()
            .find(|target| {
                let url = target["url"].as_str().unwrap_or_default();
                target["type"] == "page" && url.contains(part)
            })
            .and_then(|page| page["webSocketDebuggerUrl"].as_str().map(str::to_owned));
        if let Some(page) = page {
            return page;
        }
        std::thread::sleep(LOOK);
    }
    panic!("the browser has no page {part}");
}
