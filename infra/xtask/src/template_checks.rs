//! The comparison of what cfn-lint, checkov and cloudformation-validate find in the template with what is accepted.
//!
//! `infra/cloudformation/findings.yaml` has the reasons of accepted findings. A finding without a reason is a failure, and so
//! is a reason without a finding.

mod edges;
mod regions;

use std::{
    collections::BTreeSet, fmt::Write as _, fs, panic::resume_unwind, path::Path, process::Command,
    thread,
};

use serde_json::Value;

use crate::{
    error::{Error, Result, at},
    python::Python,
    workspace::{root, template_path},
};

/// A failed check of a resource.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Finding {
    check: String,
    /// The resource's logical id, or empty for the template as a whole.
    resource: String,
    says: String,
}

/// The reason for accepting the findings of a check.
#[derive(Debug)]
struct Reason {
    check: String,
    /// The logical ids, or the types of which all resources are meant.
    on: Vec<String>,
    used: bool,
}

/// Checks the template.
///
/// # Errors
/// - `Template`: there is a finding without a reason, or a reason without a finding.
/// - `Missing`, `Failed`: a program cannot be set up or does not run.
pub fn check_template() -> Result<()> {
    let python = Python::set_up_for_checks()?;
    let path = template_path();
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let template: Value =
        serde_saphyr::from_str(&text).map_err(|error| Error::Template(error.to_string()))?;
    let reasons_path = root().join("infra/cloudformation/findings.yaml");
    let reasons = fs::read_to_string(&reasons_path).map_err(at(&reasons_path))?;
    let mut reasons = read_reasons(&reasons)?;

    thread::scope(|scope| {
        // It takes longer than all others together.
        let regions = scope.spawn(|| regions::check(&python));
        let mut findings = lint(&python, &path)?;
        let linted = findings.len();
        findings.extend(checkov(&python, &path)?);
        eprintln!(
            "{linted} findings of cfn-lint and {} of checkov, {} reasons",
            findings.len() - linted,
            reasons.len()
        );
        let (edges, refused) = edges::refused(&python, &template)?;
        eprintln!("{} findings at {edges} edges of parameters", refused.len());
        findings.extend(refused);
        settle(&findings, &mut reasons, &template)?;
        let without = regions
            .join()
            .unwrap_or_else(|panic| resume_unwind(panic))?;
        eprintln!("{without} regions without SES, and nothing else that one lacks");
        Ok(())
    })
}

/// Compares the findings with the reasons.
fn settle(findings: &[Finding], reasons: &mut [Reason], template: &Value) -> Result<()> {
    let mut wrong = String::new();
    for finding in findings {
        let kind = template["Resources"][&finding.resource]["Type"].as_str();
        let mut explained = false;
        for reason in reasons.iter_mut().filter(|r| r.check == finding.check) {
            let is_named = |on: &String| *on == finding.resource || Some(on.as_str()) == kind;
            if reason.on.iter().any(is_named) {
                reason.used = true;
                explained = true;
            }
        }
        if !explained {
            let Finding {
                check,
                resource,
                says,
            } = finding;
            let _ = writeln!(wrong, "{check} on {resource}: {says}");
        }
    }
    for Reason { check, on, .. } in reasons.iter().filter(|reason| !reason.used) {
        let _ = writeln!(
            wrong,
            "{check} on {}: there is no such finding any more",
            on.join(", ")
        );
    }
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Error::Template(format!(
        "findings and the reasons in infra/cloudformation/findings.yaml differ:\n{wrong}"
    )))
}

fn read_reasons(text: &str) -> Result<Vec<Reason>> {
    let bad = |what: &Value| Error::Template(format!("no check, on and reason: {what}"));
    let all: Value =
        serde_saphyr::from_str(text).map_err(|error| Error::Template(error.to_string()))?;
    let listed = all.as_array().ok_or_else(|| bad(&all))?;
    listed
        .iter()
        .map(|entry| {
            let text = |name: &str| entry[name].as_str().filter(|text| !text.trim().is_empty());
            let on: Option<Vec<String>> = entry["on"].as_array().and_then(|on| {
                on.iter()
                    .map(|one| one.as_str().map(str::to_owned))
                    .collect()
            });
            match (text("check"), on, text("reason")) {
                (Some(check), Some(on), Some(_)) if !on.is_empty() => Ok(Reason {
                    check: check.to_owned(),
                    on,
                    used: false,
                }),
                _ => Err(bad(entry)),
            }
        })
        .collect()
}

/// Runs cfn-lint with the rules for serverless applications.
fn lint(python: &Python, template: &Path) -> Result<Vec<Finding>> {
    let found = json_of(
        Command::new(python.program("cfn-lint"))
            .args(["--format", "json"])
            .args(["--append-rules", "cfn_lint_serverless.rules", "--"])
            .arg(template),
    )?;
    let found = found.as_array().cloned().unwrap_or_default();
    Ok(found
        .iter()
        .map(|finding| Finding {
            check: text(&finding["Rule"]["Id"]),
            resource: match &finding["Location"]["Path"][0] {
                Value::String(part) if part == "Resources" => text(&finding["Location"]["Path"][1]),
                _ => String::new(),
            },
            says: text(&finding["Message"]),
        })
        .collect::<BTreeSet<_>>()
        .into_iter()
        .collect())
}

fn checkov(python: &Python, template: &Path) -> Result<Vec<Finding>> {
    let found = json_of(
        Command::new(python.program("checkov"))
            .args(["--framework", "cloudformation", "--output", "json"])
            // Its own checks only, without requests to its vendor.
            .args(["--skip-download", "--compact"])
            // This check takes a Ref in a variable for the template's path, and a path of forty characters for a secret access
            // key, so its result depends on the clone's path. A test of the template checks that no variable has a secret.
            .args(["--skip-check", "CKV_AWS_45", "--file"])
            .arg(template),
    )?;
    let results = &found["results"];
    let passed = found["summary"]["passed"].as_u64().unwrap_or_default();
    let unread = results["parsing_errors"]
        .as_array()
        .is_none_or(|errors| !errors.is_empty());
    if passed == 0 || unread {
        return Err(Error::Template(format!(
            "checkov could not read the template: {found}"
        )));
    }
    let failed = results["failed_checks"].as_array().cloned();
    Ok(failed
        .unwrap_or_default()
        .iter()
        .map(|check| Finding {
            check: text(&check["check_id"]),
            // `AWS::SQS::Queue.DeadLetters`
            resource: text(&check["resource"])
                .rsplit('.')
                .next()
                .unwrap_or_default()
                .to_owned(),
            says: text(&check["check_name"]),
        })
        .collect())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Reads a program's JSON output. Both programs exit with a failure if they have findings.
fn json_of(command: &mut Command) -> Result<Value> {
    let output = command.output().map_err(|source| Error::Start {
        program: command.get_program().to_string_lossy().into_owned(),
        source,
    })?;
    serde_json::from_slice(&output.stdout).map_err(|error| {
        Error::Template(format!(
            "{}: {error}\n{}{}",
            command.get_program().to_string_lossy(),
            String::from_utf8_lossy(&output.stdout),
            String::from_utf8_lossy(&output.stderr)
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn template() -> Value {
        json!({ "Resources": {
            "Queue": { "Type": "AWS::SQS::Queue" },
            "Other": { "Type": "AWS::SQS::Queue" },
        } })
    }

    fn found(check: &str, resource: &str) -> Finding {
        Finding {
            check: check.to_owned(),
            resource: resource.to_owned(),
            says: "is not encrypted".to_owned(),
        }
    }

    fn against(findings: &[Finding], reasons: &str) -> String {
        let settled = settle(findings, &mut read_reasons(reasons).unwrap(), &template());
        settled.map_or_else(|error| error.to_string(), |()| String::new())
    }

    #[test]
    fn a_finding_is_settled_by_a_reason_for_the_resource_or_for_its_type() {
        let all = [found("C1", "Queue"), found("C1", "Other")];
        let by_type = "[{ check: C1, on: [AWS::SQS::Queue], reason: so }]";
        assert_eq!(against(&all, by_type), "");
        let by_name = "[{ check: C1, on: [Queue, Other], reason: so }]";
        assert_eq!(against(&all, by_name), "");
    }

    #[test]
    fn a_finding_without_a_reason_is_named() {
        for reasons in [
            "[{ check: C1, on: [Other], reason: so }, { check: C1, on: [Queue], reason: so }]",
            "[{ check: C2, on: [AWS::SQS::Queue], reason: so }]",
        ] {
            let wrong = against(&[found("C1", "Other"), found("C3", "Queue")], reasons);
            assert!(wrong.contains("C3 on Queue: is not encrypted"), "{wrong}");
        }
    }

    #[test]
    fn a_reason_that_nothing_needs_is_named() {
        let wrong = against(&[], "[{ check: C1, on: [Queue], reason: so }]");
        assert!(
            wrong.contains("C1 on Queue: there is no such finding any more"),
            "{wrong}"
        );
    }

    #[test]
    fn an_entry_without_a_reason_is_refused() {
        for entry in [
            "[{ check: C1, on: [Queue] }]",
            "[{ check: C1, on: [Queue], reason: ' ' }]",
            "[{ check: C1, on: [], reason: so }]",
            "[{ on: [Queue], reason: so }]",
        ] {
            assert!(read_reasons(entry).is_err(), "{entry}");
        }
    }
}
