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
