//! The signing keys are rotated in Secrets Manager's four steps, each called at least once.

#![allow(
    clippy::unwrap_used,
    unreachable_pub,
    reason = "a test ends where something is not as expected"
)]

use std::sync::Arc;

use handlers::error::Error;
use handlers::keyring::{KEPT_KEYS, Keyring};
use handlers::ports::{CURRENT, PENDING, PREVIOUS};
use handlers::rotate::{Request, Rotator, Step};
use handlers::unsubscribe::{List, Topic, url};
use serde_json::json;
use tests::world::{Fault, Faults, MemorySecretVersions};

const FIRST: &str = r#"{"secret": "first-------------------------------------"}"#;

struct Given {
    faults: Arc<Faults>,
    versions: Arc<MemorySecretVersions>,
    rotator: Rotator,
}

fn given(value: &str) -> Given {
    let faults = Arc::new(Faults::default());
    let versions = Arc::new(MemorySecretVersions::new(faults.clone(), value));
    let rotator = Rotator {
        versions: versions.clone(),
        source: versions.clone(),
    };
    Given {
        faults,
        versions,
        rotator,
    }
}

impl Given {
    async fn step(&self, step: Step, version: &str) -> Result<(), Error> {
        let request = Request {
            step,
            secret_id: "arn:aws:secretsmanager:eu-west-1:123456789012:secret:keys".to_owned(),
            client_request_token: version.to_owned(),
        };
        self.rotator.run(&request).await
    }

    async fn rotate(&self, version: &str) {
        self.versions.begin_rotation(version);
        for step in Step::ALL {
            self.step(step, version).await.unwrap();
        }
    }

    /// As the functions read them.
    fn keyring(&self) -> Keyring {
        let texts = [CURRENT, PREVIOUS].map(|stage| self.versions.text_in(stage));
        let texts: Vec<&str> = texts.iter().flatten().map(String::as_str).collect();
        Keyring::read(&texts).unwrap()
    }
}

/// A link as a mail of now has it.
fn link(keyring: &Keyring) -> String {
    let customer = "CUST-1".parse().unwrap();
    url(keyring, "", List::own(&customer, Topic::All)).unwrap()
}

fn key_of(link: &str) -> &str {
    // `…token=<version>.<key id>.<payload>.<signature>`
    link.rsplit('.').nth(2).unwrap()
}

#[tokio::test]
async fn after_a_rotation_a_new_key_signs_and_every_link_of_before_is_accepted() {
    let given = given(FIRST);
    let mut links = vec![link(&given.keyring())];
    for number in 0..5 {
        given.rotate(&format!("version-{number}")).await;
        let keyring = given.keyring();
        let new = link(&keyring);
        assert!(links.iter().all(|old| key_of(old) != key_of(&new)));
        links.push(new);
        assert!(links.iter().all(|link| keyring.holds(key_of(link))));
    }
}

#[tokio::test]
async fn a_key_that_only_the_version_before_has_is_kept_as_well() {
    let given = given(FIRST);
    let first = link(&given.keyring());
    // An operator has changed the key and forgot the older one.
    given.versions.put_current(
        "by-hand",
        r#"{"secret": "by-hand-----------------------------------"}"#,
    );
    given.rotate("version").await;
    given.rotate("another").await;
    assert!(given.keyring().holds(key_of(&first)));
}

#[tokio::test]
async fn whatever_fails_or_is_lost_and_however_often_a_step_comes_the_end_is_the_same() {
    let calls = {
        let given = given(FIRST);
        given.rotate("version").await;
        given.faults.trace().len()
    };
    assert!(calls >= 8, "{calls}");
    for call in 0..calls {
        for fault in [
            Fault::FailBefore(Error::Retryable("throttled".into())),
            Fault::FailAfter(Error::Unknown("no answer".into())),
        ] {
            let given = given(FIRST);
            let first = link(&given.keyring());
            given.versions.begin_rotation("version");
            given.faults.at_call(call, fault.clone());
            for step in Step::ALL {
                // Idempotent.
                let (mut done, mut failed) = (0, 0);
                while done < 2 {
                    match given.step(step, "version").await {
                        Ok(()) => done += 1,
                        Err(_) => failed += 1,
                    }
                    assert!(failed < 2, "{step:?} after {fault:?} at call {call}");
                }
            }
            let keyring = given.keyring();
            assert_eq!(given.versions.version_in(CURRENT).unwrap(), "version");
            assert_eq!(given.versions.version_in(PREVIOUS).unwrap(), "first");
            assert!(keyring.holds(key_of(&first)));
            assert_ne!(key_of(&link(&keyring)), key_of(&first));
        }
    }
}

#[tokio::test]
async fn a_process_that_dies_anywhere_in_a_step_leaves_one_that_can_be_done_again() {
    for (nth, name) in [(0, "secret.put_pending"), (0, "secret.make_current")] {
        for stop in [Fault::StopBefore, Fault::StopAfter] {
            let given = given(FIRST);
            given.versions.begin_rotation("version");
            given.faults.at(name, nth, stop);
            let died_at = {
                let mut died_at = None;
                for step in Step::ALL {
                    let run = given.step(step, "version");
                    if given.faults.until_crash(run).await.is_none() {
                        died_at = Some(step);
                        break;
                    }
                }
                died_at
            };
            assert!(died_at.is_some(), "{name}");
            for step in Step::ALL {
                given.step(step, "version").await.unwrap();
            }
            assert_eq!(given.versions.version_in(CURRENT).unwrap(), "version");
        }
    }
}

#[tokio::test]
async fn two_calls_of_a_step_at_once_make_one_key() {
    let given = given(FIRST);
    given.versions.begin_rotation("version");
    let (one, other) = tokio::join!(
        given.step(Step::CreateSecret, "version"),
        given.step(Step::CreateSecret, "version"),
    );
    one.unwrap();
    other.unwrap();
    let made = given.versions.text_in(PENDING).unwrap();
    for step in Step::ALL {
        given.step(step, "version").await.unwrap();
    }
    assert_eq!(given.versions.text_in(CURRENT).unwrap(), made);
}

#[tokio::test]
async fn a_late_call_of_an_older_rotation_changes_nothing() {
    let given = given(FIRST);
    given.rotate("older").await;
    given.rotate("newer").await;
    let before = given.versions.text_in(CURRENT);
    for step in Step::ALL {
        let late = given.step(step, "older").await;
        assert!(
            matches!(late, Err(Error::Permanent(_))),
            "{step:?}: {late:?}"
        );
        given.step(step, "newer").await.unwrap();
    }
    assert_eq!(given.versions.text_in(CURRENT), before);
    assert_eq!(given.versions.version_in(CURRENT).unwrap(), "newer");
}

#[tokio::test]
async fn keys_that_do_not_hold_the_older_ones_never_become_current() {
    for unfit in [
        r#"{"secret": "of somebody who forgot the older keys"}"#,
        r#"{"secret": "short"}"#,
        "not even json",
    ] {
        let given = given(FIRST);
        given.versions.put_into_pending("version", unfit);
        // The value stays as it is.
        given.step(Step::CreateSecret, "version").await.unwrap();
        for step in [Step::TestSecret, Step::FinishSecret] {
            let refused = given.step(step, "version").await.unwrap_err();
            assert!(matches!(refused, Error::Permanent(_)), "{refused:?}");
            let shown = format!("{refused} {refused:?}");
            assert!(!shown.contains("somebody") && !shown.contains("first--"));
        }
        assert_eq!(given.versions.version_in(CURRENT).unwrap(), "first");
    }
}

#[tokio::test]
async fn a_copy_of_the_current_version_passes_the_test_of_a_new_schedule_and_is_never_made_current()
{
    let given = given(FIRST);
    // Also where the key of the version before is in that version alone.
    let by_hand = r#"{"secret": "by-hand-----------------------------------"}"#;
    given.versions.put_current("by-hand", by_hand);
    given.versions.put_into_pending("trial", by_hand);
    given.step(Step::TestSecret, "trial").await.unwrap();
    let refused = given.step(Step::FinishSecret, "trial").await;
    assert!(matches!(refused, Err(Error::Permanent(_))), "{refused:?}");
    assert_eq!(given.versions.version_in(CURRENT).unwrap(), "by-hand");
}

#[tokio::test]
async fn a_version_without_a_value_is_not_made_current() {
    let given = given(FIRST);
    given.versions.begin_rotation("version");
    for step in [Step::TestSecret, Step::FinishSecret] {
        assert!(given.step(step, "version").await.is_err());
    }
    assert_eq!(given.versions.version_in(CURRENT).unwrap(), "first");
}

#[tokio::test]
async fn after_many_rotations_the_secret_is_still_of_a_bounded_size() {
    /// <https://docs.aws.amazon.com/secretsmanager/latest/userguide/reference_limits.html>
    const MAX_BYTES: usize = 65_536;
    let given = given(FIRST);
    let first = link(&given.keyring());
    let mut second = String::new();
    for number in 0..=KEPT_KEYS {
        given.rotate(&format!("version-{number}")).await;
        if number == 0 {
            second = link(&given.keyring());
        }
    }
    assert!(given.keyring().holds(key_of(&second)));
    assert!(given.versions.text_in(CURRENT).unwrap().len() < MAX_BYTES);
    given.rotate("one-more").await;
    given.rotate("and-one-more").await;
    assert!(!given.keyring().holds(key_of(&first)));
}

#[tokio::test]
async fn a_call_of_secrets_manager_is_read_and_any_other_is_refused() {
    let given = given(FIRST);
    given.versions.begin_rotation("version");
    for step in ["createSecret", "setSecret", "testSecret", "finishSecret"] {
        let call = json!({ "Step": step, "SecretId": "arn", "ClientRequestToken": "version" });
        given.rotator.deliver(&call).await.unwrap();
    }
    assert_eq!(given.versions.version_in(CURRENT).unwrap(), "version");
    for other in [
        json!({}),
        json!({ "Step": "dropSecret", "SecretId": "arn", "ClientRequestToken": "version" }),
    ] {
        let refused = given.rotator.deliver(&other).await;
        assert!(matches!(refused, Err(Error::Permanent(_))), "{refused:?}");
    }
}
