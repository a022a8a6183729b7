//! The nightly export: what was recorded up to the last midnight, each event once, under every failure and beside any other run.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

use std::sync::Arc;
use std::time::Duration;

use export::{MANIFEST, Manifest, Table};
use handlers::composition::Composition;
use handlers::error::Error;
use handlers::ports::{Clock, RandomIds};
use nightly::{Ended, Nightly};
use serde_json::json;
use tempfile::TempDir;
use tests::world::{Fault, MemoryObjects, World, account, deposited, opened, withdrawn};

/// As long as a function runs.
const BUDGET: Duration = Duration::from_secs(900);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
/// After which the leavings of another run are removed.
const LONG_AFTER: Duration = Duration::from_secs(2 * 60 * 60);

struct Given {
    world: World,
    objects: Arc<MemoryObjects>,
    _folder: TempDir,
    nightly: Nightly,
}

impl Given {
    /// Another process with a folder of its own.
    fn process(world: &World, objects: &Arc<MemoryObjects>) -> (Nightly, TempDir) {
        let folder = tempfile::tempdir().unwrap();
        let nightly = Nightly {
            store: world.store.clone(),
            read_model: world.read_model.clone(),
            notifications: world.notifications.clone(),
            objects: objects.clone(),
            clock: world.clock.clone(),
            ids: Arc::new(RandomIds),
            folder: folder.path().join("export"),
            max_events: 1_000,
        };
        (nightly, folder)
    }

    /// Three accounts that have moved today, and have been told of.
    async fn a_day() -> Self {
        let world = World::default();
        let objects = MemoryObjects::new(world.faults.clone(), world.clock.clone());
        let objects = Arc::new(objects);
        let (nightly, folder) = Given::process(&world, &objects);
        let given = Given {
            world,
            objects,
            _folder: folder,
            nightly,
        };
        let email = "ana@example.org";
        given.world.customer_with(email, json!({})).await;
        for number in 1..=3 {
            given.append(number, "open", opened()).await;
            given.append(number, "first", deposited("10.00")).await;
        }
        let world = &given.world;
        world.project(world.stream()).await;
        assert_eq!(world.deliver_bus().await, 0);
        given
    }

    async fn append(&self, number: u32, key: &str, event: serde_json::Value) {
        let appender = self.world.appender();
        let account = account(number);
        let appended = self.world.append(&appender, &account, key, [event]);
        appended.await.unwrap();
    }

    /// What somebody gets who downloads the bucket, after it was verified.
    fn whole(&self) -> Manifest {
        let folder = tempfile::tempdir().unwrap();
        self.objects.download(folder.path()).unwrap();
        let verified = export::verify(folder.path(), &mut |_| {}).unwrap();
        assert_eq!(verified.problems, []);
        Manifest::of_folder(folder.path()).unwrap().unwrap()
    }
}

#[tokio::test]
async fn a_night_exports_the_days_that_are_over_and_the_next_one_adds_the_next_day() {
    let given = Given::a_day().await;
    // Nothing of today.
    let ended = given.nightly.run(None, BUDGET).await.unwrap();
    assert!(matches!(ended, Ended::Complete(written) if written.events == 0));
    assert_eq!(given.whole().events, 0);

    given.world.clock.advance(DAY);
    given.append(1, "today", withdrawn("1.00")).await;
    let ended = given.nightly.run(None, BUDGET).await.unwrap();
    let Ended::Complete(written) = ended else {
        panic!("{ended:?}")
    };
    assert_eq!(written.events, 6);
    assert!(written.with_notifications);
    let manifest = given.whole();
    assert_eq!(manifest.events, 6);
    assert_eq!(manifest.covered.to, Some(written.until));
    assert_eq!(manifest.notifications, 3);
    assert_eq!(
        given.nightly.run(None, BUDGET).await.unwrap(),
        Ended::UpToDate
    );

    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    assert_eq!(given.whole().events, 7);
    assert!(!given.nightly.folder.join(MANIFEST).exists());
}

/// A process whose clock was set back opens an account, and nothing comes after it.
#[tokio::test]
async fn what_was_stamped_in_a_day_that_was_exported_is_in_the_next_export() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    assert_eq!(given.whole().events, 6);
    let now = given.world.clock.now();
    given.world.clock.set(now - DAY / 2 - DAY / 4);
    given.append(4, "open", opened()).await;
    given.append(4, "late", deposited("7.00")).await;
    given.append(2, "late", deposited("3.00")).await;
    given.world.clock.set(now);
    given.world.project(given.world.stream()).await;
    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    assert_eq!(given.whole().events, 9);
}

#[tokio::test]
async fn an_export_is_not_continued_from_another_ledger() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    let exported = given.whole();
    // One that has the same accounts, and one that has none.
    for accounts in [3, 0] {
        let other = World::default();
        for number in 1..=accounts {
            let (appender, id) = (other.appender(), account(number));
            let events = [opened(), deposited("10.00"), deposited("11.00")];
            let appended = other.append(&appender, &id, "other", events);
            appended.await.unwrap();
        }
        other.clock.set(given.world.clock.now() + DAY);
        other.project(other.stream()).await;
        let (nightly, _folder) = Given::process(&other, &given.objects);
        let refused = nightly.run(None, BUDGET).await.unwrap_err();
        let told = refused.to_string();
        assert!(matches!(refused, Error::Permanent(_)), "{told}");
        assert!(told.contains("another ledger"), "{told}");
        assert_eq!(given.whole(), exported);
    }
}

#[tokio::test]
async fn what_an_older_night_wrote_is_never_written_again_but_for_the_snapshot() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    let first = given.whole();
    given.append(2, "next", deposited("5.00")).await;
    given.world.clock.advance(DAY);
    given.nightly.run(None, BUDGET).await.unwrap();
    let second = given.whole();
    for file in first.files {
        let of_events = matches!(file.table, Table::Events | Table::Commits);
        assert_eq!(second.files.contains(&file), of_events, "{}", file.path);
        assert_eq!(given.objects.names().contains(&file.path), of_events);
    }
}

#[tokio::test]
async fn whatever_call_fails_the_next_run_makes_the_export_whole() {
    let calls = {
        let given = Given::a_day().await;
        given.world.clock.advance(DAY);
        given.world.faults.forget_trace();
        given.nightly.run(None, BUDGET).await.unwrap();
        given.world.faults.trace().len()
    };
    assert!(calls > 20, "{calls}");
    let mut failed = 0;
    for call in 0..calls {
        for fault in [
            Fault::FailBefore(Error::Retryable("throttled".into())),
            Fault::FailAfter(Error::Unknown("no answer".into())),
        ] {
            let given = Given::a_day().await;
            given.world.clock.advance(DAY);
            given.world.faults.at_call(call, fault.clone());
            failed += u32::from(given.nightly.run(None, BUDGET).await.is_err());
            given.world.faults.clear();
            given.world.clock.advance(LONG_AFTER);
            let ended = given.nightly.run(None, BUDGET).await.unwrap();
            let done = matches!(ended, Ended::UpToDate | Ended::Complete(_));
            assert!(done, "{ended:?} after {fault:?} at call {call}");
            assert_eq!(given.whole().events, 6, "{fault:?} at call {call}");
        }
    }
    assert!(failed as usize > calls, "{failed} of {calls}");
}

#[tokio::test]
async fn of_two_runs_at_once_one_wins_and_what_the_other_wrote_goes() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    for late_at in ["objects.create", "objects.replace"] {
        given.append(1, late_at, deposited("1.00")).await;
        given.world.clock.advance(DAY);
        let (slow, _folder) = Given::process(&given.world, &given.objects);
        given.world.faults.at(late_at, 0, Fault::StopBefore);
        let mut slow = Box::pin(slow.run(None, BUDGET));
        assert!(given.world.faults.until_stop(&mut slow).await.is_none());
        given.world.faults.resume();
        let ended = given.nightly.run(None, BUDGET).await.unwrap();
        assert!(matches!(ended, Ended::Complete(_)), "{ended:?}");
        assert_eq!(slow.await.unwrap(), Ended::Overtaken);

        given.world.clock.advance(LONG_AFTER);
        assert_eq!(
            given.nightly.run(None, BUDGET).await.unwrap(),
            Ended::UpToDate
        );
        given.whole();
    }
    assert_eq!(given.whole().events, 8);
}

#[tokio::test]
async fn a_manifest_whose_first_answer_was_lost_is_known_again() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    // As the client of S3 tries it: the first attempt has had its effect.
    struct Twice(Arc<MemoryObjects>);
    #[async_trait::async_trait]
    impl handlers::ports::Objects for Twice {
        async fn get(&self, name: &str) -> handlers::Result<Option<handlers::ports::Object>> {
            self.0.get(name).await
        }
        async fn create(&self, name: &str, file: &std::path::Path) -> handlers::Result<()> {
            self.0.create(name, file).await?;
            self.0.create(name, file).await
        }
        async fn replace(
            &self,
            name: &str,
            bytes: Vec<u8>,
            tag: Option<&str>,
        ) -> handlers::Result<bool> {
            self.0.replace(name, bytes.clone(), tag).await?;
            self.0.replace(name, bytes, tag).await
        }
        async fn list(
            &self,
            prefix: &str,
        ) -> handlers::Result<Vec<(String, chrono::DateTime<chrono::Utc>)>> {
            self.0.list(prefix).await
        }
        async fn remove(&self, name: &str) -> handlers::Result<()> {
            self.0.remove(name).await
        }
    }
    let nightly = Nightly {
        objects: Arc::new(Twice(given.objects.clone())),
        ..given.nightly.clone()
    };
    let ended = nightly.run(None, BUDGET).await.unwrap();
    assert!(matches!(ended, Ended::Complete(_)), "{ended:?}");
    assert_eq!(given.whole().events, 6);
}

#[tokio::test]
async fn runs_that_may_write_little_add_up_to_the_same_export() {
    let mut given = Given::a_day().await;
    // More than a page of the time index.
    for number in 0..1_200 {
        let key = format!("many-{number}");
        given.append(1, &key, deposited("0.01")).await;
    }
    given.world.clock.advance(DAY);
    given.nightly.max_events = 1;
    let mut runs = 0;
    loop {
        runs += 1;
        assert!(runs < 10);
        match given.nightly.run(None, BUDGET).await.unwrap() {
            Ended::Partly(written) => {
                assert!(written.events > 0);
                // It is whole as far as it goes.
                assert!(given.whole().events < 1_206);
            }
            Ended::Complete(_) => break,
            other => panic!("{other:?}"),
        }
    }
    assert!(runs >= 3, "{runs}");
    assert_eq!(given.whole().events, 1_206);
}

#[tokio::test]
async fn a_run_without_time_changes_nothing() {
    let given = Given::a_day().await;
    given.world.clock.advance(DAY);
    let refused = given
        .nightly
        .run(None, Duration::from_secs(10))
        .await
        .unwrap_err();
    assert!(matches!(refused, Error::Retryable(_)), "{refused:?}");
    assert_eq!(given.objects.names(), Vec::<String>::new());
}

#[tokio::test]
async fn an_operator_exports_up_to_now_and_the_night_goes_on_from_there() {
    let given = Given::a_day().await;
    given.world.clock.advance(Duration::from_secs(60));
    let until = "2026-11-22T12:30:00Z";
    let call =
        json!({ "source": "ledgerbell", "detail-type": "ExportDue", "detail": { "until": until } });
    let ended = given.nightly.deliver(&call, BUDGET).await.unwrap();
    let Ended::Complete(written) = ended else {
        panic!("{ended:?}")
    };
    // Not to the time that was asked for, which is to come.
    assert!(
        written.until
            < "2026-11-22T12:02:00Z"
                .parse::<chrono::DateTime<chrono::Utc>>()
                .unwrap()
    );
    assert_eq!(given.whole().events, 6);

    given.append(2, "later", deposited("1.00")).await;
    given.world.clock.advance(DAY);
    let night = json!({ "source": "ledgerbell", "detail-type": "ExportDue", "detail": {} });
    given.nightly.deliver(&night, BUDGET).await.unwrap();
    assert_eq!(given.whole().events, 7);

    for detail in [json!({ "until": "tomorrow" }), json!({ "until": 7 })] {
        let refused = given
            .nightly
            .deliver(&json!({ "detail": detail }), BUDGET)
            .await;
        assert!(matches!(refused, Err(Error::Permanent(_))), "{refused:?}");
    }
}
