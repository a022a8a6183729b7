//! Keys, TLS, secrets and buckets: what of the template can be told without deploying it. ministack encrypts nothing, so
//! nothing else holds the grants of keys.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{arn_of, listed, of_type, template, template_text};

fn statements(role: &Value) -> Vec<Value> {
    let document = &role["Policies"][0]["PolicyDocument"];
    document["Statement"].as_array().unwrap().clone()
}

/// The services that a role may use a key through, each with the actions.
fn uses(role: &Value, key: &str) -> Vec<(String, BTreeSet<String>)> {
    let mut found = Vec::new();
    for statement in statements(role) {
        if statement["Resource"] != arn_of(key) {
            continue;
        }
        let actions = listed(&statement["Action"]);
        let actions: BTreeSet<_> = actions
            .iter()
            .map(|action| action.as_str().unwrap().to_owned())
            .collect();
        for service in listed(&statement["Condition"]["StringEquals"]["kms:ViaService"]) {
            let service = service["Fn::Sub"].as_str().unwrap().to_owned();
            let name = service.strip_suffix(".${AWS::Region}.${AWS::URLSuffix}");
            found.push((name.unwrap().to_owned(), actions.clone()));
        }
    }
    found
}

/// Whether a role may make a call of which the action begins so.
fn calls(role: &Value, service: &str) -> bool {
    statements(role)
        .iter()
        .flat_map(|statement| listed(&statement["Action"]))
        .any(|action| action.as_str().unwrap().starts_with(service))
}

#[test]
fn tables_queue_exports_and_secrets_are_encrypted_with_keys_of_our_own() {
    let template = template();
    for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
        let expected =
            json!({ "SSEEnabled": true, "SSEType": "KMS", "KMSMasterKeyId": arn_of("DataKey") });
        assert_eq!(table["SSESpecification"], expected, "{id}");
    }
    for (id, queue) in of_type(&template, "AWS::SQS::Queue") {
        assert_eq!(queue["KmsMasterKeyId"], arn_of("DataKey"), "{id}");
    }
    for (id, secret) in of_type(&template, "AWS::SecretsManager::Secret") {
        assert_eq!(secret["KmsKeyId"], arn_of("SecretsKey"), "{id}");
    }
    let default = |id: &str| {
        let bucket = &template["Resources"][id]["Properties"]["BucketEncryption"];
        bucket["ServerSideEncryptionConfiguration"][0]["ServerSideEncryptionByDefault"].clone()
    };
    assert_eq!(
        default("ExportsBucket"),
        json!({ "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": arn_of("DataKey") })
    );
    // S3 writes no access logs with a key of ours.
    assert_eq!(
        default("AccessLogsBucket"),
        json!({ "SSEAlgorithm": "AES256" })
    );
}

#[test]
fn each_key_is_rotated_and_gives_rights_to_iam_and_to_the_rules_alone() {
    let template = template();
    let keys = of_type(&template, "AWS::KMS::Key");
    assert_eq!(keys.len(), 2);
    for (id, key) in keys {
        assert_eq!(key["EnableKeyRotation"], true, "{id}");
        let account = json!({ "Fn::Sub": "arn:${AWS::Partition}:iam::${AWS::AccountId}:root" });
        let mut expected = vec![json!({
            "Sid": "ByIamPolicies", "Effect": "Allow", "Principal": { "AWS": account },
            "Action": "kms:*", "Resource": "*",
        })];
        if id == "DataKey" {
            expected.push(json!({
                "Sid": "RulesMayPark", "Effect": "Allow", "Principal": { "Service": "events.amazonaws.com" },
                "Action": ["kms:GenerateDataKey", "kms:Decrypt"], "Resource": "*",
            }));
        }
        assert_eq!(key["KeyPolicy"]["Statement"], json!(expected), "{id}");
    }
}

#[test]
fn whoever_parks_letters_may_use_the_key_of_the_queue() {
    let template = template();
    // Rules have no roles: their service is in the policy of the key, as their ARNs are in that of the queue.
    let parkers = &template["Resources"]["DeadLettersPolicy"]["Properties"]["PolicyDocument"];
    let allowed: Vec<&Value> = parkers["Statement"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|statement| statement["Effect"] == "Allow")
        .map(|statement| &statement["Principal"]["Service"])
        .collect();
    assert_eq!(allowed, ["events.amazonaws.com"]);
    // On-failure destinations, event source mappings and schedules send with their role.
    let mut senders = 0;
    for (id, role) in of_type(&template, "AWS::IAM::Role") {
        if calls(&role, "sqs:SendMessage") {
            senders += 1;
            let uses = uses(&role, "DataKey");
            let sqs = uses.iter().find(|(service, _)| service == "sqs");
            let (_, actions) = sqs.unwrap_or_else(|| panic!("{id}: its letters would be lost"));
            assert!(actions.contains("kms:GenerateDataKey"), "{id}");
            assert!(actions.contains("kms:Decrypt"), "{id}");
        }
    }
    assert!(senders >= 6, "{senders}");
}

#[test]
fn a_role_uses_each_key_through_the_services_that_it_calls_and_no_other() {
    let template = template();
    for (id, role) in of_type(&template, "AWS::IAM::Role") {
        for (key, encrypted) in [
            ("DataKey", vec!["dynamodb", "sqs", "s3"]),
            ("SecretsKey", vec!["secretsmanager"]),
        ] {
            let used: BTreeSet<String> = uses(&role, key)
                .into_iter()
                .map(|(service, _)| service)
                .collect();
            let called: BTreeSet<String> = encrypted
                .into_iter()
                .filter(|service| calls(&role, &format!("{service}:")))
                .map(str::to_owned)
                .collect();
            assert_eq!(used, called, "{id} {key}");
        }
        for statement in statements(&role) {
            let actions = listed(&statement["Action"]);
            if actions
                .iter()
                .any(|action| action.as_str().unwrap().starts_with("kms:"))
            {
                let via = &statement["Condition"]["StringEquals"]["kms:ViaService"];
                assert!(!via.is_null(), "{id}: {statement}");
                for action in &actions {
                    let known = ["kms:Decrypt", "kms:GenerateDataKey"];
                    assert!(known.contains(&action.as_str().unwrap()), "{id}: {action}");
                }
            }
        }
    }
    // Who only reads the signing keys cannot write with their key.
    for id in ["ApiRole", "NotifyRole"] {
        let role = &template["Resources"][id]["Properties"];
        let expected = (
            "secretsmanager".to_owned(),
            ["kms:Decrypt".to_owned()].into(),
        );
        assert_eq!(uses(role, "SecretsKey"), [expected], "{id}");
    }
}

#[test]
fn queue_buckets_secret_and_tables_refuse_whoever_comes_without_tls() {
    let template = template();
    let mut refused = BTreeSet::new();
    for (id, resource) in template["Resources"].as_object().unwrap() {
        let properties = &resource["Properties"];
        let document = match resource["Type"].as_str().unwrap() {
            "AWS::SQS::QueuePolicy" | "AWS::S3::BucketPolicy" => &properties["PolicyDocument"],
            "AWS::SecretsManager::ResourcePolicy" => &properties["ResourcePolicy"],
            "AWS::DynamoDB::Table" => &properties["ResourcePolicy"]["PolicyDocument"],
            _ => continue,
        };
        let tls = document["Statement"]
            .as_array()
            .into_iter()
            .flatten()
            .find(|statement| statement["Sid"] == "TlsOnly");
        let Some(tls) = tls else { continue };
        assert_eq!(tls["Effect"], "Deny", "{id}");
        assert_eq!(tls["Principal"], "*", "{id}");
        assert!(tls["Action"].as_str().unwrap().ends_with(":*"), "{id}");
        let expected = json!({ "Bool": { "aws:SecureTransport": "false" } });
        assert_eq!(tls["Condition"], expected, "{id}");
        refused.insert(id.as_str());
    }
    for id in [
        "DeadLettersPolicy",
        "ExportsBucketPolicy",
        "AccessLogsBucketPolicy",
        "SigningKeysPolicy",
        "BalancesTable",
        "CustomersTable",
        "NotificationsTable",
        "SuppressionsTable",
        "ReplaysTable",
        "SchedulesTable",
    ] {
        assert!(refused.contains(id), "{id}");
    }
}

/// A policy of a table works on the ARNs that it names: reading an index is not reading the table.
#[test]
fn whoever_comes_without_tls_reaches_neither_a_tables_items_nor_its_indexes_nor_its_stream() {
    let template = template();
    let tls = |policy: &Value| {
        let statements = policy["PolicyDocument"]["Statement"].as_array();
        let mut of_tls = statements.into_iter().flatten();
        let found = of_tls.find(|statement| statement["Sid"] == "TlsOnly");
        found.cloned().unwrap_or_default()
    };
    let mut streams = 0;
    for (id, table) in of_type(&template, "AWS::DynamoDB::Table") {
        let name = table["TableName"]["Fn::Sub"].as_str().unwrap();
        let arn = format!(
            "arn:${{AWS::Partition}}:dynamodb:${{AWS::Region}}:${{AWS::AccountId}}:table/{name}"
        );
        let expected = json!([{ "Fn::Sub": arn }, { "Fn::Sub": format!("{arn}/index/*") }]);
        let of_table = tls(&table["ResourcePolicy"]);
        assert_eq!(of_table["Resource"], expected, "{id}");
        if table["StreamSpecification"].is_null() {
            continue;
        }
        streams += 1;
        // It is attached to the stream itself, whose ARN ends in the time at which it was made.
        let mut of_stream = tls(&table["StreamSpecification"]["ResourcePolicy"]);
        assert_eq!(of_stream["Resource"], "*", "{id}");
        of_stream["Resource"] = expected;
        assert_eq!(of_stream, of_table, "{id}");
    }
    assert_eq!(streams, 1);
}

#[test]
fn buckets_are_versioned_and_closed_to_the_public_and_forget_what_was_replaced() {
    let template = template();
    for (id, bucket) in of_type(&template, "AWS::S3::Bucket") {
        assert_eq!(
            bucket["VersioningConfiguration"]["Status"], "Enabled",
            "{id}"
        );
        let public = bucket["PublicAccessBlockConfiguration"]
            .as_object()
            .unwrap();
        assert_eq!(public.len(), 4, "{id}");
        assert!(public.values().all(|blocked| blocked == true), "{id}");
        let rule = &bucket["LifecycleConfiguration"]["Rules"][0];
        assert_eq!(rule["Status"], "Enabled", "{id}");
        assert!(rule["NoncurrentVersionExpiration"].is_object(), "{id}");
        assert!(
            bucket.get("BucketName").is_none(),
            "{id}: it would stand in a new stack's way"
        );
    }
    let exports = &template["Resources"]["ExportsBucket"]["Properties"];
    // What the export names never expires.
    assert!(
        exports["LifecycleConfiguration"]["Rules"][0]
            .get("ExpirationInDays")
            .is_none()
    );
    assert_eq!(exports["ObjectLockEnabled"], true);
    let lock = &exports["ObjectLockConfiguration"]["Fn::If"];
    assert_eq!(lock[0], "LocksExports");
    assert_eq!(
        lock[1]["Rule"]["DefaultRetention"],
        json!({ "Mode": "COMPLIANCE", "Days": { "Ref": "ExportLockDays" } })
    );
    assert_eq!(
        exports["LoggingConfiguration"]["DestinationBucketName"],
        json!({ "Ref": "AccessLogsBucket" })
    );
    // S3 writes no access logs into a bucket with a default retention.
    let logs = &template["Resources"]["AccessLogsBucket"]["Properties"];
    assert!(logs.get("ObjectLockConfiguration").is_none());
}

#[test]
fn secrets_manager_rotates_the_signing_keys_by_the_function_that_may_change_them() {
    let template = template();
    let rotation = &template["Resources"]["SigningKeysRotation"];
    let properties = &rotation["Properties"];
    assert_eq!(properties["SecretId"], json!({ "Ref": "SigningKeys" }));
    assert_eq!(properties["RotationLambdaARN"], arn_of("RotateFunction"));
    assert_eq!(properties["RotateImmediatelyOnUpdate"], false);
    assert_eq!(rotation["DependsOn"], "RotateFunctionPermission");
    let permission = &template["Resources"]["RotateFunctionPermission"]["Properties"];
    assert_eq!(permission["Principal"], "secretsmanager.amazonaws.com");
    assert_eq!(permission["SourceArn"], json!({ "Ref": "SigningKeys" }));
    // Nobody else may change them.
    let changers: Vec<String> = of_type(&template, "AWS::IAM::Role")
        .into_iter()
        .filter(|(_, role)| {
            ["Put", "Update"]
                .iter()
                .any(|verb| calls(role, &format!("secretsmanager:{verb}")))
        })
        .map(|(id, _)| id)
        .collect();
    assert_eq!(changers, ["RotateRole"]);
}

#[test]
fn the_archive_keeps_the_events_of_the_bus_for_as_long_as_the_parameter_says() {
    let template = template();
    let archives = of_type(&template, "AWS::Events::Archive");
    let [(_, archive)] = archives.as_slice() else {
        panic!("one archive")
    };
    assert_eq!(archive["SourceArn"], arn_of("Bus"));
    assert_eq!(archive["RetentionDays"], json!({ "Ref": "ArchiveDays" }));
    assert_eq!(archive["EventPattern"], json!({ "source": ["ledgerbell"] }));
}

/// Ways in which a template gets a secret's value where it can be read, and keys of AWS themselves.
const GIVEN_AWAY: [&str; 6] = [
    "resolve:secretsmanager",
    "resolve:ssm-secure",
    "AKIA",
    "-----BEGIN",
    "AWS_SECRET_ACCESS_KEY",
    " SecretString:",
];

#[test]
fn no_secret_is_in_the_template() {
    let text = template_text();
    for sign in GIVEN_AWAY {
        assert!(!text.contains(sign), "{sign}");
    }
    for (name, parameter) in template()["Parameters"].as_object().unwrap() {
        let name = name.to_lowercase();
        for word in ["secret", "password", "token"] {
            assert!(
                !name.contains(word),
                "{name}: a parameter is shown to whoever describes the stack"
            );
        }
        assert!(
            parameter.get("NoEcho").is_none(),
            "{name}: a secret belongs into Secrets Manager"
        );
    }
}
