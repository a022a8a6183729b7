//! Files of an export, and the keys that sign links.

use std::fs;

use aws::{Bucket, ManagedSecrets, SecretKeys};
use handlers::keyring::Keyring;
use handlers::ports::{Keys, Objects, SecretText, SecretVersions};
use handlers::unsubscribe::{List, Topic, url};
use tests::second_opinion::emulated;

use crate::made::aws;

#[tokio::test]
async fn a_file_of_an_export_is_created_once_and_its_manifest_is_replaced_only_as_it_was_read() {
    let shared = emulated();
    aws(&shared, &["s3", "mb", "s3://exports"]);
    let bucket = Bucket::new(&shared, "exports".to_owned(), "history/");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("part.parquet");
    for content in ["first", "second"] {
        fs::write(&file, content).unwrap();
        bucket.create("part.parquet", &file).await.unwrap();
    }
    let part = bucket.get("part.parquet").await.unwrap().unwrap();
    assert_eq!(
        part.bytes, b"first",
        "what is there is what was written by a lost call"
    );

    assert_eq!(bucket.get("manifest.json").await.unwrap(), None);
    assert!(
        bucket
            .replace("manifest.json", b"1".to_vec(), None)
            .await
            .unwrap()
    );
    assert!(
        !bucket
            .replace("manifest.json", b"2".to_vec(), None)
            .await
            .unwrap()
    );
    let first = bucket.get("manifest.json").await.unwrap().unwrap();
    assert!(
        bucket
            .replace("manifest.json", b"2".to_vec(), Some(&first.tag))
            .await
            .unwrap()
    );
    assert!(
        !bucket
            .replace("manifest.json", b"3".to_vec(), Some(&first.tag))
            .await
            .unwrap()
    );
    assert_eq!(
        bucket.get("manifest.json").await.unwrap().unwrap().bytes,
        b"2"
    );

    let names = async || {
        let listed = bucket.list("").await.unwrap();
        listed.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    };
    assert_eq!(names().await, ["manifest.json", "part.parquet"]);
    for _ in 0..2 {
        bucket.remove("part.parquet").await.unwrap();
    }
    assert_eq!(names().await, ["manifest.json"]);
}

#[tokio::test]
async fn a_new_key_signs_once_it_is_current_and_the_one_before_is_still_known() {
    let shared = emulated();
    let key = |letter: &str| format!(r#"{{"secret":"{}"}}"#, letter.repeat(64));
    let made = [
        "secretsmanager",
        "create-secret",
        "--name",
        "signing-keys",
        "--query",
        "VersionId",
        "--secret-string",
    ];
    let first = aws(&shared, &[&made[..], &[&key("a")]].concat());
    let before = SecretKeys::new(&shared, "signing-keys".to_owned())
        .keyring()
        .await
        .unwrap();

    let versions = ManagedSecrets::new(&shared);
    let second = uuid::Uuid::new_v4().to_string();
    let put = async || {
        versions
            .put_pending("signing-keys", &second, &SecretText(key("b")))
            .await
            .unwrap()
    };
    assert!(put().await);
    assert_eq!(
        versions
            .value("signing-keys", "AWSPENDING")
            .await
            .unwrap()
            .map(|text| text.0),
        Some(key("b"))
    );
    assert_eq!(
        versions
            .value("signing-keys", "AWSCURRENT")
            .await
            .unwrap()
            .map(|text| text.0),
        Some(key("a"))
    );
    versions
        .make_current("signing-keys", &second, &first)
        .await
        .unwrap();
    let stages = versions.stages("signing-keys").await.unwrap();
    assert!(
        stages[&second].contains(&"AWSCURRENT".to_owned()),
        "{stages:?}"
    );
    assert!(
        stages[&first].contains(&"AWSPREVIOUS".to_owned()),
        "{stages:?}"
    );

    let after = SecretKeys::new(&shared, "signing-keys".to_owned())
        .keyring()
        .await
        .unwrap();
    let key_of = |keys: &Keyring| {
        let customer = "ana".parse().unwrap();
        let link = url(keys, "", List::own(&customer, Topic::All)).unwrap();
        link.split('.').nth(1).unwrap().to_owned()
    };
    assert_ne!(key_of(&after), key_of(&before));
    assert!(after.holds(&key_of(&before)));
}
