//! The template in a form that the local AWS accepts.
//!
//! It differs from the template only by [`LOCAL_EDITS`], the complete list of omissions and wider permissions, and
//! [`SUMMED_ALARMS`](crate::SUMMED_ALARMS), which watch fewer metrics. So the results of the deployed test hold for the
//! template itself.

use std::path::Path;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::local_alarms::watch_the_first_metric_only;

/// A change of a resource, or of a statement of its policy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Difference {
    /// The whole resource is omitted.
    ResourceLeftOut,
    /// The property at this JSON pointer is omitted.
    PropertyLeftOut(&'static str),
    /// The statement with this `Sid` is omitted.
    StatementLeftOut(&'static str),
    /// The `Resource` of the statement with this `Sid` becomes `*`.
    StatementOnEveryResource(&'static str),
}

/// A difference between the template and the local template.
#[derive(Debug, Clone, Copy)]
pub struct LocalEdit {
    /// The resource's logical id.
    pub resource: &'static str,
    /// The change.
    pub difference: Difference,
    /// The reason in the local AWS.
    pub reason: &'static str,
}

const PLAIN_HTTP: &str =
    "the local AWS speaks plain HTTP on loopback, so the statement rightly denies everything";

/// All differences between the template and the local template.
pub const LOCAL_EDITS: [LocalEdit; 16] = [
    LocalEdit {
        resource: "DeadLettersPolicy",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "EventsTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "EventsTable",
        difference: Difference::PropertyLeftOut("/StreamSpecification/ResourcePolicy"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "RequestsTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "BalancesTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "CustomersTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "NotificationsTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "SuppressionsTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "ReplaysTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "SchedulesTable",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "ExportsBucketPolicy",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "AccessLogsBucketPolicy",
        difference: Difference::StatementLeftOut("TlsOnly"),
        reason: PLAIN_HTTP,
    },
    LocalEdit {
        resource: "NotifyRole",
        difference: Difference::StatementOnEveryResource("SendMail"),
        reason: "ministack 1.5.33 asks for ses:SendEmail on `*`, whatever the identity, so no narrower grant matches",
    },
    LocalEdit {
        resource: "SigningKeysPolicy",
        difference: Difference::ResourceLeftOut,
        reason: "ministack 1.5.33 has no AWS::SecretsManager::ResourcePolicy; it would deny plain HTTP",
    },
    LocalEdit {
        resource: "SigningKeysRotation",
        difference: Difference::ResourceLeftOut,
        reason: "ministack 1.5.33 has no AWS::SecretsManager::RotationSchedule; the test asks for the rotation",
    },
    LocalEdit {
        resource: "BusArchive",
        difference: Difference::ResourceLeftOut,
        reason: "ministack 1.5.33 has no AWS::Events::Archive",
    },
];

/// Returns the template in JSON, with [`LOCAL_EDITS`] and absolute paths of the zips.
///
/// # Errors
/// - `Template`: the template is not YAML, or an edit does not find its statement because the list is out of date.
pub fn localize(template: &str, folder: &Path) -> Result<Value> {
    let mut template: Value =
        serde_saphyr::from_str(template).map_err(|error| Error::Template(error.to_string()))?;
    for edit in &LOCAL_EDITS {
        apply(edit, &mut template)?;
    }
    let resources = template["Resources"]
        .as_object_mut()
        .ok_or_else(|| Error::Template("no Resources".to_owned()))?;
    watch_the_first_metric_only(resources);
    for resource in resources.values_mut() {
        if let Some(Value::String(uri)) = resource.pointer_mut("/Properties/CodeUri") {
            *uri = folder.join(&*uri).display().to_string();
        }
    }
    Ok(template)
}

fn apply(edit: &LocalEdit, template: &mut Value) -> Result<()> {
    let (what, done) = match edit.difference {
        Difference::ResourceLeftOut => {
            let resources = template["Resources"].as_object_mut();
            let left_out = resources.and_then(|resources| resources.remove(edit.resource));
            ("resource", left_out.map(|_| ()))
        }
        Difference::PropertyLeftOut(pointer) => {
            let properties = &mut template["Resources"][edit.resource]["Properties"];
            (pointer, leave_out(properties, pointer))
        }
        Difference::StatementLeftOut(sid) => {
            let found = statement(edit.resource, sid, template);
            let left_out = found.map(|(statements, position)| drop(statements.remove(position)));
            (sid, left_out)
        }
        Difference::StatementOnEveryResource(sid) => {
            let found = statement(edit.resource, sid, template);
            let widened = found.map(|(statements, position)| {
                statements[position]["Resource"] = "*".into();
            });
            (sid, widened)
        }
    };
    done.ok_or_else(|| {
        Error::Template(format!(
            "no {what} in {}: the list of local edits is out of date",
            edit.resource
        ))
    })
}

fn leave_out(properties: &mut Value, pointer: &str) -> Option<()> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let parent = properties.pointer_mut(parent)?.as_object_mut()?;
    parent.remove(name).map(|_| ())
}

/// Returns the statements of a resource's policy, and the position of the one with this `Sid`.
fn statement<'t>(
    resource: &str,
    sid: &str,
    template: &'t mut Value,
) -> Option<(&'t mut Vec<Value>, usize)> {
    let properties = &mut template["Resources"][resource]["Properties"];
    // The policy of a queue or bucket has one document, a table has it one level deeper, and a role has a list of them.
    let document = if properties["PolicyDocument"].is_object() {
        &mut properties["PolicyDocument"]
    } else if properties["ResourcePolicy"].is_object() {
        &mut properties["ResourcePolicy"]["PolicyDocument"]
    } else {
        &mut properties["Policies"][0]["PolicyDocument"]
    };
    let statements = document["Statement"].as_array_mut()?;
    let position = statements
        .iter()
        .position(|statement| statement["Sid"] == sid)?;
    Some((statements, position))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::workspace::template_path;

    fn template() -> String {
        std::fs::read_to_string(template_path()).unwrap()
    }

    #[test]
    fn the_local_template_differs_from_the_template_by_the_listed_edits_only() {
        let original: Value = serde_saphyr::from_str(&template()).unwrap();
        let local = localize(&template(), Path::new("/somewhere")).unwrap();
        let mut differing: Vec<&str> = Vec::new();
        for (id, resource) in original["Resources"].as_object().unwrap() {
            let mut theirs = local["Resources"][id].clone();
            if theirs.is_null() {
                differing.push(id);
                continue;
            }
            if theirs["Properties"].get("CodeUri").is_some() {
                theirs["Properties"]["CodeUri"] = resource["Properties"]["CodeUri"].clone();
            }
            if &theirs != resource {
                differing.push(id);
            }
        }
        differing.sort_unstable();
        let mut listed: Vec<&str> = LOCAL_EDITS.iter().map(|edit| edit.resource).collect();
        listed.extend(crate::local_alarms::SUMMED_ALARMS);
        listed.sort_unstable();
        listed.dedup();
        assert_eq!(differing, listed);
        for edit in &LOCAL_EDITS {
            let left_out = local["Resources"].get(edit.resource).is_none();
            assert_eq!(
                left_out,
                edit.difference == Difference::ResourceLeftOut,
                "{}",
                edit.resource
            );
        }
        for part in [
            "Parameters",
            "Outputs",
            "Conditions",
            "Globals",
            "Transform",
        ] {
            assert_eq!(original[part], local[part], "{part}");
        }
    }

    #[test]
    fn an_edit_that_finds_nothing_is_an_error_that_names_it() {
        for (known, renamed) in [
            ("Sid: TlsOnly", "Sid: Renamed"),
            ("BusArchive:", "Renamed:"),
            ("StreamSpecification:", "Renamed:"),
        ] {
            let without = template().replace(known, renamed);
            let error = localize(&without, Path::new("/")).unwrap_err().to_string();
            assert!(error.contains("out of date"), "{error}");
        }
    }
}
