//! The metrics: names, units, and what they may be told apart by.

/// Where they are in CloudWatch.
pub const NAMESPACE: &str = "Ledgerbell";
/// The dimension that they all have: the stack's name.
pub const STACK: &str = "Stack";

/// CloudWatch's own names of the units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    Count,
    Milliseconds,
}

impl Unit {
    pub fn as_str(self) -> &'static str {
        match self {
            Unit::Count => "Count",
            Unit::Milliseconds => "Milliseconds",
        }
    }
}

/// One metric. Its value is the field of this name in a line of
/// [`TARGET`](super::TARGET).
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    pub name: &'static str,
    pub unit: Unit,
    /// The field of the line by whose few values it is told apart, beside the
    /// sum over all of them. Never an id: each value costs a metric.
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

/// All of them. docs/operating.md says what each means.
pub const METRICS: [Metric; 19] = [
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
    count_by("DueFailed", "due"),
    count("MailPaused"),
    count("ExportsComplete"),
];
