//! The functions' settings.

use serde_json::{Value, json};

use super::{Service, Stack};

impl Stack {
    /// Has all functions call the services at another address than the local AWS's own.
    ///
    /// By each service's own variable of the SDK. The one for all is set by the local AWS, after what the function has.
    pub fn route_functions_through(&self, endpoint: &str) {
        for name in xtask::FUNCTIONS {
            let function = format!("{}-{name}", self.deployment.stack);
            let which = ["--function-name", &function];
            let configuration =
                self.aws(&[&["lambda", "get-function-configuration"], &which[..]].concat());
            let mut environment = configuration["Environment"].clone();
            for service in Service::ALL {
                environment["Variables"][service.endpoint_variable()] = json!(endpoint);
            }
            let updated = self.aws(
                &[
                    &["lambda", "update-function-configuration"],
                    &which[..],
                    &["--environment", &environment.to_string()],
                ]
                .concat(),
            );
            assert_ne!(updated, Value::Null, "{function} was not updated");
        }
    }
}
