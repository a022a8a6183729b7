//! The regions in which the stack can be: those that have all its types of resources.

use std::{collections::BTreeSet, fs, process::Command};

use serde_json::Value;

use super::{json_of, text};
use crate::{
    command,
    error::{Error, Result, at},
    python::Python,
    workspace::{output_dir, root, template_path},
};

/// Runs cfn-lint on what SAM's transform makes of the template, for all regions. It may find that a region has no SES, and only
/// in those regions in which the preflight stops for that. Returns how many these are.
///
/// # Errors
/// - `Template`: it finds something else, or other regions.
/// - `Missing`, `Failed`: a program cannot be set up or does not run.
pub(super) fn check(linter: &Python) -> Result<usize> {
    let transform = root().join("infra/xtask/src/transform.py");
    let transformed = command::read(
        Command::new(Python::set_up()?.program("python"))
            .arg(transform)
            .arg(template_path()),
    )?;
    let path = output_dir().join("transformed.json");
    fs::write(&path, transformed).map_err(at(&path))?;
    let found = json_of(
        Command::new(linter.program("cfn-lint"))
            .args(["--format", "json", "--regions", "ALL_REGIONS", "--"])
            .arg(&path),
    )?;
    let script = root().join("infra/cloudformation/ledgerbell-stack.sh");
    let script = fs::read_to_string(&script).map_err(at(&script))?;
    settle(&found, &without_ses(&script))
}

fn settle(found: &Value, known: &BTreeSet<String>) -> Result<usize> {
    let mut without = BTreeSet::new();
    for finding in found.as_array().into_iter().flatten() {
        let says = text(&finding["Message"]);
        let ses = says
            .strip_prefix("Resource type 'AWS::SES::")
            .and_then(|rest| rest.split_once("' does not exist in '"));
        let Some((_, region)) = ses else {
            let check = text(&finding["Rule"]["Id"]);
            return Err(Error::Template(format!(
                "{check} on the transformed template: {says}"
            )));
        };
        without.insert(region.trim_end_matches('\'').to_owned());
    }
    if without != *known {
        return Err(Error::Template(format!(
            "regions without SES, by cfn-lint {without:?}, by ledgerbell-stack.sh {known:?}"
        )));
    }
    Ok(without.len())
}

/// The regions in which the script stops.
fn without_ses(script: &str) -> BTreeSet<String> {
    let listed = script
        .split_once("case $region in")
        .and_then(|(_, rest)| rest.split_once(')'))
        .map_or("", |(listed, _)| listed);
    listed
        .split(['|', '\\', ' ', '\n'])
        .filter(|region| !region.is_empty())
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn known() -> BTreeSet<String> {
        without_ses("case $region in\n    xx-east-1 | \\\n        xx-west-2)\n    stop \"(no)\"\n")
    }

    fn without(regions: &[&str]) -> Value {
        let finding = |region: &&str| {
            json!({ "Rule": { "Id": "E3006" },
                "Message": format!("Resource type 'AWS::SES::EmailIdentity' does not exist in '{region}'") })
        };
        regions.iter().map(finding).collect()
    }

    #[test]
    fn the_regions_without_ses_are_those_at_which_the_script_stops() {
        let found = without(&["xx-east-1", "xx-west-2", "xx-west-2"]);
        assert_eq!(settle(&found, &known()).unwrap(), 2);
        for other in [&["xx-east-1"][..], &["xx-east-1", "xx-west-2", "yy-1"]] {
            let error = settle(&without(other), &known()).unwrap_err().to_string();
            assert!(error.contains("xx-west-2"), "{error}");
        }
    }

    #[test]
    fn whatever_else_a_region_lacks_is_named() {
        let message = "Resource type 'AWS::Scheduler::Schedule' does not exist in 'xx-east-1'";
        let found = json!([{ "Rule": { "Id": "E3006" }, "Message": message }]);
        let error = settle(&found, &known()).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}
