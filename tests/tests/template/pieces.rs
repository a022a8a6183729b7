//! What of the template can be told without deploying it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::{arn_of, listed, of_type, template, template_text};

fn ids(resources: &[(String, Value)]) -> BTreeSet<&str> {
    resources.iter().map(|(id, _)| id.as_str()).collect()
}

#[test]
fn the_template_uses_long_form_intrinsics_only_so_that_any_yaml_parser_reads_it() {
    for (number, line) in template_text().lines().enumerate() {
        let code = line.split(" #").next().unwrap();
        assert!(!code.contains(" !"), "line {}: {line}", number + 1);
    }
}

#[test]
fn every_key_has_a_type_that_no_yaml_parser_takes_for_a_boolean() {
    for (id, table) in of_type(&template(), "AWS::DynamoDB::Table") {
        for attribute in table["AttributeDefinitions"].as_array().unwrap() {
            let kind = attribute["AttributeType"].as_str();
            assert!(matches!(kind, Some("S" | "N")), "{id}: {attribute}");
        }
    }
}

#[test]
fn every_table_is_encrypted_recoverable_on_demand_and_protected_by_parameter() {
    let template = template();
    let tables = of_type(&template, "AWS::DynamoDB::Table");
    assert_eq!(tables.len(), 8);
    for (id, table) in tables {
        assert_eq!(table["BillingMode"], "PAY_PER_REQUEST", "{id}");
        assert_eq!(table["SSESpecification"]["SSEEnabled"], true, "{id}");
        assert_eq!(
            table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"], true,
            "{id}"
        );
        assert_eq!(
            table["DeletionProtectionEnabled"],
            json!({ "Ref": "DeletionProtection" }),
            "{id}"
        );
    }
}

#[test]
fn every_function_is_a_packaged_binary_with_a_role_and_a_log_of_its_own() {
    let template = template();
    let functions = of_type(&template, "AWS::Serverless::Function");
    let mut zips: Vec<_> = xtask::FUNCTIONS
        .iter()
        .map(|name| format!("../../target/package/{name}.zip"))
        .collect();
    let mut roles = BTreeSet::new();
    let mut logs = BTreeSet::new();
    for (id, function) in &functions {
        let zip = function["CodeUri"].as_str().unwrap();
        let position = zips
            .iter()
            .position(|known| known == zip)
            .unwrap_or_else(|| panic!("{id}: {zip}"));
        zips.remove(position);
        roles.insert(function["Role"]["Fn::GetAtt"][0].as_str().unwrap());
        logs.insert(
            function["LoggingConfig"]["LogGroup"]["Ref"]
                .as_str()
                .unwrap(),
        );
        let memory = function["MemorySize"].as_u64().unwrap();
        assert!((256..=512).contains(&memory), "{id}: {memory} MB");
    }
    assert_eq!(zips, Vec::<String>::new(), "zips that no function uses");
    // The one role beside theirs is the heartbeat's, which calls a function.
    roles.insert("HeartbeatRole");
    assert_eq!(roles, ids(&of_type(&template, "AWS::IAM::Role")));
    let log_groups = of_type(&template, "AWS::Logs::LogGroup");
    logs.insert("ApiAccessLogGroup");
    assert_eq!(logs, ids(&log_groups));
    for (id, log_group) in &log_groups {
        assert_eq!(
            log_group["RetentionInDays"],
            json!({ "Ref": "LogRetentionDays" }),
            "{id}"
        );
    }
    assert_eq!(template["Globals"]["Function"]["Tracing"], "Active");
    assert_eq!(
        template["Globals"]["Function"]["Runtime"],
        "provided.al2023"
    );
}

#[test]
fn the_stream_is_read_from_its_start_and_retried_for_hours_and_then_has_a_way_out() {
    let mappings = of_type(&template(), "AWS::Lambda::EventSourceMapping");
    let [(_, mapping)] = mappings.as_slice() else {
        panic!("one mapping")
    };
    assert_eq!(mapping["StartingPosition"], "TRIM_HORIZON");
    assert_eq!(mapping["BatchSize"], 100);
    assert!(mapping["MaximumBatchingWindowInSeconds"].as_u64().unwrap() <= 1);
    assert_eq!(mapping["ParallelizationFactor"], 1);
    assert_eq!(mapping["BisectBatchOnFunctionError"], true);
    assert_eq!(
        mapping["FunctionResponseTypes"],
        json!(["ReportBatchItemFailures"])
    );
    // How long AWS waits between attempts is not known, so a number of them bounds no time.
    assert_eq!(mapping["MaximumRetryAttempts"], -1);
    let age = mapping["MaximumRecordAgeInSeconds"].as_u64().unwrap();
    let kept = 24 * 60 * 60;
    assert!(age <= kept / 4, "{age}");
    // Where else it is said.
    let hours = age / 3600;
    for (file, words) in [
        (
            "tests/simulation/src/cloud.rs",
            format!("RECORD_AGE: Micros = {hours} * HOUR;"),
        ),
        (
            "docs/explanation/simulation.md",
            format!("by age ({hours} h)"),
        ),
        (
            "docs/runbooks/stream-dropped.md",
            format!("for {hours} hours"),
        ),
    ] {
        let text = std::fs::read_to_string(xtask::root().join(file)).unwrap();
        assert!(text.contains(&words), "{file}: {words}");
    }
    assert_eq!(
        mapping["DestinationConfig"]["OnFailure"]["Destination"],
        arn_of("DeadLetters")
    );
}

#[test]
fn a_function_that_the_bus_calls_has_retries_and_a_dead_letter_destination_of_its_own() {
    let template = template();
    let called: BTreeSet<String> = of_type(&template, "AWS::Events::Rule")
        .iter()
        .map(|(_, rule)| {
            rule["Targets"][0]["Arn"]["Fn::GetAtt"][0]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    let configs = of_type(&template, "AWS::Lambda::EventInvokeConfig");
    let configured: BTreeSet<String> = configs
        .iter()
        .map(|(_, config)| config["FunctionName"]["Ref"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(called, configured);
    for (id, config) in configs {
        assert_eq!(config["MaximumRetryAttempts"], 2, "{id}");
        assert!(config["MaximumEventAgeInSeconds"].is_u64(), "{id}");
        assert_eq!(
            config["DestinationConfig"]["OnFailure"]["Destination"],
            arn_of("DeadLetters"),
            "{id}"
        );
    }
}

#[test]
fn a_mail_is_given_more_time_than_its_claim_is_held_and_is_tried_again_after_that() {
    // Between a failed asynchronous call and its first retry:
    // <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>.
    const FIRST_RETRY: u64 = 60;
    let lease = handlers::notify::LEASE.as_secs();
    let template = template();
    let timeout = template["Resources"]["NotifyFunction"]["Properties"]["Timeout"].as_u64();
    assert!(
        timeout.is_some_and(|timeout| timeout > lease),
        "{timeout:?}"
    );
    // The claim of a process that died has ended when the retry comes: it is settled then, and becomes no dead letter.
    assert!(lease < FIRST_RETRY, "{lease}");
    let retries = &template["Resources"]["NotifyInvocations"]["Properties"]["MaximumRetryAttempts"];
    assert!(retries.as_u64().is_some_and(|retries| retries > 0));
}

#[test]
fn however_late_something_comes_again_its_claim_and_its_key_are_still_there() {
    for (id, table) in of_type(&template(), "AWS::DynamoDB::Table") {
        let expires = table.get("TimeToLiveSpecification");
        assert_eq!(expires, None, "{id}");
    }
}

/// An address has none: SES sends it a link.
#[test]
fn the_records_that_verify_a_domain_are_outputs() {
    let template = template();
    let is_domain = &template["Conditions"]["CreatesMailDomain"]["Fn::And"];
    let without_at = json!({ "Fn::Join": ["", { "Fn::Split": ["@", { "Ref": "MailIdentity" }] }] });
    let expected = json!([
        { "Condition": "CreatesMailIdentity" },
        { "Fn::Equals": [{ "Ref": "MailIdentity" }, without_at] },
    ]);
    assert_eq!(is_domain, &expected);
    for part in ["Name", "Value"] {
        for number in 1..=3 {
            let output = &template["Outputs"][format!("Dkim{part}{number}")];
            let attribute = format!("DkimDNSToken{part}{number}");
            let value = json!({ "Fn::GetAtt": ["MailIdentityResource", attribute] });
            assert_eq!(output["Value"], value);
            assert_eq!(output["Condition"], "CreatesMailDomain");
        }
    }
}

#[test]
fn every_method_but_unsubscribing_is_signed_and_the_function_never_runs_as_its_caller() {
    let template = template();
    let api = &template["Resources"]["Api"]["Properties"];
    assert_eq!(api["StageName"], "v1");
    assert_eq!(api["Auth"]["DefaultAuthorizer"], "AWS_IAM");
    assert_eq!(api["Auth"]["InvokeRole"], "NONE");
    let mut methods = BTreeSet::new();
    let mut open = Vec::new();
    for (id, function) in of_type(&template, "AWS::Serverless::Function") {
        let Some(events) = function["Events"].as_object() else {
            continue;
        };
        assert_eq!(id, "ApiFunction");
        for (event_id, event) in events {
            assert_eq!(event["Type"], "Api", "{event_id}");
            assert_eq!(
                event["Properties"]["RestApiId"],
                json!({ "Ref": "Api" }),
                "{event_id}"
            );
            let properties = &event["Properties"];
            if let Some(auth) = properties.get("Auth") {
                assert_eq!(auth, &json!({ "Authorizer": "NONE" }), "{event_id}");
                let (path, method) = (&properties["Path"], &properties["Method"]);
                open.push(format!(
                    "{} {}",
                    method.as_str().unwrap(),
                    path.as_str().unwrap()
                ));
                continue;
            }
            methods.insert(event["Properties"]["Method"].as_str().unwrap().to_owned());
        }
    }
    assert_eq!(
        methods,
        ["delete", "get", "post", "put"].map(str::to_owned).into()
    );
    open.sort();
    assert_eq!(open, ["get /unsubscribe", "post /unsubscribe"]);
}

#[test]
fn what_nobody_signs_for_is_throttled_far_below_the_rest() {
    let template = template();
    let settings = &template["Resources"]["Api"]["Properties"]["MethodSettings"];
    let rate = |method: &str, path: &str| {
        let mut all = settings.as_array().unwrap().iter();
        let found = all.find(|one| one["HttpMethod"] == method && one["ResourcePath"] == path);
        let found = found.unwrap_or_else(|| panic!("no settings for {method} {path}"));
        (
            found["ThrottlingRateLimit"].as_u64().unwrap(),
            found["ThrottlingBurstLimit"].as_u64().unwrap(),
        )
    };
    for method in ["GET", "POST"] {
        let (open, all) = (rate(method, "/~1unsubscribe"), rate("*", "/*"));
        assert!(
            open.0 * 50 <= all.0 && open.1 * 50 <= all.1,
            "{method}: {open:?} {all:?}"
        );
    }
}

#[test]
fn no_function_is_told_a_secret_and_those_that_sign_are_told_where_it_is() {
    let template = template();
    let mut told = BTreeSet::new();
    for (id, function) in of_type(&template, "AWS::Serverless::Function") {
        let variables = function["Environment"]["Variables"].to_string();
        assert!(!variables.contains("resolve:secretsmanager"), "{id}");
        if function["Environment"]["Variables"]["SIGNING_KEYS"] == json!({ "Ref": "SigningKeys" }) {
            told.insert(id);
        }
    }
    assert_eq!(
        told,
        ["ApiFunction", "NotifyFunction"].map(str::to_owned).into()
    );
    let secret = &template["Resources"]["SigningKeys"]["Properties"];
    assert!(
        secret.get("SecretString").is_none(),
        "it would be in the template"
    );
    assert!(secret["GenerateSecretString"]["PasswordLength"].as_u64() >= Some(32));
}

#[test]
fn the_queue_takes_letters_of_these_rules_only_over_tls_only_and_keeps_them_the_longest() {
    let template = template();
    let queue = &template["Resources"]["DeadLetters"]["Properties"];
    assert_eq!(queue["MessageRetentionPeriod"], 14 * 24 * 60 * 60);
    assert_eq!(queue["KmsMasterKeyId"], arn_of("DataKey"));
    let policy =
        &template["Resources"]["DeadLettersPolicy"]["Properties"]["PolicyDocument"]["Statement"];
    let [park, tls] = policy.as_array().unwrap().as_slice() else {
        panic!("two statements")
    };
    assert_eq!(
        park["Principal"],
        json!({ "Service": "events.amazonaws.com" })
    );
    assert_eq!(park["Action"], "sqs:SendMessage");
    let named: BTreeSet<String> = listed(&park["Condition"]["ArnEquals"]["aws:SourceArn"])
        .iter()
        .map(|arn| arn["Fn::GetAtt"][0].as_str().unwrap().to_owned())
        .collect();
    let rules = of_type(&template, "AWS::Events::Rule");
    assert_eq!(
        named.iter().map(String::as_str).collect::<BTreeSet<_>>(),
        ids(&rules)
    );
    assert_eq!(tls["Effect"], "Deny");
    assert_eq!(
        tls["Condition"],
        json!({ "Bool": { "aws:SecureTransport": "false" } })
    );
}

#[test]
fn a_heartbeat_a_minute_calls_each_function_that_does_what_is_due() {
    let mut called = BTreeSet::new();
    for (id, heartbeat) in of_type(&template(), "AWS::Scheduler::Schedule") {
        if id == "NightlyExport" {
            continue;
        }
        assert_eq!(heartbeat["ScheduleExpression"], "rate(1 minute)");
        assert_eq!(heartbeat["State"], "ENABLED");
        assert_eq!(heartbeat["FlexibleTimeWindow"]["Mode"], "OFF");
        let target = &heartbeat["Target"];
        called.insert(target["Arn"]["Fn::GetAtt"][0].as_str().unwrap().to_owned());
        assert_eq!(target["RoleArn"], arn_of("HeartbeatRole"));
        assert_eq!(target["DeadLetterConfig"]["Arn"], arn_of("DeadLetters"));
        let input: Value = serde_json::from_str(target["Input"].as_str().unwrap()).unwrap();
        assert_eq!(input["detail-type"], handlers::schedule::HEARTBEAT);
    }
    let called: Vec<&str> = called.iter().map(String::as_str).collect();
    assert_eq!(called, ["NotifyFunction", "ScheduleFunction"]);
}

#[test]
fn the_export_runs_at_night_and_whoever_watches_is_told_when_there_was_none() {
    let template = template();
    let schedule = &template["Resources"]["NightlyExport"]["Properties"];
    assert_eq!(schedule["ScheduleExpression"], "cron(15 1-5 * * ? *)");
    // The days of the export are days in UTC.
    assert_eq!(schedule["ScheduleExpressionTimezone"], "UTC");
    assert_eq!(schedule["Target"]["Arn"], arn_of("ExportFunction"));
    assert_eq!(schedule["Target"]["RoleArn"], arn_of("HeartbeatRole"));
    let alarm = &template["Resources"]["ExportLateAlarm"]["Properties"];
    assert_eq!(alarm["MetricName"], "ExportsComplete");
    assert_eq!(alarm["TreatMissingData"], "breaching");
    let hours = alarm["Period"].as_u64().unwrap() * alarm["EvaluationPeriods"].as_u64().unwrap();
    assert_eq!(hours, 26 * 60 * 60);
}
