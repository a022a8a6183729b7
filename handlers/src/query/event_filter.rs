//! Filters of events.

use domain::{AccountId, Commit, CorrelationId, Currency, CustomerId, Money, RecordedEvent};

/// A filter of events. Each member that is `None` accepts all.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventFilter {
    /// The event's type.
    pub event_type: Option<String>,
    /// The account.
    pub account_id: Option<AccountId>,
    /// The holder of the account.
    pub customer_id: Option<CustomerId>,
    /// The source of the commit.
    pub source: Option<String>,
    /// The correlation id of the commit's request.
    pub correlation_id: Option<CorrelationId>,
    /// The currency of the account.
    pub currency: Option<Currency>,
    /// The smallest amount, inclusive. Events in another currency, and those without an amount, are not accepted.
    pub min_amount: Option<Money>,
    /// The largest amount, inclusive. Events in another currency, and those without an amount, are not accepted.
    pub max_amount: Option<Money>,
}

impl EventFilter {
    /// Whether the filter accepts an event of this commit.
    pub fn accepts(&self, commit: &Commit, event: &RecordedEvent) -> bool {
        let same = |wanted: Option<&str>, found: &str| wanted.is_none_or(|wanted| wanted == found);
        let currency = commit.after.currency();
        same(self.event_type.as_deref(), &event.event_type)
            && same(self.source.as_deref(), &commit.source)
            && (self.correlation_id.as_ref()).is_none_or(|wanted| *wanted == commit.correlation_id)
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

/// The amount of the event; openings and schedules have none.
fn moved(event: &RecordedEvent, currency: Currency) -> Option<Money> {
    let amount = event.data.get("amount")?.as_str()?;
    Money::parse_amount(amount, currency).ok()
}
