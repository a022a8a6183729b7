//! The recipient of a notification among a customer's addresses.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::CustomerId;
use crate::email::AddressHash;

/// A recipient. Further addresses are named by their hashes, because notifications are kept for ever and addresses are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// The customer's own address at the time of sending.
    #[default]
    Customer,
    /// One of the further addresses of the preferences.
    Address(AddressHash),
}

impl Recipient {
    /// Whether it is the customer's own address.
    #[must_use]
    pub fn is_customer(&self) -> bool {
        *self == Recipient::Customer
    }

    /// Returns the recipient's part of a notification's id.
    pub(crate) fn of(&self, customer: &CustomerId) -> impl fmt::Display {
        match self {
            Recipient::Customer => customer.to_string(),
            // No customer's id has a slash.
            Recipient::Address(hash) => format!("{customer}/{hash}"),
        }
    }
}
