//! The events of a commit as one attribute.
//!
//! A few events stay a list of maps, which is readable in DynamoDB's console. More are JSON in gzip (RFC 1952): ten events
//! then fit into 1 KB, the size of one write unit, and are one value to parse instead of a hundred.

use std::fmt;
use std::io::{self, Read, Write};

use domain::RecordedEvent;
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::de::value::SeqAccessDeserializer;
use serde::de::{SeqAccess, Visitor};
use serde::ser::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Bytes of JSON from which events are packed. With the commit's other attributes, a larger plain item would come near to
/// a second write unit.
const PACKED_FROM: usize = 512;
/// Bytes of JSON that are unpacked, far more than any commit has. More is an error: a small item must not fill the memory
/// of its readers.
const MAX_UNPACKED: u64 = 4 * 1024 * 1024;

pub(super) fn serialize<S: Serializer>(
    events: &[RecordedEvent],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    let json = serde_json::to_vec(events).map_err(S::Error::custom)?;
    if json.len() < PACKED_FROM {
        return events.serialize(serializer);
    }
    serializer.serialize_bytes(&packed(&json).map_err(S::Error::custom)?)
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Vec<RecordedEvent>, D::Error> {
    deserializer.deserialize_any(Events)
}

/// Either form, whatever its size.
struct Events;

impl<'de> Visitor<'de> for Events {
    type Value = Vec<RecordedEvent>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of events, or one in gzip")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, events: A) -> Result<Self::Value, A::Error> {
        Vec::deserialize(SeqAccessDeserializer::new(events))
    }

    fn visit_bytes<E: serde::de::Error>(self, packed: &[u8]) -> Result<Self::Value, E> {
        let json = unpacked(packed).map_err(E::custom)?;
        serde_json::from_slice(&json).map_err(E::custom)
    }
}

/// Compresses the JSON. The same events give the same bytes, because the header has neither a time nor a name.
fn packed(json: &[u8]) -> io::Result<Vec<u8>> {
    let mut packing = GzEncoder::new(Vec::new(), Compression::default());
    packing.write_all(json)?;
    packing.finish()
}

fn unpacked(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut json = Vec::new();
    let mut unpacking = GzDecoder::new(packed).take(MAX_UNPACKED);
    if unpacking.read_to_end(&mut json)? as u64 == MAX_UNPACKED {
        return Err(io::Error::other("more than any commit has"));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::AttributeValue;
    use chrono::DateTime;
    use domain::{EventId, Occurred};
    use serde_json::json;

    use super::*;

    #[derive(Serialize, Deserialize, Debug, PartialEq)]
    struct Commit {
        #[serde(with = "super")]
        events: Vec<RecordedEvent>,
    }

    fn commit(events: usize) -> Commit {
        let event = |number: usize| RecordedEvent {
            event_id: EventId::new(&"ACC-1".parse().unwrap(), number as u64 + 1),
            event_type: "MoneyDeposited".to_owned(),
            schema: 1,
            occurred: Occurred::At(DateTime::UNIX_EPOCH),
            data: json!({ "amount": format!("{number}.50"), "currency": "EUR" }),
        };
        Commit {
            events: (0..events).map(event).collect(),
        }
    }

    fn stored(commit: &Commit) -> AttributeValue {
        let mut item: std::collections::HashMap<String, AttributeValue> =
            serde_dynamo::to_item(commit).unwrap();
        item.remove("events").unwrap()
    }

    fn read(events: AttributeValue) -> Result<Commit, serde_dynamo::Error> {
        serde_dynamo::from_item(std::collections::HashMap::from([(
            "events".to_owned(),
            events,
        )]))
    }

    #[test]
    fn a_few_events_can_be_read_by_anybody_and_many_are_packed() {
        for (events, is_packed) in [(1, false), (2, false), (4, true), (100, true)] {
            let commit = commit(events);
            let attribute = stored(&commit);
            assert_eq!(attribute.is_b(), is_packed, "{events} events");
            assert_eq!(attribute.is_l(), !is_packed, "{events} events");
            assert_eq!(stored(&commit), attribute, "the same bytes each time");
            assert_eq!(read(attribute).unwrap(), commit);
        }
    }

    #[test]
    fn many_events_that_were_written_as_a_list_are_read() {
        let commit = commit(100);
        let list = serde_dynamo::to_attribute_value(&commit.events).unwrap();
        assert_eq!(read(list).unwrap(), commit);
    }

    #[test]
    fn ten_movements_are_less_than_half_a_kilobyte() {
        let packed = stored(&commit(10));
        assert!(packed.as_b().unwrap().as_ref().len() < 512);
    }

    #[test]
    fn what_is_no_list_of_events_is_an_error() {
        let bytes =
            |bytes: &[u8]| AttributeValue::B(aws_sdk_dynamodb::primitives::Blob::new(bytes));
        let whole = stored(&commit(10)).as_b().unwrap().clone().into_inner();
        let mut changed = whole.clone();
        changed[40] ^= 1;
        let endless = packed(&vec![b' '; MAX_UNPACKED as usize]).unwrap();
        for wrong in [&b"plain"[..], &whole[..whole.len() - 9], &changed, &endless] {
            assert!(read(bytes(wrong)).is_err());
        }
    }
}
