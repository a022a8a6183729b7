//! The whole way of an event: API, event store, stream, balances, bus, rules, mail.

use serde_json::{Value, json};
use tests::deployed::{Answer, Caller, Mail, Stack};

use crate::Test;

pub const TESTS: &[Test] = &[
    (
        "an_opening_a_deposit_and_a_withdrawal_give_the_balance_and_exactly_one_mail_for_each_movement",
        movements_give_the_balance_and_one_mail_each,
    ),
    (
        "a_retry_with_the_same_key_gives_the_first_answer_and_no_second_event_or_mail",
        a_retry_changes_nothing,
    ),
    (
        "the_same_key_with_another_body_is_refused",
        another_body_is_refused,
    ),
    (
        "a_request_that_is_not_valid_is_a_problem_that_names_the_field",
        a_bad_amount_is_named,
    ),
    (
        "an_event_that_notify_cannot_read_is_tried_again_and_becomes_a_dead_letter_that_the_api_lists",
        what_cannot_be_read_is_parked,
    ),
    (
        "the_service_answers_under_the_stage_what_it_answers_locally",
        the_service_is_healthy,
    ),
];

/// A customer with an account, and the one who reports what happens to it.
struct Bank<'a> {
    stack: &'a Stack,
    caller: Caller,
    account: &'static str,
    email: String,
}

impl<'a> Bank<'a> {
    /// Opens the account with 100.00 EUR.
    fn open(stack: &'a Stack, account: &'static str) -> Self {
        let this = Self {
            stack,
            caller: stack.user_of_the_api(&format!("bank-of-{account}")),
            account,
            email: format!("{}@example.org", account.to_lowercase()),
        };
        let customer = json!({
            "email": this.email,
            "name": "Ada Moreau",
            "locale": "en",
            "time_zone": "Europe/Paris",
            "preferences": {},
        });
        let put = stack
            .api(
                "PUT",
                &format!("/customers/{}", this.customer()),
                &[],
                Some(&customer),
            )
            .send(Some(&this.caller));
        assert!((200..300).contains(&put.status), "{put:?}");
        let opened = this.post(
            "open",
            &event(
                "AccountOpened",
                json!({ "customer_id": this.customer(), "currency": "EUR", "opening_balance": "100.00" }),
            ),
        );
        assert_eq!(opened.status, 201, "{opened:?}");
        this
    }

    fn customer(&self) -> String {
        format!("CUST-{}", self.account)
    }

    fn post(&self, key: &str, events: &Value) -> Answer {
        self.stack
            .api(
                "POST",
                &format!("/accounts/{}/events", self.account),
                &[("idempotency-key", key)],
                Some(events),
            )
            .send(Some(&self.caller))
    }

    /// The account, when its balance is of this version.
    fn account_at(&self, version: u64) -> Value {
        self.stack.eventually("the balance", || {
            let answer = self
                .stack
                .api("GET", &format!("/accounts/{}", self.account), &[], None)
                .send(Some(&self.caller));
            if answer.status == 200 && answer.json()["version"] == version {
                Ok(answer.json())
            } else {
                Err(answer)
            }
        })
    }

    /// The mails to this customer, oldest first, when there are so many.
    fn mails(&self, count: usize) -> Vec<Mail> {
        self.stack.eventually("the mails", || {
            let mails = self.received();
            if mails.len() >= count {
                Ok(mails)
            } else {
                Err(mails)
            }
        })
    }

    fn received(&self) -> Vec<Mail> {
        let to_us = |mail: &Mail| mail.to.contains(&self.email);
        self.stack.mails().into_iter().filter(to_us).collect()
    }

    fn stored_versions(&self) -> Vec<u64> {
        let answer = self
            .stack
            .api(
                "GET",
                &format!("/accounts/{}/events", self.account),
                &[],
                None,
            )
            .send(Some(&self.caller));
        assert_eq!(answer.status, 200, "{answer:?}");
        let events = answer.json()["events"].as_array().unwrap().clone();
        events
            .iter()
            .map(|event| event["version"].as_u64().unwrap())
            .collect()
    }
}

fn event(kind: &str, data: Value) -> Value {
    json!({ "events": [{ "type": kind, "occurred_at": "2026-11-22T10:00:00Z", "data": data }] })
}

fn movement(kind: &str, amount: &str) -> Value {
    event(kind, json!({ "amount": amount, "currency": "EUR" }))
}

/// How many of the mails speak of an amount.
fn about(mails: &[Mail], amount: &str) -> usize {
    mails
        .iter()
        .filter(|mail| mail.text.contains(amount))
        .count()
}

fn movements_give_the_balance_and_one_mail_each(stack: &Stack) {
    let bank = Bank::open(stack, "ACC-1");
    let deposited = bank.post("deposit", &movement("MoneyDeposited", "125.50"));
    assert_eq!(deposited.status, 201, "{deposited:?}");
    assert_eq!(deposited.header("etag"), Some("\"2\""), "{deposited:?}");
    let withdrawn = bank.post("withdrawal", &movement("MoneyWithdrawn", "25.25"));
    assert_eq!(withdrawn.status, 201, "{withdrawn:?}");

    let account = bank.account_at(3);
    assert_eq!(account["balance"], "200.25");
    assert_eq!(account["currency"], "EUR");

    bank.mails(2);
    // A mail too many would be on its way with the first two: one more movement later, it is here.
    bank.post("later", &movement("MoneyDeposited", "7.75"));
    let mails = bank.mails(3);
    assert_eq!(mails.len(), 3, "{mails:#?}");
    for amount in ["125.50", "25.25", "7.75"] {
        assert_eq!(
            about(&mails, amount),
            1,
            "mails about {amount} in {mails:#?}"
        );
    }
    for mail in &mails {
        assert!(mail.from.contains("alerts@example.com"), "{mail:?}");
        assert!(
            !mail.subject.is_empty() && mail.html.contains("<html"),
            "{mail:?}"
        );
        assert!(
            !mail.text.contains("ACC-1\n"),
            "the account is masked: {mail:?}"
        );
    }
}

fn a_retry_changes_nothing(stack: &Stack) {
    let bank = Bank::open(stack, "ACC-2");
    let deposit = movement("MoneyDeposited", "31.00");
    let first = bank.post("once", &deposit);
    assert_eq!(first.status, 201, "{first:?}");
    assert_eq!(first.header("idempotency-replayed"), None);
    let retry = bank.post("once", &deposit);
    assert_eq!(retry.status, 200, "{retry:?}");
    assert_eq!(retry.header("idempotency-replayed"), Some("true"));
    assert_eq!(retry.json(), first.json());

    // What a second event would have set off would be here with what came after it.
    bank.post("later", &movement("MoneyDeposited", "0.01"));
    assert_eq!(bank.account_at(3)["balance"], "131.01");
    let mails = bank.mails(2);
    assert_eq!(mails.len(), 2, "{mails:#?}");
    assert_eq!(about(&mails, "31.00"), 1, "{mails:#?}");
    assert_eq!(bank.stored_versions(), [1, 2, 3]);
}

fn another_body_is_refused(stack: &Stack) {
    let bank = Bank::open(stack, "ACC-3");
    let first = bank.post("key", &movement("MoneyDeposited", "1.00"));
    assert_eq!(first.status, 201, "{first:?}");
    let other = bank.post("key", &movement("MoneyDeposited", "2.00"));
    assert_eq!(other.status, 422, "{other:?}");
    assert_eq!(bank.stored_versions(), [1, 2]);
}

fn a_bad_amount_is_named(stack: &Stack) {
    let bank = Bank::open(stack, "ACC-4");
    let refused = bank.post("key", &movement("MoneyDeposited", "12.345"));
    assert_eq!(refused.status, 400, "{refused:?}");
    let content_type = refused.header("content-type").unwrap_or_default();
    assert!(
        content_type.starts_with("application/problem+json"),
        "{refused:?}"
    );
    assert!(
        refused.body.contains("/events/0/data/amount"),
        "{refused:?}"
    );
    assert_eq!(bank.stored_versions(), [1]);
}

fn what_cannot_be_read_is_parked(stack: &Stack) {
    const MARK: &str = "not-readable-1";
    let event = json!({
        "source": "ledgerbell",
        "detail-type": "MoneyDeposited",
        "detail": { "metadata": { "correlation_id": MARK }, "data": {} },
    });
    // As EventBridge invokes it.
    let invoked = stack.invoke_later(&stack.root(), "notify", &event);
    assert_eq!(invoked.status, 202, "{invoked:?}");
    stack.eventually("the dead letter", || {
        let letters = stack.dead_letters();
        if letters.iter().any(|letter| letter.body.contains(MARK)) {
            Ok(())
        } else {
            Err(letters.len())
        }
    });
    let caller = stack.user_of_the_api("redriver");
    stack.eventually("the list of dead letters", || {
        let listed = stack
            .api("GET", "/dead-letters?limit=100", &[], None)
            .send(Some(&caller));
        assert_eq!(listed.status, 200, "{listed:?}");
        let page = listed.json();
        // Another test may be looking at a letter just now, which hides it for a moment.
        if page["dead_letters"]
            .as_array()
            .is_some_and(|letters| !letters.is_empty())
        {
            Ok(())
        } else {
            Err(page)
        }
    });
}

fn the_service_is_healthy(stack: &Stack) {
    let caller = stack.user_of_the_api("operator");
    let document = stack
        .api("GET", "/openapi.json", &[], None)
        .send(Some(&caller));
    assert_eq!(document.status, 200, "{document:?}");
    assert!(
        document.json()["openapi"]
            .as_str()
            .unwrap()
            .starts_with("3.1")
    );
}
