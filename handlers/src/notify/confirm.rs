//! The verdict at the time of an attempt, with the current data of the ports.

use domain::notification::{self, Subject, Verdict};

use crate::error::Result;
use crate::ports::{Clock, Person, Suppressions};

/// Confirms a verdict for the current customer; `None` after an erasure. Writes nothing.
///
/// The suppression is read only if a mail would be sent.
pub(super) async fn confirm(
    suppressions: &dyn Suppressions,
    clock: &dyn Clock,
    subject: &Subject,
    decided: Verdict,
    person: Option<&Person>,
) -> Result<Verdict> {
    let sends = decided == Verdict::Send;
    let address = person
        .filter(|_| sends)
        .and_then(|p| p.address_for(subject));
    let is_suppressed = match address {
        Some(address) => suppressions.get(&address.hash()).await?.is_some(),
        None => false,
    };
    let wishes = person.map(Person::wishes);
    Ok(notification::confirm(
        subject,
        decided,
        wishes,
        is_suppressed,
        clock.now(),
    ))
}
