//! Numbers in other pages against the constants behind them.

use crate::pages::read;
use crate::source::{Value, constant, has};

/// A page, a phrase with the number, the constant's file and its name. `{}` is the number as pages write it; `{s}`, `{min}`
/// and `{h}` are a time in these units.
type Claim = (&'static str, &'static str, &'static str, &'static str);

const CLAIMS: &[Claim] = &[
    (
        "docs/how-to/bank-systems.md",
        "1 to {} events",
        "domain/src/record.rs",
        "MAX_EVENTS",
    ),
    (
        "docs/how-to/bank-systems.md",
        "1 to {} visible ASCII characters",
        "domain/src/identifiers.rs",
        "MAX_IDEMPOTENCY_KEY_CHARS",
    ),
    (
        "docs/how-to/bank-systems.md",
        "more than {}",
        "handlers/src/http/body.rs",
        "MAX_BODY_BYTES",
    ),
    (
        "docs/how-to/import.md",
        "requests of at most {}, each",
        "domain/src/record.rs",
        "MAX_EVENTS",
    ),
    (
        "docs/how-to/import.md",
        "A file may have {}.",
        "handlers/statements/src/format.rs",
        "MAX_FILE_BYTES",
    ),
    (
        "docs/explanation/mails.md",
        "file all, up to {};",
        "handlers/mail/src/limits.rs",
        "MAX_STATEMENT_ENTRIES",
    ),
    (
        "docs/explanation/mails.md",
        "the first {} entries",
        "handlers/mail/src/limits.rs",
        "MAX_STATEMENT_ENTRIES_SHOWN",
    ),
    (
        "docs/explanation/mails.md",
        "its first {} events",
        "handlers/mail/src/limits.rs",
        "MAX_DIGEST_ITEMS_SHOWN",
    ),
    (
        "docs/reference/preferences.md",
        "more than {} entries",
        "handlers/mail/src/limits.rs",
        "MAX_STATEMENT_ENTRIES",
    ),
    (
        "docs/runbooks/function-slow.md",
        "above {} entries",
        "handlers/mail/src/limits.rs",
        "MAX_STATEMENT_ENTRIES",
    ),
    (
        "docs/runbooks/function-slow.md",
        "split at {} notifications",
        "handlers/src/notify/digest.rs",
        "MAX_COVERED",
    ),
    (
        "docs/runbooks/throttles.md",
        "up to {} in a commit",
        "domain/src/record.rs",
        "MAX_EVENTS",
    ),
    (
        "docs/runbooks/throttles.md",
        "spread over {} shards",
        "domain/src/identifiers.rs",
        "TIME_INDEX_SHARDS",
    ),
    (
        "docs/explanation/capacity.md",
        "({} shards, a partition each)",
        "domain/src/identifiers.rs",
        "TIME_INDEX_SHARDS",
    ),
    (
        "docs/reference/console.md",
        "the newest {} events",
        "handlers/cli/pages/account.js",
        "HISTORY",
    ),
    (
        "docs/reference/console.md",
        "up to {} further events",
        "handlers/cli/pages/event-list.js",
        "SEARCH_AT_ONCE",
    ),
    (
        "docs/reference/console.md",
        "or {} accounts",
        "handlers/cli/pages/accounts.js",
        "SEARCH_AT_ONCE",
    ),
    (
        "docs/how-to/operator.md",
        "its own worker slots ({}),",
        "infra/embedded/src/invoker.rs",
        "CONCURRENCY",
    ),
    (
        "docs/reference/preferences.md",
        "(every {} on one machine)",
        "infra/embedded/src/pipeline.rs",
        "HEARTBEAT",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "account's rate and quota every {min} minutes",
        "infra/aws/src/mailer/account.rs",
        "FRESH_FOR",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "would wait longer than {} is retried",
        "infra/aws/src/mailer.rs",
        "MAX_WAIT",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "the last {} % of a day's quota",
        "infra/aws/src/mailer/account.rs",
        "RESERVE_PERCENT",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "and {} are assumed",
        "infra/aws/src/mailer/bucket.rs",
        "UNRESERVED",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "those mails wait {s} seconds",
        "infra/aws/src/mailer/failure.rs",
        "AFTER_RATE",
    ),
    (
        "docs/explanation/mail-delivery.md",
        "a mail waits {h} hours",
        "infra/aws/src/mailer/failure.rs",
        "AFTER_QUOTA",
    ),
    (
        "docs/how-to/operator.md",
        "until then, up to {}, so",
        "handlers/src/keyring.rs",
        "KEPT_KEYS",
    ),
    (
        "docs/how-to/operator.md",
        "with a new key within {min} minutes",
        "infra/aws/src/keys.rs",
        "FRESH_FOR",
    ),
    (
        "docs/how-to/operator.md",
        "again, every {} at most)",
        "infra/aws/src/keys.rs",
        "AGAIN_AFTER",
    ),
    (
        "docs/how-to/operator.md",
        "at least {} characters that",
        "handlers/src/keyring.rs",
        "MIN_SECRET_BYTES",
    ),
    (
        "docs/how-to/operator.md",
        "not in the first {}, in which",
        "handlers/src/query/time_index.rs",
        "SAFETY_WINDOW",
    ),
    (
        "docs/how-to/operator.md",
        "at most {} commits later",
        "handlers/src/replay/events.rs",
        "PAGE",
    ),
    (
        "docs/how-to/operator.md",
        "or {} balances",
        "handlers/src/replay/projections.rs",
        "PAGE",
    ),
    (
        "docs/explanation/never-twice.md",
        "It spends {} on that",
        "infra/embedded/src/pipeline.rs",
        "CHECK_BEFORE_START",
    ),
    (
        "docs/explanation/two-times.md",
        "the last {s} seconds",
        "handlers/src/query/time_index.rs",
        "SAFETY_WINDOW",
    ),
    (
        "docs/reference/export.md",
        "in the last {s} seconds",
        "handlers/src/query/time_index.rs",
        "SAFETY_WINDOW",
    ),
    (
        "docs/runbooks/mail-paused.md",
        "again after {min} minutes",
        "infra/aws/src/mailer/breaker.rs",
        "OPEN_FOR",
    ),
    (
        "docs/explanation/load.md",
        "the mailbox takes {} for each",
        "infra/embedded/src/mailbox/condition.rs",
        "SLOW",
    ),
];

#[test]
fn every_number_that_has_a_constant_is_that_constant() {
    for (page, phrase, path, name) in CLAIMS {
        let value = constant(path, name);
        let mut wanted = phrase.replace("{}", &value.written(name.ends_with("BYTES")));
        if let Value::Milliseconds(milliseconds) = value {
            for (unit, length) in [("{s}", 1_000), ("{min}", 60_000), ("{h}", 3_600_000)] {
                wanted = wanted.replace(unit, &(milliseconds / length).to_string());
            }
        }
        let text = read(page).split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(
            has(&text, &wanted),
            "{page} does not say {wanted:?}: {name} in {path}"
        );
    }
}

/// The parts of the stack that tables of the architecture list.
#[test]
fn the_tables_of_the_architecture_are_those_of_the_template() {
    let template = read("infra/cloudformation/template.yaml");
    let page = read("docs/explanation/architecture.md");
    let tables: Vec<&str> = template
        .split("TableName: { Fn::Sub: \"${AWS::StackName}-")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert!(tables.contains(&"events"), "{tables:?}");
    for table in tables {
        assert!(
            page.contains(&format!("| {table} |")),
            "docs/explanation/architecture.md: {table}"
        );
    }
}

/// Name and default of each parameter.
fn parameters(template: &str) -> Vec<(&str, Option<&str>)> {
    let section = template.split("\nParameters:\n").nth(1).unwrap();
    let section = section
        .lines()
        .take_while(|line| line.is_empty() || line.starts_with([' ', '#']));
    let mut found: Vec<(&str, Option<&str>)> = Vec::new();
    for line in section {
        if let Some(default) = line.trim().strip_prefix("Default: ") {
            found.last_mut().unwrap().1 = Some(default.trim_matches(['"', '\'']));
        } else if let Some(name) = line
            .strip_prefix("  ")
            .and_then(|line| line.strip_suffix(':'))
            && !name.starts_with([' ', '#'])
        {
            found.push((name, None));
        }
    }
    found
}

#[test]
fn every_parameter_of_the_template_is_described_with_its_default() {
    let template = read("infra/cloudformation/template.yaml");
    let readme = read("infra/cloudformation/README.md");
    let parameters = parameters(&template);
    assert!(parameters.contains(&("KeyRotationDays", Some("90"))));
    for (name, default) in parameters {
        let start = format!("| `{name}` |");
        let row = readme.lines().find(|row| row.starts_with(&start));
        let row = row.unwrap_or_else(|| panic!("README.md does not describe {name}"));
        let says = row[start.len()..].split('|').next().unwrap().trim();
        let says = says.trim_matches('`');
        let right = match default {
            None | Some("") => says.is_empty() || says.starts_with("the "),
            Some(default) => says == default,
        };
        assert!(
            right,
            "README.md: {name} has the default {default:?}, not {says:?}"
        );
    }
}

#[test]
fn the_regions_without_ses_are_those_at_which_the_preflight_stops() {
    let script = read("infra/cloudformation/ledgerbell-stack.sh");
    let listed = script.split("case $region in").nth(1).unwrap();
    let listed = listed.split(')').next().unwrap();
    let regions: Vec<String> = listed
        .split(['|', '\\', ' ', '\n'])
        .filter(|region| !region.is_empty())
        .map(|region| format!("`{region}`"))
        .collect();
    assert!(regions.len() > 1, "{regions:?}");
    let page = read("infra/cloudformation/README.md");
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    let says = format!("These have none: {};", regions.join(", "));
    assert!(page.contains(&says), "README.md: {says}");
}

/// An alarm, a property of it, and the phrase of its runbook that says the same.
const ALARMS: [(&str, &str, &str, &str); 9] = [
    (
        "project-late",
        "Threshold: 600000",
        "stream-late",
        "more than 10 minutes behind",
    ),
    (
        "mails-late",
        "Threshold: 300000",
        "mails-late",
        "more than 5 minutes after",
    ),
    (
        "dead-letters-old",
        "Threshold: 604800",
        "dead-letters",
        "after 14 days. `…-dead-letters-old` goes off after half",
    ),
    (
        "function-errors",
        "Threshold: 2",
        "function-errors",
        "More than two calls in 5 minutes",
    ),
    (
        "api-late",
        "Threshold: 3000",
        "api-late",
        "more than 3 seconds",
    ),
    (
        "api-errors",
        "Threshold: 0.01",
        "api-errors",
        "More than one in a hundred requests",
    ),
    (
        "mail-bounces",
        "Threshold: 0.05",
        "mail-reputation",
        "5 % bounce",
    ),
    (
        "mail-complaints",
        "Threshold: 0.001",
        "mail-reputation",
        "0.1 % are marked as spam",
    ),
    (
        "export-late",
        "EvaluationPeriods: 26",
        "export-late",
        "For 26 hours",
    ),
];

#[test]
fn the_runbooks_say_at_which_values_their_alarms_go_off() {
    let template = read("infra/cloudformation/template.yaml");
    for (alarm, property, runbook, phrase) in ALARMS {
        let start = format!("AlarmName: {{ Fn::Sub: \"${{AWS::StackName}}-{alarm}\" }}");
        let section = template
            .split(&start)
            .nth(1)
            .unwrap_or_else(|| panic!("no alarm {alarm}"));
        let section = section.split("AlarmName:").next().unwrap();
        let set = section.lines().any(|line| line.trim() == property);
        assert!(set, "{alarm} has no {property}");
        let page = read(&format!("docs/runbooks/{runbook}.md"));
        let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(page.contains(phrase), "{runbook}: {phrase}");
    }
}
