//! The people behind the accounts: kept, replaced, erased.

use std::str::FromStr;
use std::sync::Arc;

use chrono_tz::Tz;
use domain::email::EmailAddress;
use domain::fields::Fields;
use domain::notification::Kind;
use domain::preferences::Preferences;
use domain::recipient::Recipient;
use domain::{CustomerId, FieldError};
use serde_json::{Value, json};

use crate::contention::Rounds;
use crate::error::{Contended, Error, Missing, Result};
use crate::ports::{Clock, CustomerRevision, Customers, Person};

const MAX_NAME_CHARS: usize = 140;
/// How often a change is tried when another is made at the same time.
const MAX_ATTEMPTS: u32 = 5;

pub struct CustomerService {
    pub customers: Arc<dyn Customers>,
    pub clock: Arc<dyn Clock>,
}

impl std::fmt::Debug for CustomerService {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("CustomerService").finish_non_exhaustive()
    }
}

impl CustomerService {
    pub async fn get(&self, customer: &CustomerId) -> Result<(u64, Person)> {
        match self.customers.latest(customer).await? {
            Some(CustomerRevision {
                revision,
                person: Some(person),
                ..
            }) => Ok((revision, person)),
            _ => Err(Error::NotFound(Missing::Customer(customer.clone()))),
        }
    }

    /// Creates or replaces; answers with the new revision.
    pub async fn put(
        &self,
        customer: &CustomerId,
        person: Person,
        if_match: Option<u64>,
    ) -> Result<u64> {
        self.change(customer, Some(person), if_match).await
    }

    /// Takes the person out of every revision, and leaves the mark that there was one.
    pub async fn erase(&self, customer: &CustomerId) -> Result<()> {
        self.erase_at(customer, None).await
    }

    /// The same, if the customer is at this revision still. Who was erased before stays so, whatever the revision.
    ///
    /// # Errors
    /// `VersionConflict` where it is another one.
    pub async fn erase_at(&self, customer: &CustomerId, if_match: Option<u64>) -> Result<()> {
        let latest = self.customers.latest(customer).await?;
        let revision = match latest {
            None => match if_match {
                None | Some(0) => return Ok(()),
                Some(expected) => {
                    return Err(Error::VersionConflict {
                        expected,
                        actual: 0,
                    });
                }
            },
            // Erased before: an interrupted erasure is finished here.
            Some(CustomerRevision {
                revision,
                person: None,
                ..
            }) => revision,
            Some(_) => self.change(customer, None, if_match).await?,
        };
        self.customers.erase_before(customer, revision).await
    }

    /// Switches kinds off for an address, in one new revision; none where they
    /// are off already, or where there is nobody.
    pub async fn switch_off(
        &self,
        customer: &CustomerId,
        recipient: &Recipient,
        kinds: &[Kind],
    ) -> Result<()> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let Some(CustomerRevision {
                revision,
                in_force_from,
                person: Some(mut person),
                ..
            }) = self.customers.latest(customer).await?
            else {
                return Ok(());
            };
            let on: Vec<Kind> = kinds
                .iter()
                .copied()
                .filter(|&kind| {
                    kind.can_be_switched_off() && person.preferences.is_on_for(kind, recipient)
                })
                .collect();
            if on.is_empty() {
                return Ok(());
            }
            person.preferences = match recipient {
                Recipient::Customer => on
                    .into_iter()
                    .fold(person.preferences, |wishes, kind| wishes.without(kind)),
                Recipient::Address(hash) => person.preferences.without_at(&on, hash),
            };
            let next = CustomerRevision {
                customer_id: customer.clone(),
                revision: revision + 1,
                in_force_from: self.clock.now().max(in_force_from),
                person: Some(person),
            };
            if self.customers.add(&next).await? {
                return Ok(());
            }
        }
        Err(rounds.lost(Contended::Customer(customer.clone())))
    }

    async fn change(
        &self,
        customer: &CustomerId,
        person: Option<Person>,
        if_match: Option<u64>,
    ) -> Result<u64> {
        let mut rounds = Rounds::at_once(MAX_ATTEMPTS);
        while rounds.next().await.is_some() {
            let latest = self.customers.latest(customer).await?;
            let actual = latest.as_ref().map_or(0, |latest| latest.revision);
            if let Some(expected) = if_match
                && expected != actual
            {
                return Err(Error::VersionConflict { expected, actual });
            }
            let now = self.clock.now();
            let next = CustomerRevision {
                customer_id: customer.clone(),
                revision: actual + 1,
                // Revisions are in force in their order, though the clock step back.
                in_force_from: latest.map_or(now, |latest| now.max(latest.in_force_from)),
                person: person.clone(),
            };
            if self.customers.add(&next).await? {
                return Ok(next.revision);
            }
        }
        Err(rounds.lost(Contended::Customer(customer.clone())))
    }
}

/// Reads the body of a PUT.
pub fn read_person(body: Value) -> Result<Person, Vec<FieldError>> {
    let mut fields = Fields::new(body, "");
    let email = fields.parsed("email", EmailAddress::from_str);
    let name = fields.parsed("name", check_name);
    let locale = fields.parsed_or("locale", "en", |text| match text {
        "en" | "fr" => Ok(text.to_owned()),
        _ => Err("must be \"en\" or \"fr\""),
    });
    let time_zone = fields.parsed_or("time_zone", "UTC", |text| match text.parse::<Tz>() {
        Ok(zone) => Ok(zone.name().to_owned()),
        Err(_) => Err("must be a name of the IANA time zone database, like \"Europe/Paris\""),
    });
    let preferences = match fields.take("preferences") {
        None => Some(Preferences::default()),
        Some(value) => match Preferences::read(value, &fields.pointer_to("preferences")) {
            Ok(preferences) => Some(preferences),
            Err(errors) => {
                fields.add_errors(errors);
                None
            }
        },
    };
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

pub fn to_json(person: &Person) -> Value {
    json!({
        "email": person.email,
        "name": person.name,
        "locale": person.locale,
        "time_zone": person.time_zone,
        "preferences": Value::from(person.preferences.clone()),
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
