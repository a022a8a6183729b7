//! Every interleaving of claim, send and redrive, on the real state machine.
//!
//! Two workers get one event twice, over a network that duplicates and loses
//! deliveries; a mailer takes, refuses, puts off or leaves them in the dark; an
//! operator names the letters, at any time, twice. Between any two calls of a
//! port another one may run, the process may die, or time may pass. The
//! explorer takes every choice there is: a schedule is a list of choices, played
//! again from the start for each next one, because what runs is `Notifier` and
//! `Redriver` themselves and a half-run future has no copy.
//!
//! What makes it end, and what it leaves out because of that:
//!
//! - `Bounds`: so many faults, waits, deliveries and redrives in one schedule.
//! - States that were seen before, with no less left of the bounds, are not gone
//!   on from. Two states are the same when what is stored is the same and every
//!   half-run worker has seen the same answers; workers are functions of these
//!   and of nothing else.
//! - Not every call is a place where others run: see `actor`.
//! - A worker that dies after a call's effect is one that dies before its next
//!   call, or, after its last, whose delivery is duplicated. There is no choice
//!   for it of its own.
//! - A letter is visible at once. That the bank waits for minutes only takes
//!   interleavings away.
//!
//! Not played here: events of the mail provider (delivered, bounced). Their
//! merging is held in every order, twice, by `tests/tests/feedback`; beside a
//! worker and an operator they would be one more kind of `actor`, with its
//! message in the inbox of the `stage` once a mail was accepted.

mod actor;
mod choice;
mod explorer;
mod message;
mod promises;
mod settle;
mod stage;

pub use choice::{Choice, Turn};
pub use explorer::{Bounds, Explored, Scene, explore};
pub use promises::End;
