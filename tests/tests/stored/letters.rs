//! The letters that we write ourselves, and those of AWS, as they lie in the
//! dead-letter queue.

use handlers::dead_letter::{InternalDeadLetter, read};
use handlers::ports::QueuedLetter;
use serde_json::{Value, json};

use crate::file::{Golden, path};

#[test]
fn dead_letters_are_read_as_they_were_and_our_own_are_written_as_they_were() {
    let mut golden = Golden::read(path("letters.json"));
    let letters = golden.content["letters"].as_array().unwrap().clone();
    let shown: Vec<Value> = letters
        .iter()
        .map(|letter| {
            let body = &letter["body"];
            let read = read(&QueuedLetter {
                id: "letter".to_owned(),
                receipt: "receipt".to_owned(),
                body: body.to_string(),
                attributes: serde_json::from_value(letter["attributes"].clone()).unwrap(),
            });
            if body.get("ledgerbell").is_some() {
                let own: InternalDeadLetter = serde_json::from_value(body.clone()).unwrap();
                let written: Value = serde_json::from_str(&own.to_body().unwrap()).unwrap();
                assert_eq!(&written, body);
            }
            let mut shown = json!(read);
            shown["origin"] = json!(format!("{:?}", read.origin));
            // Words for a person; the tests of redriving have them.
            shown.as_object_mut().unwrap().remove("what");
            shown
        })
        .collect();
    golden.check("read", Some(json!(shown)));
}
