//! Customers who come, move, change their mind, and leave.

use chrono::{DateTime, TimeDelta, Utc};
use domain::CustomerId;
use handlers::composition::Composition;
use handlers::customers::read_person;
use serde_json::{Value, json};

use crate::book::CANARY;
use crate::kernel::Core;

/// Where customers are, and the hours that their clocks are ahead on the days
/// of the simulation.
const ZONES: [(&str, i64); 6] = [
    ("Europe/Paris", 1),
    ("UTC", 0),
    ("Asia/Tokyo", 9),
    ("America/Halifax", -4),
    // Where a month begins first, and last.
    ("Pacific/Kiritimati", 14),
    ("Pacific/Pago_Pago", -11),
];

impl Core {
    pub fn change_a_customer(&mut self) {
        let number = self.rng.usize(..self.state.setup.customers);
        let customer: CustomerId = format!("CUST-{number}").parse().expect("a customer id");
        if self.rng.u32(..12) == 0 {
            self.in_an_api(
                move |program, _| async move { program.customer_service().erase(&customer).await },
                |_, _: Option<handlers::Result<()>>| {},
            );
            return;
        }
        self.state.ids += 1;
        let (zone, offset) = ZONES[self.rng.usize(..ZONES.len())];
        let locale = ["en", "fr"][self.rng.usize(..2)];
        let currency_amounts = json!({ "EUR": "50.00", "JPY": "5000", "BHD": "50.000" });
        let mut preferences: Value = match self.rng.u32(..8) {
            0..3 => json!({}),
            3 => json!({ "kinds": { "deposit": { "enabled": false } } }),
            4 => {
                json!({ "kinds": { "deposit": { "enabled": true, "min_amount": currency_amounts } } })
            }
            5 => json!({ "kinds": {
                "large-amount": { "enabled": true, "min_amount": currency_amounts },
                "low-balance": { "enabled": true, "threshold": currency_amounts },
            }}),
            6 => {
                json!({ "kinds": { "withdrawal": { "enabled": false }, "reversal": { "enabled": false } } })
            }
            _ => {
                json!({ "kinds": { "overdrawn": { "enabled": false }, "low-balance": { "enabled": true, "threshold": currency_amounts } } })
            }
        };
        self.wish_for_more(&mut preferences, number, locale, offset);
        let person = read_person(json!({
            "email": format!("{CANARY}-{locale}-{}@example.com", self.state.ids),
            "name": format!("Ana {CANARY} {}", self.state.ids),
            "locale": locale,
            "time_zone": zone,
            "preferences": preferences,
        }))
        .expect("a person");
        self.in_an_api(
            move |program, _| async move {
                let customers = program.customer_service();
                customers.put(&customer, person, None).await
            },
            |_, _: Option<handlers::Result<u64>>| {},
        );
    }

    /// When, together with what, and to whom else: as far as anybody wishes it
    /// in this seed.
    fn wish_for_more(
        &mut self,
        preferences: &mut Value,
        customer: usize,
        locale: &str,
        offset: i64,
    ) {
        let wishes = self.state.setup.wishes;
        if wishes.quiet_hours && self.rng.bool() {
            preferences["quiet_hours"] = self.quiet_hours(offset);
        }
        if wishes.digests && self.rng.bool() {
            preferences["delivery"] = json!(["daily", "daily", "weekly"][self.rng.usize(..3)]);
        }
        if wishes.statements && self.rng.bool() {
            preferences["kinds"]["statement"] = json!({ "enabled": true });
        }
        if wishes.further_addresses && self.rng.u32(..3) > 0 {
            let kinds = [
                &["deposit"][..],
                &["withdrawal", "low-balance"],
                &["deposit", "reversal", "overdrawn", "security"],
                &["statement"],
            ];
            // Of a few, so that one that was taken away comes back.
            let number = self.rng.u32(..2);
            preferences["addresses"] = json!([{
                "email": format!("{CANARY}-{locale}-{customer}-more-{number}@example.com"),
                "kinds": kinds[self.rng.usize(..kinds.len())],
            }]);
        }
    }

    /// Mostly such as begin or end within the time that most happens in.
    fn quiet_hours(&mut self, offset: i64) -> Value {
        if self.rng.u32(..4) == 0 {
            return json!({ "from": "22:00", "to": "07:00" });
        }
        let now = self.time() + TimeDelta::hours(offset);
        let end = now + TimeDelta::minutes(self.rng.i64(1..60));
        let begin = end - TimeDelta::minutes(self.rng.i64(1..60));
        let written = |time: DateTime<Utc>| time.format("%H:%M").to_string();
        json!({ "from": written(begin), "to": written(end) })
    }
}
