//! The alarms over several metrics, in a form that the local AWS accepts.

use serde_json::Value;

/// The alarms that sum several metrics. ministack 1.5.33 refuses metric math, so the local ones watch their first metric
/// only. That tests their deployment and their notification; a test of the template checks the other metrics.
pub const SUMMED_ALARMS: [&str; 15] = [
    "AsyncDroppedAlarm",
    "DestinationFailuresAlarm",
    "FunctionErrorsAlarm",
    "FunctionThrottlesAlarm",
    "IndexReadsThrottledAlarm",
    "IndexWritesThrottledAlarm",
    "MailsUnknownAlarm",
    "RulesFailingAlarm",
    "RulesGivenUpAlarm",
    "RulesLostAlarm",
    "RulesRetryingAlarm",
    "SearchIndexReadsThrottledAlarm",
    "SearchIndexWritesThrottledAlarm",
    "TableReadsThrottledAlarm",
    "TableWritesThrottledAlarm",
];

/// Reduces each of [`SUMMED_ALARMS`] to its first metric. Other alarms are unchanged.
pub(crate) fn watch_the_first_metric_only(resources: &mut serde_json::Map<String, Value>) {
    for id in SUMMED_ALARMS {
        let Some(properties) = resources
            .get_mut(id)
            .and_then(|alarm| alarm["Properties"].as_object_mut())
        else {
            continue;
        };
        let Some(metrics) = properties.remove("Metrics") else {
            continue;
        };
        let first = metrics
            .as_array()
            .and_then(|metrics| metrics.iter().find_map(|metric| metric.get("MetricStat")));
        let Some(stat) = first else { continue };
        properties.insert("Statistic".to_owned(), stat["Stat"].clone());
        properties.insert("Period".to_owned(), stat["Period"].clone());
        for name in ["Namespace", "MetricName", "Dimensions"] {
            properties.insert(name.to_owned(), stat["Metric"][name].clone());
        }
    }
}
