//! What SES tells of mails: read whatever is in it, and acted on.

// Clippy knows test functions, not what they call.
#![allow(clippy::unwrap_used)]

mod acting;
mod given;
mod hostile;
mod reading;
mod redriving;
