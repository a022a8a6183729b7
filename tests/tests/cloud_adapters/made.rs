//! What a test needs in the emulated account, made by the AWS command line.

use std::process::Command;

use aws::SharedConfig;

/// Runs a command of the AWS command line there, and returns what it prints.
pub fn aws(shared: &SharedConfig, arguments: &[&str]) -> String {
    let python = xtask::python_interpreter().unwrap();
    let output = Command::new(python.with_file_name("aws"))
        .args(arguments)
        .args(["--output", "text"])
        // In a variable, the command line would not use it for SQS.
        .args(["--endpoint-url", shared.endpoint_url().unwrap()])
        .env("AWS_ACCESS_KEY_ID", "contract")
        .env("AWS_SECRET_ACCESS_KEY", "contract")
        .env("AWS_DEFAULT_REGION", xtask::REGION)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}
