//! What other preferences would have told, page by page.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chrono::{DateTime, Utc};
use domain::preferences::Preferences;
use handlers::composition::Composition;
use handlers::notify::{Evaluator, OtherPreferences, Question, Scope, WhatIf};
use handlers::ports::Clock;
use handlers::query::time_index::Range;
use serde_json::{Value, json};
use tests::world::TestClock;

use crate::what_if::{DAY, ask, question, two_customers};

#[tokio::test]
async fn pages_of_any_size_add_up_to_the_whole() {
    let client = two_customers().await;
    for scope in [
        json!({}),
        json!({ "account_id": "ACC-1" }),
        json!({ "customer_id": "CUST-7" }),
    ] {
        let mut body = question(&json!({ "preferences": { "delivery": "daily" } }));
        for (name, value) in scope.as_object().unwrap() {
            body[name] = value.clone();
        }
        let whole = ask(&client, &body).await;
        assert!(whole["events"].as_u64() > Some(4), "{whole:#}");
        for (limit, cap) in [(1, 1), (2, 1), (3, 100), (1000, 1)] {
            client.world.store.cap_pages(cap);
            let mut path = format!("/v1/what-if?limit={limit}");
            let mut sum = json!({});
            let mut pages = 0;
            loop {
                let page = client.post(&path, &body).await.body;
                pages += 1;
                add(&mut sum, &page);
                match page["next"].as_str() {
                    Some(next) => path = format!("/v1/what-if?limit={limit}&cursor={next}"),
                    None => break,
                }
            }
            assert!(pages > 1 || limit > 3, "{pages} pages of {limit}");
            let mut expected = json!({});
            add(&mut expected, &whole);
            assert_eq!(sum, expected, "{scope} in pages of {limit}");
        }
        client.world.store.cap_pages(100);
    }
}

/// Adds a page up: numbers are summed, ids united, accounts met by their id.
fn add(sum: &mut Value, page: &Value) {
    let mut page = page.clone();
    page.as_object_mut().unwrap().remove("next");
    let accounts = page["accounts"].take();
    let mut by_id = json!({});
    for account in accounts.as_array().unwrap() {
        by_id[account["account_id"].as_str().unwrap()] = account.clone();
    }
    page["accounts"] = by_id;
    merge(sum, page);
}

fn merge(sum: &mut Value, part: Value) {
    match (sum, part) {
        (Value::Object(sum), Value::Object(part)) => {
            for (name, value) in part {
                merge(sum.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(sum), Value::Array(part)) => {
            for id in part {
                if !sum.contains(&id) {
                    sum.push(id);
                }
            }
            sum.sort_by_key(Value::to_string);
        }
        (sum @ Value::Number(_), Value::Number(part)) => {
            *sum = json!(sum.as_u64().unwrap() + part.as_u64().unwrap());
        }
        (sum, part) => *sum = part,
    }
}

/// Ten seconds and more go by between any two looks at it.
#[derive(Debug, Default)]
struct FastClock(TestClock);

#[async_trait]
impl Clock for FastClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.advance(Duration::from_secs(11));
        self.0.now()
    }

    async fn sleep(&self, duration: Duration) {
        self.0.sleep(duration).await;
    }
}

#[tokio::test]
async fn a_page_ends_when_its_time_is_over_and_has_looked_at_a_commit_by_then() {
    let client = two_customers().await;
    let clock = FastClock::default();
    clock.0.set(client.world.clock.now());
    let what_if = WhatIf {
        evaluator: Evaluator {
            store: client.world.store.clone(),
            customers: client.world.customers.clone(),
        },
        clock: Arc::new(clock),
        safety_window: chrono::TimeDelta::zero(),
    };
    let question = Question {
        range: Range {
            from: DAY[0].parse().unwrap(),
            to: DAY[1].parse().unwrap(),
        },
        scope: Scope::All,
        wishes: OtherPreferences::Instead(Preferences::default()),
    };
    let (mut position, mut pages, mut events) = (None, 0, 0);
    loop {
        let (report, next) = what_if.page(&question, position, 1000).await.unwrap();
        pages += 1;
        events += report.events;
        position = next;
        if position.is_none() {
            break;
        }
    }
    assert_eq!((pages, events), (client.world.store.log().len(), 10));
}

#[tokio::test]
async fn an_account_is_looked_at_to_its_end_and_everybody_up_to_what_is_settled() {
    let client = two_customers().await;
    let last = client.world.store.log().last().unwrap().clone();
    let what_if = |safety_window| WhatIf {
        evaluator: client.world.evaluator(),
        clock: client.world.clock.clone(),
        safety_window,
    };
    let events = async |scope: Scope, safety_window| {
        let question = Question {
            range: Range {
                from: DAY[0].parse().unwrap(),
                to: DAY[1].parse().unwrap(),
            },
            scope,
            wishes: OtherPreferences::Instead(Preferences::default()),
        };
        let what_if = what_if(safety_window);
        let (report, next) = what_if.page(&question, None, 1000).await.unwrap();
        assert!(next.is_none());
        report.events
    };
    let (none, day) = (chrono::TimeDelta::zero(), chrono::TimeDelta::days(1));
    for scope in [Scope::All, Scope::Customer(last.after.customer_id.clone())] {
        assert!(events(scope.clone(), none).await > 0, "{scope:?}");
        assert_eq!(events(scope.clone(), day).await, 0, "{scope:?}");
    }
    let account = Scope::Account(last.account_id);
    let whole = events(account.clone(), none).await;
    assert!(whole > 0);
    assert_eq!(events(account, day).await, whole);
}
