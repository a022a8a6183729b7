//! A pipeline of its own, and a browser before its console.

use serde_json::{Value, json};
use tests::browser::{Chromium, Page};
use tests::one_machine::{Api, Append, Folder, Server};

pub struct Given {
    pub page: Page,
    pub server: Server,
    pub folder: Folder,
    // Last: it ends when nothing speaks to it any more.
    pub chromium: Chromium,
}

impl Given {
    /// With nothing in it but a customer, "ana".
    pub fn new() -> Self {
        Given::on(Folder::new())
    }

    /// On a folder that has been used before.
    pub fn on(folder: Folder) -> Self {
        let server = Server::start(&folder);
        server.api().put_customer("ana", "en");
        let chromium = Chromium::start();
        Given {
            page: chromium.page(),
            server,
            folder,
            chromium,
        }
    }

    pub fn api(&self) -> Api {
        self.server.api()
    }

    /// Opens a view of the console by its address behind the `#`.
    pub fn open(&self, view: &str) {
        self.page.go(&format!("{}/#{view}", self.server.base()));
        self.page.wait_for("#live", "Live");
    }

    pub fn deposit(&self, account: &str, key: &str, amount: &str, reference: &str) -> Value {
        self.api()
            .append(&Append::deposit(account, key, amount, "EUR", reference))
    }

    /// That the browser has nothing to complain about, and asked nobody else for anything.
    #[track_caller]
    pub fn assert_clean(&self) {
        self.page.assert_clean(self.server.base());
    }
}

/// Lets a page's requests fail as `window.failing` says, by the beginning of their path: a status, `offline`, `never` for
/// those that have no answer, or another answer.
pub const ANSWERS: &str = r"(() => {
  const answered = window.fetch;
  window.failing = {};
  window.fetch = (path, options) => {
    const [, how] = Object.entries(window.failing).find(([start]) => String(path).startsWith(start)) ?? [];
    if (how === undefined) return answered.call(window, path, options);
    if (how === 'offline') return Promise.reject(new TypeError('Failed to fetch'));
    if (how === 'never') return new Promise((_, reject) => options.signal.addEventListener('abort', () => reject(options.signal.reason)));
    if (typeof how === 'object') return Promise.resolve(Response.json(how));
    return Promise.resolve(new Response(JSON.stringify({ detail: `the test answers ${how}` }), { status: how }));
  };
})()";

/// Lets the page look now, as when its window comes to the front: where nothing was written, it looks once a minute.
pub const LOOK: &str = "document.dispatchEvent(new Event('visibilitychange'));";

/// A schedule that will not run while a test does.
pub fn yearly(reference: &str) -> Value {
    json!({
        "operation": {
            "type": "MoneyWithdrawn",
            "data": { "amount": "12.00", "currency": "EUR", "reference": reference },
        },
        "when": { "cron": "cron(0 9 1 1 ? *)" },
        "time_zone": "Europe/Paris",
    })
}
