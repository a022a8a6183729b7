//! CloudWatch's embedded metric format: the metrics of a line, in the line itself.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use handlers::telemetry::{METRICS, Metric, NAMESPACE, STACK};
use serde_json::{Map, Value, json};

/// Adds the description of its metrics to a line that has any. `now` is in milliseconds since 1970.
pub(super) fn embed(line: &mut Map<String, Value>, stack: &str, now: u64) {
    let told = |metric: &&Metric| line.get(metric.name).is_some_and(Value::is_number);
    let directives: Vec<Value> = METRICS
        .iter()
        .filter(told)
        .map(|metric| directive(metric, line))
        .collect();
    if directives.is_empty() || stack.is_empty() {
        return;
    }
    line.insert(STACK.to_owned(), json!(stack));
    line.insert(
        "_aws".to_owned(),
        json!({ "Timestamp": now, "CloudWatchMetrics": directives }),
    );
}

/// Returns the description of a metric: for the stack, and by its dimension if the line has it.
fn directive(metric: &Metric, line: &Map<String, Value>) -> Value {
    let mut dimensions = vec![vec![STACK]];
    dimensions.extend(
        metric
            .by
            .filter(|by| line.contains_key(*by))
            .map(|by| vec![STACK, by]),
    );
    json!({
        "Namespace": NAMESPACE,
        "Dimensions": dimensions,
        "Metrics": [{ "Name": metric.name, "Unit": metric.unit.as_str() }],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn embedded(line: Value, stack: &str) -> Value {
        let Value::Object(mut line) = line else {
            panic!("an object")
        };
        embed(&mut line, stack, 1_700_000_000_000);
        Value::Object(line)
    }

    #[test]
    fn a_metric_is_named_with_its_unit_its_stack_and_its_dimension() {
        let line = embedded(
            json!({ "MailsSkipped": 1, "reason": "erased", "correlation_id": "c" }),
            "prod",
        );
        assert_eq!(
            line,
            json!({
                "MailsSkipped": 1, "reason": "erased", "correlation_id": "c", "Stack": "prod",
                "_aws": {
                    "Timestamp": 1_700_000_000_000_u64,
                    "CloudWatchMetrics": [{
                        "Namespace": "Ledgerbell",
                        "Dimensions": [["Stack"], ["Stack", "reason"]],
                        "Metrics": [{ "Name": "MailsSkipped", "Unit": "Count" }],
                    }],
                },
            })
        );
    }

    #[test]
    fn a_line_that_counts_nothing_stays_as_it_is() {
        let line = json!({ "message": "hello", "reason": "none" });
        assert_eq!(embedded(line.clone(), "prod"), line);
    }

    #[test]
    fn no_dimension_is_an_id_and_every_name_is_there_once() {
        let mut names = std::collections::BTreeSet::new();
        for metric in METRICS {
            assert!(names.insert(metric.name), "{}", metric.name);
            let by = metric.by.unwrap_or("reason");
            assert!(
                ["reason", "told", "letter", "due"].contains(&by),
                "{}",
                metric.name
            );
        }
    }
}
