//! The metrics: their names, units and dimensions.

/// The namespace of the metrics in CloudWatch.
pub const NAMESPACE: &str = "Ledgerbell";
/// The dimension of all metrics: the stack's name.
pub const STACK: &str = "Stack";

/// The unit of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A time in milliseconds.
    Milliseconds,
}

impl Unit {
    /// CloudWatch's name of the unit.
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
        }
    }
}

/// A metric. Its value is the field of this name in a line with the target [`TARGET`](super::TARGET).
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// The metric's name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// A further dimension: the field of the line whose values are counted separately, beside their sum. Never an id, because
    /// CloudWatch charges each value as a metric.
    pub by: Option<&'static str>,
}

const fn count(name: &'static str) -> Metric {
    Metric {
        name,
        unit: Unit::Count,
        by: None,
    }
}

const fn count_by(name: &'static str, field: &'static str) -> Metric {
    Metric {
        name,
        unit: Unit::Count,
        by: Some(field),
    }
}

/// All metrics. `docs/reference/metrics.md` describes each.
pub const METRICS: [Metric; 20] = [
    count("Appended"),
    count("AppendConflicts"),
    count("Projected"),
    count("GapsHealed"),
    count("Published"),
    count("Replayed"),
    count("MailsSent"),
    Metric {
        name: "EndToEndLag",
        unit: Unit::Milliseconds,
        by: None,
    },
    count_by("MailsSkipped", "reason"),
    count("MailsRejected"),
    count("MailsUnknown"),
    count("UnknownSettled"),
    count("MailsPutOff"),
    count_by("MailEvents", "told"),
    count_by("DeadLetters", "letter"),
    count("Redriven"),
    count_by("Heartbeats", "due"),
    count_by("DueFailed", "due"),
    count("MailPaused"),
    count("ExportsComplete"),
];
