//! Whole mails, as a customer gets them.

#![allow(clippy::unwrap_used)]

mod golden;
mod hostile;
mod notices;
mod reading;
