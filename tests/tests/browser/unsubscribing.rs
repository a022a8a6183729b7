//! The link in a mail that ends mails like it.

use serde_json::{Value, json};
use tests::browser::Page;
use tests::one_machine::{Api, settled};

use crate::given::Given;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");
const ONE_CLICK: &str = "List-Unsubscribe=One-Click";

fn kinds_off(api: &Api) -> Value {
    api.get("/v1/customers/ana")["preferences"]["kinds"].clone()
}

/// Confirms on the page that the link leads to.
#[track_caller]
fn confirm(page: &Page, base: &str) {
    page.wait_for("h1", "Stop these e-mails?");
    page.click("button");
    page.wait_for("h1", "Done");
    page.assert_clean(base);
}

/// Ana has a mail about a deposit; the address that its header names.
fn with_mail(given: &Given) -> String {
    let api = given.api();
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "1.00", "in");
    let outcome = settled(&api, &given.folder.disk(), "ACC-1", 2, 1);
    let link = outcome.mails[0]["headers"]["List-Unsubscribe"].clone();
    let link = link
        .as_str()
        .unwrap_or_else(|| panic!("{:#}", outcome.mails[0]));
    link.trim_matches(['<', '>']).to_owned()
}

#[test]
fn a_click_on_the_link_of_a_mail_and_one_on_the_page_behind_it_end_mails_like_it() {
    let given = Given::new();
    let (page, api, base) = (&given.page, given.api(), given.server.base());
    let _ = with_mail(&given);
    page.go(&format!("{base}/inbox"));
    page.click("#mail-rows a");
    page.wait_for_frame("Stop messages like this one");
    page.click_in_frame("#mail-html", "a[href*='/unsubscribe?']");
    let tab = given.chromium.page_at("/unsubscribe?");
    tab.wait_for("main", "no more e-mails about money that is paid in");
    assert_eq!(kinds_off(&api), Value::Null, "looking is not confirming");
    confirm(&tab, base);
    assert_eq!(kinds_off(&api), json!({ "deposit": { "enabled": false } }));
    // The mail is where it was.
    page.wait_for_frame("Stop messages like this one");
    given.assert_clean();

    given.deposit("ACC-1", "again", "2.00", "in");
    let outcome = settled(&api, &given.folder.disk(), "ACC-1", 3, 1);
    assert_eq!(outcome.mails.len(), 1, "{:#?}", outcome.mails);

    // And undone, by one more click.
    tab.click("button");
    tab.wait_for("h1", "Undone");
    tab.wait_for("main", "You get e-mails about money that is paid in again");
    tab.assert_clean(base);
    assert_eq!(kinds_off(&api), json!({ "deposit": { "enabled": true } }));
    given.deposit("ACC-1", "after", "3.00", "in");
    let outcome = settled(&api, &given.folder.disk(), "ACC-1", 4, 2);
    assert_eq!(outcome.mails.len(), 2, "{:#?}", outcome.mails);
}

#[test]
fn the_link_works_from_any_program_that_opens_it_in_a_browser() {
    let given = Given::new();
    let link = with_mail(&given);
    given.page.go(&link);
    confirm(&given.page, given.server.base());
    let off = json!({ "deposit": { "enabled": false } });
    assert_eq!(kinds_off(&given.api()), off);
}

#[test]
fn one_click_of_a_mail_program_works_from_anywhere_and_nothing_else_does() {
    let given = Given::new();
    let api = given.api();
    let link = with_mail(&given);
    let path = link.strip_prefix(given.server.base()).unwrap();
    for origin in [None, Some("null"), Some("https://mail.example")] {
        let mut headers = vec![FORM];
        headers.extend(origin.map(|origin| ("origin", origin)));
        let person = json!({
            "email": "ana@example.com", "name": "Ana", "locale": "en", "time_zone": "Europe/Paris", "preferences": {},
        });
        assert_eq!(api.send("PUT", "/v1/customers/ana", &person).status, 200);
        let answer = api.try_send("POST", path, &headers, ONE_CLICK).unwrap();
        assert_eq!(answer.status, 200, "{origin:?}: {}", answer.text);
        assert_eq!(kinds_off(&api), json!({ "deposit": { "enabled": false } }));
        // It says what it is to do, and is signed for it.
        let answer = api.try_send("POST", path, &headers, "").unwrap();
        assert_eq!(answer.status, 400, "{origin:?}");
        let forged = path.replacen("token=1.", "token=1.x", 1);
        let answer = api.try_send("POST", &forged, &headers, ONE_CLICK).unwrap();
        assert_eq!(answer.status, 400, "{origin:?}");
    }
    let before = api.get("/v1/customers/ana");
    for origin in ["null", "https://mail.example"] {
        for (method, path) in [
            ("PUT", "/v1/customers/ana"),
            ("DELETE", "/v1/customers/ana"),
            ("POST", "/v1/accounts/ACC-1/events"),
            ("POST", "/v1/replays"),
            ("POST", "/v1/unsubscribe/"),
            ("GET", "/v1/accounts"),
        ] {
            let headers = [("origin", origin), ("content-type", "application/json")];
            let answer = api.try_send(method, path, &headers, "{}").unwrap();
            assert_eq!(answer.status, 403, "{origin} {method} {path}");
        }
    }
    assert_eq!(api.get("/v1/customers/ana"), before);
}
