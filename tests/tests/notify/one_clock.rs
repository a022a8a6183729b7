//! One machine, whose clock is set back while its program does not run.

use domain::notification::Notification;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chrono::TimeDelta;
use embedded::{Pipeline, Settings};
use handlers::customers::read_person;
use handlers::ports::Clock;
use serde_json::json;
use tests::world::{TestClock, account, customer, deposited, opened, request};

const PATIENCE: Duration = Duration::from_secs(60);

async fn start(data_dir: &Path, clock: &Arc<TestClock>) -> Pipeline {
    let settings = Settings {
        data_dir: data_dir.to_owned(),
        bank_name: "Example Bank".to_owned(),
        mail_from: "notices@bank.example".to_owned(),
        heartbeat: Duration::from_millis(100),
        public_url: "http://127.0.0.1/v1".to_owned(),
        clock: clock.clone(),
    };
    Pipeline::start(&settings).await.unwrap()
}

async fn first_of(pipeline: &Pipeline) -> Notification {
    let started = Instant::now();
    loop {
        let notifications = &pipeline.api.notifications;
        let found = notifications.of_account(&account(1), None, 10).await;
        let mut found = found.unwrap().0.into_iter();
        if let Some(ended) = found.find(|one| crate::given::is_final(one.phase())) {
            return ended;
        }
        assert!(started.elapsed() < PATIENCE, "nothing was decided");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_customer_wished_before_the_clock_was_set_back_is_followed() {
    let folder = tempfile::tempdir().unwrap();
    let data_dir = folder.path().join("data");
    let clock = Arc::new(TestClock::default());
    let pipeline = start(&data_dir, &clock).await;
    let off = json!({ "kinds": { "deposit": { "enabled": false } } });
    for preferences in [off, json!({})] {
        let person =
            json!({ "email": "ana@example.com", "name": "Ana", "preferences": preferences });
        let desk = &pipeline.api.customers;
        desk.put(&customer(), read_person(person).unwrap(), None)
            .await
            .unwrap();
        clock.advance(Duration::from_secs(60));
    }
    pipeline.stop().await;

    clock.set(clock.now() - TimeDelta::days(1));
    let pipeline = start(&data_dir, &clock).await;
    let events = [opened(), deposited("1.00")];
    let request = request(&account(1), "open", events);
    pipeline.api.appender.append(&request).await.unwrap();
    let told = first_of(&pipeline).await;
    assert_eq!(told.phase().as_str(), "SENT", "{told:?}");
    pipeline.stop().await;
}
