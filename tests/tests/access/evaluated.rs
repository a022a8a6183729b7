//! The calls of each function, evaluated against its role and against the policies of what it calls.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::calls::{Call, calls_of};
use crate::evaluator::{Deployed, Request, allows};
use crate::policy::{listed, template};

/// A function's role, and what it is asked for.
struct Caller {
    name: &'static str,
    statements: Vec<Value>,
    tags: BTreeMap<String, Vec<String>>,
    calls: Vec<Call>,
}

fn callers(stack: &Deployed) -> Vec<Caller> {
    let of_function = |name: &&'static str| {
        let (role, calls) = calls_of(&stack.0, name);
        let tags = stack.0["Resources"][&role]["Properties"]["Tags"].clone();
        let tags = tags.as_array().into_iter().flatten();
        Caller {
            name,
            statements: stack.of_role(&role),
            tags: tags
                .map(|tag| {
                    let key = format!("aws:PrincipalTag/{}", tag["Key"].as_str().unwrap());
                    (key, vec!["prod".to_owned()])
                })
                .collect(),
            calls: calls.into_iter().collect(),
        }
    };
    xtask::FUNCTIONS.iter().map(of_function).collect()
}

/// The requests that a call is, over TLS.
fn requests(stack: &Deployed, caller: &Caller, (action, on): &Call) -> Vec<Request> {
    let resources = match on.split_once('/') {
        _ if on == "*" => vec!["*".to_owned()],
        // With the identity that it is from and with the configuration set.
        _ if on == "mail" => ["identity/example.com", "configuration-set/prod"]
            .map(|part| format!("arn:aws:ses:eu-west-1:123456789012:{part}"))
            .into(),
        Some((id, "stream")) => vec![stack.stream(id)],
        Some((id, "history/*")) => vec![stack.arn(id) + "/history/manifest.json"],
        Some((id, part)) => vec![format!("{}/{part}", stack.arn(id))],
        None => vec![stack.arn(on)],
    };
    let request = |resource: String| {
        let request = Request {
            action: action.clone(),
            resource,
            context: caller.tags.clone(),
        };
        let request = request.with("aws:SecureTransport", "true");
        match action.as_str() {
            // Only terms of the index are deleted.
            "dynamodb:DeleteItem" => request.with("dynamodb:LeadingKeys", "#name"),
            _ => request,
        }
    };
    resources.into_iter().map(request).collect()
}

fn is_allowed(stack: &Deployed, caller: &Caller, call: &Call, request: &Request) -> bool {
    let of_resource = match call.1.as_str() {
        "*" | "mail" => Vec::new(),
        on => stack.of_resource(on),
    };
    allows(&caller.statements, &of_resource, request)
}

#[test]
fn every_call_that_a_function_makes_is_allowed() {
    let stack = Deployed(template());
    let mut evaluated = 0;
    for caller in callers(&stack) {
        for call in &caller.calls {
            for request in requests(&stack, &caller, call) {
                assert!(
                    is_allowed(&stack, &caller, call, &request),
                    "{}: {request:?}",
                    caller.name
                );
                evaluated += 1;
            }
        }
    }
    println!("{evaluated} requests");
    assert!(evaluated > 100, "{evaluated}");
}

/// Of what has a policy of its own: tables with their indexes and the stream, queue, secret and bucket.
#[test]
fn every_call_that_reaches_data_is_denied_without_tls() {
    let stack = Deployed(template());
    let mut evaluated = 0;
    for caller in callers(&stack) {
        for call in &caller.calls {
            let service = call.0.split(':').next().unwrap();
            if !["dynamodb", "sqs", "secretsmanager", "s3"].contains(&service) || call.1 == "*" {
                continue;
            }
            for request in requests(&stack, &caller, call) {
                let plain = request.with("aws:SecureTransport", "false");
                assert!(
                    !is_allowed(&stack, &caller, call, &plain),
                    "{}: {plain:?}",
                    caller.name
                );
                evaluated += 1;
            }
        }
    }
    assert!(evaluated > 80, "{evaluated}");
}

#[test]
fn whoever_reaches_encrypted_data_may_use_its_key_through_that_service_alone() {
    let stack = Deployed(template());
    let mut evaluated = 0;
    for caller in callers(&stack) {
        for (action, on) in &caller.calls {
            let (service, verb) = action.split_once(':').unwrap();
            let key = match service {
                _ if on == "*" => continue,
                "dynamodb" | "sqs" | "s3" => "DataKey",
                "secretsmanager" => "SecretsKey",
                _ => continue,
            };
            let writes =
                service != "dynamodb" && (verb.starts_with("Put") || verb == "SendMessage");
            let mut uses = vec!["kms:Decrypt"];
            uses.extend(writes.then_some("kms:GenerateDataKey"));
            for action in uses {
                let via = |service: &str| {
                    Request {
                        action: action.to_owned(),
                        resource: stack.arn(key),
                        context: BTreeMap::new(),
                    }
                    .with(
                        "kms:ViaService",
                        &format!("{service}.eu-west-1.amazonaws.com"),
                    )
                };
                let may = |service: &str| allows(&caller.statements, &[], &via(service));
                assert!(may(service), "{}: {action} by {service}", caller.name);
                assert!(!may("ec2"), "{}: {action}", caller.name);
                evaluated += 1;
            }
        }
    }
    assert!(evaluated > 80, "{evaluated}");
}

#[test]
fn each_granted_action_taken_away_denies_a_call() {
    let stack = Deployed(template());
    for mut caller in callers(&stack) {
        for number in 0..caller.statements.len() {
            let actions = listed(&caller.statements[number]["Action"]);
            if actions
                .iter()
                .any(|action| action.as_str().unwrap().starts_with("kms:"))
            {
                continue;
            }
            for action in &actions {
                let left: Vec<Value> = actions
                    .iter()
                    .filter(|one| *one != action)
                    .cloned()
                    .collect();
                caller.statements[number]["Action"] = json!(left);
                let mut all = caller.calls.iter().flat_map(|call| {
                    let requests = requests(&stack, &caller, call).into_iter();
                    requests.map(move |request| (call, request))
                });
                let still = all.all(|(call, request)| is_allowed(&stack, &caller, call, &request));
                assert!(
                    !still,
                    "{}: {action} is granted twice or for nothing",
                    caller.name
                );
            }
            caller.statements[number]["Action"] = json!(actions);
        }
    }
}

#[test]
fn an_administrator_reads_the_history_and_changes_none_of_it() {
    let stack = Deployed(template());
    let everything = [json!({ "Effect": "Allow", "Action": "*", "Resource": "*" })];
    for on in ["EventsTable", "RequestsTable"] {
        let of_table = stack.of_resource(on);
        let may = |action: &str, tagged: bool| {
            let request = Request {
                action: format!("dynamodb:{action}"),
                resource: stack.arn(on),
                context: BTreeMap::new(),
            }
            .with("aws:SecureTransport", "true");
            let request = match tagged {
                true => request.with("aws:PrincipalTag/ledgerbell-appends", "prod"),
                false => request,
            };
            allows(&everything, &of_table, &request)
        };
        assert!(may("GetItem", false) && may("Query", false), "{on}");
        for action in [
            "UpdateItem",
            "DeleteItem",
            "BatchWriteItem",
            "PartiQLUpdate",
            "PartiQLDelete",
            "PartiQLInsert",
            "UpdateTimeToLive",
        ] {
            assert!(!may(action, false) && !may(action, true), "{on}: {action}");
        }
        // A right to tag roles is a right to decide who puts: README.md says so.
        assert!(!may("PutItem", false) && may("PutItem", true), "{on}");
    }
}
