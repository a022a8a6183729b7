//! Deploying again, beside, and deleting.

use std::{process::Command, sync::Arc};

use serde_json::Value;
use xtask::Deployment;

use super::Stack;

impl Stack {
    /// Deploys the template over this stack once more, with other parameters where they are given.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn deploy_again(&self, parameters: &[(&str, &str)]) -> Self {
        self.deploy_beside(&self.deployment.stack, parameters)
    }

    /// Deploys another stack on the same local AWS.
    ///
    /// # Panics
    /// Where that fails.
    #[must_use]
    pub fn deploy_beside(&self, name: &str, parameters: &[(&str, &str)]) -> Self {
        let parameters: Vec<_> = parameters
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect();
        let deployment = xtask::deploy_local(&self.aws, name, &parameters)
            .unwrap_or_else(|error| panic!("{error}\n{}", self.aws.log_tail()));
        Self::of(Arc::clone(&self.aws), deployment)
    }

    /// Deletes the stack, and waits until it is.
    ///
    /// # Panics
    /// Where that fails.
    pub fn delete(&self) {
        let Deployment { stack, .. } = &self.deployment;
        for command in ["delete-stack", "wait stack-delete-complete"] {
            let mut aws: Command = self.aws.aws();
            aws.arg("cloudformation").args(command.split(' '));
            let output = aws.args(["--stack-name", stack]).output();
            let output = output.unwrap_or_else(|error| panic!("aws {command}: {error}"));
            let errors = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "aws {command}: {errors}");
        }
    }

    /// A variable of a function, by the function's short name; null where it has none.
    #[must_use]
    pub fn variable(&self, function: &str, name: &str) -> Value {
        let found = self.configuration(function, "GET", String::new());
        assert_eq!(found.status, 200, "{found:?}");
        found.json()["Environment"]["Variables"][name].clone()
    }
}
