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
        let resource = format!(
            "arn:aws:execute-api:{}:*:{}/v1/*",
            xtask::REGION,
            self.output("ApiId")
        );
        self.user_allowed(
            name,
            &json!({ "Action": "execute-api:Invoke", "Resource": resource }),
        )
    }

    /// A user whose own policy allows everything.
    #[must_use]
    pub fn administrator(&self, name: &str) -> Caller {
        self.user_allowed(name, &json!({ "Action": "*", "Resource": "*" }))
    }

    fn user_allowed(&self, name: &str, statement: &Value) -> Caller {
        let user = self.user_without_rights(name);
        let put = [("UserName", name), ("PolicyName", "allowed")];
        let document = allow(statement);
        let document = [("PolicyDocument", document.as_str())];
        self.iam("PutUserPolicy", &[&put[..], &document].concat());
        user
    }

    /// A user who may do nothing.
    ///
    /// Users, because the local AWS does not check the signature of its root: root would prove nothing.
    #[must_use]
    pub fn user_without_rights(&self, name: &str) -> Caller {
        self.tagged_user(name, None)
    }

    /// A user with a managed policy of the template, by the output that names it, and where it matters with a tag.
    #[must_use]
    pub fn user_with_policy(&self, name: &str, output: &str, tag: Option<(&str, &str)>) -> Caller {
        let user = self.tagged_user(name, tag);
        let policy = self.output(output);
        self.iam(
            "AttachUserPolicy",
            &[("UserName", name), ("PolicyArn", policy)],
        );
        user
    }

    fn tagged_user(&self, name: &str, tag: Option<(&str, &str)>) -> Caller {
        let mut parameters = vec![("UserName", name)];
        if let Some((key, value)) = tag {
            parameters.push(("Tags.member.1.Key", key));
            parameters.push(("Tags.member.1.Value", value));
        }
        self.iam("CreateUser", &parameters);
        caller(&self.iam("CreateAccessKey", &[("UserName", name)]))
    }

    /// A session of a role of the template, by its logical id.
    ///
    /// Only its service may assume the role, so its trust is widened first; its permissions stay as the template has them.
    #[must_use]
    pub fn role(&self, logical_id: &str) -> Caller {
        let of_stack = [
            ("StackName", self.deployment.stack.as_str()),
            ("LogicalResourceId", logical_id),
        ];
        let resource = self.query("cloudformation", "DescribeStackResource", &of_stack);
        let name = element(&resource, "PhysicalResourceId");
        let role = self.iam("GetRole", &[("RoleName", &name)]);
        let arn = element(&role, "Arn");
        let account = arn.split(':').nth(4).unwrap_or_default();
        let trust = allow(&json!({
            "Principal": { "AWS": format!("arn:aws:iam::{account}:root") },
            "Action": "sts:AssumeRole",
        }));
        self.iam(
            "UpdateAssumeRolePolicy",
            &[("RoleName", &name), ("PolicyDocument", &trust)],
        );
        let assume = [("RoleArn", arn.as_str()), ("RoleSessionName", "test")];
        caller(&self.query("sts", "AssumeRole", &assume))
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

    fn iam(&self, action: &str, parameters: &[(&str, &str)]) -> String {
        self.query("iam", action, parameters)
    }

    /// A call as root of a service that speaks AWS's query protocol. The answer is XML.
    fn query(&self, service: &'static str, action: &str, parameters: &[(&str, &str)]) -> String {
        let version = match service {
            "iam" => "2010-05-08",
            "sts" => "2011-06-15",
            _ => "2010-05-15",
        };
        let answer = self.form(
            service,
            &[&[("Action", action), ("Version", version)], parameters].concat(),
        );
        assert_eq!(answer.status, 200, "{service} {action}: {answer:?}");
        answer.body
    }
}

/// A policy document of one statement that allows what it names.
fn allow(statement: &Value) -> String {
    let mut statement = statement.clone();
    statement["Effect"] = json!("Allow");
    json!({ "Version": "2012-10-17", "Statement": [statement] }).to_string()
}

fn caller(answer: &str) -> Caller {
    Caller {
        key: element(answer, "AccessKeyId"),
        secret: element(answer, "SecretAccessKey"),
        token: answer
            .contains("<SessionToken>")
            .then(|| element(answer, "SessionToken")),
    }
}

/// The text of the first element of a name.
fn element(xml: &str, name: &str) -> String {
    xml.split_once(&format!("<{name}>"))
        .and_then(|(_, rest)| rest.split_once("</"))
        .unwrap_or_else(|| panic!("no {name} in {xml}"))
        .0
        .to_owned()
}
