//! A page, as a person has it before them.

use std::cell::{Cell, RefCell};
use std::time::Instant;

use serde_json::{Value, json};

use super::devtools::Devtools;
use crate::one_machine::PATIENCE;

/// How large the window is, in CSS pixels, and what the person prefers.
#[derive(Debug, Clone, Copy)]
pub struct Screen {
    pub width: u32,
    pub height: u32,
    pub dark: bool,
    /// A touch screen with two pixels to each of CSS's.
    pub phone: bool,
}

impl Screen {
    pub const DESKTOP: Screen = Screen {
        width: 1280,
        height: 900,
        dark: false,
        phone: false,
    };
    pub const PHONE: Screen = Screen {
        width: 390,
        height: 844,
        dark: false,
        phone: true,
    };

    #[must_use]
    pub fn dark(self) -> Self {
        Screen { dark: true, ..self }
    }
}

/// The browser's page, and all that it has complained about and asked for.
#[derive(Debug)]
pub struct Page {
    devtools: RefCell<Devtools>,
    seen: RefCell<Seen>,
    /// Clicks, and texts that ended with Enter.
    actions: Cell<u32>,
}

#[derive(Debug, Default)]
struct Seen {
    /// Errors and warnings of the console: exceptions, refusals by the policy, failed requests.
    complaints: Vec<String>,
    requests: Vec<String>,
    /// Bytes that came over the network, with heads; what the cache answered is none.
    received: u64,
    /// Sessions of frames that have a process of their own.
    frames: Vec<String>,
}

impl Page {
    pub(super) fn open(address: &str, part: &str) -> Self {
        let page = Page {
            devtools: RefCell::new(Devtools::connect(address, part)),
            seen: RefCell::default(),
            actions: Cell::new(0),
        };
        for domain in ["Page", "Runtime", "Log", "Network"] {
            page.call(&format!("{domain}.enable"), json!({}));
        }
        page.call(
            "Target.setAutoAttach",
            json!({ "autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true }),
        );
        page.screen(Screen::DESKTOP);
        page
    }

    #[track_caller]
    pub(super) fn call(&self, method: &str, parameters: Value) -> Value {
        self.devtools.borrow_mut().call(None, method, parameters)
    }

    /// Another size or preference.
    pub fn screen(&self, screen: Screen) {
        self.call(
            "Emulation.setDeviceMetricsOverride",
            json!({
                "width": screen.width,
                "height": screen.height,
                "deviceScaleFactor": if screen.phone { 2 } else { 1 },
                "mobile": screen.phone,
            }),
        );
        let scheme = if screen.dark { "dark" } else { "light" };
        let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
        self.call(
            "Emulation.setEmulatedMedia",
            json!({ "features": features }),
        );
    }

    pub(super) fn count_action(&self) {
        self.actions.set(self.actions.get() + 1);
    }

    /// How often the person has acted so far: clicks, and texts that ended with Enter. Reading and writing are none.
    #[must_use]
    pub fn actions(&self) -> u32 {
        self.actions.get()
    }

    /// Loads an address.
    pub fn go(&self, url: &str) {
        let went = self.call("Page.navigate", json!({ "url": url }));
        assert!(went["errorText"].is_null(), "{url}: {went}");
        // Only another hash: nothing is loaded.
        if went["loaderId"].is_string() {
            self.wait("the page to load", "document.readyState === 'complete'");
        }
    }

    /// Opens an address in a window of its own, which is seen beside this one.
    pub fn open_window(&self, url: &str) {
        self.call(
            "Target.createTarget",
            json!({ "url": url, "newWindow": true }),
        );
    }

    /// What an expression of JavaScript gives, as JSON; promises are waited for.
    ///
    /// # Panics
    /// When it throws.
    #[track_caller]
    #[must_use]
    pub fn evaluate(&self, expression: &str) -> Value {
        self.evaluate_in(None, expression)
    }

    #[track_caller]
    fn evaluate_in(&self, session: Option<&str>, expression: &str) -> Value {
        let mut evaluated = self.devtools.borrow_mut().call(
            session,
            "Runtime.evaluate",
            json!({ "expression": expression, "returnByValue": true, "awaitPromise": true }),
        );
        let thrown = &evaluated["exceptionDetails"];
        assert!(thrown.is_null(), "{expression}: {thrown}");
        evaluated["result"]["value"].take()
    }

    /// Waits until an expression is true.
    ///
    /// # Panics
    /// When it never is; says what is on the page then.
    #[track_caller]
    pub fn wait(&self, what: &str, condition: &str) {
        let started = Instant::now();
        while self.evaluate(&format!("Boolean({condition})")) != json!(true) {
            assert!(
                started.elapsed() < PATIENCE,
                "not within {PATIENCE:?}: {what}: {condition}\n{}\n{:?}",
                self.text("body"),
                self.complaints(),
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Waits until the part has this text in it.
    #[track_caller]
    pub fn wait_for(&self, selector: &str, text: &str) {
        let (quoted, text) = (json!(selector), json!(text));
        self.wait(
            &format!("{text} in {selector}"),
            &format!(
                "document.querySelector({quoted})?.innerText.replace(/\\s+/g, ' ').includes({text})"
            ),
        );
    }

    /// The text of a part as a person reads it, each gap one space; empty where there is no such part.
    #[track_caller]
    #[must_use]
    pub fn text(&self, selector: &str) -> String {
        let selector = json!(selector);
        let text = self.evaluate(&format!(
            "(document.querySelector({selector})?.innerText ?? '').replace(/\\s+/g, ' ').trim()"
        ));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// How many parts there are.
    #[track_caller]
    #[must_use]
    pub fn count(&self, selector: &str) -> u64 {
        let selector = json!(selector);
        self.evaluate(&format!("document.querySelectorAll({selector}).length"))
            .as_u64()
            .unwrap_or(0)
    }

    /// Waits until a frame that shows something else has this text in it.
    #[track_caller]
    pub fn wait_for_frame(&self, text: &str) {
        let started = Instant::now();
        loop {
            self.look();
            let frames = self.seen.borrow().frames.clone();
            let shown: Vec<Value> = frames
                .iter()
                .map(|frame| self.evaluate_in(Some(frame), "document.body?.innerText"))
                .collect();
            let has = |shown: &Value| shown.as_str().is_some_and(|shown| shown.contains(text));
            if shown.iter().any(has) {
                return;
            }
            assert!(
                started.elapsed() < PATIENCE,
                "no frame shows {text:?}: {shown:#?}"
            );
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    /// Clicks a part of what the frame at `frame` shows, once it is there and has come to rest.
    ///
    /// # Panics
    /// When it never is to be clicked.
    #[track_caller]
    pub fn click_in_frame(&self, frame: &str, selector: &str) {
        let (frame, quoted) = (json!(frame), json!(selector));
        let inside = format!(
            "(() => {{ const part = document.querySelector({quoted}); part?.scrollIntoView({{ block: 'center' }});
                const box = part?.getBoundingClientRect(); if (!box?.width) return null;
                const place = `${{box.x}} ${{box.y}}`, rests = part.lastPlace === place; part.lastPlace = place;
                return rests ? {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }} : null; }})()"
        );
        let started = Instant::now();
        let within = loop {
            self.look();
            let frames = self.seen.borrow().frames.clone();
            let found = frames
                .iter()
                .map(|frame| self.evaluate_in(Some(frame), &inside))
                .find(Value::is_object);
            if let Some(within) = found {
                break within;
            }
            assert!(started.elapsed() < PATIENCE, "no frame has {selector}");
            std::thread::sleep(std::time::Duration::from_millis(50));
        };
        let place = self.evaluate(&format!(
            "(() => {{ const frame = document.querySelector({frame}); frame.scrollIntoView({{ block: 'end' }});
                const box = frame.getBoundingClientRect(), within = {within};
                return {{ x: box.x + frame.clientLeft + within.x, y: box.y + frame.clientTop + within.y }}; }})()"
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// What the browser has complained about since the page was opened.
    #[must_use]
    pub fn complaints(&self) -> Vec<String> {
        self.look();
        self.seen.borrow().complaints.clone()
    }

    /// That nothing was complained about, and nothing asked for but from `base`.
    #[track_caller]
    pub fn assert_clean(&self, base: &str) {
        let complaints = self.complaints();
        assert!(complaints.is_empty(), "{complaints:#?}");
        let seen = self.seen.borrow();
        let own = |url: &String| {
            url.starts_with(&format!("{base}/")) || url.starts_with("data:") || url == "about:blank"
        };
        let foreign: Vec<&String> = seen.requests.iter().filter(|url| !own(url)).collect();
        assert!(foreign.is_empty(), "{foreign:#?}");
        assert!(!seen.requests.is_empty(), "the requests were not seen");
    }

    /// How many requests were made since the page was opened, and how many bytes their answers took on the wire, with heads.
    #[must_use]
    pub fn traffic(&self) -> (usize, u64) {
        self.look();
        let seen = self.seen.borrow();
        (seen.requests.len(), seen.received)
    }

    /// Runs a script in each page that is loaded from now on, before its own.
    pub fn before_load(&self, script: &str) {
        self.call(
            "Page.addScriptToEvaluateOnNewDocument",
            json!({ "source": script }),
        );
    }

    /// A picture of what is to be seen, as PNG, in base64.
    #[must_use]
    pub fn picture(&self) -> String {
        let shot = self.call("Page.captureScreenshot", json!({ "format": "png" }));
        shot["data"].as_str().unwrap_or_default().to_owned()
    }

    fn look(&self) {
        let news = self.devtools.borrow_mut().news();
        let mut seen = self.seen.borrow_mut();
        for message in news {
            let parameters = &message["params"];
            match message["method"].as_str().unwrap_or_default() {
                "Network.requestWillBeSent" => {
                    let url = parameters["request"]["url"].as_str().unwrap_or_default();
                    seen.requests.push(url.to_owned());
                }
                "Network.loadingFinished" => {
                    let length = parameters["encodedDataLength"].as_f64().unwrap_or_default();
                    seen.received += length as u64;
                }
                "Runtime.exceptionThrown" => seen.complaints.push(parameters.to_string()),
                "Runtime.consoleAPICalled" if parameters["type"] != "log" => {
                    seen.complaints.push(parameters.to_string());
                }
                "Log.entryAdded" => seen.complaints.push(parameters["entry"].to_string()),
                "Target.attachedToTarget" if parameters["targetInfo"]["type"] == "iframe" => {
                    let session = parameters["sessionId"].as_str().unwrap_or_default();
                    seen.frames.push(session.to_owned());
                }
                "Target.detachedFromTarget" => {
                    let session = parameters["sessionId"].as_str().unwrap_or_default();
                    seen.frames.retain(|known| known != session);
                }
                _ => {}
            }
        }
    }
}
