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
    /// Format and lints; then unit and end-to-end tests beside the deployed test, which puts the template and the
    /// functions on a local AWS and faults between them; last the simulation. Needs Rust, a C compiler, Python 3.11
    /// or newer with venv, and Chromium, which it installs on Debian; the rest it installs under target/.
    Test {
        /// Only format, lints, and the tests of the packages that changed and of their dependants, the nearest first:
        /// as many as fit into three minutes on a tree that is built. It names those that it leaves out.
        #[arg(long)]
        quick: bool,
        /// The commit that the files are compared with.
        #[arg(
            long,
            value_name = "COMMIT",
            default_value = "HEAD",
            requires = "quick"
        )]
        since: String,
    },

    /// Check the template with cfn-lint and checkov: nothing found without a reason in infra/cloudformation/findings.yaml.
    CheckTemplate,

    /// Run the deployed test alone: the functions on a local AWS, then faults between them, after which nothing may be
    /// lost or doubled.
    Chaos,

    /// Run the use cases under every fault at every hop, over many seeds.
    ///
    ///   cargo xtask simulate --seeds 1000000     with a progress bar, to the first violation
    ///   cargo xtask simulate --seed 42           this one, with every step that it takes
    ///
    /// `cargo xtask simulate -- --help` shows the rest. The exit code is 1 at a violation.
    #[command(verbatim_doc_comment)]
    Simulate {
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },

    /// Search for inputs that break a parser, with libFuzzer: by what they reach, not by chance alone.
    ///
    /// Needs a C++ compiler. `cargo xtask test` has a short run of the same targets, by chance.
    Fuzz {
        /// Only these targets.
        targets: Vec<String>,
        /// How long each is searched.
        #[arg(long, default_value_t = 300)]
        seconds: u32,
    },

    /// Fill one machine with a large history, then rebuild, read, export and verify it: rates, memory, and totals that
    /// have to agree. The exit code is 1 where they do not, or where a process takes more than 300 MB.
    Scale {
        /// How many events.
        #[arg(long, default_value_t = 1_000_000)]
        events: u32,
        /// Over how many accounts.
        #[arg(long, default_value_t = 10_000)]
        accounts: u32,
        /// How it is built.
        #[arg(long, value_enum, default_value = "release")]
        profile: Profile,
    },

    /// Measure, and write docs/performance.md: goals, tables and charts.
    ///
    /// It takes all of the machine for most of an hour; `cargo xtask bench PART` measures one part. Nothing else should run
    /// beside it.
    Bench {
        /// Only these parts.
        parts: Vec<String>,
        /// Try whether they run: little of everything, and nothing is written.
        #[arg(long)]
        quick: bool,
    },

    /// Build the functions' zip files, target/package/<name>.zip.
    Package {
        /// The processor the functions run on.
        #[arg(long = "arch", value_enum, default_value = "arm64")]
        architecture: Architecture,
        /// How they are built. `dev` is quick and for this machine's processor only.
        #[arg(long, value_enum, default_value = "release")]
        profile: Profile,
    },

    /// Write what the programs are made of, target/package/<name>.cdx.json (CycloneDX).
    Sbom,

    /// Package the functions and deploy the template, to AWS or to an AWS on this machine.
    ///
    /// To AWS it uses the credentials and the region of your environment:
    ///
    ///   cargo xtask deploy --stack ledgerbell --bucket MY-BUCKET \
    ///     --parameter MailIdentity=example.com --parameter MailFrom=alerts@example.com
    #[command(verbatim_doc_comment)]
    Deploy {
        /// The stack's name, which its tables, bus, queue and functions carry too.
        #[arg(long, value_parser = stack_name)]
        stack: String,
        /// Start an AWS on this machine (ministack) and deploy there; it runs until Ctrl-C.
        #[arg(long, conflicts_with = "bucket")]
        local: bool,
        /// The S3 bucket that takes the zips, in the region of the stack.
        #[arg(long, required_unless_present = "local")]
        bucket: Option<String>,
        /// The processor the functions run on in AWS. A local deploy uses this machine's.
        #[arg(
            long = "arch",
            value_enum,
            default_value = "arm64",
            conflicts_with = "local"
        )]
        architecture: Architecture,
        /// A parameter of the template; may be repeated.
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
    xtask::package(architecture, Profile::Release)?;
    print_outputs(&xtask::deploy_to_aws(
        stack,
        bucket,
        architecture,
        parameters,
    )?);
    Ok(())
}

fn deploy_local(stack: &str, parameters: &[(String, String)]) -> Result<()> {
    let (interrupt, interrupted) = mpsc::channel();
    ctrlc::set_handler(move || {
        // A second Ctrl-C has nobody to tell.
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
    // An error means that the handler is gone, which cannot be waited for either.
    let _ = interrupted.recv();
    eprintln!("Stopping ...");
    Ok(())
}

fn print_outputs(deployment: &Deployment) {
    for (name, value) in &deployment.outputs {
        println!("{name} = {value}");
    }
}

/// What both CloudFormation and the names made of the stack's allow: a bus, a queue, a log group and a role.
fn stack_name(text: &str) -> std::result::Result<String, String> {
    /// A function's name has 64 characters, of which `-project` takes 8.
    const LONGEST: usize = 56;
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
    }

    #[test]
    fn a_stack_name_that_some_resource_would_refuse_is_refused_at_once() {
        for bad in ["", "1a", "a_b", "a.b", &"a".repeat(57)] {
            assert!(stack_name(bad).is_err(), "{bad}");
        }
        assert_eq!(
            stack_name("ledgerbell-test-1").as_deref(),
            Ok("ledgerbell-test-1")
        );
    }
}
