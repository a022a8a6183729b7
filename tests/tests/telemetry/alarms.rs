//! The template's alarms: each watches something that is told, and names a
//! runbook that is there.

use std::collections::{BTreeMap, BTreeSet};

use handlers::schedule::HEARTBEAT;
use handlers::telemetry::{METRICS, NAMESPACE, STACK};
use serde_json::{Value, json};

/// The metrics of AWS that are watched, with their unit and with the
/// dimensions that AWS tells them by. From AWS's documentation of each service:
/// <https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html>,
/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-monitoring.html>,
/// <https://docs.aws.amazon.com/scheduler/latest/UserGuide/monitoring-cloudwatch.html>,
/// <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-available-cloudwatch-metrics.html>,
/// <https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/metrics-dimensions.html>,
/// <https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-metrics-and-dimensions.html>,
/// <https://docs.aws.amazon.com/ses/latest/dg/reputationdashboard-cloudwatch-alarm.html>.
const OF_AWS: [(&str, &str, &str, &[&str]); 26] = [
    (
        "AWS/Lambda",
        "IteratorAge",
        "Milliseconds",
        &["FunctionName"],
    ),
    (
        "AWS/Lambda",
        "DroppedEventCount",
        "Count",
        &["EventSourceMappingUUID"],
    ),
    ("AWS/Lambda", "Errors", "Count", &["FunctionName"]),
    ("AWS/Lambda", "Throttles", "Count", &["FunctionName"]),
    ("AWS/Lambda", "Duration", "Milliseconds", &["FunctionName"]),
    (
        "AWS/Lambda",
        "AsyncEventsDropped",
        "Count",
        &["FunctionName"],
    ),
    (
        "AWS/Lambda",
        "DestinationDeliveryFailures",
        "Count",
        &["FunctionName"],
    ),
    (
        "AWS/SQS",
        "ApproximateNumberOfMessagesVisible",
        "Count",
        &["QueueName"],
    ),
    (
        "AWS/SQS",
        "ApproximateAgeOfOldestMessage",
        "Seconds",
        &["QueueName"],
    ),
    (
        "AWS/Events",
        "FailedInvocations",
        "Count",
        &["EventBusName", "RuleName"],
    ),
    (
        "AWS/Events",
        "RetryInvocationAttempts",
        "Count",
        &["EventBusName", "RuleName"],
    ),
    (
        "AWS/Events",
        "InvocationsSentToDlq",
        "Count",
        &["EventBusName", "RuleName"],
    ),
    (
        "AWS/Events",
        "InvocationsFailedToBeSentToDlq",
        "Count",
        &["EventBusName", "RuleName"],
    ),
    // Of rules on the default bus.
    ("AWS/Events", "FailedInvocations", "Count", &["RuleName"]),
    (
        "AWS/Events",
        "RetryInvocationAttempts",
        "Count",
        &["RuleName"],
    ),
    ("AWS/Events", "InvocationsSentToDlq", "Count", &["RuleName"]),
    (
        "AWS/Events",
        "InvocationsFailedToBeSentToDlq",
        "Count",
        &["RuleName"],
    ),
    (
        "AWS/Scheduler",
        "TargetErrorCount",
        "Count",
        &["ScheduleGroup"],
    ),
    (
        "AWS/Scheduler",
        "InvocationDroppedCount",
        "Count",
        &["ScheduleGroup"],
    ),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        "Count",
        &["TableName"],
    ),
    (
        "AWS/DynamoDB",
        "ReadThrottleEvents",
        "Count",
        &["GlobalSecondaryIndexName", "TableName"],
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        "Count",
        &["TableName"],
    ),
    (
        "AWS/DynamoDB",
        "WriteThrottleEvents",
        "Count",
        &["GlobalSecondaryIndexName", "TableName"],
    ),
    ("AWS/ApiGateway", "5XXError", "Count", &["ApiName", "Stage"]),
    (
        "AWS/ApiGateway",
        "Latency",
        "Milliseconds",
        &["ApiName", "Stage"],
    ),
    ("AWS/SES", "Reputation", "None", &[]),
];

struct Watched {
    alarm: String,
    namespace: String,
    metric: String,
    dimensions: BTreeMap<String, Value>,
    statistic: String,
}

fn template() -> Value {
    let text = std::fs::read_to_string(xtask::template_path()).unwrap();
    serde_saphyr::from_str(&text).unwrap()
}

fn resources(template: &Value, kind: &str) -> BTreeMap<String, Value> {
    let all = template["Resources"].as_object().unwrap().iter();
    let found = all.filter(|(_, resource)| resource["Type"] == kind);
    found
        .map(|(id, resource)| (id.clone(), resource["Properties"].clone()))
        .collect()
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

fn watched(template: &Value) -> Vec<Watched> {
    let mut all = Vec::new();
    for (alarm, properties) in resources(template, "AWS::CloudWatch::Alarm") {
        let stats = properties["Metrics"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let mut stats: Vec<(Value, String)> = stats
            .iter()
            .filter(|metric| !metric["MetricStat"].is_null())
            .map(|metric| {
                (
                    metric["MetricStat"]["Metric"].clone(),
                    text(&metric["MetricStat"]["Stat"]),
                )
            })
            .collect();
        if stats.is_empty() {
            let percentile = text(&properties["ExtendedStatistic"]);
            let statistic = if percentile.is_empty() {
                text(&properties["Statistic"])
            } else {
                percentile
            };
            stats.push((properties.clone(), statistic));
        }
        for (metric, statistic) in stats {
            let dimensions = metric["Dimensions"].as_array().cloned().unwrap_or_default();
            all.push(Watched {
                alarm: alarm.clone(),
                namespace: text(&metric["Namespace"]),
                metric: text(&metric["MetricName"]),
                dimensions: dimensions
                    .into_iter()
                    .map(|one| (text(&one["Name"]), one["Value"].clone()))
                    .collect(),
                statistic,
            });
        }
    }
    assert!(all.len() > 60, "{}", all.len());
    all
}

/// The unit that a metric is told in, with these dimensions; none, for one that
/// nobody tells.
fn unit_of(watched: &Watched) -> Option<String> {
    let names: Vec<&str> = watched.dimensions.keys().map(String::as_str).collect();
    if watched.namespace == NAMESPACE {
        let metric = METRICS
            .iter()
            .find(|metric| metric.name == watched.metric)?;
        let mut told = vec![vec![STACK]];
        told.extend(metric.by.map(|by| vec![STACK, by]));
        return told
            .contains(&names)
            .then(|| metric.unit.as_str().to_owned());
    }
    let name = watched.metric.split('.').next().unwrap();
    let found = OF_AWS.iter().find(|(namespace, metric, _, dimensions)| {
        *namespace == watched.namespace && *metric == name && *dimensions == names
    });
    found.map(|(_, _, unit, _)| (*unit).to_owned())
}

#[test]
fn every_alarm_watches_a_metric_that_is_told_with_these_dimensions() {
    for one in watched(&template()) {
        let names: Vec<_> = one.dimensions.keys().collect();
        assert!(
            unit_of(&one).is_some(),
            "{}: nobody tells {} by {names:?}",
            one.alarm,
            one.metric
        );
    }
}

#[test]
fn an_alarm_on_a_count_sums_it_and_one_on_a_time_looks_at_the_worst() {
    for one in watched(&template()) {
        let unit = unit_of(&one).unwrap();
        let fits = match (one.metric.as_str(), unit.as_str()) {
            // A depth is told again and again, and a share is an average.
            ("ApproximateNumberOfMessagesVisible", _) => one.statistic == "Maximum",
            ("5XXError", _) => one.statistic == "Average",
            (_, "Count") => one.statistic == "Sum",
            _ => ["Maximum", "p99"].contains(&one.statistic.as_str()),
        };
        assert!(
            fits,
            "{}: {} of {} in {unit}",
            one.alarm, one.statistic, one.metric
        );
    }
}

#[test]
fn every_alarm_names_a_runbook_and_every_runbook_is_named_and_names_its_alarms() {
    let template = template();
    let folder = xtask::root().join("docs/runbooks");
    let mut named: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for (id, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let description = text(&alarm["AlarmDescription"]);
        let runbook = description.split("Runbook docs/runbooks/").nth(1);
        let runbook = runbook.unwrap_or_else(|| panic!("{id} names no runbook: {description}"));
        let name = text(&alarm["AlarmName"]["Fn::Sub"]).replace("${AWS::StackName}-", "");
        named.entry(runbook.to_owned()).or_default().push(name);
    }
    for (runbook, alarms) in &named {
        let path = folder.join(runbook);
        let page = std::fs::read_to_string(&path)
            .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        for alarm in alarms {
            assert!(
                page.contains(&format!("`…-{alarm}`")),
                "{runbook} does not name {alarm}"
            );
        }
        for part in [
            "## What it means",
            "## What to look at",
            "## What to do",
            "## How to see that it is over",
        ] {
            assert!(page.contains(part), "{runbook} has no {part}");
        }
    }
    let there: BTreeSet<String> = std::fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name != "README.md")
        .collect();
    assert_eq!(there, named.into_keys().collect());
}

#[test]
fn every_alarm_tells_the_topic_and_says_what_missing_data_is() {
    for (id, alarm) in resources(&template(), "AWS::CloudWatch::Alarm") {
        let topic = json!({ "Fn::If": ["HasAlarmTopic", [{ "Ref": "AlarmTopic" }], { "Ref": "AWS::NoValue" }] });
        assert_eq!(alarm["AlarmActions"], topic, "{id}");
        let missing = text(&alarm["TreatMissingData"]);
        assert!(
            ["notBreaching", "breaching", "ignore"].contains(&missing.as_str()),
            "{id}: {missing}"
        );
    }
}

/// What an alarm's metrics are about, by the value of this dimension.
fn about(template: &Value, alarm: &str, dimension: &str) -> BTreeSet<String> {
    let of_it = watched(template)
        .into_iter()
        .filter(|one| one.alarm == alarm);
    of_it
        .filter_map(|one| one.dimensions.get(dimension).map(Value::to_string))
        .collect()
}

fn refs(ids: impl IntoIterator<Item = String>) -> BTreeSet<String> {
    ids.into_iter()
        .map(|id| json!({ "Ref": id }).to_string())
        .collect()
}

#[test]
fn what_is_summed_leaves_out_no_function_rule_table_or_index() {
    let template = template();
    let functions: BTreeMap<String, Value> = resources(&template, "AWS::Serverless::Function");
    for alarm in ["FunctionErrorsAlarm", "FunctionThrottlesAlarm"] {
        assert_eq!(
            about(&template, alarm, "FunctionName"),
            refs(functions.keys().cloned()),
            "{alarm}"
        );
    }
    for (id, function) in &functions {
        let alarm = id.replace("Function", "SlowAlarm");
        let properties = &template["Resources"][&alarm]["Properties"];
        let limit = function["Timeout"].as_u64().unwrap() * 1000;
        assert_eq!(
            properties["Threshold"].as_u64(),
            Some(limit * 9 / 10),
            "{alarm}"
        );
    }
    let called = resources(&template, "AWS::Lambda::EventInvokeConfig");
    let called: Vec<String> = called
        .values()
        .map(|config| text(&config["FunctionName"]["Ref"]))
        .collect();
    assert_eq!(
        about(&template, "AsyncDroppedAlarm", "FunctionName"),
        refs(called.clone())
    );
    let with_stream = called.into_iter().chain(["ProjectFunction".to_owned()]);
    assert_eq!(
        about(&template, "DestinationFailuresAlarm", "FunctionName"),
        refs(with_stream)
    );
    let rules = resources(&template, "AWS::Events::Rule");
    let names: BTreeSet<String> = rules
        .values()
        .map(|rule| rule["Name"].to_string())
        .collect();
    for alarm in [
        "RulesFailingAlarm",
        "RulesRetryingAlarm",
        "RulesGivenUpAlarm",
        "RulesLostAlarm",
    ] {
        assert_eq!(about(&template, alarm, "RuleName"), names, "{alarm}");
    }
    let tables = resources(&template, "AWS::DynamoDB::Table");
    for alarm in ["TableReadsThrottledAlarm", "TableWritesThrottledAlarm"] {
        assert_eq!(
            about(&template, alarm, "TableName"),
            refs(tables.keys().cloned()),
            "{alarm}"
        );
    }
    let mut indexes = BTreeSet::new();
    for (id, table) in &tables {
        for index in table["GlobalSecondaryIndexes"]
            .as_array()
            .into_iter()
            .flatten()
        {
            indexes.insert((json!({ "Ref": id }).to_string(), text(&index["IndexName"])));
        }
    }
    for alarms in ["IndexReadsThrottledAlarm", "IndexWritesThrottledAlarm"] {
        let watched: BTreeSet<(String, String)> = watched(&template)
            .into_iter()
            .filter(|one| one.alarm.ends_with(alarms))
            .map(|one| {
                (
                    one.dimensions["TableName"].to_string(),
                    text(&one.dimensions["GlobalSecondaryIndexName"]),
                )
            })
            .collect();
        assert_eq!(watched, indexes, "{alarms}");
    }
}

/// Rules call the functions of heartbeats too, so that calls do not tell whether a beat came.
#[test]
fn a_heartbeat_that_does_not_come_rings_whatever_else_calls_its_function() {
    let template = template();
    let schedules = resources(&template, "AWS::Scheduler::Schedule");
    let beats = schedules
        .values()
        .filter(|schedule| text(&schedule["Target"]["Input"]).contains(HEARTBEAT));
    let mut told = 0;
    for beat in beats {
        let function = text(&beat["Target"]["Arn"]["Fn::GetAtt"][0]);
        let due = match function.as_str() {
            "ScheduleFunction" => "schedule",
            "NotifyFunction" => "notification",
            other => panic!("{other} counts no heartbeats"),
        };
        let alarms = resources(&template, "AWS::CloudWatch::Alarm").into_values();
        let alarm = alarms.into_iter().find(|alarm| {
            alarm["MetricName"] == "Heartbeats"
                && alarm["Dimensions"]
                    == json!([
                        { "Name": STACK, "Value": { "Ref": "AWS::StackName" } },
                        { "Name": "due", "Value": due },
                    ])
        });
        let alarm = alarm.unwrap_or_else(|| panic!("no alarm on the heartbeats of {function}"));
        assert_eq!(alarm["ComparisonOperator"], "LessThanThreshold");
        assert_eq!(alarm["TreatMissingData"], "breaching");
        told += 1;
    }
    assert_eq!(told, 2);
}

#[test]
fn an_alarm_sums_at_most_ten_metrics() {
    // CloudWatch refuses an alarm of more, and its limit cannot be raised.
    const MAX_METRICS: usize = 10;
    for (id, alarm) in resources(&template(), "AWS::CloudWatch::Alarm") {
        let metrics = alarm["Metrics"].as_array().into_iter().flatten();
        let metrics = metrics.filter(|metric| !metric["MetricStat"].is_null());
        let count = metrics.count();
        assert!(count <= MAX_METRICS, "{id}: {count}");
    }
}

#[test]
fn a_rule_s_metrics_are_named_as_its_bus_is() {
    let template = template();
    let rules = resources(&template, "AWS::Events::Rule");
    for one in watched(&template)
        .into_iter()
        .filter(|one| one.namespace == "AWS/Events")
    {
        let rule = rules
            .values()
            .find(|rule| rule["Name"] == one.dimensions["RuleName"])
            .unwrap();
        assert_eq!(
            rule.get("EventBusName"),
            one.dimensions.get("EventBusName"),
            "{}",
            one.alarm
        );
    }
}

#[test]
fn what_happens_silently_is_what_has_an_alarm() {
    let watched: BTreeSet<String> = watched(&template())
        .into_iter()
        .map(|one| one.metric)
        .collect();
    for metric in [
        "IteratorAge",
        "DroppedEventCount",
        "AsyncEventsDropped",
        "DestinationDeliveryFailures",
        "FailedInvocations",
        "RetryInvocationAttempts",
        "InvocationsSentToDlq",
        "InvocationsFailedToBeSentToDlq",
        "Heartbeats",
        "ApproximateNumberOfMessagesVisible",
        "ApproximateAgeOfOldestMessage",
        "Throttles",
        "ReadThrottleEvents",
        "WriteThrottleEvents",
        "5XXError",
        "Latency",
        "Reputation.BounceRate",
        "Reputation.ComplaintRate",
        "MailsUnknown",
        "UnknownSettled",
        "DueFailed",
        "Errors",
        "Duration",
        "TargetErrorCount",
        "InvocationDroppedCount",
        "MailPaused",
        "EndToEndLag",
        "MailsRejected",
    ] {
        assert!(watched.contains(metric), "{metric}");
    }
    // An alarm on the elder DeadLetterErrors would never ring.
    for (id, function) in resources(&template(), "AWS::Serverless::Function") {
        assert!(function.get("DeadLetterQueue").is_none(), "{id}");
    }
    let mapping = &template()["Resources"]["ProjectEvents"]["Properties"];
    assert_eq!(
        mapping["MetricsConfig"],
        json!({ "Metrics": ["EventCount"] }),
        "else nobody tells DroppedEventCount"
    );
}

#[test]
fn every_function_is_told_which_stack_its_metrics_are_of() {
    let template = template();
    let variables = &template["Globals"]["Function"]["Environment"]["Variables"];
    assert_eq!(variables["STACK_NAME"], json!({ "Ref": "AWS::StackName" }));
}

/// What the dashboard shows, for a stack of this name.
fn dashboard(template: &Value) -> Value {
    let body = template["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        .as_str()
        .unwrap();
    let body = body
        .replace("${AWS::StackName}", "prod")
        .replace("${AWS::Region}", "eu-west-1")
        .replace("${AWS::AccountId}", "123456789012")
        .replace("${AWS::Partition}", "aws");
    assert!(!body.contains("${"), "{body}");
    serde_json::from_str(&body).unwrap()
}

#[test]
fn the_dashboard_shows_every_alarm_and_every_metric_of_ours() {
    let template = template();
    let text = dashboard(&template).to_string();
    for (id, alarm) in resources(&template, "AWS::CloudWatch::Alarm") {
        let name = text_of_name(&alarm);
        assert!(
            text.contains(&format!(
                "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:{name}\""
            )),
            "{id}"
        );
    }
    let shown = |name: &str| {
        text.contains(&format!("\"Ledgerbell\",\"{name}\""))
            || text.contains(&format!("MetricName=\\\"{name}\\\""))
    };
    // What a replay does shows its own progress, and our own letters are among all those of the queue.
    for metric in METRICS
        .iter()
        .filter(|metric| !["Replayed", "DeadLetters"].contains(&metric.name))
    {
        assert!(shown(metric.name), "{}", metric.name);
    }
}

fn text_of_name(alarm: &Value) -> String {
    text(&alarm["AlarmName"]["Fn::Sub"]).replace("${AWS::StackName}", "prod")
}

#[test]
fn the_widgets_of_the_dashboard_do_not_overlap_and_watch_what_is_there() {
    let template = template();
    let dashboard = dashboard(&template);
    let widgets = dashboard["widgets"].as_array().unwrap();
    let mut cells = BTreeSet::new();
    for widget in widgets {
        let number = |name: &str| widget[name].as_u64().unwrap();
        assert!(number("x") + number("width") <= 24);
        for x in number("x")..number("x") + number("width") {
            for y in number("y")..number("y") + number("height") {
                assert!(cells.insert((x, y)), "{widget}");
            }
        }
    }
    let functions: BTreeSet<String> = xtask::FUNCTIONS
        .iter()
        .map(|name| format!("prod-{name}"))
        .collect();
    let rules = resources(&template, "AWS::Events::Rule");
    let rules: BTreeSet<String> = rules
        .values()
        .map(|rule| text(&rule["Name"]["Fn::Sub"]).replace("${AWS::StackName}", "prod"))
        .collect();
    let tables = resources(&template, "AWS::DynamoDB::Table");
    let tables: BTreeSet<String> = tables
        .values()
        .map(|table| text(&table["TableName"]["Fn::Sub"]).replace("${AWS::StackName}", "prod"))
        .collect();
    for widget in widgets {
        for metric in widget["properties"]["metrics"]
            .as_array()
            .into_iter()
            .flatten()
        {
            let parts: Vec<&str> = metric
                .as_array()
                .unwrap()
                .iter()
                .filter_map(Value::as_str)
                .collect();
            for pair in parts.get(2..).unwrap_or_default().chunks(2) {
                let known = match pair[0] {
                    "FunctionName" => functions.contains(pair[1]),
                    "RuleName" => rules.contains(pair[1]),
                    "TableName" => tables.contains(pair[1]),
                    "QueueName" => pair[1] == "prod-dead-letters",
                    "Stage" => pair[1] == "v1",
                    _ => pair[1] == "prod",
                };
                assert!(known, "{pair:?}");
            }
        }
    }
}

#[test]
fn the_access_log_is_json_and_has_nothing_that_names_a_person() {
    let template = template();
    let setting = &template["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Fn::If"][1];
    assert_eq!(
        setting["DestinationArn"],
        json!({ "Fn::GetAtt": ["ApiAccessLogGroup", "Arn"] })
    );
    let format = text(&setting["Format"]);
    let line: BTreeMap<String, String> = serde_json::from_str(&format).unwrap();
    assert!(
        line.contains_key("requestId") && line.contains_key("integrationRequestId"),
        "{line:?}"
    );
    for personal in [
        "sourceIp",
        "userAgent",
        "userArn",
        "caller",
        "user\"",
        "$context.path",
        "query",
        "domain",
    ] {
        assert!(
            !format.to_lowercase().contains(&personal.to_lowercase()),
            "{personal}"
        );
    }
    // A log group may have one line of a record only.
    assert!(!format.contains('\n'), "{format}");
}
