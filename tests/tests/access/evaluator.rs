//! The template's policies, evaluated as IAM does: a denial anywhere wins, and without a grant nothing is allowed.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::policy::{listed, matches};

const ACCOUNT: &str = "eu-west-1:123456789012";

/// What is asked of AWS.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) action: String,
    pub(crate) resource: String,
    pub(crate) context: BTreeMap<String, Vec<String>>,
}

impl Request {
    pub(crate) fn with(mut self, key: &str, value: &str) -> Self {
        self.context.insert(key.to_owned(), vec![value.to_owned()]);
        self
    }

    fn is_meant(&self, statement: &Value) -> bool {
        let has = |name: &str, found: &str| {
            let patterns = listed(&statement[name]);
            let mut patterns = patterns.iter().map(|one| one.as_str().unwrap());
            patterns.any(|pattern| matches(pattern, found))
        };
        // A policy of a resource may be about services; callers are none.
        let principal = &statement["Principal"];
        (principal.is_null() || principal == "*")
            && has("Action", &self.action)
            && has("Resource", &self.resource)
            && self.fulfils(&statement["Condition"])
    }

    fn fulfils(&self, condition: &Value) -> bool {
        let operators = condition.as_object().into_iter().flatten();
        let mut tests = operators.flat_map(|(operator, keys)| {
            let keys = keys.as_object().unwrap().iter();
            keys.map(move |(key, patterns)| (operator.as_str(), key, listed(patterns)))
        });
        tests.all(|(operator, key, patterns)| {
            let is_one = |value: &String| {
                let mut patterns = patterns.iter().map(|one| one.as_str().unwrap());
                patterns.any(|pattern| matches(pattern, value))
            };
            let values = self.context.get(key).map_or(&[][..], Vec::as_slice);
            match operator {
                "Bool" | "StringEquals" | "StringLike" => values.iter().any(is_one),
                "StringNotEquals" => !values.iter().any(is_one),
                "ForAllValues:StringLike" => values.iter().all(is_one),
                other => panic!("{other} is not evaluated here"),
            }
        })
    }
}

/// Whether a caller with these statements may make a request of something with those of its own.
pub(crate) fn allows(caller: &[Value], resource: &[Value], request: &Request) -> bool {
    let meant = |effect: &str, statements: &[Value]| {
        statements
            .iter()
            .any(|one| one["Effect"] == effect && request.is_meant(one))
    };
    !meant("Deny", caller) && !meant("Deny", resource) && meant("Allow", caller)
}

/// The template of a stack called `prod`, with names in the place of its intrinsics.
pub(crate) struct Deployed(pub(crate) Value);

impl Deployed {
    fn resource(&self, id: &str) -> &Value {
        &self.0["Resources"][id]
    }

    /// The ARN of a resource.
    pub(crate) fn arn(&self, id: &str) -> String {
        let properties = &self.resource(id)["Properties"];
        match self.resource(id)["Type"].as_str() {
            Some("AWS::DynamoDB::Table") => {
                let name = self.text(properties["TableName"]["Fn::Sub"].as_str().unwrap());
                format!("arn:aws:dynamodb:{ACCOUNT}:table/{name}")
            }
            Some("AWS::SecretsManager::Secret") => {
                let name = self.text(properties["Name"]["Fn::Sub"].as_str().unwrap());
                format!("arn:aws:secretsmanager:{ACCOUNT}:secret:{name}-AbCdEf")
            }
            Some(kind) => format!("arn:{kind}:{id}"),
            None => panic!("no {id} in the template"),
        }
    }

    /// The ARN of a table's stream, which ends in the time at which it was made.
    pub(crate) fn stream(&self, id: &str) -> String {
        self.arn(id) + "/stream/2026-12-01T00:00:00.000"
    }

    fn text(&self, text: &str) -> String {
        let mut done = String::new();
        let mut rest = text;
        while let Some((before, behind)) = rest.split_once("${") {
            let (name, after) = behind.split_once('}').unwrap();
            done += before;
            done += &match name.strip_suffix(".Arn") {
                Some(id) => self.arn(id),
                None => Self::named(name),
            };
            rest = after;
        }
        done + rest
    }

    fn named(name: &str) -> String {
        match name {
            "AWS::StackName" | "MailConfiguration" => "prod",
            "AWS::Partition" => "aws",
            "AWS::Region" => "eu-west-1",
            "AWS::AccountId" => "123456789012",
            "AWS::URLSuffix" => "amazonaws.com",
            "MailIdentity" => "example.com",
            other => panic!("what is {other}?"),
        }
        .to_owned()
    }

    /// A part of the template with its intrinsics resolved.
    fn resolved(&self, value: &Value) -> Value {
        let parts = &value["Fn::GetAtt"];
        match (&value["Ref"], &value["Fn::Sub"], parts[0].as_str()) {
            (Value::String(name), _, _) => Self::named(name).into(),
            (_, Value::String(text), _) => self.text(text).into(),
            (_, _, Some(id)) if parts[1] == "StreamArn" => self.stream(id).into(),
            (_, _, Some(id)) => self.arn(id).into(),
            _ => match value {
                Value::Object(members) => members
                    .iter()
                    .map(|(name, member)| (name.clone(), self.resolved(member)))
                    .collect(),
                Value::Array(items) => items.iter().map(|item| self.resolved(item)).collect(),
                other => other.clone(),
            },
        }
    }

    fn statements(&self, document: &Value) -> Vec<Value> {
        let statements = document["Statement"].as_array().into_iter().flatten();
        statements.map(|one| self.resolved(one)).collect()
    }

    /// The statements of a role.
    pub(crate) fn of_role(&self, id: &str) -> Vec<Value> {
        self.statements(&self.resource(id)["Properties"]["Policies"][0]["PolicyDocument"])
    }

    /// The statements of the policy of what a call is on: of a table (and its indexes), a stream, a queue, a secret, a bucket.
    pub(crate) fn of_resource(&self, on: &str) -> Vec<Value> {
        let (id, part) = on.split_once('/').unwrap_or((on, ""));
        let properties = &self.resource(id)["Properties"];
        if part == "stream" {
            let policy = &properties["StreamSpecification"]["ResourcePolicy"];
            return self.statements(&policy["PolicyDocument"]);
        }
        let mut found = self.statements(&properties["ResourcePolicy"]["PolicyDocument"]);
        for resource in self.0["Resources"].as_object().unwrap().values() {
            let properties = &resource["Properties"];
            let (of, document) = match resource["Type"].as_str().unwrap() {
                "AWS::SQS::QueuePolicy" => {
                    (&properties["Queues"][0], &properties["PolicyDocument"])
                }
                "AWS::S3::BucketPolicy" => (&properties["Bucket"], &properties["PolicyDocument"]),
                "AWS::SecretsManager::ResourcePolicy" => {
                    (&properties["SecretId"], &properties["ResourcePolicy"])
                }
                _ => continue,
            };
            if of["Ref"] == id {
                let about_callers = document["Statement"].as_array().unwrap().iter();
                let about_callers = about_callers.filter(|one| one["Principal"] == "*");
                found.extend(about_callers.map(|one| self.resolved(one)));
            }
        }
        found
    }
}
