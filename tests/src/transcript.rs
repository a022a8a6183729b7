//! Runbooks whose commands are run: what stands behind `$ ledgerbell …` in a
//! `console` block is what the program says, where it says it.
//!
//! `[..]` stands for anything within a line: ids and times differ each time.

use std::collections::VecDeque;
use std::fs;

use crate::one_machine::ledgerbell_command;

/// The `console` blocks of one page, each to be run once, in their order.
#[derive(Debug)]
pub struct Transcript {
    page: String,
    blocks: VecDeque<Vec<Command>>,
}

#[derive(Debug, Default)]
struct Command {
    line: String,
    output: Vec<String>,
}

impl Transcript {
    /// Reads a page, by its path from the root of the project.
    ///
    /// # Panics
    /// Where there is none, or it has no block.
    #[must_use]
    pub fn read(page: &str) -> Self {
        let text = fs::read_to_string(xtask::root().join(page)).expect("the page can be read");
        let mut blocks = VecDeque::new();
        let mut inside = false;
        for line in text.lines() {
            match line {
                "```console" => {
                    inside = true;
                    blocks.push_back(Vec::new());
                }
                "```" => inside = false,
                line if inside => take(line, blocks.back_mut().expect("a block was begun")),
                _ => {}
            }
        }
        assert!(!blocks.is_empty(), "{page} has no console block");
        Transcript {
            page: page.to_owned(),
            blocks,
        }
    }

    /// Runs the next block against this server.
    ///
    /// # Panics
    /// Where there is none left, or the program says something else.
    pub fn run_block(&mut self, endpoint: &str) {
        let block = self.blocks.pop_front();
        let block = block.unwrap_or_else(|| panic!("{} has no further block", self.page));
        for command in block {
            let mut words = command.line.split_whitespace();
            assert_eq!(words.next(), Some("ledgerbell"), "{}", self.page);
            let ran = ledgerbell_command()
                .args(words)
                .env("LEDGERBELL_ENDPOINT", endpoint)
                .output()
                .expect("the program can be started");
            let said = String::from_utf8([ran.stdout, ran.stderr].concat());
            let said = said.expect("it says text");
            let lines: Vec<&str> = said.lines().map(str::trim_end).collect();
            let alike = lines.len() == command.output.len()
                && lines
                    .iter()
                    .zip(&command.output)
                    .all(|(said, written)| fits(said, written));
            assert!(alike, "{}: $ {}\n{said}", self.page, command.line);
        }
    }

    /// # Panics
    /// Where a block was not run.
    pub fn end(self) {
        assert!(self.blocks.is_empty(), "{}: {:#?}", self.page, self.blocks);
    }
}

fn take(line: &str, block: &mut Vec<Command>) {
    match (line.strip_prefix("$ "), block.last_mut()) {
        (Some(command), _) => block.push(Command {
            line: command.to_owned(),
            output: Vec::new(),
        }),
        (None, Some(command)) => command.output.push(line.trim_end().to_owned()),
        (None, None) => panic!("a block begins with a command, not with {line:?}"),
    }
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
    use super::fits;

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
}
