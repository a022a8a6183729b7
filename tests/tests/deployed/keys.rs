//! The signing keys are rotated by the deployed function, and shown to nobody.

use handlers::keyring::Keyring;
use handlers::unsubscribe::{List, Topic, url};
use serde_json::{Value, json};
use tests::deployed::Stack;

use crate::Test;

pub const TESTS: &[Test] = &[(
    "a_rotation_changes_the_key_keeps_older_links_and_shows_no_key_in_logs_or_settings",
    the_keys_are_rotated,
)];

const CUSTOMER: &str = "CUST-ROTATED";

fn version_in(stack: &Stack, stage: &str) -> Value {
    let body = json!({ "SecretId": stack.output("SigningKeysArn"), "VersionStage": stage });
    let operation = "secretsmanager.GetSecretValue";
    let answer = stack.call(&stack.root(), "secretsmanager", operation, &body);
    assert_eq!(answer.status, 200, "{answer:?}");
    answer.json()
}

fn text(version: &Value) -> &str {
    version["SecretString"].as_str().unwrap()
}

/// The link of a mail that is signed with the keys of this version.
fn link(version: &Value) -> String {
    let keyring = Keyring::read(&[text(version)]).unwrap();
    let customer = CUSTOMER.parse().unwrap();
    url(&keyring, "", List::own(&customer, Topic::All)).unwrap()
}

/// The status of the page behind a link.
fn page(stack: &Stack, link: &str) -> u16 {
    stack.api("GET", link, &[], None).send(None).status
}

/// Rotates as Secrets Manager does, and waits for its end.
fn rotate(stack: &Stack) -> Value {
    let body = json!({
        "SecretId": stack.output("SigningKeysArn"),
        "RotationLambdaARN": stack.function_arn("rotate"),
    });
    let operation = "secretsmanager.RotateSecret";
    let begun = stack.call(&stack.root(), "secretsmanager", operation, &body);
    assert_eq!(begun.status, 200, "{begun:?}");
    let begun = begun.json();
    stack.eventually("the rotation", || {
        let current = version_in(stack, "AWSCURRENT");
        match current["VersionId"] == begun["VersionId"] {
            true => Ok(current),
            false => Err(current["VersionId"].clone()),
        }
    })
}

fn the_keys_are_rotated(stack: &Stack) {
    let caller = stack.user_of_the_api("bank-of-rotations");
    let body =
        json!({ "email": "acc-rotated@example.org", "name": "Ada Moreau", "preferences": {} });
    let path = format!("/customers/{CUSTOMER}");
    let put = stack
        .api("PUT", &path, &[], Some(&body))
        .send(Some(&caller));
    assert_eq!(put.status, 201, "{put:?}");

    let first = version_in(stack, "AWSCURRENT");
    // The function has read the keys of before.
    assert_eq!(page(stack, &link(&first)), 200);
    let second = rotate(stack);
    let third = rotate(stack);
    let previous = version_in(stack, "AWSPREVIOUS");
    assert_eq!(previous["VersionId"], second["VersionId"]);

    // The first key is two versions back, and known by the newest one alone.
    for version in [&first, &second, &third] {
        let link = link(version);
        stack.eventually("the link's page", || match page(stack, &link) {
            200 => Ok(()),
            other => Err(other),
        });
    }

    let secrets: Vec<String> = [&first, &second, &third]
        .into_iter()
        .flat_map(|version| {
            let kept: Value = serde_json::from_str(text(version)).unwrap();
            let old = kept["old"].as_array().cloned().unwrap_or_default();
            std::iter::once(kept["secret"].clone()).chain(old)
        })
        .map(|secret| secret.as_str().unwrap().to_owned())
        .collect();
    assert!(secrets.len() >= 6, "each with those before");
    let shown = [stack.function_logs(), stack.configurations()].concat();
    assert!(
        shown.contains("-rotate"),
        "the function's own are among them"
    );
    for secret in secrets {
        assert!(secret.len() >= 32);
        assert!(!shown.contains(&secret), "a key is shown");
    }
}
