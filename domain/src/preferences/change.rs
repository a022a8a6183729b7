//! A change of preferences, for a what-if.

use std::collections::BTreeSet;

use serde_json::Value;

use super::Preferences;
use crate::fields::FieldError;

/// A change of some preferences: each member replaces the customer's, and of `kinds` each kind, as a whole. The rest does not
/// change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    preferences: Preferences,
    named: BTreeSet<String>,
}

impl Change {
    /// Reads a part of the API's object, by the same rules as the whole.
    ///
    /// # Errors
    /// Every fault, each with its pointer below `pointer`; a retry does not help.
    pub fn read(value: Value, pointer: &str) -> Result<Self, Vec<FieldError>> {
        let members = value.as_object().into_iter().flatten();
        let named: BTreeSet<String> = members.map(|(name, _)| name.clone()).collect();
        let preferences = Preferences::read(value, pointer)?;
        if named.is_empty() {
            let error = FieldError::pointer(pointer, "must name what is to be changed");
            return Err(vec![error]);
        }
        Ok(Change { preferences, named })
    }

    /// Returns the preferences with this change.
    #[must_use]
    pub fn apply(&self, to: &Preferences) -> Preferences {
        let (mut changed, by) = (to.clone(), self.preferences.clone());
        changed.kinds.extend(by.kinds);
        let names = |name: &str| self.named.contains(name);
        if names("quiet_hours") {
            changed.quiet_hours = by.quiet_hours;
        }
        if names("delivery") {
            changed.delivery = by.delivery;
        }
        if names("addresses") {
            changed.addresses = by.addresses;
        }
        if names("hide_amounts") {
            changed.hide_amounts = by.hide_amounts;
        }
        changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn changed(preferences: Value, change: Value) -> Value {
        let preferences = Preferences::read(preferences, "").unwrap();
        Change::read(change, "").unwrap().apply(&preferences).into()
    }

    #[test]
    fn what_is_named_changes_and_the_rest_stays() {
        let all = json!({
            "kinds": {
                "deposit": { "enabled": true, "min_amount": { "EUR": "10.00" } },
                "low-balance": { "enabled": true, "threshold": { "EUR": "100.00" }, "margin": { "EUR": "5.00" } },
            },
            "quiet_hours": { "from": "22:00", "to": "07:00" },
            "delivery": "weekly",
            "hide_amounts": true,
            "addresses": [{ "email": "second@example.com", "kinds": ["deposit"] }],
        });
        for (change, place, then) in [
            (
                json!({ "kinds": { "low-balance": { "enabled": true, "threshold": { "EUR": "50.00" } } } }),
                "/kinds/low-balance",
                json!({ "enabled": true, "threshold": { "EUR": "50.00" } }),
            ),
            (
                json!({ "quiet_hours": { "from": "20:00", "to": "08:00" } }),
                "/quiet_hours/from",
                json!("20:00"),
            ),
            (json!({ "delivery": "daily" }), "/delivery", json!("daily")),
        ] {
            let mut expected = all.clone();
            *expected
                .pointer_mut(place)
                .expect("what is changed is there") = then;
            if place == "/quiet_hours/from" {
                expected["quiet_hours"]["to"] = json!("08:00");
            }
            assert_eq!(changed(all.clone(), change.clone()), expected, "{change}");
        }
        for name in ["quiet_hours", "addresses"] {
            let mut expected = all.clone();
            expected.as_object_mut().unwrap().remove(name);
            assert_eq!(changed(all.clone(), json!({ name: null })), expected);
        }
        let shown = changed(
            all,
            json!({ "hide_amounts": false, "delivery": "immediate" }),
        );
        assert!(shown.get("hide_amounts").is_none() && shown.get("delivery").is_none());
    }

    #[test]
    fn a_change_of_nothing_or_of_what_is_not_known_is_refused() {
        for (change, place) in [
            (json!({}), "/change"),
            (json!([]), "/change"),
            (json!({ "quiet": null }), "/change/quiet"),
            (json!({ "kinds": { "gossip": {} } }), "/change/kinds/gossip"),
        ] {
            let errors = Change::read(change.clone(), "/change").unwrap_err();
            let expected = crate::Location::Pointer(place.to_owned());
            assert!(
                errors.iter().any(|error| error.location == expected),
                "{change}: {errors:?}"
            );
        }
    }
}
