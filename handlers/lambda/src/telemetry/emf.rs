//! CloudWatch's embedded metric format: what a line counts, said in the line.
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html>

use handlers::telemetry::{METRICS, Metric, NAMESPACE, STACK};
use serde_json::{Map, Value, json};

/// Adds to a line what its metrics are; nothing, where it has none. `now` is in
/// milliseconds since 1970.
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

/// The sum, and the parts of it where the line says which it is of.
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
    fn a_metric_is_named_with_its_unit_its_stack_and_what_it_is_told_apart_by() {
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
