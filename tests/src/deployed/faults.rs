//! Faults between the functions and the local AWS, by service and kind.

use std::{collections::BTreeMap, time::Duration};

use serde_json::{Value, json};
use xtask::FaultProxy;

use super::{Answer, Request, Stack};

/// The proxy answers at once.
const CONTROL_LIMIT: Duration = Duration::from_secs(20);
/// In KiB a second. The shortest answer, two bytes, takes 6 s at it: longer than any client waits for one.
const SILENT: &str = "0.0003";

/// A service that the functions call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "they say what they are")]
pub enum Service {
    DynamoDb,
    EventBridge,
    Ses,
    Sqs,
}

impl Service {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::DynamoDb, Self::EventBridge, Self::Ses, Self::Sqs];

    /// The SDK's variable for the address of this service alone.
    #[must_use]
    pub fn endpoint_variable(self) -> &'static str {
        match self {
            Self::DynamoDb => "AWS_ENDPOINT_URL_DYNAMODB",
            Self::EventBridge => "AWS_ENDPOINT_URL_EVENTBRIDGE",
            Self::Ses => "AWS_ENDPOINT_URL_SESV2",
            Self::Sqs => "AWS_ENDPOINT_URL_SQS",
        }
    }

    /// The proxy's name of it.
    fn name(self) -> &'static str {
        match self {
            Self::DynamoDb => "dynamodb",
            Self::EventBridge => "events",
            Self::Ses => "sesv2",
            Self::Sqs => "sqs",
        }
    }

    /// What it says to who calls too often.
    fn throttle(self) -> &'static str {
        match self {
            Self::DynamoDb => "ProvisionedThroughputExceededException",
            Self::EventBridge => "ThrottlingException",
            Self::Ses => "TooManyRequestsException",
            Self::Sqs => "RequestThrottled",
        }
    }
}

/// What happens to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It is refused with the service's own error, and not applied.
    Throttled,
    /// It is applied, and the answer does not come in time.
    TimedOut,
    /// The connection is reset before it is applied.
    Reset,
    /// It is applied, and the connection is reset instead of an answer.
    AnswerLost,
    /// It is applied, and the answer ends after its first byte as if that were all.
    Truncated,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Throttled,
        Self::Reset,
        Self::AnswerLost,
        Self::Truncated,
        Self::TimedOut,
    ];

    /// As it is printed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Throttled => "throttled",
            Self::TimedOut => "timed out",
            Self::Reset => "reset",
            Self::AnswerLost => "answer lost",
            Self::Truncated => "truncated",
        }
    }

    /// By what the proxy's counters say of it.
    fn of_action(action: &str) -> Option<Self> {
        Some(match action {
            "reset" => Self::Reset,
            "response:abort" => Self::AnswerLost,
            "response:truncate" => Self::Truncated,
            "response:0kbps" => Self::TimedOut,
            error if error.starts_with("error:") => Self::Throttled,
            _ => return None,
        })
    }
}

/// Which calls of a service are disturbed. The first rule that fits a call is the one.
#[derive(Debug, Clone, Copy)]
pub struct Rule {
    /// Whose calls.
    pub service: Service,
    /// What happens to them.
    pub kind: Kind,
    /// So many of a hundred, by chance.
    pub percent: u8,
    /// Not more than so many; 0 for no limit.
    pub at_most: u64,
}

impl Rule {
    fn as_json(self) -> Value {
        let mut rule = match self.kind {
            Kind::Throttled => json!({ "error": { "code": self.service.throttle() } }),
            Kind::TimedOut => json!({ "response": { "bandwidth_kbps": SILENT } }),
            Kind::Reset => json!({ "reset": true }),
            Kind::AnswerLost => json!({ "response": { "abort_bytes": 0 } }),
            Kind::Truncated => json!({ "response": { "truncate_bytes": 1 } }),
        };
        rule["service"] = json!(self.service.name());
        rule["probability"] = json!(format!("{}e-2", self.percent));
        if self.at_most > 0 {
            rule["times"] = json!(self.at_most);
        }
        rule
    }
}

/// How often each fault was injected, by service, operation and kind.
#[derive(Debug, Clone, Default)]
pub struct Injected(BTreeMap<(Service, Kind, String), u64>);

impl Injected {
    /// Of a service and kind.
    #[must_use]
    pub fn of(&self, service: Service, kind: Kind) -> u64 {
        let counted = |(&(of, what, _), &count): (&(Service, Kind, String), &u64)| {
            (of == service && what == kind).then_some(count)
        };
        self.0.iter().filter_map(counted).sum()
    }

    /// Of an operation, of any kind.
    #[must_use]
    pub fn of_operation(&self, operation: &str) -> u64 {
        let counted = |((_, _, name), &count): (&(Service, Kind, String), &u64)| {
            (name == operation).then_some(count)
        };
        self.0.iter().filter_map(counted).sum()
    }
}

/// The proxy that all functions of a stack go through.
#[derive(Debug)]
pub struct Faults(FaultProxy);

impl Faults {
    /// Puts it between the functions and the local AWS. It disturbs nothing yet.
    ///
    /// # Panics
    /// Where it does not start.
    #[must_use]
    pub fn before(stack: &Stack) -> Self {
        let proxy = FaultProxy::start(&stack.aws).unwrap_or_else(|error| panic!("{error}"));
        stack.route_functions_through(&proxy.endpoint());
        Self(proxy)
    }

    /// These faults from now on, and no others.
    ///
    /// # Panics
    /// Where the proxy does not take them.
    pub fn set(&self, rules: &[Rule]) {
        let rules: Vec<Value> = rules.iter().map(|rule| rule.as_json()).collect();
        let answer = self.control("POST", "rules", &json!(rules).to_string());
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// What was injected since the start.
    ///
    /// # Panics
    /// Where the proxy does not tell.
    #[must_use]
    pub fn injected(&self) -> Injected {
        let metrics = self.control("GET", "metrics", "");
        assert_eq!(metrics.status, 200, "{metrics:?}");
        let mut injected = Injected::default();
        for line in metrics.body.lines() {
            let Some(counter) = line.strip_prefix("microburst_faults_total{") else {
                continue;
            };
            let (service, operation, kind, count) =
                read_counter(counter).unwrap_or_else(|| panic!("a fault of none of ours: {line}"));
            *injected.0.entry((service, kind, operation)).or_default() += count;
        }
        injected
    }

    fn control(&self, method: &'static str, what: &str, body: &str) -> Answer {
        Request {
            service: "",
            method,
            url: format!("{}/_microburst/{what}", self.0.endpoint()),
            headers: Vec::new(),
            body: body.to_owned(),
        }
        .try_send(None, CONTROL_LIMIT)
        .unwrap_or_else(|error| panic!("microburst: {error}\n{}", self.0.log_tail()))
    }
}

/// `service="dynamodb",operation="PutItem",action="reset"} 3`
fn read_counter(text: &str) -> Option<(Service, String, Kind, u64)> {
    let label = |name: &str| {
        let (_, rest) = text.split_once(&format!("{name}=\""))?;
        Some(rest.split_once('"')?.0)
    };
    let service = label("service")?;
    Some((
        Service::ALL
            .into_iter()
            .find(|known| known.name() == service)?,
        label("operation")?.to_owned(),
        Kind::of_action(label("action")?)?,
        text.rsplit_once("} ")?.1.parse().ok()?,
    ))
}
