//! What WCAG 2.2 (A and AA) and good practice ask of every page, by axe-core: full, empty, while it loads and when it cannot
//! be read; by day and by night; on a large screen and on a phone.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tests::browser::{Page, Screen};
use tests::one_machine::settled;

use crate::given::{ANSWERS, Given, yearly};

const AXE: &str = include_str!("../../data/axe-core/axe.min.js");
const AXE_SHA256: &str = "29348999450cdf2849a8e70b7912fc2da85a849da39c0d0d5394f51d4a9ed95c";
const ROUTER: &str = include_str!("../../../handlers/cli/pages/console.js");

const ACCOUNT: &str = "DE89370400440532013000";
/// The views by their address, and a text that is there once they are whole. `NOTIFICATION` is put in.
const VIEWS: [(&str, &str); 15] = [
    ("", "Latest events"),
    ("find?q=mart", "Chloé Martin"),
    ("find?q=nobody", "Nothing has this"),
    ("customers", "chloe@example.com"),
    ("customers/chloe", "gets mail"),
    ("accounts", "1 235.00 EUR"),
    ("accounts/DE89370400440532013000", "sent"),
    ("accounts/DE89370400440532013000/events/2", "Delivered"),
    ("notifications/NOTIFICATION", "is ours"),
    ("events", "salary"),
    ("notifications", "Deposit"),
    ("dead-letters", "failed on"),
    ("replays", "equal"),
    ("imports", "MT940"),
    ("nowhere", "nothing at this address"),
];
/// Those that read nothing, and so cannot fail to.
const READ_NOTHING: [&str; 2] = ["imports", "nowhere"];
const SCREENS: [Screen; 4] = [
    Screen::DESKTOP,
    Screen::PHONE,
    Screen {
        dark: true,
        ..Screen::DESKTOP
    },
    Screen {
        dark: true,
        ..Screen::PHONE
    },
];

/// What axe finds on the page as it is now.
fn violations(page: &Page) -> Vec<String> {
    let _ = page.evaluate(&format!("{AXE}\n;true"));
    let found = page.evaluate(
        "axe.run(document, { iframes: false, resultTypes: ['violations'], runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
            .then(({ violations }) => violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 150)).join(' | ')}`))",
    );
    found
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one.as_str().unwrap().to_owned())
        .collect()
}

struct Look<'a> {
    given: &'a Given,
    state: &'static str,
    found: Vec<String>,
    looks: usize,
}

impl Look<'_> {
    fn at(&mut self, view: &str, screen: Screen) {
        let looked = violations(&self.given.page);
        let how = format!(
            "{} {}{}",
            self.state,
            if screen.dark { "dark " } else { "" },
            if screen.phone { "phone" } else { "desktop" }
        );
        self.found.extend(
            looked
                .into_iter()
                .map(|one| format!("#/{view} {how}: {one}")),
        );
        self.looks += 1;
    }
}

fn filled(given: &Given) -> String {
    let (api, disk) = (given.api(), given.folder.disk());
    let person = json!({ "email": "chloe@example.com", "name": "Chloé Martin", "locale": "en", "time_zone": "Europe/Paris",
        "preferences": { "addresses": [{ "email": "second@example.com", "kinds": ["withdrawal"] }], "quiet_hours": { "from": "22:00", "to": "22:01" } } });
    assert_eq!(api.send("PUT", "/v1/customers/chloe", &person).status, 201);
    api.open(ACCOUNT, "chloe", "EUR");
    given.deposit(ACCOUNT, "in", "1234.00", "salary");
    let told = settled(&api, &disk, ACCOUNT, 2, 1).notifications[0]["notification_id"].clone();
    let path = format!("/v1/accounts/{ACCOUNT}/schedules/rent");
    assert_eq!(api.send("PUT", &path, &yearly("rent")).status, 201);
    assert_eq!(
        api.send("POST", "/v1/replays", &json!({ "kind": "projections" }))
            .status,
        202
    );
    disk.change_customer("chloe", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Nowhere/Land" })
    });
    given.deposit(ACCOUNT, "fails", "1.00", "salary");
    tests::one_machine::eventually("one has failed", || match api.dead_letters().len() {
        1 => Ok(()),
        other => Err(other.to_string()),
    });
    disk.change_customer("chloe", |item| {
        item["person"]["M"]["time_zone"] = json!({ "S": "Europe/Paris" })
    });
    told.as_str().unwrap().to_owned()
}

fn go(given: &Given, view: &str) {
    given.page.go("about:blank");
    given.page.go(&format!("{}/#/{view}", given.server.base()));
}

#[test]
fn no_page_breaks_a_rule_of_wcag_in_any_state_on_any_screen() {
    let sum: String = Sha256::digest(AXE)
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    assert_eq!(sum, AXE_SHA256);
    let given = Given::new();
    let page = &given.page;
    every_view_of_the_router_is_looked_at(&given);
    page.before_load(ANSWERS);
    page.before_load("window.failing = JSON.parse(sessionStorage.failing ?? '{}')");
    let mut look = Look {
        given: &given,
        state: "empty",
        found: Vec::new(),
        looks: 0,
    };
    for screen in [SCREENS[0], SCREENS[3]] {
        page.screen(screen);
        for view in [
            "",
            "customers",
            "accounts",
            "events",
            "dead-letters",
            "replays",
            "find?q=nobody",
        ] {
            go(&given, view);
            page.wait_for("#live", "Live");
            look.at(view, screen);
        }
    }

    let notification = filled(&given);
    look.state = "full";
    for screen in SCREENS {
        page.screen(screen);
        for (view, text) in VIEWS {
            let view = view.replace("NOTIFICATION", &notification);
            go(&given, &view);
            page.wait_for("main", text);
            look.at(&view, screen);
        }
        // The dialogs, over what they ask about.
        go(&given, "customers/chloe");
        page.wait_for("#addresses", "gets mail");
        // With the keyboard: what still fills the page above moves the button away from under a mouse.
        let _ = page.evaluate("document.querySelector('#addresses .buttons .plain').focus()");
        page.press("Enter");
        page.wait_for("dialog", "Erase this customer?");
        look.at("customers/chloe, asked", screen);
    }
    page.screen(Screen::DESKTOP);
    page.go(&format!("{}/inbox", given.server.base()));
    page.wait_for("#mails", "was paid into your account");
    look.at("inbox", Screen::DESKTOP);

    // `/local/about` answers: without it there is no page to look at.
    for (state, how, text) in [
        ("failing", json!(500), "Not known"),
        ("loading", json!("never"), "Loading"),
    ] {
        look.state = state;
        let rules = json!({ "/v1/": how }).to_string();
        let _ = page.evaluate(&format!("sessionStorage.failing = '{rules}'"));
        for screen in [SCREENS[1], SCREENS[2]] {
            page.screen(screen);
            for (view, _) in VIEWS
                .iter()
                .filter(|(view, _)| !READ_NOTHING.contains(view))
            {
                go(&given, view);
                page.wait_for("main", text);
                look.at(view, screen);
            }
        }
    }
    println!(
        "axe-core 4.14.1: {} looks, {} violations",
        look.looks,
        look.found.len()
    );
    assert!(look.found.is_empty(), "{:#?}", look.found);
}

/// That each pattern of the router is that of a view above.
fn every_view_of_the_router_is_looked_at(given: &Given) {
    given.open("/");
    let patterns = ROUTER
        .lines()
        .filter_map(|line| line.trim().strip_prefix("[/")?.split_once("/, "));
    let patterns: Vec<&str> = patterns.map(|(pattern, _)| pattern).collect();
    assert!(patterns.len() > 5, "{patterns:?}");
    for pattern in patterns {
        let addresses: Vec<&str> = VIEWS
            .iter()
            .map(|(view, _)| view.split('?').next().unwrap_or(""))
            .collect();
        let is_there: Value = given.page.evaluate(&format!(
            "{}.some((view) => /{pattern}/.test(view))",
            json!(addresses)
        ));
        assert_eq!(is_there, json!(true), "no view for {pattern}");
    }
}
