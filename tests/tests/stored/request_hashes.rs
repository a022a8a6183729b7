//! The hash of a request: what is sent again after an update of ours has to have
//! the hash that is stored with its key.

use domain::record::ProposedEvents;
use serde_json::{Value, json};

use crate::file::{Golden, path};

#[test]
fn a_body_has_the_hash_that_it_had() {
    let mut golden = Golden::read(path("request-hashes.json"));
    let bodies = golden.content["bodies"].as_array().unwrap().clone();
    let hashes: Vec<Value> = bodies
        .iter()
        .map(|body| {
            let read = ProposedEvents::read(body.clone());
            let read = read.unwrap_or_else(|errors| panic!("{body}: {errors:?}"));
            json!(read.request_hash.to_string())
        })
        .collect();
    golden.check("hashes", Some(json!(hashes)));
}
