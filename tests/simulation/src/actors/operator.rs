//! The operator at night: looks at dead letters, redrives them, also twice, also two at once.

use handlers::composition::Composition;
use handlers::dead_letter::{self, Origin};
use handlers::ports::QueuedLetter;
use handlers::redrive::{Redriven, Selection};

use crate::bugs;
use crate::kernel::Core;

impl Core {
    pub(super) fn redrive_something(&mut self) {
        if self.state.letters.waiting.is_empty() {
            return;
        }
        if self.rng.u32(..4) == 0 {
            self.redrive_unknown();
            return;
        }
        let selection = Selection {
            ids: Vec::new(),
            max: self.rng.usize(1..60),
            dry_run: self.rng.u32(..6) == 0,
        };
        self.redrive(&selection);
    }

    pub(super) fn look_at_letters(&mut self) {
        self.in_an_api(
            |program, _| async move { program.redriver().list(100).await },
            |_, _| {},
        );
    }

    /// Names letters of mails whose outcome nobody knows, to have them sent once more.
    pub fn redrive_unknown(&mut self) {
        let mut ids = Vec::new();
        for letter in &self.state.letters.waiting {
            let queued = QueuedLetter {
                id: letter.id.clone(),
                receipt: String::new(),
                body: letter.body.clone(),
                attributes: Default::default(),
            };
            if let Origin::Notification { id, attempts, .. } = dead_letter::read(&queued).origin
                && ids.len() < 5
            {
                ids.push(letter.id.clone());
                let named = self.state.book.named.entry(id).or_default();
                named.insert(attempts);
            }
        }
        if !ids.is_empty() {
            let selection = Selection {
                ids,
                ..Selection::default()
            };
            self.redrive(&selection);
        }
    }

    pub fn redrive(&mut self, selection: &Selection) {
        let mut selection = selection.clone();
        if selection.ids.is_empty() && bugs::is("unknown-redriven-unnamed") {
            let waiting = self.state.letters.waiting.iter().take(selection.max);
            selection.ids = waiting.map(|letter| letter.id.clone()).collect();
        }
        let operators = if self.rng.u32(..5) == 0 { 2 } else { 1 };
        for _ in 0..operators {
            let selection = selection.clone();
            self.in_an_api(
                move |program, _| async move { program.redriver().redrive(&selection).await },
                |core, answer: Option<handlers::Result<Vec<Redriven>>>| {
                    if let Some(Ok(redriven)) = answer {
                        core.state.book.redriven += redriven.len() as u64;
                    }
                },
            );
        }
    }
}
