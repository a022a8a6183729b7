//! To which of a customer's addresses something goes.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::CustomerId;
use crate::email::AddressHash;

/// An address is named by its hash, as notifications are kept for ever and
/// addresses are not.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Recipient {
    /// The customer's own address, whichever it is at the time.
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

    /// The recipient as ids of notifications have it.
    pub(crate) fn of(&self, customer: &CustomerId) -> impl fmt::Display {
        match self {
            Recipient::Customer => customer.to_string(),
            // No customer's id has a slash.
            Recipient::Address(hash) => format!("{customer}/{hash}"),
        }
    }
}
