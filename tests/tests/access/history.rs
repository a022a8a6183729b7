//! The tables of the history let nobody change them, whatever the caller's own policy says.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::policy::{listed, template};

const TABLES: [(&str, &str); 2] = [("EventsTable", "events"), ("RequestsTable", "requests")];

fn statements(table: &str) -> Vec<Value> {
    let table = &template()["Resources"][table]["Properties"];
    let document = &table["ResourcePolicy"]["PolicyDocument"];
    let statements = document["Statement"].as_array().unwrap().iter();
    // That one says how to come, not who may do what: tests/tests/template/encryption.rs.
    let about_rights = statements.filter(|statement| statement["Sid"] != "TlsOnly");
    about_rights.cloned().collect()
}

#[test]
fn every_action_that_changes_or_deletes_an_item_is_denied_to_everybody() {
    for (table, name) in TABLES {
        let statements = statements(table);
        assert_eq!(statements.len(), 2, "{table}");
        for statement in &statements {
            assert_eq!(statement["Effect"], "Deny", "{table}");
            assert_eq!(statement["Principal"], "*", "{table}");
            // A policy of another name would protect nothing, and AWS would take it.
            let arn = format!(
                "arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/${{AWS::StackName}}-{name}"
            );
            assert_eq!(statement["Resource"], json!({ "Fn::Sub": arn }), "{table}");
        }
        let table_name = &template()["Resources"][table]["Properties"]["TableName"];
        let expected = format!("${{AWS::StackName}}-{name}");
        assert_eq!(table_name, &json!({ "Fn::Sub": expected }));

        let actions: BTreeSet<String> = listed(&statements[0]["Action"])
            .iter()
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        // All writes to items that DynamoDB has but PutItem, and the one that has items deleted later.
        let all = [
            "UpdateItem",
            "DeleteItem",
            "BatchWriteItem",
            "PartiQLInsert",
            "PartiQLUpdate",
            "PartiQLDelete",
            "UpdateTimeToLive",
        ];
        assert_eq!(actions, all.map(|name| format!("dynamodb:{name}")).into());
        assert_eq!(statements[0].get("Condition"), None);
    }
}

#[test]
fn only_the_roles_that_append_may_put() {
    let template = template();
    let tag = json!([{ "Key": "ledgerbell-appends", "Value": { "Ref": "AWS::StackName" } }]);
    let tagged: BTreeSet<&str> = template["Resources"]
        .as_object()
        .unwrap()
        .iter()
        .filter(|(_, resource)| resource["Type"] == "AWS::IAM::Role")
        .filter(|(_, role)| role["Properties"]["Tags"] == tag)
        .map(|(id, _)| id.as_str())
        .collect();
    assert_eq!(tagged, ["ApiRole", "ScheduleRole"].into());
    for (table, _) in TABLES {
        let statement = &statements(table)[1];
        assert_eq!(statement["Action"], "dynamodb:PutItem", "{table}");
        let unless = json!({ "StringNotEquals": {
            "aws:PrincipalTag/ledgerbell-appends": { "Ref": "AWS::StackName" },
        } });
        assert_eq!(statement["Condition"], unless, "{table}");
    }
}
