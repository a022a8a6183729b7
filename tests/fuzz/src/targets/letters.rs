//! The dead letters' envelopes.

use std::collections::BTreeMap;

use handlers::dead_letter;
use handlers::ports::QueuedLetter;

pub(super) fn read(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    // EventBridge's attributes, where the first line has some.
    let (attributes, body) = text.split_once('\n').unwrap_or(("", &text));
    let attributes: BTreeMap<String, String> = attributes
        .split('&')
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    for body in [body, &text] {
        let letter = dead_letter::read(&QueuedLetter {
            id: "letter".to_owned(),
            receipt: "receipt".to_owned(),
            body: body.to_owned(),
            attributes: attributes.clone(),
        });
        assert_eq!(letter.id, "letter");
        assert!(!letter.what.is_empty());
        serde_json::to_value(&letter).expect("a letter can be shown");
    }
}
