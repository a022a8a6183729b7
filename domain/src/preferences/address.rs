//! Further addresses of a customer, each with kinds of its own.

use std::collections::BTreeSet;
use std::str::FromStr;

use serde_json::{Value, json};

use crate::email::{AddressHash, EmailAddress};
use crate::fields::{FieldError, Fields, name_of};
use crate::notification::Kind;

/// Further addresses of a customer: a household and its bookkeeper, not a mailing list. More are refused with 400.
pub const MAX_FURTHER_ADDRESSES: usize = 5;

/// A further address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FurtherAddress {
    /// The address itself.
    pub email: EmailAddress,
    /// The kinds that it gets; at least one.
    pub kinds: BTreeSet<Kind>,
}

impl FurtherAddress {
    /// The hash by which notifications name it.
    #[must_use]
    pub fn hash(&self) -> AddressHash {
        self.email.hash()
    }

    pub(super) fn to_json(&self) -> Value {
        json!({ "email": self.email, "kinds": self.kinds })
    }
}

pub(super) fn read_all(
    value: Value,
    pointer: &str,
) -> Result<Vec<FurtherAddress>, Vec<FieldError>> {
    let values = array(value, pointer)?;
    if values.len() > MAX_FURTHER_ADDRESSES {
        let detail = format!("must be at most {MAX_FURTHER_ADDRESSES}");
        return Err(vec![FieldError::pointer(pointer, detail)]);
    }
    let (mut addresses, mut errors) = (Vec::<FurtherAddress>::new(), Vec::new());
    for (index, value) in values.into_iter().enumerate() {
        let pointer = format!("{pointer}/{index}");
        match read(value, &pointer) {
            Ok(address) if addresses.iter().any(|known| known.hash() == address.hash()) => {
                let pointer = format!("{pointer}/email");
                errors.push(FieldError::pointer(pointer, "is there twice"));
            }
            Ok(address) => addresses.push(address),
            Err(found) => errors.extend(found),
        }
    }
    if errors.is_empty() {
        Ok(addresses)
    } else {
        Err(errors)
    }
}

fn read(value: Value, pointer: &str) -> Result<FurtherAddress, Vec<FieldError>> {
    let mut fields = Fields::new(value, pointer);
    let email = fields.parsed("email", EmailAddress::from_str);
    let named = fields.required("kinds");
    let at = fields.pointer_to("kinds");
    let kinds = named.and_then(|kinds| match read_kinds(kinds, &at) {
        Ok(kinds) => Some(kinds),
        Err(errors) => {
            fields.add_errors(errors);
            None
        }
    });
    fields.finish(
        email
            .zip(kinds)
            .map(|(email, kinds)| FurtherAddress { email, kinds }),
    )
}

fn read_kinds(value: Value, pointer: &str) -> Result<BTreeSet<Kind>, Vec<FieldError>> {
    let values = array(value, pointer)?;
    if values.is_empty() {
        let detail = "must name at least one kind";
        return Err(vec![FieldError::pointer(pointer, detail)]);
    }
    let mut kinds = BTreeSet::new();
    let mut errors = Vec::new();
    for (index, value) in values.iter().enumerate() {
        let refuse = |detail: String| FieldError::pointer(format!("{pointer}/{index}"), detail);
        match value.as_str().map(str::parse::<Kind>) {
            Some(Ok(kind)) => {
                kinds.insert(kind);
            }
            Some(Err(error)) => errors.push(refuse(error)),
            None => errors.push(refuse(format!("must be a string, not {}", name_of(value)))),
        }
    }
    if errors.is_empty() {
        Ok(kinds)
    } else {
        Err(errors)
    }
}

fn array(value: Value, pointer: &str) -> Result<Vec<Value>, Vec<FieldError>> {
    let found = name_of(&value);
    if let Value::Array(values) = value {
        return Ok(values);
    }
    if value.is_null() {
        return Ok(Vec::new());
    }
    let detail = format!("must be an array, not {found}");
    Err(vec![FieldError::pointer(pointer, detail)])
}
