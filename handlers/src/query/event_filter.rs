//! Which events are meant.

use domain::{AccountId, Commit, Currency, CustomerId, Money, RecordedEvent};

/// What an event must have; each that is `None` lets all pass.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    pub event_type: Option<String>,
    pub account_id: Option<AccountId>,
    /// The holder of the account.
    pub customer_id: Option<CustomerId>,
    /// Who appended it.
    pub source: Option<String>,
    /// The currency of the account.
    pub currency: Option<Currency>,
    /// The least amount that is moved, in its currency alone.
    pub min_amount: Option<Money>,
    /// The largest amount that is moved, in its currency alone.
    pub max_amount: Option<Money>,
}

impl EventFilter {
    pub fn accepts(&self, commit: &Commit, event: &RecordedEvent) -> bool {
        let same = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        let currency = commit.after.currency();
        same(self.event_type.as_deref(), &event.event_type)
            && same(self.source.as_deref(), &commit.source)
            && (self.account_id.as_ref()).is_none_or(|wanted| *wanted == commit.account_id)
            && (self.customer_id.as_ref()).is_none_or(|wanted| *wanted == commit.after.customer_id)
            && self.currency.is_none_or(|wanted| wanted == currency)
            && self.accepts_amount(moved(event, currency))
    }

    fn accepts_amount(&self, moved: Option<Money>) -> bool {
        let holds = |bound: Option<Money>, holds: fn(i64, i64) -> bool| match (bound, moved) {
            (None, _) => true,
            (Some(bound), Some(moved)) => {
                bound.currency() == moved.currency() && holds(moved.minor(), bound.minor())
            }
            (Some(_), None) => false,
        };
        holds(self.min_amount, |moved, least| moved >= least)
            && holds(self.max_amount, |moved, most| moved <= most)
    }
}

/// The amount that the event moves; an opening and what is only planned move none.
fn moved(event: &RecordedEvent, currency: Currency) -> Option<Money> {
    let amount = event.data.get("amount")?.as_str()?;
    Money::parse_amount(amount, currency).ok()
}
