//! The contract of the stores on DynamoDB itself, in the caller's account.

use std::{
    env,
    process::{self, Command},
    time::{SystemTime, UNIX_EPOCH},
};

use crate::{checks::cargo_command, command, error::Result, python::Python};

/// The tests that run on another engine than the embedded one.
const CONTRACT: [&str; 8] = [
    "test",
    "--workspace",
    "--features",
    "tests/python",
    "--test",
    "store_contract",
    "--",
    "second_opinion",
];
/// The variable in which the contract's tests read where they make their tables: an emulator's URL, or `aws` for the account
/// and region of the environment.
pub const CONTRACT_AT: &str = "LEDGERBELL_CONTRACT_AT";
/// The variable in which they read how the names of those tables begin.
pub const CONTRACT_PREFIX: &str = "LEDGERBELL_CONTRACT_PREFIX";

/// Runs the contract with tables of its own in the account and region of the environment, and takes away what failed tests
/// left. Nothing else of the account is touched.
///
/// # Errors
/// - `Failed`: a test failed, or AWS refused; the message shows the reason.
/// - `Missing`: the AWS command line cannot be set up.
pub fn verify_on_aws() -> Result<()> {
    // Of this run alone: another one, or somebody's own tables, may be beside it.
    let started = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let prefix = format!("contract-{}-{}-", started.as_nanos(), process::id());
    let tried = command::run(
        cargo_command(&CONTRACT)
            .env(CONTRACT_AT, "aws")
            .env(CONTRACT_PREFIX, &prefix),
    );
    clean_up(&prefix)?;
    tried
}

fn clean_up(prefix: &str) -> Result<()> {
    let python = Python::set_up()?;
    let aws = |arguments: &[&str]| {
        let mut aws = Command::new(python.program("aws"));
        // Version 1 reads the older name alone.
        if let Some(region) = env::var_os("AWS_REGION") {
            aws.env("AWS_DEFAULT_REGION", region);
        }
        command::read(aws.args(["dynamodb"]).args(arguments))
    };
    let ours = format!("TableNames[?starts_with(@, '{prefix}')]");
    let left = aws(&["list-tables", "--output", "text", "--query", &ours])?;
    for table in left
        .split_whitespace()
        .filter(|name| name.starts_with(prefix))
    {
        // One that a test has deleted is listed until it is gone.
        if aws(&["delete-table", "--table-name", table]).is_ok() {
            eprintln!("{table} was left, and is deleted");
        }
    }
    Ok(())
}
