//! `cargo xtask`: the project's automation. See `cargo xtask --help`.

#![allow(
    clippy::print_stdout,
    reason = "a command line answers on its standard output"
)]

use std::{path::PathBuf, process::ExitCode, sync::mpsc};

use clap::{Parser, Subcommand};
use xtask::{Architecture, Deployment, LocalAws, Profile, Result};

/// The project's automation.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run all tests, and set up what they need.
    ///
    /// Runs format, lints and documentation first; then unit and end-to-end tests beside the deployed test, which deploys
    /// the template and the functions to a local AWS and injects faults between them; and finally the simulation. Needs
    /// Rust, a C compiler, Python 3.11 or newer with venv, and Chromium, which it installs on Debian. It installs
    /// everything else under target/.
    Test {
        /// Run only format, lints, and the tests of the packages that changed and of their dependants, the nearest
        /// first: as many as fit into three minutes on a built tree. It lists the tests that it leaves out.
        #[arg(long)]
        quick: bool,
        /// The commit to compare the files with.
        #[arg(
            long,
            value_name = "COMMIT",
            default_value = "HEAD",
            requires = "quick"
        )]
        since: String,
    },

    /// Check the template with cfn-lint and checkov. Every finding needs a reason in infra/cloudformation/findings.yaml.
    CheckTemplate,

    /// Run only the deployed test: the functions on a local AWS, then with faults between them, after which nothing may
    /// be lost or duplicated.
    Chaos,

    /// Run the use cases under every fault at every call, with many seeds.
    ///
    ///   cargo xtask simulate --seeds 1000000     many seeds with a progress bar, until the first violation
    ///   cargo xtask simulate --seed 42           one seed, with each of its steps
    ///
    /// `cargo xtask simulate -- --help` shows all options. The exit code is 1 after a violation.
    #[command(verbatim_doc_comment)]
    Simulate {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },

    /// Search for inputs that break a parser, with libFuzzer, which is guided by coverage.
    ///
    /// Needs a C++ compiler. `cargo xtask test` runs the same targets briefly with random inputs.
    Fuzz {
        /// Fuzz only these targets.
        targets: Vec<String>,
        /// Seconds for each target.
        #[arg(long, default_value_t = 300)]
        seconds: u32,
    },

    /// Fill one machine with a large history, then rebuild, read, export and verify it.
    ///
    /// Reports rates, memory and totals. The exit code is 1 if the totals disagree or a process takes more than 300 MB.
    Scale {
        /// Number of events.
        #[arg(long, default_value_t = 1_000_000)]
        events: u32,
        /// Number of accounts.
        #[arg(long, default_value_t = 10_000)]
        accounts: u32,
        /// Build profile.
        #[arg(long, value_enum, default_value = "release")]
        profile: Profile,
    },

    /// Measure, and write docs/explanation/performance.md: goals, tables and charts.
    ///
    /// Uses the whole machine for most of an hour, so nothing else should run beside it. `cargo xtask bench PART` measures
    /// one part.
    Bench {
        /// Measure only these parts.
        parts: Vec<String>,
        /// Only try whether they run: measure little, and write nothing.
        #[arg(long)]
        quick: bool,
    },

    /// Build the functions' zip files, target/package/<name>.zip.
    Package {
        /// Processor of the functions.
        #[arg(long = "arch", value_enum, default_value = "arm64")]
        architecture: Architecture,
        /// Build profile. `dev` is quick, but for this machine's processor only.
        #[arg(long, value_enum, default_value = "release")]
        profile: Profile,
    },

    /// Write the bill of materials of each program, target/package/<name>.cdx.json (CycloneDX).
    Sbom,

    /// Run the contract of the stores on DynamoDB itself, in the account and region of your environment.
    ///
    /// Each test makes tables of its own, called `contract-...`, and deletes them; what failed tests leave is deleted at the
    /// end. Needs dynamodb:CreateTable, DescribeTable, DeleteTable, ListTables and reading and writing on these tables. Costs
    /// cents.
    VerifyOnAws,

    /// Fetch the libraries of the console's pages again, as handlers/cli/pages/vendor/vendored.json names them. Needs npm.
    Vendor,

    /// Make the release, target/release-archive: what a bank needs to run Ledgerbell in its AWS account, without Rust.
    ///
    /// An archive with template, functions for both processors, script, bills of materials and checksums; and beside it
    /// its checksum and a statement of what it was built from. The same commit gives the same bytes.
    Release,

    /// Look for what would fail in a deployment to AWS. It changes nothing, and says what mends each finding.
    ///
    ///   cargo xtask preflight --stack ledgerbell --bucket MY-BUCKET \
    ///     --parameter MailIdentity=example.com --parameter MailFrom=alerts@example.com
    #[command(verbatim_doc_comment)]
    Preflight {
        /// Name of the stack.
        #[arg(long, value_parser = stack_name)]
        stack: String,
        /// S3 bucket for the zips, in the region of the stack.
        #[arg(long)]
        bucket: String,
        /// Parameter of the template; may be repeated.
        #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
        parameters: Vec<(String, String)>,
    },

    /// Package the functions and deploy the template, to AWS or to a local AWS.
    ///
    /// A deploy to AWS uses the credentials and the region of your environment, and begins with what `preflight` does:
    ///
    ///   cargo xtask deploy --stack ledgerbell --bucket MY-BUCKET \
    ///     --parameter MailIdentity=example.com --parameter MailFrom=alerts@example.com
    #[command(verbatim_doc_comment)]
    Deploy {
        /// Name of the stack, with which the names of its tables, bus, queue and functions begin.
        #[arg(long, value_parser = stack_name)]
        stack: String,
        /// Start a local AWS (ministack) and deploy there. It runs until Ctrl-C.
        #[arg(long, conflicts_with = "bucket")]
        local: bool,
        /// Bring back to the deployed template what was changed or deleted by hand. Shows it, and asks.
        #[arg(long, conflicts_with_all = ["local", "bucket", "parameters", "abandon"])]
        repair: bool,
        /// Delete a stack that never held an event, with all that it left. Shows what is lost, and asks.
        #[arg(long, conflicts_with_all = ["local", "bucket", "parameters"])]
        abandon: bool,
        /// S3 bucket for the zips, in the region of the stack.
        #[arg(long, required_unless_present_any = ["local", "repair", "abandon"])]
        bucket: Option<String>,
        /// Processor of the functions in AWS. A local deploy uses this machine's.
        #[arg(
            long = "arch",
            value_enum,
            default_value = "arm64",
            conflicts_with = "local"
        )]
        architecture: Architecture,
        /// Parameter of the template; may be repeated.
        #[arg(long = "parameter", value_name = "NAME=VALUE", value_parser = parameter)]
        parameters: Vec<(String, String)>,
    },
}

fn main() -> ExitCode {
    let outcome = match Arguments::parse().task {
        Task::Test { quick: true, since } => xtask::quick_test(&since),
        Task::Test { .. } => xtask::test(),
        Task::CheckTemplate => xtask::check_template(),
        Task::Chaos => xtask::chaos(),
        Task::Simulate { arguments } => xtask::simulate(&arguments),
        Task::Fuzz { targets, seconds } => xtask::fuzz(&targets, seconds),
        Task::Scale {
            events,
            accounts,
            profile,
        } => xtask::scale(events, accounts, profile),
        Task::Bench { parts, quick } => xtask::bench(&parts, quick),
        Task::Package {
            architecture,
            profile,
        } => print_files(|| xtask::package(architecture, profile)),
        Task::Sbom => print_files(xtask::sbom),
        Task::VerifyOnAws => xtask::verify_on_aws(),
        Task::Release => print_files(xtask::release),
        Task::Vendor => print_files(xtask::vendor),
        Task::Preflight {
            stack,
            bucket,
            parameters,
        } => stack_in_aws("preflight", &stack, Some(&bucket), &parameters, &[]),
        Task::Deploy {
            stack,
            repair: true,
            ..
        } => stack_in_aws("repair", &stack, None, &[], &[]),
        Task::Deploy {
            stack,
            abandon: true,
            ..
        } => stack_in_aws("abandon", &stack, None, &[], &[]),
        Task::Deploy {
            stack,
            local: true,
            parameters,
            ..
        } => deploy_local(&stack, &parameters),
        Task::Deploy {
            stack,
            bucket,
            architecture,
            parameters,
            ..
        } => deploy_to_aws(
            &stack,
            &bucket.unwrap_or_default(),
            architecture,
            &parameters,
        ),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn print_files(make: impl FnOnce() -> Result<Vec<PathBuf>>) -> Result<()> {
    for file in make()? {
        println!("{}", file.display());
    }
    Ok(())
}

fn deploy_to_aws(
    stack: &str,
    bucket: &str,
    architecture: Architecture,
    parameters: &[(String, String)],
) -> Result<()> {
    let arch = ["--arch", architecture.name()];
    // First, because the build takes minutes.
    stack_in_aws("preflight", stack, Some(bucket), parameters, &arch)?;
    xtask::package(architecture, Profile::Release)?;
    stack_in_aws(
        "deploy",
        stack,
        Some(bucket),
        parameters,
        &[&arch[..], &["--skip-preflight"]].concat(),
    )
}

fn stack_in_aws(
    command: &str,
    stack: &str,
    bucket: Option<&str>,
    parameters: &[(String, String)],
    flags: &[&str],
) -> Result<()> {
    let parameters: Vec<String> = parameters
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut arguments = vec!["--stack", stack];
    arguments.extend(bucket.into_iter().flat_map(|bucket| ["--bucket", bucket]));
    arguments.extend(
        parameters
            .iter()
            .flat_map(|parameter| ["--parameter", parameter.as_str()]),
    );
    arguments.extend(flags);
    xtask::in_aws(command, &arguments)
}

fn deploy_local(stack: &str, parameters: &[(String, String)]) -> Result<()> {
    let (interrupt, interrupted) = mpsc::channel();
    ctrlc::set_handler(move || {
        // After a second Ctrl-C, nobody receives any more.
        let _ = interrupt.send(());
    })
    .map_err(|error| xtask::Error::LocalAws(format!("cannot listen for Ctrl-C: {error}")))?;

    xtask::package(Architecture::of_this_machine()?, Profile::Dev)?;
    let aws = LocalAws::start()?;
    let deployment = xtask::deploy_local(&aws, stack, parameters)?;
    print_outputs(&deployment);

    let api = deployment.local_api_url(&aws)?;
    let (key, secret) = aws.root_credentials();
    println!();
    println!("API       {api}");
    println!("Mails     {}/_ministack/ses/messages", aws.endpoint());
    println!("Queues    {}/_ministack/sqs/messages", aws.endpoint());
    println!("Log       {}", aws.folder().join("ministack.log").display());
    println!();
    println!(
        "Try       curl --aws-sigv4 aws:amz:{}:execute-api --user {key}:{secret} {api}/accounts",
        xtask::REGION
    );
    println!("Stop      Ctrl-C (nothing is kept)");
    // An error means that the handler is gone; then there is nothing to wait for.
    let _ = interrupted.recv();
    eprintln!("Stopping ...");
    Ok(())
}

fn print_outputs(deployment: &Deployment) {
    for (name, value) in &deployment.outputs {
        println!("{name} = {value}");
    }
}

/// Reads a stack's name that is valid for CloudFormation and for all names made from it: of a bus, queue, log group and
/// role.
fn stack_name(text: &str) -> std::result::Result<String, String> {
    /// Longest name, in characters: that of the bus's archive has 48, of which `-bus` takes 4.
    const LONGEST: usize = 44;
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if text.len() <= LONGEST
        && text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(letters)
    {
        Ok(text.to_owned())
    } else {
        Err(format!(
            "a letter, then letters, digits and hyphens, at most {LONGEST} in all"
        ))
    }
}

fn parameter(text: &str) -> std::result::Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn a_deploy_to_aws_needs_a_bucket_and_a_local_one_does_not() {
        let parse = |line: &str| Arguments::try_parse_from(line.split(' '));
        assert!(parse("xtask deploy --stack a").is_err());
        assert!(parse("xtask deploy --stack a --bucket b").is_ok());
        assert!(parse("xtask deploy --stack a --local").is_ok());
        assert!(parse("xtask deploy --stack a --local --bucket b").is_err());
        assert!(parse("xtask deploy --stack a --repair").is_ok());
        assert!(parse("xtask deploy --stack a --abandon").is_ok());
        assert!(parse("xtask deploy --stack a --abandon --repair").is_err());
        assert!(parse("xtask deploy --stack a --abandon --bucket b").is_err());
        assert!(parse("xtask preflight --stack a").is_err());
    }

    #[test]
    fn a_stack_name_that_some_resource_would_refuse_is_refused_at_once() {
        for bad in ["", "1a", "a_b", "a.b", &"a".repeat(45)] {
            assert!(stack_name(bad).is_err(), "{bad}");
        }
        assert_eq!(
            stack_name("ledgerbell-test-1").as_deref(),
            Ok("ledgerbell-test-1")
        );
    }
}
