//! The HTTP API in process: what the contract promises, what bad input gets,
//! and that every answer is as the document says.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test program: a panic is its failure, and no other crate uses it"
)]

mod accounts;
mod ambiguous;
mod as_of;
mod bad_input;
mod bad_questions;
mod client;
mod decided;
mod document;
mod events;
mod extremes;
mod hostile_bodies;
mod just_opened;
mod loading;
mod notifications;
mod operations;
mod preferences;
mod schedules;
mod search;
mod status;
mod times;
mod unreadable;
mod unsubscribe;
mod what_if;
mod what_if_pages;
mod words;
