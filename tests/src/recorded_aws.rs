//! The AWS command line itself, with recorded answers in the place of AWS, or of parts of it.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Map, Value, json};
use tempfile::TempDir;

const PROGRAM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/src/recorded_aws.py");

/// The answer to each call, by names such as `s3.HeadBucket`: the response, an [`error`], or a list of these of which
/// each is for one call and the last for all further ones.
pub type Answers = Map<String, Value>;

/// Returns the answer of a call that AWS refuses.
#[must_use]
pub fn error(code: &str, message: &str) -> Value {
    json!({ "Error": { "Code": code, "Message": message } })
}

/// A folder with a program `aws`, which answers until this is dropped.
#[derive(Debug)]
pub struct RecordedAws {
    folder: TempDir,
    server: Child,
}

impl RecordedAws {
    /// Starts the command line with credentials and region of these variables. Where they have `AWS_ENDPOINT_URL`, calls
    /// without an answer go there.
    ///
    /// # Panics
    /// Where it cannot be started.
    #[must_use]
    pub fn start(answers: &Answers, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let at = |name: &str| folder.path().join(name);
        let answers = Value::Object(answers.clone()).to_string();
        fs::write(at("answers.json"), answers).expect("the folder is writable");
        fs::write(at("log"), "").expect("the folder is writable");
        let python = xtask::python_interpreter().unwrap_or_else(|error| panic!("{error}"));
        let program = format!(
            "#!/bin/sh\nexec {} -S -E {PROGRAM} call {} \"$@\"\n",
            python.display(),
            at("socket").display()
        );
        fs::write(at("aws"), program).expect("the folder is writable");
        fs::set_permissions(at("aws"), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let mut server = Command::new(python)
            .arg(PROGRAM)
            .arg("serve")
            .args([at("socket"), at("answers.json"), at("log")])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .expect("Python can be started");
        let mut ready = String::new();
        let said = server.stdout.take().expect("its output is ours");
        BufReader::new(said)
            .read_line(&mut ready)
            .expect("it says that it is ready");
        assert_eq!(ready, "ready\n");
        RecordedAws { folder, server }
    }

    /// Returns the folder of the program.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the calls so far, each its name and its parameters as JSON.
    ///
    /// # Panics
    /// Where the log is gone.
    #[must_use]
    pub fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.folder.path().join("log")).expect("the log is kept");
        log.lines().map(str::to_owned).collect()
    }
}

impl Drop for RecordedAws {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}
