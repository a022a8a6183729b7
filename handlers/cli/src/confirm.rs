//! Confirmations of what cannot be undone.

use std::io::{self, IsTerminal, Write};

use clap::Args;

use crate::exit::Failure;

/// The flag that answers the question beforehand.
#[derive(Debug, Clone, Copy, Default, Args)]
pub(crate) struct Yes {
    /// Do it without asking
    #[arg(long)]
    yes: bool,
}

impl Yes {
    pub(crate) fn is_given(self) -> bool {
        self.yes
    }

    /// Asks the person at the terminal to type `word`.
    ///
    /// # Errors
    /// - `WrongUse`: nobody can be asked, so `--yes` is needed.
    /// - `Failed`: another word was typed.
    pub(crate) fn or_typed(self, question: &str, word: &str) -> Result<(), Failure> {
        if self.yes {
            return Ok(());
        }
        if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
            return Err(Failure::WrongUse(format!(
                "{question} There is no terminal to confirm it: give --yes"
            )));
        }
        let mut typed = String::new();
        let asked = write!(io::stderr(), "{question}\nType {word} to confirm: ")
            .and_then(|()| io::stderr().flush())
            .and_then(|()| io::stdin().read_line(&mut typed));
        match asked {
            Ok(_) if typed.trim() == word => Ok(()),
            _ => Err(Failure::Failed(
                "not confirmed; nothing was changed".to_owned(),
            )),
        }
    }
}
