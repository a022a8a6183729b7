//! The verdict at the moment of an attempt, with what the ports know now.

use domain::notification::{self, Subject, Verdict};

use crate::error::Result;
use crate::ports::{Clock, Person, Suppressions};

/// Confirms a verdict for the customer of now; `None` after an erasure. Nothing is
/// written.
///
/// The suppression list is asked only where a mail would go to an address.
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
