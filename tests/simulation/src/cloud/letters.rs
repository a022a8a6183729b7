//! The dead-letter queue: at least once, and hidden while somebody has it.

use std::collections::BTreeMap;

use handlers::dead_letter::{self, Origin};
use handlers::ports::{QueueView, QueuedLetter};

use crate::book::CANARY;
use crate::faults::{Fault, Hop};
use crate::kernel::{Core, Micros};

/// SQS hands out no more at once.
const AT_ONCE: usize = 10;

#[derive(Debug)]
pub struct Letter {
    pub id: String,
    pub body: String,
    attributes: BTreeMap<String, String>,
    visible_from: Micros,
    received: u32,
}

impl Letter {
    fn receipt(&self) -> String {
        format!("{}/{}", self.id, self.received)
    }

    fn queued(&self) -> QueuedLetter {
        QueuedLetter {
            id: self.id.clone(),
            receipt: self.receipt(),
            body: self.body.clone(),
            attributes: self.attributes.clone(),
        }
    }

    fn is_receipt(&self, receipt: &str) -> bool {
        // Not by what `receipt` makes: each letter is asked, each time.
        receipt
            .rsplit_once('/')
            .is_some_and(|(id, received)| id == self.id && received.parse() == Ok(self.received))
    }
}

#[derive(Debug, Default)]
pub struct Letters {
    pub waiting: Vec<Letter>,
    put: u64,
}

impl Core {
    pub fn put_letter(&mut self, body: String, attributes: &[(&str, &str)], delay: Micros) {
        self.check_letter(&body);
        let letters = &mut self.state.letters;
        letters.put += 1;
        letters.waiting.push(Letter {
            id: format!("letter-{}", letters.put),
            body,
            attributes: attributes
                .iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect(),
            visible_from: self.now + delay,
            received: 0,
        });
        self.tell(|core| {
            let last = core.state.letters.waiting.last();
            format!("dead letter {}", last.map_or("", |letter| &letter.body))
        });
    }

    /// An event of the provider's names an address, and is kept as it came;
    /// nobody is shown it.
    fn check_letter(&mut self, body: &str) {
        if !body.contains(CANARY) {
            return;
        }
        let letter = dead_letter::read(&QueuedLetter {
            id: String::new(),
            receipt: String::new(),
            body: body.to_owned(),
            attributes: BTreeMap::new(),
        });
        let shown = serde_json::to_string(&letter).unwrap_or_default();
        if !matches!(letter.origin, Origin::Feedback(_)) || shown.contains(CANARY) {
            self.violate("no personal data in dead letters", || body.to_owned());
        }
    }

    /// What somebody has received is counted, and not seen.
    pub fn peek_at_letters(&self, max: usize) -> QueueView {
        let waiting = &self.state.letters.waiting;
        let visible = |letter: &&Letter| letter.visible_from <= self.now;
        let seen = waiting.iter().filter(visible).take(max);
        QueueView {
            letters: seen.map(Letter::queued).collect(),
            waiting: waiting
                .iter()
                .filter(|letter| letter.received > 0 || visible(letter))
                .count(),
        }
    }

    pub fn receive_letters(&mut self, max: usize, hidden_for: Micros) -> Vec<QueuedLetter> {
        let mut found = Vec::new();
        let mut handed_out = Vec::new();
        for index in 0..self.state.letters.waiting.len() {
            if found.len() == max.min(AT_ONCE) {
                break;
            }
            let hidden = self.state.letters.waiting[index].visible_from > self.now;
            let received_before = self.state.letters.waiting[index].received > 0;
            if hidden {
                // SQS may hand out what somebody else has just got.
                let again = received_before
                    && self
                        .chances
                        .happens(&mut self.rng, Hop::LetterReceive, Fault::Duplicate);
                if !again {
                    continue;
                }
                self.coverage.note(Hop::LetterReceive, Fault::Duplicate);
            }
            let letter = &mut self.state.letters.waiting[index];
            letter.received += 1;
            letter.visible_from = self.now + hidden_for;
            handed_out.push(index);
            found.push(letter.queued());
        }
        // A standard queue has no order: who has been handed out does not stand before the others for ever.
        let waiting = &mut self.state.letters.waiting;
        for (already, index) in handed_out.into_iter().enumerate() {
            let letter = waiting.remove(index - already);
            waiting.push(letter);
        }
        found
    }

    pub fn remove_letter(&mut self, receipt: &str) {
        // A receipt of an earlier hand-out may still delete, or not: SQS does not say.
        self.state
            .letters
            .waiting
            .retain(|letter| !letter.is_receipt(receipt));
    }

    pub fn release_letter(&mut self, receipt: &str) {
        let now = self.now;
        for letter in &mut self.state.letters.waiting {
            if letter.is_receipt(receipt) {
                letter.visible_from = now;
            }
        }
    }
}

impl Letters {
    /// Whether all that wait are about mails of unknown outcome.
    pub fn only_unknown(&self) -> bool {
        let unknown = |letter: &Letter| letter.body.contains("\"notification-unknown\"");
        self.waiting.iter().all(unknown)
    }
}
