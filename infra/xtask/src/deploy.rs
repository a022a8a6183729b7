//! The deployment of the template to AWS or to the local AWS, by the script that the release has too.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use serde_json::Value;

use crate::{
    command,
    error::{Error, Result, at},
    local_aws::LocalAws,
    local_template::localize,
    package::Architecture,
    python::Python,
    workspace::template_path,
};

/// The bucket of the local AWS for the zips.
const LOCAL_BUCKET: &str = "packages";

/// Default parameters of a local deploy. Nothing local is worth protecting from deletion.
const LOCAL_PARAMETERS: [(&str, &str); 3] = [
    ("MailIdentity", "example.com"),
    ("MailFrom", "alerts@example.com"),
    ("DeletionProtection", "false"),
];

/// A deployed stack.
#[derive(Debug, Clone)]
pub struct Deployment {
    /// The stack's name.
    pub stack: String,
    /// The template's outputs by name.
    pub outputs: BTreeMap<String, String>,
}

impl Deployment {
    /// Returns an output of the template.
    ///
    /// # Errors
    /// - `Template`: the template has no such output.
    pub fn output(&self, name: &str) -> Result<&str> {
        self.outputs
            .get(name)
            .map(String::as_str)
            .ok_or_else(|| Error::Template(format!("no output {name}")))
    }

    /// Returns the base URL of the API on the local AWS, to which paths like `/accounts` are appended.
    ///
    /// # Errors
    /// - `Template`: the template has no output `ApiId`.
    pub fn local_api_url(&self, aws: &LocalAws) -> Result<String> {
        Ok(format!(
            "{}/restapis/{}/v1/_user_request_",
            aws.endpoint(),
            self.output("ApiId")?
        ))
    }
}

/// Runs a command of `ledgerbell-stack.sh`, which has all that a stack in AWS needs, with the caller's credentials and
/// region. It shows its findings itself.
///
/// # Errors
/// - `Failed`: it found what stops a deployment, or AWS refused one.
/// - `Missing`: the AWS command line cannot be set up.
pub fn in_aws(command: &str, arguments: &[&str]) -> Result<()> {
    let python = Python::set_up()?;
    command::run(
        Command::new("sh")
            .arg(script())
            .arg(command)
            .args(arguments)
            .env("PATH", python.search_path()),
    )
}

fn script() -> PathBuf {
    template_path().with_file_name("ledgerbell-stack.sh")
}

/// Deploys the zips of `target/package` to a local AWS, as a new stack or as an update of the existing one.
///
/// # Errors
/// - `Failed`: the local AWS refused the template; the message shows the reason.
/// - `Template`: the template does not fit the local edits.
pub fn deploy_local(
    aws: &LocalAws,
    stack: &str,
    parameters: &[(String, String)],
) -> Result<Deployment> {
    let path = template_path();
    let text = fs::read_to_string(&path).map_err(at(&path))?;
    let template = localize(&text, path.parent().unwrap_or(Path::new(".")))?;
    let local = aws.folder().join("template.json");
    fs::write(&local, template.to_string()).map_err(at(&local))?;

    let mut all: BTreeMap<String, String> = LOCAL_PARAMETERS
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
    all.extend(parameters.iter().cloned());

    let bucket = ["s3api", "head-bucket", "--bucket", LOCAL_BUCKET];
    if command::read(aws.aws().args(bucket)).is_err() {
        command::read(
            aws.aws()
                .args(["s3api", "create-bucket", "--bucket", LOCAL_BUCKET])
                .args([
                    "--create-bucket-configuration",
                    &format!("LocationConstraint={}", crate::REGION),
                ]),
        )?;
    }
    let parameters = all
        .iter()
        .flat_map(|(name, value)| ["--parameter".to_owned(), format!("{name}={value}")]);
    // No preflight: this AWS is as we make it, and each of the calls takes a second.
    command::read(
        aws.with_aws(Command::new("sh"))
            .arg(script())
            .args([
                "deploy",
                "--skip-preflight",
                "--stack",
                stack,
                "--bucket",
                LOCAL_BUCKET,
            ])
            .args(["--arch", Architecture::of_this_machine()?.name()])
            .arg("--template")
            .arg(&local)
            .args(parameters),
    )?;
    let described = command::read(aws.aws().args([
        "cloudformation",
        "describe-stacks",
        "--output",
        "json",
        "--stack-name",
        stack,
    ]))?;
    Ok(Deployment {
        stack: stack.to_owned(),
        outputs: outputs(&described)?,
    })
}

fn outputs(described: &str) -> Result<BTreeMap<String, String>> {
    let described: Value =
        serde_json::from_str(described).map_err(|error| Error::Template(error.to_string()))?;
    let outputs = described["Stacks"][0]["Outputs"]
        .as_array()
        .ok_or_else(|| Error::Template("the stack has no outputs".to_owned()))?;
    Ok(outputs
        .iter()
        .filter_map(|output| {
            Some((
                output["OutputKey"].as_str()?.to_owned(),
                output["OutputValue"].as_str()?.to_owned(),
            ))
        })
        .collect())
}
