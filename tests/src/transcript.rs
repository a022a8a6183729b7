//! Pages whose shell blocks are run, in their order, in one shell and one folder.
//!
//! The info string of a block says how: `console run` shows commands behind `$ ` and what they print, and that is
//! compared; `sh run` has to succeed; `run-deployed` instead of `run` asks for a local AWS; `no-run: …` is left out. `[..]` stands for anything within a line: ids and times
//! differ each time. The address at which `ledgerbell serve` listens by default stands for that of the server under
//! test, and `cargo run -- ` for the program.

use std::collections::VecDeque;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::one_machine::{Server, ledgerbell};

const DEFAULT_ADDRESS: &str = "127.0.0.1:8080";

/// Reads of all accounts leave out the newest commits, and mails take a moment: a command that changes nothing is
/// repeated for so long until it prints what the page shows.
const PATIENCE: Duration = Duration::from_secs(40);

/// What stands for the words of a page, and what its commands find.
#[derive(Debug, Default)]
pub struct Surroundings {
    /// What a page calls something, and what it is called here.
    pub names: Vec<(String, String)>,
    /// Variables of the environment.
    pub variables: Vec<(String, String)>,
}

impl From<&Server> for Surroundings {
    fn from(server: &Server) -> Self {
        let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let authority = server.base().trim_start_matches("http://");
        Surroundings {
            names: vec![pair(DEFAULT_ADDRESS, authority)],
            variables: vec![pair("LEDGERBELL_ENDPOINT", server.base())],
        }
    }
}

impl Surroundings {
    fn here(&self, text: &str) -> String {
        let replace = |text: String, (page, here): &(String, String)| text.replace(page, here);
        self.names.iter().fold(text.to_owned(), replace)
    }

    fn on_the_page(&self, text: &str) -> String {
        let replace = |text: String, (page, here): &(String, String)| text.replace(here, page);
        self.names.iter().fold(text.to_owned(), replace)
    }
}

/// The blocks of one page that are run, each once, in their order.
#[derive(Debug)]
pub struct Transcript {
    page: String,
    blocks: VecDeque<Vec<Step>>,
    shell: Shell,
}

#[derive(Debug, Default)]
struct Step {
    command: String,
    /// What it prints; none if the page does not show it.
    output: Option<Vec<String>>,
}

impl Transcript {
    /// Reads a page, by its path from the root of the project.
    ///
    /// # Panics
    /// Where there is none, or no block of it is to be run.
    #[must_use]
    pub fn read(page: &str) -> Self {
        let text = fs::read_to_string(xtask::root().join(page)).expect("the page can be read");
        let blocks = blocks(&text);
        assert!(!blocks.is_empty(), "{page} has no block to be run");
        Transcript {
            page: page.to_owned(),
            blocks,
            shell: Shell::new(),
        }
    }

    /// Writes a file into the folder in which the commands are run.
    ///
    /// # Panics
    /// Where it cannot be written.
    pub fn put_file(&self, name: &str, content: impl AsRef<[u8]>) {
        fs::write(self.shell.0.path().join(name), content).expect("the folder is writable");
    }

    /// Returns the folder in which the commands are run.
    #[must_use]
    pub fn folder(&self) -> &Path {
        self.shell.0.path()
    }

    /// Runs the next block in these surroundings, such as a server.
    ///
    /// # Panics
    /// Where there is none left, a command prints something else than the page shows, or fails where it shows nothing.
    pub fn run_block(&mut self, surroundings: impl Into<Surroundings>) {
        let surroundings = surroundings.into();
        let block = self.blocks.pop_front();
        let block = block.unwrap_or_else(|| panic!("{} has no further block", self.page));
        for step in block {
            let started = Instant::now();
            loop {
                let ran = self.shell.run(&step.command, &surroundings);
                let said = said(&ran, &surroundings);
                let right = match &step.output {
                    Some(output) => alike(&said, output),
                    None => ran.status.success(),
                };
                if right {
                    break;
                }
                assert!(
                    step.output.is_some()
                        && only_reads(&step.command)
                        && started.elapsed() < PATIENCE,
                    "{}: $ {}\n{said}",
                    self.page,
                    step.command
                );
                std::thread::sleep(Duration::from_millis(200));
            }
        }
    }

    /// Whether a block is left.
    #[must_use]
    pub fn has_more(&self) -> bool {
        !self.blocks.is_empty()
    }

    /// Runs all blocks that are left.
    ///
    /// # Panics
    /// Like [`Self::run_block`].
    pub fn run(mut self, server: &Server) {
        while self.has_more() {
            self.run_block(server);
        }
    }

    /// # Panics
    /// Where a block was not run.
    pub fn end(self) {
        assert!(self.blocks.is_empty(), "{}: {:#?}", self.page, self.blocks);
    }
}

fn blocks(text: &str) -> VecDeque<Vec<Step>> {
    let mut blocks = VecDeque::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        let inside = lines.by_ref().take_while(|line| line.trim() != "```");
        match line.trim() {
            "```console run" | "```console run-deployed" => blocks.push_back(steps(inside)),
            "```sh run" | "```sh run-deployed" => {
                let command = inside.collect::<Vec<_>>().join("\n");
                let output = None;
                blocks.push_back(vec![Step { command, output }]);
            }
            fence if fence.starts_with("```") => inside.for_each(drop),
            _ => {}
        }
    }
    blocks
}

/// The commands of a `console` block, each with the lines below it.
fn steps<'a>(lines: impl Iterator<Item = &'a str>) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in lines {
        match (line.strip_prefix("$ "), steps.last_mut()) {
            (Some(command), _) => steps.push(Step {
                command: command.to_owned(),
                output: Some(Vec::new()),
            }),
            (None, Some(step)) if step.command.ends_with('\\') => {
                step.command = format!("{}\n{line}", step.command);
            }
            (None, Some(step)) => {
                let output = step.output.get_or_insert_default();
                output.push(line.trim_end().to_owned());
            }
            (None, None) => panic!("a block begins with a command, not with {line:?}"),
        }
    }
    steps
}

/// Whether a command can be repeated without changing anything, and may say something else then.
fn only_reads(command: &str) -> bool {
    let changes = [
        "-X",
        "-d",
        "import",
        "redrive",
        "replay",
        "export",
        "create",
        "cancel",
        "load",
        "preflight",
        "deploy",
    ];
    !command
        .split_whitespace()
        .any(|word| changes.contains(&word))
}

/// A folder, in which the variables of earlier commands are kept.
#[derive(Debug)]
struct Shell(TempDir);

impl Shell {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("there is room for a temporary folder");
        let programs = folder.path().join(".programs");
        fs::create_dir(&programs).expect("the folder is writable");
        symlink(ledgerbell(), programs.join("ledgerbell")).expect("the folder takes links");
        symlink(xtask::root().join("docs"), folder.path().join("docs")).expect("it takes links");
        // Without a terminal curl shows its progress, which no page does.
        fs::write(folder.path().join(".curlrc"), "silent\nshow-error\n").expect("it is writable");
        Shell(folder)
    }

    fn run(&self, command: &str, surroundings: &Surroundings) -> Output {
        let command = surroundings
            .here(command)
            .replace("cargo run -- ", "ledgerbell ");
        let path = std::env::var("PATH").unwrap_or_default();
        let programs = self.0.path().join(".programs");
        // After those of earlier commands: a server may have started again, elsewhere.
        let variables: String = surroundings
            .variables
            .iter()
            .map(|(name, value)| format!("{name}='{value}'\n"))
            .collect();
        Command::new("bash")
            .arg("-c")
            .arg(format!(
                "[ -e .variables ] && . ./.variables\nset -ea\n{variables}trap '{{ export -p; declare -f; }} > .variables' EXIT\n{command}"
            ))
            .current_dir(self.0.path())
            .env("PATH", format!("{}:{path}", programs.display()))
            .env("HOME", self.0.path())
            .env("CURL_HOME", self.0.path())
            .output()
            .expect("bash can be started")
    }
}

fn said(ran: &Output, surroundings: &Surroundings) -> String {
    let said = [ran.stdout.as_slice(), ran.stderr.as_slice()].concat();
    let said = String::from_utf8(said).expect("it prints text");
    surroundings.on_the_page(&said)
}

fn alike(said: &str, written: &[String]) -> bool {
    let said: Vec<&str> = said.lines().map(str::trim_end).collect();
    said.len() == written.len()
        && said
            .iter()
            .zip(written)
            .all(|(said, written)| fits(said, written))
}

fn fits(said: &str, written: &str) -> bool {
    let mut parts = written.split("[..]");
    let Some(mut rest) = parts.next().and_then(|first| said.strip_prefix(first)) else {
        return false;
    };
    let parts: Vec<&str> = parts.collect();
    let Some((last, between)) = parts.split_last() else {
        return rest.is_empty();
    };
    for part in between {
        match rest.split_once(part) {
            Some((_, behind)) => rest = behind,
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::{blocks, fits, only_reads};

    #[test]
    fn dots_in_brackets_stand_for_anything_within_a_line() {
        for (said, written, expected) in [
            ("replay 31df", "replay [..]", true),
            ("replay 31df done", "replay [..] done", true),
            ("replay 31df failed", "replay [..] done", false),
            ("a 1 b 2 c", "a [..] b [..] c", true),
            ("a 1 c", "a [..] b [..] c", false),
            ("all", "all", true),
            ("all of it", "all", false),
        ] {
            assert_eq!(fits(said, written), expected, "{said} / {written}");
        }
    }

    #[test]
    fn blocks_marked_run_are_found_with_long_commands_and_without_the_others() {
        let page = "```sh no-run: it is long\nfalse\n```\n\n```console run\n$ echo a \\\n    b\na b\n$ true\n```\n```sh run\nx=1\n```\n";
        let found: Vec<Vec<(String, Option<usize>)>> = blocks(page)
            .into_iter()
            .map(|block| {
                let steps = block.into_iter();
                let step = steps.map(|step| (step.command, step.output.map(|lines| lines.len())));
                step.collect()
            })
            .collect();
        let shown = vec![
            ("echo a \\\n    b".to_owned(), Some(1)),
            ("true".to_owned(), Some(0)),
        ];
        assert_eq!(found, [shown, vec![("x=1".to_owned(), None)]]);
    }

    #[test]
    fn only_commands_that_change_nothing_are_repeated() {
        assert!(only_reads("curl $api/accounts/ACC-1"));
        assert!(!only_reads("curl -X DELETE $api/customers/ana"));
        assert!(!only_reads("ledgerbell dead-letters redrive --max 1"));
    }
}
