//! What each function calls of AWS's services: from its `main` through the use cases and ports down to the clients of the SDK.

use std::collections::BTreeSet;
use std::path::Path;

use super::reach::Body;
use super::source::{Function, Source};

/// The folders that are read.
pub(crate) const FOLDERS: [&str; 5] = [
    "infra/aws/src",
    "handlers/src",
    "handlers/export/src",
    "handlers/nightly/src",
    "handlers/lambda/src",
];
const MAINS: &str = "handlers/lambda/src/bin";

/// An action, and on what: a table's or another resource's logical id, with the index where it is one's.
type Call = (String, String);

/// All calls, one a line: the function, the action, and on what.
pub(crate) fn of_all_functions(root: &Path) -> String {
    let source = Source::read(root, &FOLDERS);
    let bodies: Vec<Body> = source
        .functions
        .iter()
        .map(|function| Body::of(&source, function))
        .collect();
    let mut mains: Vec<_> = std::fs::read_dir(root.join(MAINS))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    mains.sort();
    let mut lines = String::new();
    for main in mains {
        let name = main.file_stem().unwrap().to_str().unwrap();
        for (action, on) in made_by(&source, &bodies, &main) {
            lines.push_str(&format!("{name} {action} {on}\n"));
        }
    }
    lines
}

fn capitalised(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_uppercase() + rest
}

/// What is called from the `main` of a function on.
fn made_by(source: &Source, bodies: &[Body], main: &Path) -> BTreeSet<Call> {
    let mut reached = BTreeSet::new();
    let all = source.functions.iter().enumerate();
    let mut ahead: Vec<usize> = all
        .filter(|(_, function)| function.file == main)
        .map(|(index, _)| index)
        .collect();
    while let Some(index) = ahead.pop() {
        if reached.insert(index) {
            ahead.extend(&bodies[index].calls);
        }
    }
    let of_adapters = reached
        .into_iter()
        .filter(|index| is_adapter(&source.functions[*index]));
    of_adapters
        .flat_map(|index| calls_of(source, bodies, index))
        .collect()
}

fn is_adapter(function: &Function) -> bool {
    let [adapters, ..] = FOLDERS;
    let mut folders = function.file.ancestors();
    folders.any(|folder| folder.ends_with(adapters))
}

/// The calls that one function of the adapters makes itself.
///
/// A helper that is told the table calls for those who tell it.
fn calls_of(source: &Source, bodies: &[Body], index: usize) -> BTreeSet<Call> {
    let body = &bodies[index];
    let mut operations = body.operations.clone();
    let mut built = body.built.clone();
    for called in body
        .calls
        .iter()
        .filter(|called| is_adapter(&source.functions[**called]))
    {
        let helper = &bodies[*called];
        if helper.tables.is_empty() && sdk(&source.functions[*called]) == "dynamodb" {
            operations.extend(helper.operations.clone());
            built.extend(helper.built.clone());
        }
    }
    let sdk = sdk(&source.functions[index]);
    let mut calls = BTreeSet::new();
    for operation in operations {
        let operation: String = operation.split('_').map(capitalised).collect();
        match sdk {
            // A helper without a table of its own; see above.
            "dynamodb" if body.tables.is_empty() => {}
            "dynamodb" => {
                let actions = actions_of(&operation, &built);
                for table in &body.tables {
                    let table = format!("{}Table", capitalised(table));
                    let indexes: Vec<String> = body
                        .constants
                        .iter()
                        .filter_map(|name| name.strip_prefix("BY_"))
                        .map(|name| format!("{table}/index/by-{}", name.to_lowercase()))
                        .collect();
                    let on = if indexes.is_empty() {
                        vec![table]
                    } else {
                        indexes
                    };
                    for action in &actions {
                        calls.extend(on.iter().map(|on| (action.clone(), on.clone())));
                    }
                }
            }
            "eventbridge" => drop(calls.insert((format!("events:{operation}"), "Bus".into()))),
            "sqs" => drop(calls.insert((format!("sqs:{operation}"), "DeadLetters".into()))),
            "secretsmanager" => {
                calls.insert((format!("secretsmanager:{operation}"), "SigningKeys".into()));
            }
            "s3" => drop(calls.insert(of_bucket(&operation))),
            "sesv2" => {
                // Of the account, not of a resource of it.
                let on = if operation == "GetAccount" {
                    "*"
                } else {
                    "mail"
                };
                calls.insert((format!("ses:{operation}"), on.into()));
            }
            other => panic!("calls of {other}"),
        }
    }
    calls
}

/// S3's actions are not all called as its operations.
fn of_bucket(operation: &str) -> Call {
    match operation {
        "ListObjectsV2" => ("s3:ListBucket".into(), "ExportsBucket".into()),
        "HeadObject" => ("s3:GetObject".into(), "ExportsBucket/history/*".into()),
        other => (format!("s3:{other}"), "ExportsBucket/history/*".into()),
    }
}

/// A transaction is no action: each of its parts is.
fn actions_of(operation: &str, built: &BTreeSet<String>) -> Vec<String> {
    if operation != "TransactWriteItems" {
        return vec![format!("dynamodb:{operation}")];
    }
    let parts = [
        ("Put", "PutItem"),
        ("Update", "UpdateItem"),
        ("Delete", "DeleteItem"),
        ("ConditionCheck", "ConditionCheckItem"),
    ];
    let parts = parts.iter().filter(|(part, _)| built.contains(*part));
    let actions: Vec<String> = parts
        .map(|(_, action)| format!("dynamodb:{action}"))
        .collect();
    assert!(!actions.is_empty(), "a transaction of nothing: {built:?}");
    actions
}

/// The SDK whose client a file of the adapters has.
fn sdk(function: &Function) -> &'static str {
    let text = std::fs::read_to_string(&function.file).unwrap();
    ["eventbridge", "s3", "sqs", "secretsmanager", "sesv2"]
        .into_iter()
        .find(|name| text.contains(&format!("use aws_sdk_{name}")))
        .unwrap_or("dynamodb")
}
