//! Personal data that is planted, and looked for where it must not come.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde_json::{Value, json};

/// Words that nothing else has, one for each kind of what is personal. They are letters and digits alone, so that no
/// JSON, URL or header writes them otherwise.
const PLANTED: [(&str, &str); 5] = [
    ("the name", "Zqcanaryname"),
    ("the address", "zqcanaryown"),
    ("the further address", "zqcanaryfurther"),
    ("the reference", "Zqcanaryreference"),
    ("the counterparty", "Zqcanarycounterparty"),
];
/// Those that the bank reports as part of a movement: they are in its events,
/// and no log's matter.
const OF_MOVEMENTS: [&str; 2] = ["the reference", "the counterparty"];

/// What is looked for, and where it was found.
#[derive(Debug, Default)]
pub struct Canary {
    more: Vec<(String, String)>,
    found: Vec<String>,
    /// The first text in which something was found.
    first: Option<String>,
}

impl Canary {
    /// A customer made of what must not be found, with what else these
    /// preferences say; mails go to this domain.
    #[must_use]
    pub fn person(domain: &str, mut preferences: Value) -> Value {
        preferences["addresses"] =
            json!([{ "email": format!("zqcanaryfurther@{domain}"), "kinds": ["withdrawal"] }]);
        json!({
            "email": format!("zqcanaryown@{domain}"), "name": "Zqcanaryname Doe", "locale": "en",
            "time_zone": "Europe/Paris", "preferences": preferences,
        })
    }

    /// A movement of this type whose texts must not be found in logs.
    #[must_use]
    pub fn movement(event_type: &str, amount: &str) -> Value {
        json!({
            "type": event_type, "occurred_at": "2026-11-22T09:30:00Z",
            "data": {
                "amount": amount, "currency": "EUR",
                "reference": "Zqcanaryreference", "counterparty": "Zqcanarycounterparty",
            },
        })
    }

    /// Something more to be looked for, such as a code that only the customer has.
    pub fn plant(&mut self, what: &str, word: &str) {
        assert!(word.len() >= 8, "{word} would be found anywhere");
        self.more.push((what.to_owned(), word.to_owned()));
    }

    /// Looks through a log, a trace or a metric: nothing planted may be in it.
    pub fn search(&mut self, place: &str, text: &str) {
        self.look(place, text, &[]);
    }

    /// Looks through what carries the bank's own record of movements: nothing
    /// that tells who the customer is may be in it.
    pub fn search_record(&mut self, place: &str, text: &str) {
        self.look(place, text, &OF_MOVEMENTS);
    }

    fn look(&mut self, place: &str, text: &str, but: &[&str]) {
        let lower = text.to_lowercase();
        let all = PLANTED.iter().map(|(what, word)| (*what, *word));
        let more = self
            .more
            .iter()
            .map(|(what, word)| (what.as_str(), word.as_str()));
        let found: Vec<String> = all
            .chain(more)
            .filter(|(what, word)| !but.contains(what) && is_in(word, text, &lower))
            .map(|(what, _)| format!("{what} in {place}"))
            .collect();
        if let (Some(_), None) = (found.first(), &self.first) {
            self.first = Some(text.chars().take(2000).collect());
        }
        self.found.extend(found);
    }

    /// Where something was found.
    #[must_use]
    pub fn found(&self) -> &[String] {
        &self.found
    }

    /// # Panics
    /// Where something was found.
    #[track_caller]
    pub fn assert_not_found(&self) {
        assert!(
            self.found.is_empty(),
            "{:#?} first in {:?}",
            self.found,
            self.first
        );
    }
}

/// As it is, in any case, or in Base64 at any of its three alignments.
fn is_in(word: &str, text: &str, lower: &str) -> bool {
    lower.contains(&word.to_lowercase()) || (0..3).any(|shift| text.contains(&encoded(word, shift)))
}

/// The part of the word's Base64 that does not hang on what stands around it,
/// where `shift` bytes stand before it in its group of three.
fn encoded(word: &str, shift: usize) -> String {
    let padded = [&b"___"[..shift], word.as_bytes()].concat();
    let whole = padded.len() / 3 * 4;
    let text = STANDARD_NO_PAD.encode(&padded[..padded.len() / 3 * 3]);
    // The first group holds what stands before.
    let from = if shift == 0 { 0 } else { 4 };
    text[from..whole].to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found_in(text: &str) -> Vec<String> {
        let mut canary = Canary::default();
        canary.search("the text", text);
        canary.found().to_vec()
    }

    #[test]
    fn what_is_planted_is_found_in_any_case_and_in_base64() {
        assert_eq!(
            found_in("to=ZQCANARYOWN%40example.com"),
            ["the address in the text"]
        );
        for before in ["", "x", "xy"] {
            let encoded =
                STANDARD_NO_PAD.encode(format!("{before}{{\"name\":\"Zqcanaryname Doe\"}}"));
            assert_eq!(found_in(&encoded), ["the name in the text"], "{encoded}");
        }
        assert_eq!(found_in("nothing of it"), Vec::<String>::new());
    }

    #[test]
    fn a_record_may_hold_the_texts_of_a_movement_and_a_log_may_not() {
        let text = Canary::movement("MoneyDeposited", "1.00").to_string();
        let mut canary = Canary::default();
        canary.search_record("the bus", &text);
        canary.assert_not_found();
        assert_eq!(found_in(&text).len(), 2);
    }
}
