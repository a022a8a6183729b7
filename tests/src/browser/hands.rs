//! What a person does with mouse and keyboard.

use serde_json::json;

use super::{Page, keyboard};

impl Page {
    /// Clicks the middle of a part with the mouse, once it is there, can be hit, and has come to rest: while a page fills,
    /// what stands below what has come moves on.
    #[track_caller]
    pub fn click(&self, selector: &str) {
        let quoted = json!(selector);
        self.wait(
            &format!("{selector} to be clicked"),
            &format!("(() => {{ const part = document.querySelector({quoted}); part?.scrollIntoView({{ block: 'center' }});
                const box = part?.getBoundingClientRect(); if (!box || part.disabled) return false;
                const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
                const place = `${{box.x}} ${{box.y}}`, rests = part.lastPlace === place; part.lastPlace = place;
                return rests && part.contains(hit); }})()"),
        );
        let place = self.evaluate(&format!(
            "(() => {{ const box = document.querySelector({quoted}).getBoundingClientRect();
                return {{ x: box.x + box.width / 2, y: box.y + box.height / 2 }}; }})()"
        ));
        self.count_action();
        for kind in ["mousePressed", "mouseReleased"] {
            let event = json!({ "type": kind, "x": place["x"], "y": place["y"], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", event);
        }
    }

    /// Points at a place within a part: its distance from the left, as a part of the width.
    pub fn point_at(&self, selector: &str, at: f64) {
        self.mouse("mouseMoved", "none", selector, at);
    }

    /// Draws the pressed mouse over a part, through these places within it.
    pub fn drag_over(&self, selector: &str, places: &[f64]) {
        self.count_action();
        let ends = places.first().zip(places.last());
        let (&from, &to) = ends.expect("a way has two ends");
        self.mouse("mouseMoved", "none", selector, from);
        self.mouse("mousePressed", "left", selector, from);
        for &at in places {
            self.mouse("mouseMoved", "left", selector, at);
        }
        self.mouse("mouseReleased", "left", selector, to);
    }

    fn mouse(&self, kind: &str, button: &str, selector: &str, at: f64) {
        let place = self.evaluate(&format!(
            "(() => {{ const part = document.querySelector({}); part.scrollIntoView({{ block: 'center' }}); const box = part.getBoundingClientRect();
                return {{ x: box.x + box.width * {at}, y: box.y + box.height / 2 }}; }})()",
            json!(selector)
        ));
        let event = json!({ "type": kind, "x": place["x"], "y": place["y"], "button": button, "clickCount": 1 });
        self.call("Input.dispatchMouseEvent", event);
    }

    /// Presses a key where the focus is.
    pub fn press(&self, key: &str) {
        if key == "Enter" {
            self.count_action();
        }
        for event in keyboard::press(key, false) {
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Goes back one part with Shift and Tab.
    pub fn press_back(&self) {
        for event in keyboard::press("Tab", true) {
            self.call("Input.dispatchKeyEvent", event);
        }
    }

    /// Gives a field a value, as its own picker would.
    pub fn choose(&self, selector: &str, value: &str) {
        let (selector, value) = (json!(selector), json!(value));
        self.count_action();
        let _ = self.evaluate(&format!(
            "(() => {{ const field = document.querySelector({selector}); field.value = {value};
                for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {{ bubbles: true }})); }})()"
        ));
    }

    /// Types a text where the focus is.
    pub fn write(&self, text: &str) {
        self.call("Input.insertText", json!({ "text": text }));
    }

    /// Presses Tab until the focus is on such a part, as somebody without a mouse has to.
    ///
    /// # Panics
    /// When it cannot be reached, or the focus cannot be seen on its way.
    #[track_caller]
    pub fn tab_to(&self, selector: &str) {
        const MOST: usize = 200;
        let quoted = json!(selector);
        for _ in 0..MOST {
            self.press("Tab");
            let here = self.evaluate(&format!("document.activeElement.matches({quoted})"));
            let seen = self.evaluate(
                "document.activeElement === document.body || document.activeElement.tagName === 'IFRAME'
                    || getComputedStyle(document.activeElement).outlineStyle !== 'none'",
            );
            assert_eq!(
                seen,
                json!(true),
                "the focus cannot be seen: {}",
                self.focused()
            );
            if here == json!(true) {
                return;
            }
        }
        panic!(
            "{selector} is not reached with {MOST} tabs; last: {}",
            self.focused()
        );
    }

    /// What has the focus.
    #[track_caller]
    #[must_use]
    pub fn focused(&self) -> String {
        let part = self.evaluate("document.activeElement.outerHTML.slice(0, 200)");
        part.as_str().unwrap_or_default().to_owned()
    }
}
