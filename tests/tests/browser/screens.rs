//! Screens of any size, and at night.

use serde_json::json;
use tests::browser::Screen;

use crate::given::{Given, yearly};

#[test]
fn every_view_fits_a_phone_whatever_is_written_in_it() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    let long = "w".repeat(64);
    api.open(&long, &long, "EUR");
    given.deposit(&long, "in", "9999999999999.99", &"unbroken".repeat(15));
    let path = format!("/v1/accounts/{long}/schedules/{long}");
    assert_eq!(
        api.send("PUT", &path, &yearly(&"unbroken".repeat(15)))
            .status,
        201
    );
    page.screen(Screen::PHONE);
    for (view, part, text) in [
        ("/", "#events", "unbroken"),
        ("/accounts", "#accounts", "9 999 999 999 999.99"),
        (&format!("/accounts/{long}"), "#schedules", "unbroken"),
        (&format!("/accounts/{long}/events/2"), ".timeline", "sent"),
        ("/events", "#events", "unbroken"),
        ("/dead-letters", "#dead", "There are no dead letters"),
        ("/replays", "#replays", "No replay"),
        ("/customers", "#customers", "ana@example.com"),
        ("/customers/ana", "#customer", "ana@example.com"),
        (&format!("/find?q={long}w"), "#found", "Nothing has this"),
    ] {
        given.open(view);
        page.wait_for(part, text);
        let wider = page.evaluate("document.documentElement.scrollWidth - innerWidth");
        assert_eq!(wider, json!(0), "{view} is wider than the screen");
        // Large enough for a finger: WCAG 2.2, 2.5.8.
        let small = page.evaluate(
            "[...document.querySelectorAll('main button, main input, main select')]
                .filter((part) => part.offsetParent && (part.closest('label') ?? part).getBoundingClientRect().height < 24).map((part) => part.outerHTML)",
        );
        assert_eq!(small, json!([]), "{view}");
    }
    given.assert_clean();
}

#[test]
fn texts_stand_out_from_their_ground_by_day_and_by_night() {
    let given = Given::new();
    let (page, api) = (&given.page, given.api());
    api.open("ACC-1", "ana", "EUR");
    given.deposit("ACC-1", "in", "30.00", "in");
    for screen in [Screen::DESKTOP, Screen::DESKTOP.dark()] {
        page.screen(screen);
        given.open("/accounts/ACC-1");
        page.wait_for("#notifications", "sent");
        let dark = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches");
        assert_eq!(dark, json!(screen.dark));
        // WCAG 2.2, 1.4.3: 4.5 to 1.
        let faint = page.evaluate(FAINT_TEXTS);
        assert_eq!(faint, json!([]), "dark: {}", screen.dark);
    }
}

/// Texts with less contrast than 4.5 to their ground.
pub const FAINT_TEXTS: &str = r"(() => {
  const parse = (text) => (text.match(/[\d.]+/g) || []).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((part) => part / 255)
    .map((part) => (part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4))
    .reduce((sum, part, index) => sum + part * [0.2126, 0.7152, 0.0722][index], 0);
  const ground = (part) => {
    for (let at = part; at; at = at.parentElement) {
      const colour = parse(getComputedStyle(at).backgroundColor);
      if (colour.length === 3 || colour[3] > 0.99) return colour;
    }
    return [255, 255, 255];
  };
  const texts = [...document.querySelectorAll('body *')].filter((part) => part.checkVisibility() && !part.disabled
    && [...part.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim()) && !part.closest('svg, option, .skip, .unseen, .fresh'));
  return texts.map((part) => {
    const [a, b] = [light(parse(getComputedStyle(part).color)), light(ground(part))];
    return { part: part.outerHTML.slice(0, 120), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) };
  }).filter(({ contrast }) => contrast < 4.5);
})()";
