//! What AWS would refuse for some value that the template itself takes for a parameter.

use std::{
    io::Write as _,
    process::{Command, Stdio},
};

use serde_json::Value;

use super::{Finding, text};
use crate::{
    error::{Error, Result},
    python::Python,
    workspace::root,
};

/// The parameter by which the check itself is checked, with what it must find if the template took all values.
const KNOWN: (&str, &str, &str) = ("RequestsPerAddress", "F3034", "CallerLimits");

/// Returns what cloudformation-validate finds at the edges of the parameters, and how often it looked.
///
/// # Errors
/// - `Template`: it no longer finds what it is known to find.
/// - `Start`, `Failed`: it does not run.
pub(super) fn refused(python: &Python, template: &Value) -> Result<(usize, Vec<Finding>)> {
    let (parameter, check, resource) = KNOWN;
    let mut open = template.clone();
    if let Some(parameter) = open["Parameters"][parameter].as_object_mut() {
        parameter.remove("AllowedPattern");
    }
    let (_, found) = run(python, &open)?;
    if !found
        .iter()
        .any(|finding| finding.check == check && finding.resource == resource)
    {
        return Err(Error::Template(format!(
            "cloudformation-validate does not find {check} on {resource}, although {parameter} may have any value"
        )));
    }
    run(python, template)
}

fn run(python: &Python, template: &Value) -> Result<(usize, Vec<Finding>)> {
    let program = python.program("python");
    let failed = |source| Error::Start {
        program: program.display().to_string(),
        source,
    };
    let mut child = Command::new(&program)
        .arg(root().join("infra/xtask/src/parameter_edges.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    // It reads everything before it writes. Dropped, so that it sees the end.
    if let Some(mut input) = child.stdin.take() {
        input
            .write_all(template.to_string().as_bytes())
            .map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    let answer: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::Template(format!("parameter_edges.py: {error}")))?;
    let findings = answer["findings"].as_array().into_iter().flatten();
    let findings = findings.map(|finding| Finding {
        check: text(&finding["check"]),
        resource: text(&finding["resource"]),
        says: text(&finding["says"]),
    });
    let runs = answer["runs"].as_u64().unwrap_or_default();
    Ok((
        usize::try_from(runs).unwrap_or_default(),
        findings.collect(),
    ))
}
