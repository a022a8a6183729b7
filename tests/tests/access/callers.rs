//! The callers' policies grant the routes that are theirs, and no other.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use tests::access::{ROUTES, Role, Route};

use crate::policy::{listed, matches, template};

const ARN: &str = "arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:${Api}/v1/";
const TAG: &str = "${!aws:PrincipalTag/ledgerbell-accounts}";
const OWN: &str = "OWN-";

fn statements(role: Role) -> Vec<Value> {
    let policy = &template()["Resources"][role.policy()];
    assert_eq!(policy["Type"], "AWS::IAM::ManagedPolicy");
    let statements = &policy["Properties"]["PolicyDocument"]["Statement"];
    statements.as_array().unwrap().clone()
}

/// What a role may ask, as `METHOD/path`, for a bank whose accounts begin with [`OWN`].
fn patterns(role: Role) -> Vec<String> {
    let grants = statements(role).into_iter().flat_map(|statement| {
        assert_eq!(statement["Effect"], "Allow", "{role:?}");
        assert_eq!(statement["Action"], "execute-api:Invoke", "{role:?}");
        listed(&statement["Resource"])
    });
    grants
        .map(|resource| {
            let text = resource["Fn::Sub"].as_str().unwrap().to_owned();
            let path = text.strip_prefix(ARN).unwrap_or_else(|| panic!("{text}"));
            path.replace(TAG, OWN)
        })
        .collect()
}

fn request(route: &Route, account: &str) -> String {
    let path = route.path.replace("{account_id}", account);
    format!("{}{}", route.method, path.replace(['{', '}'], ""))
}

#[test]
fn each_operation_of_the_openapi_document_is_given_to_somebody() {
    let document: Value = serde_json::from_str(handlers::http::OPENAPI).unwrap();
    let mut documented = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            if ["get", "put", "post", "delete"].contains(&method.as_str()) {
                let path = path.strip_prefix("/v1").unwrap_or(path);
                let is_open = operation["security"] == json!([]);
                documented.insert((method.to_uppercase(), path.to_owned(), is_open));
            }
        }
    }
    let listed: BTreeSet<_> = ROUTES
        .iter()
        .map(|route| {
            let (method, path) = (route.method.to_owned(), route.path.to_owned());
            (method, path, route.roles.is_none())
        })
        .collect();
    assert_eq!(listed.len(), ROUTES.len());
    assert_eq!(listed, documented);
}

#[test]
fn a_role_may_ask_the_routes_that_are_its_own_and_no_other() {
    for role in Role::ALL {
        let patterns = patterns(role);
        for route in ROUTES.iter().filter(|route| route.roles.is_some()) {
            for (account, is_own) in [("OWN-1", true), ("OTHER-1", false)] {
                let request = request(route, account);
                let may = patterns.iter().any(|pattern| matches(pattern, &request));
                assert_eq!(may, route.allows(role, is_own), "{role:?} {request}");
            }
        }
        for pattern in &patterns {
            let mut asked = ROUTES.iter().map(|route| request(route, "OWN-1"));
            assert!(
                asked.any(|request| matches(pattern, &request)),
                "{role:?}: {pattern} is no route"
            );
        }
    }
}

#[test]
fn a_bank_without_accounts_in_its_tag_has_none() {
    for statement in statements(Role::Bank) {
        let has_tag = statement["Resource"].to_string().contains(TAG);
        let condition = &statement["Condition"];
        if has_tag {
            // Without the tag nothing stands for the variable; an empty one would be the beginning of all accounts.
            let not_empty =
                json!({ "StringLike": { "aws:PrincipalTag/ledgerbell-accounts": "?*" } });
            assert_eq!(condition, &not_empty);
        } else {
            assert_eq!(condition, &Value::Null);
        }
    }
}

#[test]
fn nobody_of_the_stack_has_a_callers_policy_and_each_is_an_output() {
    let template = template();
    for role in Role::ALL {
        let properties = &template["Resources"][role.policy()]["Properties"];
        for attached in ["Roles", "Users", "Groups"] {
            assert_eq!(properties[attached], Value::Null, "{role:?}");
        }
        assert_eq!(
            template["Outputs"][role.output()]["Value"],
            json!({ "Ref": role.policy() })
        );
    }
}

#[test]
fn the_table_of_the_readme_says_what_the_policies_grant() {
    let readme = xtask::root().join("infra/cloudformation/README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let rows: BTreeSet<&str> = readme
        .lines()
        .filter(|line| {
            ["| `GET ", "| `PUT ", "| `POST ", "| `DELETE "]
                .iter()
                .any(|start| line.starts_with(start))
        })
        .collect();
    let expected: BTreeSet<String> = ROUTES
        .iter()
        .map(|route| {
            let mark = |role| match route.roles {
                None => "anybody",
                Some(roles) if !roles.contains(&role) => "",
                Some(_) if role == Role::Bank && route.is_of_an_account() => "its own",
                Some(_) => "yes",
            };
            let [bank, analyst, operator] = Role::ALL.map(mark);
            format!(
                "| `{} {}` | {bank} | {analyst} | {operator} |",
                route.method, route.path
            )
        })
        .collect();
    let expected: BTreeSet<&str> = expected.iter().map(String::as_str).collect();
    assert_eq!(rows, expected);
}
