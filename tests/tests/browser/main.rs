//! The console in a real Chromium: what a person sees, and can do with mouse or keyboard.

#![allow(clippy::unwrap_used)]

mod deployed_stack;
mod finding;
mod given;
mod keyboard;
mod live;
mod operators;
mod screens;
mod signing_stub;
mod unsubscribing;
