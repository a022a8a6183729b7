//! Who may ask what of the API, as the template's policies are to grant it.

use Role::{Analyst, Bank, Operator};

/// A kind of caller, which has a managed policy of the template.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// An upstream bank. Of an account's routes it has those of its own accounts only.
    Bank,
    /// Who reads and replays.
    Analyst,
    /// Who keeps customers and schedules, and redrives.
    Operator,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Bank, Analyst, Operator];

    /// The logical id of its policy in the template.
    #[must_use]
    pub fn policy(self) -> &'static str {
        match self {
            Bank => "BankPolicy",
            Analyst => "AnalystPolicy",
            Operator => "OperatorPolicy",
        }
    }

    /// The template's output that names its policy.
    #[must_use]
    pub fn output(self) -> &'static str {
        match self {
            Bank => "BankPolicyArn",
            Analyst => "AnalystPolicyArn",
            Operator => "OperatorPolicyArn",
        }
    }
}

/// A method of the API.
#[derive(Debug, Clone, Copy)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The path below `/v1`, with its parameters in braces.
    pub path: &'static str,
    /// Who may ask it. `None`: anybody, without a signature.
    pub roles: Option<&'static [Role]>,
}

impl Route {
    /// Whether the role may ask it; of a bank, of an account that is its own or not.
    #[must_use]
    pub fn allows(&self, role: Role, own_account: bool) -> bool {
        self.roles.is_none_or(|roles| {
            roles.contains(&role) && (role != Bank || own_account || !self.is_of_an_account())
        })
    }

    /// Whether it is about one account.
    #[must_use]
    pub fn is_of_an_account(&self) -> bool {
        self.path.contains("{account_id}")
    }
}

const fn route(method: &'static str, path: &'static str, roles: &'static [Role]) -> Route {
    Route {
        method,
        path,
        roles: Some(roles),
    }
}

const fn open(method: &'static str, path: &'static str) -> Route {
    Route {
        method,
        path,
        roles: None,
    }
}

/// Every operation of the OpenAPI document.
pub const ROUTES: [Route; 39] = [
    route("POST", "/accounts/{account_id}/events", &[Bank]),
    route("GET", "/accounts/{account_id}", &[Bank, Analyst, Operator]),
    route(
        "GET",
        "/accounts/{account_id}/events",
        &[Bank, Analyst, Operator],
    ),
    route(
        "GET",
        "/accounts/{account_id}/commits",
        &[Bank, Analyst, Operator],
    ),
    route(
        "GET",
        "/accounts/{account_id}/verification",
        &[Bank, Analyst, Operator],
    ),
    route(
        "GET",
        "/accounts/{account_id}/notifications",
        &[Bank, Analyst, Operator],
    ),
    route(
        "GET",
        "/accounts/{account_id}/schedules",
        &[Bank, Analyst, Operator],
    ),
    route(
        "GET",
        "/accounts/{account_id}/schedules/{schedule_id}",
        &[Bank, Analyst, Operator],
    ),
    route(
        "PUT",
        "/accounts/{account_id}/schedules/{schedule_id}",
        &[Operator],
    ),
    route(
        "DELETE",
        "/accounts/{account_id}/schedules/{schedule_id}",
        &[Operator],
    ),
    route("GET", "/accounts", &[Analyst, Operator]),
    route("GET", "/events", &[Analyst]),
    route("GET", "/commits", &[Analyst]),
    route("GET", "/verifications", &[Analyst]),
    route("POST", "/what-if", &[Analyst]),
    route("POST", "/replays", &[Analyst]),
    route("GET", "/replays", &[Analyst]),
    route("GET", "/replays/{replay_id}", &[Analyst]),
    route("POST", "/replays/{replay_id}/stop", &[Analyst]),
    route("GET", "/customers", &[Operator]),
    route("GET", "/customers/{customer_id}", &[Operator]),
    route("PUT", "/customers/{customer_id}", &[Operator]),
    route("DELETE", "/customers/{customer_id}", &[Operator]),
    route("GET", "/customers/{customer_id}/suppressions", &[Operator]),
    route(
        "DELETE",
        "/customers/{customer_id}/suppressions",
        &[Operator],
    ),
    route("GET", "/mail-codes/{code}", &[Operator]),
    route("GET", "/notifications", &[Analyst, Operator]),
    route(
        "GET",
        "/notifications/{notification_id}",
        &[Analyst, Operator],
    ),
    route("GET", "/search", &[Operator]),
    route("GET", "/search/ledger", &[Analyst, Operator]),
    route("POST", "/search/index", &[Operator]),
    route("GET", "/status", &[Analyst, Operator]),
    route("GET", "/changes", &[Analyst, Operator]),
    route("GET", "/dead-letters", &[Operator]),
    route("POST", "/dead-letters/redrive", &[Operator]),
    route("GET", "/openapi.json", &[Bank, Analyst, Operator]),
    route("GET", "/health", &[Bank, Analyst, Operator]),
    open("GET", "/unsubscribe"),
    open("POST", "/unsubscribe"),
];
