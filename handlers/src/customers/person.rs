//! A person, parsed once: no other file parses a zone, a locale or an address of a customer.

use std::fmt;
use std::str::FromStr;

use chrono_tz::Tz;
use domain::FieldError;
use domain::email::EmailAddress;
use domain::fields::{Fields, describe};
use domain::notification::{Subject, Wishes};
use domain::preferences::Preferences;
use domain::recipient::Recipient;
use domain::time::WrittenBy;
use mail::Locale;
use serde_json::{Value, json};

use crate::error::Error;

/// Longest name, in characters, as in SEPA. A longer one is refused with 400.
const MAX_NAME_CHARS: usize = 140;

/// The person behind a customer: the recipient of the mails, and how they are sent.
///
/// `Debug` shows neither name nor address.
#[derive(Clone, PartialEq, Eq)]
pub struct Person {
    /// The customer's own address.
    pub email: EmailAddress,
    /// How mails address the customer.
    pub name: String,
    /// The language of the mails.
    pub locale: Locale,
    /// The time zone of quiet hours, digests and months, and of the times in mails.
    pub time_zone: Tz,
    /// The kinds, addresses and times of the customer's notifications.
    pub preferences: Preferences,
}

/// An entry that another version stored and that the rules of this one refuse.
///
/// Its customer gets no mails, and each event becomes a dead letter that names the member at fault. The API names it too, and
/// changes nothing, neither by a link to unsubscribe nor by lifting suppressions. A what-if counts the customer as not entered.
/// Entering the customer anew repairs it, and an erasure works as usual.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct UnreadablePerson(String);

impl From<UnreadablePerson> for Error {
    fn from(unreadable: UnreadablePerson) -> Self {
        Error::permanent("the customer's entry cannot be read", unreadable)
    }
}

impl Person {
    /// Reads the JSON of [`Person::to_json`], written by any version: a name is not checked, and unknown members are ignored.
    ///
    /// # Errors
    /// A member cannot be read; a retry does not help. The error names the members and contains nothing of their values.
    pub fn from_stored(stored: Value) -> Result<Self, UnreadablePerson> {
        let fields = Fields::new(stored, "").ignoring_unknown();
        read(fields, WrittenBy::Store).map_err(|errors| UnreadablePerson(describe(&errors)))
    }

    /// Returns the person as JSON, as it is stored and as the API returns it.
    #[must_use]
    pub fn to_json(&self) -> Value {
        json!({
            "email": self.email,
            "name": self.name,
            "locale": self.locale.as_str(),
            "time_zone": self.time_zone.name(),
            "preferences": Value::from(self.preferences.clone()),
        })
    }

    /// The address of this recipient; `None` if the customer has removed it.
    #[must_use]
    pub fn address(&self, recipient: &Recipient) -> Option<&EmailAddress> {
        match recipient {
            Recipient::Customer => Some(&self.email),
            Recipient::Address(hash) => {
                self.preferences.address(hash).map(|address| &address.email)
            }
        }
    }

    /// The address for a notification; `None` if the customer does not want it.
    #[must_use]
    pub fn address_for(&self, subject: &Subject) -> Option<&EmailAddress> {
        let address = self.address(&subject.recipient);
        address.filter(|_| self.wishes().include(subject))
    }

    /// The customer's preferences and their time zone.
    #[must_use]
    pub fn wishes(&self) -> Wishes<'_> {
        Wishes {
            preferences: &self.preferences,
            time_zone: self.time_zone,
        }
    }
}

/// Shows nothing that identifies the person, because values are logged.
impl fmt::Debug for Person {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Person")
            .field("locale", &self.locale)
            .field("time_zone", &self.time_zone)
            .finish_non_exhaustive()
    }
}

/// Reads the body of `PUT /customers/{customer_id}`.
///
/// # Errors
/// Every fault of the body, each with its JSON pointer; a retry does not help.
pub fn read_person(body: Value) -> Result<Person, Vec<FieldError>> {
    read(Fields::new(body, ""), WrittenBy::Caller)
}

fn read(mut fields: Fields, by: WrittenBy) -> Result<Person, Vec<FieldError>> {
    let email = fields.parsed("email", EmailAddress::from_str);
    let name = match by {
        WrittenBy::Caller => fields.parsed("name", check_name),
        WrittenBy::Store => fields.text("name"),
    };
    let locale = fields.parsed_or("locale", "en", read_locale);
    let time_zone = fields.parsed_or("time_zone", "UTC", |text| {
        text.parse::<Tz>()
            .map_err(|_| "must be a name of the IANA time zone database, like \"Europe/Paris\"")
    });
    let pointer = fields.pointer_to("preferences");
    let preferences = match (fields.take("preferences"), by) {
        (None, _) => Ok(Preferences::default()),
        (Some(value), WrittenBy::Caller) => Preferences::read(value, &pointer),
        (Some(value), WrittenBy::Store) => Preferences::from_stored(value, &pointer),
    };
    let preferences = preferences.map_err(|errors| fields.add_errors(errors)).ok();
    let person = match (email, name, locale, time_zone, preferences) {
        (Some(email), Some(name), Some(locale), Some(time_zone), Some(preferences)) => {
            Some(Person {
                email,
                name,
                locale,
                time_zone,
                preferences,
            })
        }
        _ => None,
    };
    fields.finish(person)
}

fn read_locale(text: &str) -> Result<Locale, String> {
    text.parse().map_err(|_| {
        let tags = Locale::ALL.map(|locale| format!("{:?}", locale.as_str()));
        format!("must be {}", tags.join(" or "))
    })
}

fn check_name(text: &str) -> Result<String, String> {
    let chars = text.chars().count();
    if text.trim().is_empty() || chars > MAX_NAME_CHARS || text.chars().any(char::is_control) {
        return Err(format!(
            "must have 1 to {MAX_NAME_CHARS} characters, none of them a control character"
        ));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stored() -> Value {
        json!({
            "email": "ana@example.com", "name": "Ana Martín", "locale": "fr",
            "time_zone": "Asia/Calcutta", "preferences": { "delivery": "daily" },
        })
    }

    #[test]
    fn a_person_is_stored_and_shown_as_it_was_given_in_every_zone_and_language() {
        for zone in chrono_tz::TZ_VARIANTS {
            for locale in Locale::ALL {
                let mut given = stored();
                given["time_zone"] = json!(zone.name());
                given["locale"] = json!(locale.as_str());
                let person = read_person(given.clone()).unwrap();
                assert_eq!(person.to_json(), given);
                assert_eq!(Person::from_stored(given), Ok(person));
            }
        }
    }

    #[test]
    fn what_another_version_has_stored_is_read_or_named_without_what_it_holds() {
        let mut newer = stored();
        newer["more"] = json!(1);
        newer["name"] = json!("Ana\nMartín");
        let person = Person::from_stored(newer).unwrap();
        assert_eq!(person.name, "Ana\nMartín");

        for (member, value) in [
            ("email", json!("Ana Nowhere <ana@example.com>")),
            ("name", json!(null)),
            ("locale", json!("nowhere")),
            ("time_zone", json!("Nowhere/Land")),
            ("preferences", json!({ "delivery": "nowhere" })),
        ] {
            let mut wrong = stored();
            wrong[member] = value;
            let error = Error::from(Person::from_stored(wrong).unwrap_err()).to_string();
            assert!(error.contains(member), "{error}");
            assert!(!error.to_lowercase().contains("nowhere"), "{error}");
        }
    }
}
