//! The functions' settings.

use serde_json::json;

use super::{Answer, Request, Service, Stack};

impl Stack {
    /// Has all functions call the services at another address than the local AWS's own.
    ///
    /// By each service's own variable of the SDK. The one for all is set by the local AWS, after what the function has.
    ///
    /// # Panics
    /// Where a function is not there.
    pub fn route_functions_through(&self, endpoint: &str) {
        for name in xtask::FUNCTIONS {
            let found = self.configuration(name, "GET", String::new());
            assert_eq!(found.status, 200, "{found:?}");
            let mut environment = found.json()["Environment"].clone();
            for service in Service::ALL {
                environment["Variables"][service.endpoint_variable()] = json!(endpoint);
            }
            let change = json!({ "Environment": environment });
            let changed = self.configuration(name, "PUT", change.to_string());
            assert_eq!(changed.status, 200, "{changed:?}");
        }
    }

    /// What all functions are told in environment variables, and all else of their configuration.
    ///
    /// # Panics
    /// Where a function is not there.
    #[must_use]
    pub fn configurations(&self) -> String {
        let of = |name: &&str| {
            let found = self.configuration(name, "GET", String::new());
            assert_eq!(found.status, 200, "{found:?}");
            found.body
        };
        xtask::FUNCTIONS.iter().map(of).collect()
    }

    /// The ARN of a function, by its short name.
    ///
    /// # Panics
    /// Where it is not there.
    #[must_use]
    pub fn function_arn(&self, name: &str) -> String {
        let found = self.configuration(name, "GET", String::new());
        let arn = found.json()["FunctionArn"].as_str().map(str::to_owned);
        arn.unwrap_or_else(|| panic!("{name}: {found:?}"))
    }

    pub(super) fn configuration(&self, name: &str, method: &'static str, body: String) -> Answer {
        Request {
            service: "lambda",
            method,
            url: format!(
                "{}/2015-03-31/functions/{}-{name}/configuration",
                self.aws.endpoint(),
                self.deployment.stack
            ),
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body,
        }
        .send(Some(&self.root()))
    }
}
