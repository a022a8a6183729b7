//! A customer's preferences: which notifications, when, and to which addresses.

mod address;
mod change;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::cadence::Cadence;
use crate::email::AddressHash;
use crate::fields::{FieldError, Fields, describe};
use crate::low_balance::Mark;
use crate::notification::{AmountField, Kind};
use crate::quiet_hours::QuietHours;
use crate::recipient::Recipient;
use crate::{Currency, Money};
pub use address::{FurtherAddress, MAX_FURTHER_ADDRESSES};
pub use change::Change;

/// A customer's preferences. An absent kind has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Preferences {
    kinds: BTreeMap<Kind, KindPreference>,
    /// The local hours without mails.
    quiet_hours: Option<QuietHours>,
    delivery: Cadence,
    /// The addresses besides the customer's own.
    addresses: Vec<FurtherAddress>,
    /// Whether no mail contains an amount, balance, counterparty or reference.
    hide_amounts: bool,
}

/// A customer's preference for one kind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindPreference {
    /// Whether the kind is sent to the customer's own address.
    pub enabled: bool,
    /// The smallest amount that is notified, by currency.
    pub min_amount: BTreeMap<Currency, Money>,
    /// The balance below which the account is low, by currency.
    pub threshold: BTreeMap<Currency, Money>,
    /// The distance above the threshold to which the balance must rise before another alert, by currency.
    pub margin: BTreeMap<Currency, Money>,
}

impl KindPreference {
    /// The amounts of one field, by currency.
    #[must_use]
    pub fn amounts(&self, field: AmountField) -> &BTreeMap<Currency, Money> {
        match field {
            AmountField::MinAmount => &self.min_amount,
            AmountField::Threshold => &self.threshold,
            AmountField::Margin => &self.margin,
        }
    }

    fn amounts_mut(&mut self, field: AmountField) -> &mut BTreeMap<Currency, Money> {
        match field {
            AmountField::MinAmount => &mut self.min_amount,
            AmountField::Threshold => &mut self.threshold,
            AmountField::Margin => &mut self.margin,
        }
    }

    /// The threshold in this currency, with its margin; `None` if none is set.
    #[must_use]
    pub fn low_mark(&self, currency: Currency) -> Option<Mark> {
        let threshold = *self.threshold.get(&currency)?;
        Some(Mark::new(threshold, self.margin.get(&currency).copied()))
    }
}

impl Preferences {
    /// Whether the customer has a preference for this kind.
    #[must_use]
    pub fn get(&self, kind: Kind) -> Option<&KindPreference> {
        self.kinds.get(&kind)
    }

    /// Whether mails report movements without amounts.
    #[must_use]
    pub fn hides_amounts(&self) -> bool {
        self.hide_amounts
    }

    /// Whether this kind goes to the customer's own address.
    #[must_use]
    pub fn is_on(&self, kind: Kind) -> bool {
        self.get(kind)
            .map_or(kind.is_on_by_default(), |preference| preference.enabled)
    }

    /// The hours without mails; `None` if mails may come at any time.
    #[must_use]
    pub fn quiet_hours(&self) -> Option<QuietHours> {
        self.quiet_hours
    }

    /// The cadence of mails.
    #[must_use]
    pub fn delivery(&self) -> Cadence {
        self.delivery
    }

    /// The addresses besides the customer's own.
    #[must_use]
    pub fn addresses(&self) -> &[FurtherAddress] {
        &self.addresses
    }

    /// The further address with this hash.
    #[must_use]
    pub fn address(&self, hash: &AddressHash) -> Option<&FurtherAddress> {
        self.addresses
            .iter()
            .find(|address| address.hash() == *hash)
    }

    /// Whether this is one of the customer's addresses.
    #[must_use]
    pub fn has(&self, recipient: &Recipient) -> bool {
        match recipient {
            Recipient::Customer => true,
            Recipient::Address(hash) => self.address(hash).is_some(),
        }
    }

    /// Whether this kind goes to this address. A further address gets the kinds that are listed for it, independently of the
    /// customer's own.
    #[must_use]
    pub fn is_on_for(&self, kind: Kind, recipient: &Recipient) -> bool {
        match recipient {
            Recipient::Customer => self.is_on(kind),
            Recipient::Address(hash) => self
                .address(hash)
                .is_some_and(|address| address.kinds.contains(&kind)),
        }
    }

    /// Returns the preferences without these kinds for a further address, and without the address if no kind is left for it.
    #[must_use]
    pub fn without_at(&self, kinds: &[Kind], hash: &AddressHash) -> Self {
        let mut preferences = self.clone();
        for address in &mut preferences.addresses {
            if address.hash() == *hash {
                address.kinds.retain(|kind| !kinds.contains(kind));
            }
        }
        preferences
            .addresses
            .retain(|address| !address.kinds.is_empty());
        preferences
    }

    /// Returns the preferences without this kind. Its amounts are kept, in case it is switched on again.
    #[must_use]
    pub fn without(&self, kind: Kind) -> Self {
        self.with_enabled(kind, false)
    }

    /// Returns the preferences with this kind, which keeps the amounts that it had.
    #[must_use]
    pub fn with(&self, kind: Kind) -> Self {
        self.with_enabled(kind, true)
    }

    fn with_enabled(&self, kind: Kind, enabled: bool) -> Self {
        let mut preferences = self.clone();
        preferences.kinds.entry(kind).or_default().enabled = enabled;
        preferences
    }

    /// Returns the preferences with this cadence of mails.
    #[must_use]
    pub fn with_delivery(&self, delivery: Cadence) -> Self {
        let preferences = self.clone();
        Preferences {
            delivery,
            ..preferences
        }
    }

    /// Reads the object of the API. Unknown members, and amounts that their kind does not use, are refused: a stored preference
    /// must have its effect.
    ///
    /// # Errors
    /// Every fault, each with its pointer below `pointer`; a retry does not help.
    pub fn read(value: Value, pointer: &str) -> Result<Self, Vec<FieldError>> {
        Self::read_by(value, pointer, NotFollowed::Refused)
    }

    /// Reads stored preferences, accepted by any version.
    ///
    /// # Errors
    /// Every fault, each with its pointer below `pointer`; a retry does not help.
    pub fn from_stored(value: Value, pointer: &str) -> Result<Self, Vec<FieldError>> {
        Self::read_by(value, pointer, NotFollowed::LeftOut)
    }

    fn read_by(
        value: Value,
        pointer: &str,
        not_followed: NotFollowed,
    ) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(value, pointer);
        let mut preferences = Preferences::default();
        if let Some(kinds) = fields.take("kinds") {
            match read_kinds(kinds, &fields.pointer_to("kinds"), not_followed) {
                Ok(kinds) => preferences.kinds = kinds,
                Err(errors) => fields.add_errors(errors),
            }
        }
        if let Some(delivery) = fields.optional_parsed("delivery", |text| {
            let mut all = Cadence::ALL.into_iter();
            all.find(|delivery| delivery.as_str() == text)
                .ok_or("must be \"immediate\", \"daily\" or \"weekly\"")
        }) {
            preferences.delivery = delivery;
        }
        preferences.hide_amounts = fields.optional_bool("hide_amounts").unwrap_or(false);
        if let Some(hours) = fields.take("quiet_hours").filter(|value| !value.is_null()) {
            match QuietHours::read(hours, &fields.pointer_to("quiet_hours")) {
                Ok(hours) => preferences.quiet_hours = Some(hours),
                Err(errors) => fields.add_errors(errors),
            }
        }
        if let Some(addresses) = fields.take("addresses") {
            match address::read_all(addresses, &fields.pointer_to("addresses")) {
                Ok(addresses) => preferences.addresses = addresses,
                Err(errors) => fields.add_errors(errors),
            }
        }
        fields.finish(Some(preferences))
    }
}

/// The treatment of a field that its kind does not use.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NotFollowed {
    Refused,
    /// Ignored: it was stored before it was refused, and never had an effect.
    LeftOut,
}

fn read_kinds(
    value: Value,
    pointer: &str,
    not_followed: NotFollowed,
) -> Result<BTreeMap<Kind, KindPreference>, Vec<FieldError>> {
    let mut fields = Fields::new(value, pointer);
    let mut kinds = BTreeMap::new();
    for kind in Kind::ALL {
        let Some(value) = fields.take(kind.as_str()) else {
            continue;
        };
        let pointer = fields.pointer_to(kind.as_str());
        match read_kind(kind, value, &pointer, not_followed) {
            Ok(preference) => {
                kinds.insert(kind, preference);
            }
            Err(errors) => fields.add_errors(errors),
        }
    }
    fields.finish(Some(kinds))
}

fn read_kind(
    kind: Kind,
    value: Value,
    pointer: &str,
    not_followed: NotFollowed,
) -> Result<KindPreference, Vec<FieldError>> {
    let mut fields = Fields::new(value, pointer);
    let enabled = fields
        .optional_bool("enabled")
        .unwrap_or(kind.is_on_by_default());
    if !enabled && !kind.can_be_switched_off() {
        fields.refuse(
            "enabled",
            format!("must be true: {kind} notifications cannot be switched off"),
        );
    }
    let mut preference = KindPreference {
        enabled,
        ..KindPreference::default()
    };
    for field in AmountField::ALL {
        let name = field.as_str();
        let Some(value) = fields.take(name) else {
            continue;
        };
        if !kind.amounts().contains(&field) {
            if not_followed == NotFollowed::Refused {
                fields.refuse(name, format!("has no meaning for {kind} notifications"));
            }
            continue;
        }
        match read_amounts(value, &fields.pointer_to(name)) {
            Ok(amounts) => *preference.amounts_mut(field) = amounts,
            Err(errors) => fields.add_errors(errors),
        }
    }
    fields.finish(Some(preference))
}

fn read_amounts(value: Value, pointer: &str) -> Result<BTreeMap<Currency, Money>, Vec<FieldError>> {
    let codes: Vec<String> = value
        .as_object()
        .map(|map| map.keys().cloned().collect())
        .unwrap_or_default();
    let mut fields = Fields::new(value, pointer);
    let mut amounts = BTreeMap::new();
    for code in codes {
        match code.parse::<Currency>() {
            Ok(currency) => {
                if let Some(money) =
                    fields.parsed(&code, |text| Money::parse_unsigned(text, currency))
                {
                    amounts.insert(currency, money);
                }
            }
            Err(error) => {
                fields.take(&code);
                fields.refuse(&code, error);
            }
        }
    }
    fields.finish(Some(amounts))
}

impl From<Preferences> for Value {
    #[expect(
        clippy::indexing_slicing,
        reason = "a value that was made as an object takes members"
    )]
    fn from(preferences: Preferences) -> Value {
        let amounts = |amounts: &BTreeMap<Currency, Money>| -> Value {
            amounts
                .iter()
                .map(|(currency, money)| (currency.code(), money.to_decimal()))
                .collect()
        };
        let kinds: serde_json::Map<String, Value> = preferences
            .kinds
            .iter()
            .map(|(kind, preference)| {
                let mut value = json!({ "enabled": preference.enabled });
                for field in AmountField::ALL {
                    let given = preference.amounts(field);
                    if !given.is_empty() {
                        value[field.as_str()] = amounts(given);
                    }
                }
                (kind.as_str().to_owned(), value)
            })
            .collect();
        let mut value = json!({});
        if !kinds.is_empty() {
            value["kinds"] = kinds.into();
        }
        if let Some(hours) = preferences.quiet_hours {
            value["quiet_hours"] = hours.to_json();
        }
        if preferences.delivery != Cadence::Immediate {
            value["delivery"] = preferences.delivery.as_str().into();
        }
        if !preferences.addresses.is_empty() {
            let addresses = preferences.addresses.iter();
            value["addresses"] = addresses.map(FurtherAddress::to_json).collect();
        }
        if preferences.hide_amounts {
            value["hide_amounts"] = true.into();
        }
        value
    }
}

/// Returns the JSON of preferences, which is stored.
impl TryFrom<Value> for Preferences {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        Preferences::from_stored(value, "").map_err(|errors| describe(&errors))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn preferences_are_read_back_as_they_were_given() {
        let given = json!({ "kinds": {
            "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } },
            "low-balance": { "enabled": true, "threshold": { "EUR": "100.00", "JPY": "5000" }, "margin": { "EUR": "5.00" } },
            "withdrawal": { "enabled": false },
        }, "hide_amounts": true, "delivery": "weekly",
            "quiet_hours": { "from": "22:00", "to": "07:00" },
            "addresses": [{ "email": "second@example.com", "kinds": ["deposit", "low-balance"] }] });
        let preferences = Preferences::read(given.clone(), "").unwrap();
        assert_eq!(Value::from(preferences.clone()), given);
        assert!(!preferences.is_on(Kind::Withdrawal));
        assert!(preferences.is_on(Kind::Reversal));
        assert!(!preferences.is_on(Kind::LargeAmount));
    }

    #[test]
    fn a_wish_that_cannot_be_kept_is_refused_by_name() {
        let second = json!({ "email": "a@example.com", "kinds": ["deposit"] });
        for (wish, pointer) in [
            (json!({ "delivery": "hourly" }), "/delivery"),
            (
                json!({ "quiet_hours": { "from": "22:00", "to": "22:00" } }),
                "/quiet_hours/to",
            ),
            (
                json!({ "quiet_hours": { "from": "22:00" } }),
                "/quiet_hours/to",
            ),
            (
                json!({ "quiet_hours": { "from": "25:00", "to": "07:00" } }),
                "/quiet_hours/from",
            ),
            (
                json!({ "quiet_hours": { "from": "22:00", "to": "7:00" } }),
                "/quiet_hours/to",
            ),
            (json!({ "quiet_hours": "night" }), "/quiet_hours"),
            (json!({ "addresses": {} }), "/addresses"),
            (
                json!({ "addresses": [{ "email": "a@example.com", "kinds": [] }] }),
                "/addresses/0/kinds",
            ),
            (
                json!({ "addresses": [{ "email": "a@example.com", "kinds": ["tea"] }] }),
                "/addresses/0/kinds/0",
            ),
            (
                json!({ "addresses": [{ "email": "nobody", "kinds": ["deposit"] }] }),
                "/addresses/0/email",
            ),
            (
                json!({ "addresses": [second, { "email": "A@example.com", "kinds": ["deposit"] }] }),
                "/addresses/1/email",
            ),
            (
                json!({ "addresses": vec![second.clone(); 6] }),
                "/addresses",
            ),
            (json!({ "unknown": 1 }), "/unknown"),
        ] {
            let errors = Preferences::read(wish.clone(), "/preferences").unwrap_err();
            let expected = crate::Location::Pointer(format!("/preferences{pointer}"));
            assert!(
                errors.iter().any(|error| error.location == expected),
                "{wish}: {errors:?}"
            );
        }
    }

    #[test]
    fn a_further_address_has_kinds_of_its_own_and_goes_with_the_last_of_them() {
        let preferences = Preferences::read(
            json!({ "addresses": [{ "email": "b@example.com", "kinds": ["low-balance", "deposit"] }] }),
            "",
        )
        .unwrap();
        let hash = preferences.addresses()[0].hash();
        let recipient = Recipient::Address(hash.clone());
        assert!(preferences.is_on_for(Kind::LowBalance, &recipient));
        assert!(!preferences.is_on_for(Kind::Withdrawal, &recipient));
        assert!(!preferences.is_on_for(Kind::LowBalance, &Recipient::Customer));
        let fewer = preferences.without_at(&[Kind::Deposit], &hash);
        assert!(!fewer.is_on_for(Kind::Deposit, &recipient));
        assert!(fewer.is_on(Kind::Deposit));
        assert_eq!(fewer.without_at(&[Kind::LowBalance], &hash).addresses(), []);
        assert!(!format!("{preferences:?}").contains("example"));
    }
}
