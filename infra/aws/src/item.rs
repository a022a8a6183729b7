//! Between DynamoDB's items and our own types.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use handlers::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

pub(crate) type Item = HashMap<String, AttributeValue>;

pub(crate) fn write<T: Serialize>(value: &T) -> Result<Item> {
    serde_dynamo::aws_sdk_dynamodb_1::to_item(value)
        .map_err(|error| Error::permanent("cannot be written as an item", error))
}

pub(crate) fn read<T: DeserializeOwned>(item: Item) -> Result<T> {
    serde_dynamo::aws_sdk_dynamodb_1::from_item(item)
        .map_err(|error| Error::permanent("an item cannot be read", error))
}

/// Returns `LastEvaluatedKey` as a cursor, which is text.
pub(crate) fn write_key(key: Option<&Item>) -> Result<Option<String>> {
    let Some(key) = key.filter(|key| !key.is_empty()) else {
        return Ok(None);
    };
    let value: serde_json::Value = read(key.clone())?;
    Ok(Some(value.to_string()))
}

/// Reads the key of a cursor. A text that is none of [`write_key`]'s is invalid.
pub(crate) fn read_key(text: Option<&str>) -> Result<Option<Item>> {
    let Some(text) = text else { return Ok(None) };
    let key = serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(text);
    match key.as_ref().map(write) {
        Ok(Ok(key)) => Ok(Some(key)),
        _ => Err(Error::invalid(domain::FieldError::parameter(
            "cursor",
            "is not one that was given out here",
        ))),
    }
}

/// Returns a string attribute.
pub(crate) fn s(text: impl ToString) -> AttributeValue {
    AttributeValue::S(text.to_string())
}

/// Returns a number attribute.
pub(crate) fn n(number: impl ToString) -> AttributeValue {
    AttributeValue::N(number.to_string())
}
