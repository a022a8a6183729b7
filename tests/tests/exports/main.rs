//! Exports as files: each event once, whatever happens on the way, in columns
//! that stay as they are; and every tampering found.

#![allow(clippy::unwrap_used)]

mod columns;
mod edges;
mod exactness;
mod tampering;
