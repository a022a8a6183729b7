//! What a customer wants to be told.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::fields::{FieldError, Fields};
use crate::low_balance::Mark;
use crate::notification_kind::Kind;
use crate::{Currency, Money};

/// Preferences by kind; a kind that is absent has its default.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Value", into = "Value")]
pub struct Preferences {
    kinds: BTreeMap<Kind, KindPreference>,
    /// No amount, balance, counterparty or reference in any mail.
    hide_amounts: bool,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KindPreference {
    pub enabled: bool,
    /// Smallest amount that is told, by currency.
    pub min_amount: BTreeMap<Currency, Money>,
    /// The balance below which the account is low, by currency.
    pub threshold: BTreeMap<Currency, Money>,
    /// How far above the threshold the balance has to rise before it can be
    /// told as low again, by currency.
    pub margin: BTreeMap<Currency, Money>,
}

impl KindPreference {
    /// Where a balance in this currency is low; `None` where no threshold is set.
    pub fn low_mark(&self, currency: Currency) -> Option<Mark> {
        let threshold = *self.threshold.get(&currency)?;
        Some(Mark::new(threshold, self.margin.get(&currency).copied()))
    }
}

impl Preferences {
    /// Whether the customer said anything about this kind.
    pub fn get(&self, kind: Kind) -> Option<&KindPreference> {
        self.kinds.get(&kind)
    }

    /// Whether mails are to say that something moved, and not how much.
    pub fn hides_amounts(&self) -> bool {
        self.hide_amounts
    }

    pub fn is_on(&self, kind: Kind) -> bool {
        self.get(kind)
            .map_or(kind.is_on_by_default(), |preference| preference.enabled)
    }

    /// The same preferences without this kind; its amounts are kept for the day
    /// on which it is switched on again.
    #[must_use]
    pub fn without(&self, kind: Kind) -> Self {
        let mut preferences = self.clone();
        preferences.kinds.entry(kind).or_default().enabled = false;
        preferences
    }

    /// Reads the object of the contract. What this version cannot keep yet is
    /// refused: a wish that is stored and not followed would be a lie.
    pub fn read(value: Value, pointer: &str) -> Result<Self, Vec<FieldError>> {
        let mut fields = Fields::new(value, pointer);
        let mut preferences = Preferences::default();
        if let Some(kinds) = fields.take("kinds") {
            match read_kinds(kinds, &fields.pointer_to("kinds")) {
                Ok(kinds) => preferences.kinds = kinds,
                Err(errors) => fields.add_errors(errors),
            }
        }
        if let Some(delivery) = fields.optional_text("delivery")
            && delivery != "immediate"
        {
            fields.refuse(
                "delivery",
                "only \"immediate\" is available in this version",
            );
        }
        preferences.hide_amounts = fields.optional_bool("hide_amounts").unwrap_or(false);
        for name in ["quiet_hours", "addresses"] {
            let empty =
                |value: &Value| value.is_null() || value.as_array().is_some_and(Vec::is_empty);
            if fields.take(name).is_some_and(|value| !empty(&value)) {
                fields.refuse(name, "is not available in this version");
            }
        }
        fields.finish(Some(preferences))
    }
}

fn read_kinds(
    value: Value,
    pointer: &str,
) -> Result<BTreeMap<Kind, KindPreference>, Vec<FieldError>> {
    let mut fields = Fields::new(value, pointer);
    let mut kinds = BTreeMap::new();
    for kind in Kind::ALL {
        let Some(value) = fields.take(kind.as_str()) else {
            continue;
        };
        match read_kind(kind, value, &fields.pointer_to(kind.as_str())) {
            Ok(preference) => {
                kinds.insert(kind, preference);
            }
            Err(errors) => fields.add_errors(errors),
        }
    }
    fields.finish(Some(kinds))
}

fn read_kind(kind: Kind, value: Value, pointer: &str) -> Result<KindPreference, Vec<FieldError>> {
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
    if enabled && kind == Kind::Statement {
        fields.refuse("enabled", "is not available in this version");
    }
    let mut amounts = |name: &str| match fields.take(name) {
        None => BTreeMap::new(),
        Some(value) => read_amounts(value, &fields.pointer_to(name)).unwrap_or_else(|errors| {
            fields.add_errors(errors);
            BTreeMap::new()
        }),
    };
    let min_amount = amounts("min_amount");
    let threshold = amounts("threshold");
    let margin = amounts("margin");
    fields.finish(Some(KindPreference {
        enabled,
        min_amount,
        threshold,
        margin,
    }))
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
                if !preference.min_amount.is_empty() {
                    value["min_amount"] = amounts(&preference.min_amount);
                }
                if !preference.threshold.is_empty() {
                    value["threshold"] = amounts(&preference.threshold);
                }
                if !preference.margin.is_empty() {
                    value["margin"] = amounts(&preference.margin);
                }
                (kind.as_str().to_owned(), value)
            })
            .collect();
        let mut value = json!({});
        if !kinds.is_empty() {
            value["kinds"] = kinds.into();
        }
        if preferences.hide_amounts {
            value["hide_amounts"] = true.into();
        }
        value
    }
}

impl TryFrom<Value> for Preferences {
    type Error = String;
    fn try_from(value: Value) -> Result<Self, String> {
        Preferences::read(value, "").map_err(|errors| format!("{errors:?}"))
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
        }, "hide_amounts": true });
        let preferences = Preferences::read(given.clone(), "").unwrap();
        assert_eq!(Value::from(preferences.clone()), given);
        assert!(!preferences.is_on(Kind::Withdrawal));
        assert!(preferences.is_on(Kind::Reversal));
        assert!(!preferences.is_on(Kind::LargeAmount));
    }

    #[test]
    fn a_wish_that_cannot_be_kept_yet_is_refused_by_name() {
        for (name, value) in [
            ("delivery", json!("daily")),
            ("quiet_hours", json!({ "from": "22:00", "to": "07:00" })),
            (
                "addresses",
                json!([{ "email": "a@example.com", "kinds": [] }]),
            ),
            ("unknown", json!(1)),
        ] {
            let errors = Preferences::read(json!({ name: value }), "/preferences").unwrap_err();
            assert_eq!(
                errors[0].location,
                crate::Location::Pointer(format!("/preferences/{name}"))
            );
        }
    }
}
