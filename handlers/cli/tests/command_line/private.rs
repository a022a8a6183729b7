//! Nobody but their owner reads the files that hold people's data: as another
//! user of the machine would find them, under the usual umask.
#![cfg(unix)]

use std::collections::BTreeMap;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::running::{Server, run};
use serde_json::json;

const PATIENCE: Duration = Duration::from_secs(60);

fn mode(path: &Path) -> Option<u32> {
    Some(fs::symlink_metadata(path).ok()?.permissions().mode() & 0o777)
}

/// All below a folder with its mode, the folder itself first. What goes away meanwhile is left out.
fn modes(folder: &Path) -> BTreeMap<PathBuf, u32> {
    let mut found = BTreeMap::new();
    found.extend(mode(folder).map(|mode| (folder.to_owned(), mode)));
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if entry.file_type().is_ok_and(|file| file.is_dir()) {
            found.extend(modes(&entry.path()));
        } else {
            found.extend(mode(&entry.path()).map(|mode| (entry.path(), mode)));
        }
    }
    found
}

/// What others may do with any of it.
fn open_to_others(folder: &Path) -> Vec<String> {
    modes(folder)
        .into_iter()
        .filter(|(_, mode)| mode & 0o077 != 0)
        .map(|(path, mode)| format!("{} {mode:o}", path.display()))
        .collect()
}

/// Looks again and again, so that it also sees what is open for a moment only.
struct Watch {
    stop: Arc<AtomicBool>,
    looking: JoinHandle<Vec<String>>,
}

impl Watch {
    fn over(folder: &Path) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, folder) = (Arc::clone(&stop), folder.to_owned());
        let looking = thread::spawn(move || {
            let mut seen = Vec::new();
            while !stopped.load(Ordering::Relaxed) {
                seen.extend(open_to_others(&folder));
                seen.dedup();
            }
            seen
        });
        Watch { stop, looking }
    }

    fn saw(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        self.looking.join().unwrap()
    }
}

/// With a customer, an account, and a mail.
fn with_a_mail(server: &Server) {
    server.customer("ana", &json!({}));
    server.append(
        "ACC-1",
        "open",
        &json!([
            {"type": "AccountOpened", "occurred_at": "2026-01-01T00:00:00Z",
             "data": {"customer_id": "ana", "currency": "EUR"}},
            {"type": "MoneyDeposited", "occurred_at": "2026-01-02T00:00:00Z",
             "data": {"amount": "125.50", "currency": "EUR"}},
        ]),
    );
    let started = Instant::now();
    while server.inbox().is_empty() {
        assert!(started.elapsed() < PATIENCE, "the mail never came");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn only_the_owner_may_read_the_data_folder_from_its_creation_on() {
    let folder = tempfile::tempdir().unwrap();
    let watch = Watch::over(&folder.path().join("data"));
    let server = Server::start_on(folder);
    with_a_mail(&server);
    let data = server.data_dir();
    let found = modes(&data);
    for name in [
        "FORMAT",
        "LOCK",
        "dynamodb.sqlite",
        "dynamodb.sqlite-wal",
        "dynamodb.sqlite-shm",
        "keys.json",
        "local.sqlite",
        "local.sqlite-wal",
        "local.sqlite-shm",
    ] {
        assert_eq!(found.get(&data.join(name)), Some(&0o600), "{name}");
    }
    assert_eq!(found.get(&data), Some(&0o700));
    // Killed, and started again on what is left.
    let mut server = server.restart();
    with_a_mail(&server);
    assert_eq!(open_to_others(&data), [""; 0]);
    assert!(server.stop().success());
    assert_eq!(open_to_others(&data), [""; 0]);
    assert_eq!(watch.saw(), [""; 0]);
}

#[test]
fn files_that_an_older_version_left_readable_are_restricted_at_the_start() {
    let mut server = Server::start();
    with_a_mail(&server);
    assert!(server.stop().success());
    let data = server.data_dir();
    fs::set_permissions(&data, Permissions::from_mode(0o755)).unwrap();
    for path in modes(&data).into_keys().filter(|path| path.is_file()) {
        fs::set_permissions(path, Permissions::from_mode(0o644)).unwrap();
    }
    assert!(open_to_others(&data).len() > 4);
    let server = server.restart();
    assert_eq!(open_to_others(&data), [""; 0]);
    assert_eq!(server.inbox().len(), 1);
}

#[test]
fn only_the_owner_may_read_what_commands_write_about_people() {
    let server = Server::start();
    with_a_mail(&server);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    fs::set_permissions(&out, Permissions::from_mode(0o755)).unwrap();
    let path = |name: &str| out.join(name).to_str().unwrap().to_owned();
    let watch = Watch::over(&out);
    for format in ["parquet", "ndjson", "csv"] {
        let export = path(format);
        let export = ["export", "--out", &export, "--format", format];
        server.run(&export).done();
        // Once more: it adds to what is there, and replaces some of it.
        server.run(&export).done();
        assert!(modes(&out.join(format)).len() > 4);
    }
    server
        .run(&["balance", "ACC-1", "--plot", "--svg", &path("curve.svg")])
        .done();
    run(["preview", "deposit", "--out", &path("preview")]).done();
    let of_others = format!("{} 755", out.display());
    let of_commands = |seen: Vec<String>| -> Vec<String> {
        // The one that was there before them stays as it was.
        seen.into_iter().filter(|seen| *seen != of_others).collect()
    };
    // A picture, where there is a browser, is in a folder that is closed.
    let open = of_commands(open_to_others(&out));
    let open = open.iter().filter(|path| !path.contains(".png"));
    assert_eq!(open.count(), 0, "{:?}", open_to_others(&out));
    let seen = of_commands(watch.saw());
    assert!(seen.iter().all(|path| path.contains(".png")), "{seen:?}");
}
