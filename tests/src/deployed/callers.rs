//! Callers of the deployed stack: users with and without a right to the API, and the functions' own roles.

use serde_json::{Value, json};

use super::{Caller, Stack};

impl Stack {
    /// Who may do everything. The local AWS does not check this one's signatures: it proves nothing about them.
    #[must_use]
    pub fn root(&self) -> Caller {
        let (key, secret) = self.aws.root_credentials();
        Caller {
            key: key.to_owned(),
            secret: secret.to_owned(),
            token: None,
        }
    }

    /// A user who may call the API, and nothing else.
    #[must_use]
    pub fn user_of_the_api(&self, name: &str) -> Caller {
        let user = self.user_without_rights(name);
        let resource = format!(
            "arn:aws:execute-api:{}:*:{}/v1/*",
            xtask::REGION,
            self.output("ApiId")
        );
        let policy = allow(&json!({ "Action": "execute-api:Invoke", "Resource": resource }));
        let put = [
            "iam",
            "put-user-policy",
            "--user-name",
            name,
            "--policy-name",
            "invoke",
        ];
        self.aws(&[&put[..], &["--policy-document", &policy]].concat());
        user
    }

    /// A user who may do nothing.
    ///
    /// Users, because the local AWS does not check the signature of its root: root would prove nothing.
    #[must_use]
    pub fn user_without_rights(&self, name: &str) -> Caller {
        self.aws(&["iam", "create-user", "--user-name", name]);
        let created = self.aws(&["iam", "create-access-key", "--user-name", name]);
        caller(&created["AccessKey"])
    }

    /// A session of a function's role, by the role's logical id.
    ///
    /// Only Lambda may assume the role, so its trust is widened first; its permissions stay as the template has them.
    #[must_use]
    pub fn role(&self, logical_id: &str) -> Caller {
        let describe = [
            "cloudformation",
            "describe-stack-resource",
            "--stack-name",
            &self.deployment.stack,
        ];
        let resource = self.aws(&[&describe[..], &["--logical-resource-id", logical_id]].concat());
        let name = text(&resource["StackResourceDetail"]["PhysicalResourceId"]);
        let role = self.aws(&["iam", "get-role", "--role-name", &name]);
        let arn = text(&role["Role"]["Arn"]);
        let account = arn.split(':').nth(4).unwrap_or_default();
        let trust = allow(&json!({
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }));
        self.aws(&[
            "iam",
            "update-assume-role-policy",
            "--role-name",
            &name,
            "--policy-document",
            &trust,
        ]);
        let session = self.aws(&[
            "sts",
            "assume-role",
            "--role-session-name",
            "test",
            "--role-arn",
            &arn,
        ]);
        caller(&session["Credentials"])
    }

    /// The AWS command line as root. Commands without an answer give null.
    pub(super) fn aws(&self, arguments: &[&str]) -> Value {
        let output = self
            .aws
            .aws()
            .args(["--output", "json"])
            .args(arguments)
            .output()
            .unwrap_or_else(|error| panic!("aws {arguments:?}: {error}"));
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "aws {arguments:?}: {errors}");
        serde_json::from_slice(&output.stdout).unwrap_or(Value::Null)
    }
}

/// A policy document of one statement that allows what it names.
fn allow(statement: &Value) -> String {
    let mut statement = statement.clone();
    statement["Effect"] = json!("Allow");
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn caller(credentials: &Value) -> Caller {
    Caller {
        key: text(&credentials["AccessKeyId"]),
        secret: text(&credentials["SecretAccessKey"]),
        token: credentials["SessionToken"].as_str().map(str::to_owned),
    }
}

fn text(value: &Value) -> String {
    value
        .as_str()
        .unwrap_or_else(|| panic!("text expected, not {value}"))
        .to_owned()
}
