//! A bank's system: it reports under a key, and asks again until it has an answer.

use std::sync::Arc;

use chrono::SecondsFormat;
use domain::record::ProposedEvents;
use domain::schedule_event::{Occurrence, change_key};
use domain::time::format_time;
use domain::{AccountId, EventId, IdempotencyKey, Version};
use handlers::Error;
use handlers::append::{Append, Recorded};
use serde_json::{Value, json};

use crate::book::Silent;
use crate::bugs;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, MINUTE, Micros, SECOND};

/// How often it asks while things go wrong, and afterwards.
const MAX_TRIES: u32 = 400;
const MAX_TRIES_IN_PEACE: u32 = 30;
const CURRENCIES: [(&str, usize); 3] = [("EUR", 2), ("JPY", 0), ("BHD", 3)];

/// A request that has no answer yet.
#[derive(Debug)]
pub struct Request {
    append: Append,
    began: Micros,
    tries: u32,
    tries_in_peace: u32,
}

impl Core {
    pub fn append_something(&mut self) {
        let number = self.rng.usize(..self.state.setup.accounts);
        let account: AccountId = format!("ACC-{number}").parse().expect("an account id");
        self.state.requests += 1;
        let mut key = format!("key-{}", self.state.requests);
        // Now and then a key that was used before, mostly with another body.
        if self.state.requests > 1 && self.rng.u32(..40) == 0 {
            key = format!("key-{}", self.rng.u64(1..self.state.requests));
        }
        if self.state.setup.schedules && self.rng.u32(..10) == 0 {
            key = self.a_key_of_a_schedule(&account).unwrap_or(key);
        }
        let Some(idempotency_key) = read_key(&key) else {
            // Refused.
            return;
        };
        let mut body = json!({ "events": self.some_events(number, &account) });
        if self.rng.u32(..100) < self.state.setup.imports {
            body["notify"] = json!(false);
        }
        let Ok(proposed) = ProposedEvents::read(body) else {
            self.violate("the simulation reports what can be read", || key);
            return;
        };
        let version = self
            .state
            .store
            .last(&account)
            .map_or(0, |commit| commit.last_version());
        let if_match: Option<Version> = match self.rng.u32(..20) {
            0 => Some(version),
            1 => Some(version + 1),
            _ => None,
        };
        let request = Request {
            append: Append {
                account_id: account,
                idempotency_key,
                if_match,
                source: "core-banking".to_owned(),
                correlation_id: format!("corr-{key}").parse().expect("an id"),
                proposed,
            },
            began: self.now,
            tries: 0,
            tries_in_peace: 0,
        };
        if !request.append.proposed.notify {
            self.state.book.silent.insert(silent_of(&request.append));
        }
        self.state.unanswered += 1;
        self.ask(request);
    }

    /// A key that a schedule of the account uses next, now or in an earlier
    /// version: a caller who names requests like that.
    fn a_key_of_a_schedule(&mut self, account: &AccountId) -> Option<String> {
        let mut rows = self.state.schedules.values().map(|stored| &stored.value);
        let row = rows.find(|row| row.account_id == *account && row.next_at.is_some())?;
        let (schedule_id, version) = (row.schedule_id.clone(), row.version);
        let at = row.next_at?;
        let occurrence = Occurrence {
            schedule_id: schedule_id.clone(),
            at,
        };
        Some(match self.rng.u32(..4) {
            0 => change_key(&schedule_id, version).to_string(),
            1 => format!("schedule:{schedule_id}:after:{version}"),
            2 => format!("schedule:{schedule_id}:{}", format_time(at)),
            _ => occurrence.key().to_string(),
        })
    }

    fn some_events(&mut self, number: usize, account: &AccountId) -> Vec<Value> {
        let (currency, digits) = currency(number);
        let opened = self.state.book.ledgers.contains_key(account);
        // A statement's bookings have a date alone. By the clock, so that no other choice of a seed changes.
        let (member, occurred) = match self.time().timestamp() % 8 {
            0 => ("occurred_on", self.time().date_naive().to_string()),
            _ => {
                let time = self.time().to_rfc3339_opts(SecondsFormat::Secs, true);
                ("occurred_at", time)
            }
        };
        let event = |event_type: &str, data: Value| json!({ "type": event_type, member: occurred, "data": data });
        let customer = format!("CUST-{}", number % self.state.setup.customers);
        let mut events = Vec::new();
        if !opened && self.rng.u32(..10) > 0 || self.rng.u32(..60) == 0 {
            let limit = amount(self.rng.u64(1..50_000), digits);
            let mut data = json!({ "customer_id": customer, "currency": currency });
            if self.rng.bool() {
                data["overdraft_limit"] = json!(limit);
                data["opening_balance"] = json!(limit);
            }
            events.push(event("AccountOpened", data));
        }
        let more = if events.is_empty() { 1 } else { 0 };
        let more = more + [0, 0, 0, 0, 0, 0, 1, 2, 4][self.rng.usize(..9)];
        for _ in 0..more {
            let moved =
                json!({ "amount": amount(self.rng.u64(1..200_000), digits), "currency": currency });
            events.push(match self.rng.u32(..40) {
                0..22 => event("MoneyDeposited", moved),
                22..37 => event("MoneyWithdrawn", moved),
                37 => event("AccountClosed", json!({})),
                _ => {
                    let of = self.a_movement(account);
                    event(
                        "TransactionReversed",
                        json!({ "reverses": of, "reason": "by mistake" }),
                    )
                }
            });
        }
        events
    }

    /// An event of the account that may be a movement, or no event at all.
    fn a_movement(&mut self, account: &AccountId) -> EventId {
        let ledger = self.state.book.ledgers.get(account);
        let versions = ledger.map_or(1, |ledger| ledger.balances.len() as u64 + 1);
        EventId::new(account, self.rng.u64(1..=versions))
    }

    /// Sends the request, once or twice, or loses it.
    fn ask(&mut self, mut request: Request) {
        request.tries += 1;
        request.tries_in_peace += u32::from(!self.chances.on);
        self.coverage.called(Hop::ClientToApi);
        let hop = Hop::ClientToApi;
        let lost = [Fault::LostRequest, Fault::Throttle]
            .into_iter()
            .find(|fault| self.chances.happens(&mut self.rng, hop, *fault));
        if let Some(fault) = lost {
            self.coverage.note(hop, fault);
            self.ask_again(request);
            return;
        }
        if self.chances.happens(&mut self.rng, hop, Fault::Duplicate) {
            self.coverage.note(hop, Fault::Duplicate);
            let append = request.append.clone();
            let delay = self.rng.u64(..MINUTE);
            // Nobody waits for the answer of the copy.
            self.after(delay, move |core| core.serve(Arc::new(append), |_, _| {}));
        }
        let mut delay = self.chances.way(&mut self.rng);
        if self.chances.happens(&mut self.rng, hop, Fault::Reorder) {
            self.coverage.note(hop, Fault::Reorder);
            delay += self.rng.u64(..20 * SECOND);
        }
        self.after(delay, move |core| {
            let append = Arc::new(request.append.clone());
            core.serve(append, move |core, answer| core.answered(request, answer));
        });
    }

    fn serve(
        &mut self,
        append: Arc<Append>,
        on_end: impl FnOnce(&mut Core, Option<Result<Recorded, Error>>) + Send + 'static,
    ) {
        self.in_an_api(
            move |_, appender| async move { appender.append(&append).await },
            on_end,
        );
    }

    fn answered(&mut self, request: Request, answer: Option<Result<Recorded, Error>>) {
        if self
            .chances
            .happens(&mut self.rng, Hop::ClientToApi, Fault::LostAnswer)
        {
            self.coverage.note(Hop::ClientToApi, Fault::LostAnswer);
            self.ask_again(request);
            return;
        }
        match answer {
            None | Some(Err(Error::Retryable(_) | Error::Unknown(_))) => self.ask_again(request),
            Some(Err(Error::Busy { .. })) => {
                self.check_conflict(&request);
                self.ask_again(request);
            }
            Some(Err(error @ Error::Permanent(_))) => {
                self.violate("nothing fails for good by itself", || error.to_string());
            }
            Some(Err(_refused)) => self.state.unanswered -= 1,
            Some(Ok(recorded)) => {
                self.state.unanswered -= 1;
                self.acknowledged(&request.append, &recorded);
            }
        }
    }

    fn ask_again(&mut self, request: Request) {
        if request.tries >= MAX_TRIES || request.tries_in_peace >= MAX_TRIES_IN_PEACE {
            // It stays unanswered.
            return;
        }
        let wait = SECOND + self.rng.u64(..(SECOND << request.tries.min(8)));
        self.after(wait, move |core| core.ask(request));
    }

    /// A conflict is with somebody.
    fn check_conflict(&mut self, request: &Request) {
        let ledger = self.state.book.ledgers.get(&request.append.account_id);
        let mut written = ledger
            .into_iter()
            .flat_map(|ledger| ledger.commits.values());
        if !written.any(|(_, at)| *at >= request.began) {
            self.violate("a conflict is with another writer", || {
                format!(
                    "{} of {}",
                    request.append.idempotency_key, request.append.account_id
                )
            });
        }
    }

    fn acknowledged(&mut self, append: &Append, recorded: &Recorded) {
        self.state.book.acknowledged += 1;
        let (account, key) = (&append.account_id, &append.idempotency_key);
        let place = (account.clone(), recorded.first_version);
        match self.state.store.commits.get(&place).cloned() {
            Some(commit) if commit.hash == recorded.hash && commit.idempotency_key == *key => {
                if commit.request_hash != append.proposed.request_hash {
                    self.violate("one key, one body", || format!("{account}, key {key}"));
                }
            }
            found => self.violate("acknowledged is stored", || {
                format!("{account}, key {key}: told {recorded:?}, stored {found:?}")
            }),
        }
        let told = self.state.book.told.entry((account.clone(), key.clone()));
        let first = told.or_insert_with(|| recorded.clone()).clone();
        let same = first.first_version == recorded.first_version
            && first.hash == recorded.hash
            && first.event_types == recorded.event_types;
        if !same {
            self.violate("one key, one answer", || {
                format!("{account}, key {key}: {first:?}, then {recorded:?}")
            });
        }
    }
}

/// As the API reads a caller's key; `None`: it is refused.
fn read_key(text: &str) -> Option<IdempotencyKey> {
    match bugs::is("key-of-a-schedule-taken") {
        true => text.parse().ok(),
        false => IdempotencyKey::of_caller(text).ok(),
    }
}

/// What of a request says which one it is.
fn silent_of(append: &Append) -> Silent {
    (
        append.account_id.clone(),
        append.idempotency_key.clone(),
        append.proposed.request_hash,
    )
}

/// An account's currency, and its digits.
pub(super) fn currency(account: usize) -> (&'static str, usize) {
    CURRENCIES[account % CURRENCIES.len()]
}

/// A decimal string of this many minor units.
pub(super) fn amount(minor: u64, digits: usize) -> String {
    if digits == 0 {
        return minor.to_string();
    }
    let unit = 10_u64.pow(digits as u32);
    format!("{}.{:0digits$}", minor / unit, minor % unit)
}
