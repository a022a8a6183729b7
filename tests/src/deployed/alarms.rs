//! CloudWatch of the deployed stack. The local one keeps alarms and judges them whenever it is told a value; what it does
//! not do by itself is read the metrics in the functions' logs and the depth of queues. That is done here as AWS does it.

use serde_json::{Value, json};

use super::Stack;

impl Stack {
    /// The state of each alarm, by its name behind the stack's.
    ///
    /// # Panics
    /// Where CloudWatch does not tell.
    #[must_use]
    pub fn alarms(&self) -> Vec<(String, String)> {
        let answer = self.aws(&["cloudwatch", "describe-alarms", "--max-items", "1000"]);
        let prefix = format!("{}-", self.deployment.stack);
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let alarms = answer["MetricAlarms"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        alarms
            .iter()
            .filter_map(|alarm| {
                Some((
                    text(&alarm["AlarmName"]).strip_prefix(&prefix)?.to_owned(),
                    text(&alarm["StateValue"]),
                ))
            })
            .collect()
    }

    /// The state of one of them.
    ///
    /// # Panics
    /// Where there is none of that name.
    #[must_use]
    pub fn alarm(&self, name: &str) -> String {
        let found = self.alarms().into_iter().find(|(known, _)| known == name);
        found.unwrap_or_else(|| panic!("no alarm {name}")).1
    }

    /// The definitions of all alarms, as CloudWatch has them.
    ///
    /// # Panics
    /// Where CloudWatch does not tell.
    #[must_use]
    pub fn alarm_definitions(&self) -> Vec<Value> {
        let answer = self.aws(&["cloudwatch", "describe-alarms", "--max-items", "1000"]);
        answer["MetricAlarms"]
            .as_array()
            .cloned()
            .unwrap_or_default()
    }

    /// Tells CloudWatch a value, as the service would.
    ///
    /// # Panics
    /// Where CloudWatch does not take it.
    pub fn tell_metric(&self, namespace: &str, data: &[Value]) {
        for some in data.chunks(100) {
            let data = json!(some).to_string();
            self.aws(&[
                "cloudwatch",
                "put-metric-data",
                "--namespace",
                namespace,
                "--metric-data",
                &data,
            ]);
        }
    }

    /// The metrics in the functions' logs, as CloudWatch reads them from there.
    ///
    /// # Panics
    /// Where a line is not in the embedded metric format.
    #[must_use]
    pub fn metrics_in_the_logs(&self) -> Vec<Value> {
        let logs = self.function_logs();
        let lines = logs
            .split(['\n', '\t'])
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let mut found = Vec::new();
        for line in lines {
            for directive in line["_aws"]["CloudWatchMetrics"]
                .as_array()
                .into_iter()
                .flatten()
            {
                for set in directive["Dimensions"].as_array().into_iter().flatten() {
                    let names = set.as_array().into_iter().flatten();
                    let dimensions: Vec<Value> = names
                        .map(|name| json!({ "Name": name, "Value": line[name.as_str().unwrap_or_default()] }))
                        .collect();
                    for metric in directive["Metrics"].as_array().into_iter().flatten() {
                        let value = &line[metric["Name"].as_str().unwrap_or_default()];
                        assert!(value.is_number(), "{line}");
                        found.push(json!({
                            "MetricName": metric["Name"], "Unit": metric["Unit"], "Value": value, "Dimensions": dimensions,
                        }));
                    }
                }
            }
        }
        found
    }

    /// The messages that wait in the dead-letter queue, as SQS counts them for CloudWatch every few minutes.
    ///
    /// # Panics
    /// Where SQS does not tell.
    #[must_use]
    pub fn queue_depth(&self) -> Value {
        let url = self.output("DeadLetterQueueUrl");
        let name = url.rsplit('/').next().unwrap_or_default();
        let attribute = "ApproximateNumberOfMessages";
        let question = json!({ "QueueUrl": url, "AttributeNames": [attribute] });
        let operation = "AmazonSQS.GetQueueAttributes";
        let answer = self.call(&self.root(), "sqs", operation, &question);
        assert_eq!(answer.status, 200, "{answer:?}");
        let answer = answer.json();
        let depth: f64 = answer["Attributes"][attribute]
            .as_str()
            .and_then(|text| text.parse().ok())
            .unwrap_or(0.0);
        json!({
            "MetricName": "ApproximateNumberOfMessagesVisible", "Unit": "Count", "Value": depth,
            "Dimensions": [{ "Name": "QueueName", "Value": name }],
        })
    }
}
