//! The main path without a mouse.

use serde_json::json;

use crate::given::{Given, yearly};

#[test]
fn the_main_path_is_walked_with_the_keyboard_alone() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    api.open("ACC-2", "ana", "EUR");
    given.deposit("ACC-1", "in", "30.00", "in");
    let path = "/v1/accounts/ACC-1/schedules/rent";
    assert_eq!(api.send("PUT", path, &yearly("rent")).status, 201);
    given.open("/");
    page.wait_for("#events", "Deposit");

    // The first stop leads past the bar.
    page.press("Tab");
    assert_eq!(page.text(":focus"), "To the content");
    page.press("Enter");
    assert_eq!(page.evaluate("document.activeElement.id"), json!("main"));
    page.press_back();

    page.tab_to("[data-entry=accounts]");
    page.press("Enter");
    page.wait_for("#accounts", "ACC-1");
    // A new view begins at its title, as a new page would.
    assert_eq!(
        page.evaluate("document.activeElement.id"),
        json!("accounts-title")
    );
    assert_eq!(
        page.evaluate("document.title"),
        json!("Accounts · Ledgerbell")
    );
    page.tab_to("#accounts .name");
    page.press("Enter");
    page.wait_for("#as-of-balance", "Version 3 of 3");
    // What has not changed keeps the focus while the page looks again and again.
    for link in [".facts a", "#as-of-balance a"] {
        page.tab_to(link);
        for look in 0..3 {
            // The page looks when anything has changed.
            let _ = page.evaluate("performance.clearResourceTimings()");
            given.deposit(
                "ACC-2",
                &format!("{}-{look}", link.len()),
                "1.00",
                "elsewhere",
            );
            page.wait(
                "a look",
                "performance.getEntriesByType('resource').some((entry) => entry.name.includes('/v1/accounts/ACC-1/notifications'))",
            );
        }
        let focused = page.evaluate(&format!("document.activeElement.matches('{link}')"));
        assert_eq!(focused, json!(true), "{link} has lost the focus");
    }
    given.open("/accounts/ACC-1");
    page.tab_to("#as-of");
    page.press("Home");
    page.wait_for("#as-of-balance", "Version 1 of 3");
    page.tab_to("#history tbody tr:nth-child(2) .name");
    // What arrives meanwhile does not take the focus away.
    given.deposit("ACC-1", "meanwhile", "1.00", "meanwhile");
    page.wait_for("#history", "meanwhile");
    assert_eq!(page.text(":focus"), "Deposit");
    page.press("Enter");
    page.wait_for(".timeline", "Deposit sent");
    page.tab_to("[rel=next]");
    page.press("Enter");
    page.wait_for("#story-title", "Schedule created");

    // A dialog holds the focus, is left with Escape, and gives the focus back.
    given.open("/accounts/ACC-1");
    page.wait_for("#schedules", "rent");
    page.tab_to("#schedules .schedule .plain");
    page.press("Enter");
    page.wait_for("dialog", "Cancel this schedule?");
    assert_eq!(
        page.evaluate("document.activeElement.id"),
        json!("dialog-no")
    );
    page.press("Escape");
    page.wait(
        "the focus to be back",
        "document.activeElement.matches('#schedules .schedule .plain')",
    );
    assert_eq!(
        api.get("/v1/accounts/ACC-1/schedules")["schedules"][0]["schedule_id"],
        "rent"
    );

    // From anywhere to anything; but a slash in a text is a slash.
    page.press("/");
    page.wait(
        "the search to have the focus",
        "document.activeElement.id === 'find'",
    );
    page.write("ACC");
    page.press("/");
    assert_eq!(page.evaluate("document.activeElement.value"), json!("ACC/"));
    page.press("Enter");
    page.wait_for("#found", "Nothing has this");

    // Pages by two keys, rows and versions by one.
    page.tab_to("#events input");
    page.write("g");
    let _ = page.evaluate("document.activeElement.blur()");
    page.press("g");
    page.press("a");
    page.wait_for("#accounts", "ACC-1");
    page.press("j");
    assert_eq!(page.text(":focus"), "ACC-1");
    page.press("Enter");
    page.wait_for("#as-of-balance", "Version 4 of 4");
    page.press("[");
    page.wait_for("#as-of-balance", "Version 3 of 4");
    page.press("]");
    page.wait_for("#as-of-balance", "Version 4 of 4");
    page.press("j");
    page.press("j");
    page.press("k");
    page.press("Enter");
    page.wait_for(".steps-nav", "Version 3");
    page.press("[");
    page.wait_for("#story-title", "Schedule created");
    page.press("?");
    page.wait_for("dialog", "the next and the previous row");
    page.press("Escape");
    page.wait("the keys to be closed", "!document.querySelector('dialog')");
    given.assert_clean();
}

#[test]
fn keys_without_ctrl_can_be_switched_off_and_stay_so() {
    let given = Given::new();
    let page = &given.page;
    given.open("/");
    page.press("g");
    page.press("a");
    page.wait_for("#accounts", "Accounts");
    page.click("#keys");
    page.click("#single-keys");
    page.click("dialog .plain");
    page.press("g");
    page.press("c");
    page.press("/");
    let focused = page.evaluate("document.activeElement.id");
    assert_ne!(focused, "find", "WCAG 2.2, 2.1.4");
    assert_eq!(page.evaluate("location.hash"), "#/accounts");
    given.open("/events");
    page.press("/");
    assert_ne!(page.evaluate("document.activeElement.id"), "find");
    page.click("#keys");
    page.click("#single-keys");
    page.press("Escape");
    page.press("/");
    page.wait("the search", "document.activeElement.id === 'find'");
    given.assert_clean();
}
