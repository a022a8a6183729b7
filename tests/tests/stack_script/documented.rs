//! Each command of the AWS command line in the documentation is one: service, operation, options, and the values' shapes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::json;
use tests::recorded_aws::RecordedAws;

/// What the command line says of what is no command, or has values that no call takes.
const REFUSALS: [&str; 6] = [
    "usage:",
    "Unknown options",
    "Invalid choice",
    "Parameter validation failed",
    "Error parsing parameter",
    "Invalid type",
];
/// A command in the text names an operation, without all that it needs.
const INCOMPLETE: [&str; 2] = [
    "the following arguments are required",
    "expected one argument",
];

/// Commands of version 2 alone, of which the page says so.
const VERSION_2: [&str; 1] = ["aws configure export-credentials"];

/// A command of a page, as it stands there.
struct Documented {
    page: PathBuf,
    command: String,
    is_whole: bool,
}

fn pages() -> Vec<PathBuf> {
    let root = xtask::root();
    let mut pages: Vec<PathBuf> = ["README.md", "SECURITY.md", "CONTRIBUTING.md"]
        .map(|name| root.join(name))
        .to_vec();
    let mut folders = vec![root.join("docs"), root.join("infra/cloudformation")];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                pages.push(path);
            }
        }
    }
    pages.sort();
    pages
}

/// The commands of a page: in its blocks, and in its text.
fn commands(page: &Path) -> Vec<Documented> {
    let text = fs::read_to_string(page).unwrap();
    let mut found = Vec::new();
    let mut documented = |command: &str, is_whole| {
        let page = page.to_owned();
        found.push(Documented {
            page,
            command: command.to_owned(),
            is_whole,
        });
    };
    let mut in_block = false;
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        } else if in_block {
            let mut command = line.trim_start().trim_start_matches("$ ").to_owned();
            // Also in `name=$(aws ...)`.
            let Some(at) = command
                .find("aws ")
                .filter(|at| *at == 0 || command[..*at].ends_with("$("))
            else {
                continue;
            };
            while command.ends_with('\\') {
                command = format!(
                    "{}{}",
                    command.trim_end_matches('\\'),
                    lines.next().unwrap()
                );
            }
            let within = if at > 0 {
                command[at..].trim_end_matches(')')
            } else {
                &command
            };
            documented(within, true);
        } else {
            let spans = line.split('`').skip(1).step_by(2);
            for command in spans.filter(|span| span.starts_with("aws ")) {
                documented(command, false);
            }
        }
    }
    found
}

/// What the command line says of a command.
fn said(aws: &RecordedAws, folder: &Path, command: &str) -> String {
    // A variable is a word of its name, and what is left out is left out.
    let command = command
        .replace("$(", "\0")
        .replace('$', "")
        .replace('\0', "$(")
        .replace('…', "");
    let path = std::env::var("PATH").unwrap();
    let output = Command::new("bash")
        .args(["-c", &format!("jq() {{ cat >/dev/null; }}; {command}")])
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", aws.folder().display()))
        .output()
        .unwrap();
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn every_aws_command_of_the_documentation_is_one_of_the_command_line() {
    let answers = json!({ "*": {} });
    let variables = [
        ("AWS_ACCESS_KEY_ID", "recorded"),
        ("AWS_SECRET_ACCESS_KEY", "recorded"),
        ("AWS_DEFAULT_REGION", "eu-west-1"),
    ];
    let aws = RecordedAws::start(answers.as_object().unwrap(), &variables);
    let folder = tempfile::tempdir().unwrap();
    for file in [
        "trust.json",
        "empty.json",
        "processed.json",
        "packaged.yaml",
    ] {
        fs::write(folder.path().join(file), "{}").unwrap();
    }
    let mut wrong = Vec::new();
    let mut tried = 0;
    for Documented {
        page,
        command,
        is_whole,
    } in pages().iter().flat_map(|page| commands(page))
    {
        // What a command prints, or version 1 does not have.
        if command.contains("[..]") || VERSION_2.iter().any(|known| command.starts_with(known)) {
            continue;
        }
        tried += 1;
        let said = said(&aws, folder.path(), &command);
        let is_refused = REFUSALS.iter().any(|refusal| said.contains(refusal));
        // A placeholder is shorter than what stands for it.
        let is_short = said.contains("Parameter validation failed")
            && said.lines().all(|line| {
                line.is_empty()
                    || line.starts_with("Parameter validation")
                    || line.starts_with("Invalid length")
            });
        if is_short {
            continue;
        }
        if is_refused && (is_whole || !INCOMPLETE.iter().any(|part| said.contains(part))) {
            wrong.push(format!(
                "{}: {command}\n{}",
                page.display(),
                said.trim_end()
            ));
        }
    }
    assert!(tried > 30, "only {tried} commands were found");
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // It can fail.
    let unknown = said(
        &aws,
        folder.path(),
        "aws dynamodb get-item --table-name events --no-such-option",
    );
    assert!(
        REFUSALS.iter().any(|refusal| unknown.contains(refusal)),
        "{unknown}"
    );
}
