//! Customers who come, move, change their mind, and leave.

use std::sync::Arc;

use domain::CustomerId;
use handlers::customers::{CustomerDesk, read_person};
use serde_json::{Value, json};

use crate::book::CANARY;
use crate::kernel::Core;

impl Core {
    pub fn change_a_customer(&mut self) {
        let number = self.rng.usize(..self.state.setup.customers);
        let customer: CustomerId = format!("CUST-{number}").parse().expect("a customer id");
        if self.rng.u32(..12) == 0 {
            self.in_an_api(
                move |port, _| async move {
                    let desk = CustomerDesk {
                        customers: port.clone(),
                        clock: port,
                    };
                    desk.erase(&customer).await
                },
                |_, _: Option<handlers::Result<()>>| {},
            );
            return;
        }
        self.state.ids += 1;
        let zone = ["Europe/Paris", "UTC", "Asia/Tokyo"][self.rng.usize(..3)];
        let locale = ["en", "fr"][self.rng.usize(..2)];
        let currency_amounts = json!({ "EUR": "50.00", "JPY": "5000", "BHD": "50.000" });
        let preferences: Value = match self.rng.u32(..8) {
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
        let person = read_person(json!({
            "email": format!("{CANARY}-{locale}-{}@example.com", self.state.ids),
            "name": format!("Ana {CANARY} {}", self.state.ids),
            "locale": locale,
            "time_zone": zone,
            "preferences": preferences,
        }))
        .expect("a person");
        self.in_an_api(
            move |port, _| async move {
                let desk = CustomerDesk {
                    customers: port.clone(),
                    clock: Arc::clone(&port) as _,
                };
                desk.put(&customer, person, None).await
            },
            |_, _: Option<handlers::Result<u64>>| {},
        );
    }
}
