//! Ledgerbell beside two event stores for DynamoDB: the same work, on the same engine, in one run.

pub mod adapter;
pub mod capacity;
pub mod dynamo_es;
mod engine;
pub mod ledgerbell;
pub mod measure;
pub mod report;
mod retry;
pub mod store;
pub mod workloads;

pub use store::{Failure, Loaded, Store};
