//! The scenarios: what leaves when, for whom, and what happens meanwhile.

use std::sync::Mutex;
use std::time::Duration;

use clap::ValueEnum;
use serde::Serialize;
use serde_json::{Value, json};

use super::mails::{self, Mails};
use super::open_loop;
use super::scenario_report::Report;
use super::{LoadOptions, open, writer};
use crate::client::{Append, Client};
use crate::exit::{End, Failure};
use crate::output;

/// Longest account id, in characters.
const MAX_ID_CHARS: usize = 64;

/// A load as banks have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Scenario {
    /// The same rate throughout, over 20 accounts
    Steady,
    /// Five times the rate in the middle fifth of the time, over 100 accounts
    PaydayBurst,
    /// Everything goes to one account
    HotAccount,
    /// Each request opens an account of its own
    ManyAccounts,
    /// A replay of all projections begins after a third of the time
    ReplayUnderLoad,
    /// The mailbox of `serve` takes 2 s for a mail, in the middle third of the time
    SesSlow,
    /// The mailbox of `serve` accepts no mail in the middle third; then dead letters are redriven
    SesDown,
}

impl Scenario {
    /// Returns the scenario's name.
    pub(super) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// Returns the number of accounts to open first, or `None` if each request opens its own.
    fn accounts(self) -> Option<usize> {
        match self {
            Scenario::HotAccount => Some(1),
            Scenario::PaydayBurst => Some(100),
            Scenario::ManyAccounts => None,
            _ => Some(20),
        }
    }

    /// Returns the planned time of each request.
    fn plan(self, rate: u32, seconds: u32) -> Vec<Duration> {
        let second = |number: u32| match self {
            Scenario::PaydayBurst
                if (seconds * 2 / 5..(seconds * 3).div_ceil(5)).contains(&number) =>
            {
                rate * 5
            }
            _ => rate,
        };
        (0..seconds)
            .flat_map(|number| {
                let rate = second(number);
                let step = Duration::from_secs(1) / rate;
                (0..rate).map(move |index| Duration::from_secs(number.into()) + step * index)
            })
            .collect()
    }

    /// Returns the mailbox's condition in the middle third.
    fn mailbox(self) -> Option<&'static str> {
        match self {
            Scenario::SesSlow => Some("slow"),
            Scenario::SesDown => Some("down"),
            _ => None,
        }
    }
}

pub(super) fn run(scenario: Scenario, options: &LoadOptions) -> Result<End, Failure> {
    let plan = scenario.plan(options.rate, options.seconds);
    if options.dry_run.dry_run {
        dry_run(scenario, options, plan.len());
        return Ok(End::Done);
    }
    let run = options.run_name();
    let once = options.connection.client()?;
    let client = once.clone().patient(Duration::from_secs(options.retry_for));
    let account = |number: usize| match scenario.accounts() {
        Some(accounts) => format!("{}-{}", options.prefix, number % accounts + 1),
        None => format!("{}-{run}-{}", options.prefix, number + 1),
    };
    if account(plan.len()).len() > MAX_ID_CHARS {
        let detail = "the accounts' names would be too long; name a shorter --prefix or --run";
        return Err(Failure::WrongUse(detail.to_owned()));
    }
    if let Some(condition) = scenario.mailbox() {
        // Checked before anything is sent, because only `serve` has a mailbox with conditions.
        set_mailbox(&once, "up").map_err(|error| {
            Failure::WrongUse(format!(
                "the mailbox cannot be made {condition} there: {error}"
            ))
        })?;
    }
    for number in 0..scenario.accounts().unwrap_or(0) {
        open(&once, &account(number), &run)?;
    }
    let told_before = scenario.accounts().map_or(0, |accounts| {
        mails::count(&once, (0..accounts).map(account)).map_or(0, |mails| mails.all())
    });

    let third = Duration::from_secs(options.seconds.into()) / 3;
    let bar = output::bar(Some(plan.len() as u64), "requests");
    let mut heartbeat = output::Heartbeat::new();
    let first_problem = Mutex::new(None);
    let mut events = Meanwhile::new(scenario, &once, third);
    let samples = open_loop::run(
        &plan,
        |number| {
            let sent = client.append(&Append {
                account_id: &account(number),
                idempotency_key: &format!("load-{run}-{}", number + 1),
                if_match: None,
                body: &body(scenario, &account(number), &format!("{run}-{}", number + 1)),
            });
            bar.inc(1);
            if let Err(error) = &sent
                && let Ok(mut first) = first_problem.lock()
            {
                first.get_or_insert_with(|| error.to_string());
            }
            sent.is_ok()
        },
        |since_start| {
            heartbeat.beat(&bar);
            events.at(since_start);
        },
    );
    bar.finish_and_clear();
    let replay = events.end(Duration::from_secs(options.retry_for))?;

    let acknowledged = samples.iter().filter(|sample| sample.acknowledged).count();
    let mails = match scenario.accounts() {
        Some(accounts) => Some(mails::settle(
            &once,
            &(0..accounts).map(account).collect::<Vec<_>>(),
            told_before + acknowledged,
            Duration::from_secs(options.retry_for),
        )?),
        None => None,
    };
    let report = Report::new(scenario, options, &run, &samples, mails.as_ref(), replay);
    if let Some(folder) = &options.report {
        report.write(folder, &samples)?;
    }
    if options.connection.json() {
        output::json(&report);
    } else {
        report.markdown().lines().all(output::line);
    }
    match first_problem.into_inner().ok().flatten() {
        Some(problem) => Err(Failure::Failed(format!(
            "not every request was acknowledged: {problem}"
        ))),
        None if mails.as_ref().is_some_and(Mails::open) => Err(Failure::Failed(
            "not every mail is sent; see `ledgerbell dead-letters list`".to_owned(),
        )),
        None => Ok(End::Done),
    }
}

fn body(scenario: Scenario, account: &str, reference: &str) -> Value {
    let deposit = json!({
        "type": "MoneyDeposited", "occurred_at": writer::OCCURRED_AT,
        "data": { "amount": "1.00", "currency": writer::CURRENCY, "reference": reference },
    });
    let opening = json!({
        "type": "AccountOpened", "occurred_at": writer::OCCURRED_AT,
        "data": { "customer_id": account, "currency": writer::CURRENCY },
    });
    match scenario {
        Scenario::ManyAccounts => json!({ "events": [opening, deposit] }),
        _ => json!({ "events": [deposit] }),
    }
}

fn set_mailbox(client: &Client, condition: &str) -> Result<(), Failure> {
    client.put_local("mailbox", &json!({ "condition": condition }))?;
    Ok(())
}

fn dry_run(scenario: Scenario, options: &LoadOptions, requests: usize) {
    let accounts = scenario.accounts().unwrap_or(requests);
    if options.connection.json() {
        output::json(&json!({
            "dry_run": true, "scenario": scenario.name(), "requests": requests, "accounts": accounts,
            "seconds": options.seconds,
        }));
        return;
    }
    output::line(format!(
        "{}: {requests} deposits in {} s to {accounts} accounts, which are opened where they are missing. Nothing was sent: \
         this was a dry run.",
        scenario.name(),
        options.seconds
    ));
}

/// The actions of a scenario besides its requests.
struct Meanwhile<'a> {
    scenario: Scenario,
    client: &'a Client,
    third: Duration,
    begun: bool,
    over: bool,
    replay: Option<String>,
    problem: Option<Failure>,
}

impl<'a> Meanwhile<'a> {
    fn new(scenario: Scenario, client: &'a Client, third: Duration) -> Self {
        Meanwhile {
            scenario,
            client,
            third,
            begun: false,
            over: false,
            replay: None,
            problem: None,
        }
    }

    fn at(&mut self, since_start: Duration) {
        if !self.begun && since_start >= self.third {
            self.begun = true;
            let begun = self.begin();
            self.problem = begun.err();
        }
        if !self.over && since_start >= self.third * 2 {
            self.over = true;
            if self.scenario.mailbox().is_some()
                && let Err(problem) = set_mailbox(self.client, "up")
            {
                self.problem.get_or_insert(problem);
            }
        }
    }

    fn begin(&mut self) -> Result<(), Failure> {
        if let Some(condition) = self.scenario.mailbox() {
            set_mailbox(self.client, condition)?;
        }
        if self.scenario == Scenario::ReplayUnderLoad {
            let answer = self
                .client
                .post("replays", &json!({ "kind": "projections" }))?;
            self.replay = answer["replay_id"].as_str().map(str::to_owned);
        }
        Ok(())
    }

    /// Waits for pending actions. Returns the replay.
    fn end(mut self, patience: Duration) -> Result<Option<Value>, Failure> {
        self.at(self.third * 2);
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let Some(id) = self.replay else {
            return Ok(None);
        };
        let started = std::time::Instant::now();
        loop {
            let replay = self.client.get(&format!("replays/{id}"), &[])?;
            let state = replay["state"].as_str().unwrap_or_default();
            if ["done", "failed", "stopped"].contains(&state) || started.elapsed() > patience {
                return Ok(Some(replay));
            }
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_has_the_rate_in_every_second_and_five_times_that_on_payday() {
        let in_second = |plan: &[Duration], second: u64| {
            plan.iter().filter(|at| at.as_secs() == second).count()
        };
        let steady = Scenario::Steady.plan(7, 10);
        assert!((0..10).all(|second| in_second(&steady, second) == 7));
        let payday = Scenario::PaydayBurst.plan(7, 10);
        let counts: Vec<usize> = (0..10).map(|second| in_second(&payday, second)).collect();
        assert_eq!(counts, [7, 7, 7, 7, 35, 35, 7, 7, 7, 7]);
        assert!(payday.is_sorted());
    }
}
