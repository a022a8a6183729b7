//! Every shell block says whether a test runs it.

use crate::pages::{Page, all, read};

/// The tests that run blocks, each page by its name.
const RUNNERS: [&str; 3] = [
    "tests/tests/deployed/first_evening.rs",
    "tests/tests/one_machine/pages.rs",
    "tests/tests/one_machine/runbooks.rs",
];

const SHELLS: [&str; 5] = ["sh", "bash", "shell", "console", "zsh"];

/// What a shell block says of itself.
#[derive(Debug, PartialEq)]
enum Mark<'a> {
    Run,
    RunDeployed,
    NoRun(&'a str),
    None,
}

/// The marks of a page's shell blocks.
fn marks(page: &Page) -> Vec<Mark<'_>> {
    let mut inside = false;
    let mut found = Vec::new();
    for line in page.text.lines() {
        let Some(info) = line.trim_start().strip_prefix("```") else {
            continue;
        };
        inside = !inside;
        let (language, mark) = info.split_once(' ').unwrap_or((info, ""));
        if inside && SHELLS.contains(&language) {
            found.push(match (mark, mark.strip_prefix("no-run: ")) {
                ("run", _) => Mark::Run,
                ("run-deployed", _) => Mark::RunDeployed,
                (_, Some(reason)) => Mark::NoRun(reason),
                _ => Mark::None,
            });
        }
    }
    found
}

#[test]
fn every_shell_block_is_run_or_says_why_not() {
    let mut wrong = Vec::new();
    let (mut run, mut blocks) = (0, 0);
    for page in all() {
        if page.path.starts_with("tests/data") {
            continue;
        }
        for mark in marks(&page) {
            blocks += 1;
            run += usize::from(matches!(mark, Mark::Run | Mark::RunDeployed));
            let says = match mark {
                Mark::Run | Mark::RunDeployed => true,
                Mark::NoRun(reason) => reason.split_whitespace().count() > 2,
                Mark::None => false,
            };
            if !says {
                wrong.push(format!("{}: {mark:?}", page.path.display()));
            }
        }
    }
    println!("{run} of {blocks} shell blocks are run");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_page_with_blocks_to_be_run_is_named_by_a_test_that_runs_it() {
    let runners = RUNNERS.map(read).concat();
    for page in all() {
        let path = page.path.to_str().unwrap();
        let marks = marks(&page);
        if marks.contains(&Mark::Run) || marks.contains(&Mark::RunDeployed) {
            assert!(
                runners.contains(&format!("\"{path}\"")),
                "no test runs {path}"
            );
        }
    }
}

#[test]
fn marks_are_read_from_the_info_string_of_shell_blocks_alone() {
    let page = Page {
        path: "page.md".into(),
        text: "```sh run\n```\n   ```sh no-run: it is long\n   ```\n```console\n```\n```rust\n```\n```\n```\n".into(),
    };
    let expected = [Mark::Run, Mark::NoRun("it is long"), Mark::None];
    assert_eq!(marks(&page), expected);
}
