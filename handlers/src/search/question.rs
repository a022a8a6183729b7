//! The text of a search, and what it may mean. Pure.

use std::str::FromStr;

use domain::FieldError;
use domain::identifiers::{MAX_ID_CHARS, fold_id};
use uuid::Uuid;

use crate::mail_code::read_code;
use crate::ports::ENDING_CHARS;

/// Longest text of a search, in characters: more than a name or an address has. A longer one is refused with 400.
pub const MAX_QUESTION_CHARS: usize = 200;

/// A text that somebody searches for.
///
/// `Debug` shows nothing of it, because it may be a name.
#[derive(Clone, PartialEq, Eq)]
pub struct Question {
    text: String,
    folded: String,
    code: Option<String>,
    is_id: bool,
    is_masked: bool,
}

impl std::fmt::Debug for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Question").finish_non_exhaustive()
    }
}

/// Whether a character hides others, as in `••••6828` and `**** 6828`.
fn is_mask(c: char) -> bool {
    matches!(c, '•' | '*' | '●' | '∙' | '·' | '…')
}

/// Whether a character may stand between the letters and digits of an id.
fn is_separator(c: char) -> bool {
    c.is_whitespace()
        || matches!(
            c,
            '.' | '-' | '_' | ':' | '/' | '\u{2010}'..='\u{2015}' | '−'
        )
}

impl Question {
    /// Reads the text of a search.
    ///
    /// # Errors
    /// It is empty, too long, or has a control character.
    pub fn read(text: &str) -> Result<Self, FieldError> {
        let refuse = |detail: String| FieldError::parameter("q", detail);
        if text.chars().count() > MAX_QUESTION_CHARS {
            let detail = format!("must have at most {MAX_QUESTION_CHARS} characters");
            return Err(refuse(detail));
        }
        let text = text.trim();
        if text.is_empty() {
            return Err(refuse("must not be empty".to_owned()));
        }
        if text.chars().any(char::is_control) {
            return Err(refuse("must have no control characters".to_owned()));
        }
        let folded = fold_id(text);
        let is_masked = text.starts_with(is_mask) && !folded.is_empty();
        let of_id = |c: char| c.is_ascii_alphanumeric() || is_separator(c);
        let rest = text.trim_start_matches(|c| is_mask(c) || is_separator(c));
        let is_id = !folded.is_empty()
            && folded.len() <= MAX_ID_CHARS
            && if is_masked { rest } else { text }.chars().all(of_id);
        Ok(Question {
            code: read_code(text),
            text: text.to_owned(),
            folded,
            is_id,
            is_masked,
        })
    }

    /// The letters and digits of an id, if it may be one.
    pub(super) fn id(&self) -> Option<&str> {
        (self.is_id && !self.is_masked).then_some(&self.folded)
    }

    /// The spellings in which an id of this text is looked up by its key, which needs no index.
    pub(super) fn spellings<T: FromStr + PartialEq>(&self) -> Vec<T> {
        let dense: String = self.text.split_whitespace().collect();
        let all = [
            self.text.clone(),
            dense.to_ascii_uppercase(),
            dense.to_ascii_lowercase(),
            dense,
        ];
        let mut ids: Vec<T> = Vec::new();
        for id in all.iter().filter_map(|text| text.parse().ok()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids
    }

    /// The end of an account's id: four characters, or whatever is behind dots that stand for the rest.
    pub(super) fn ending(&self) -> Option<&str> {
        let is_ending = match self.is_masked {
            true => self.folded.len() >= ENDING_CHARS,
            false => self.folded.len() == ENDING_CHARS,
        };
        (self.is_id && is_ending).then_some(&self.folded)
    }

    /// The UUID, however it is written.
    pub(super) fn uuid(&self) -> Option<Uuid> {
        self.id().filter(|id| id.len() == 32)?.parse().ok()
    }

    /// The code of a mail, as it is stored.
    pub(super) fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// The address, whether or not there can be such a one.
    pub(super) fn email(&self) -> Option<&str> {
        self.text.contains('@').then_some(&self.text)
    }

    /// The name, or a part of it.
    pub(super) fn name(&self) -> Option<&str> {
        let is_other = self.is_masked || self.email().is_some() || self.uuid().is_some();
        (!is_other).then_some(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use domain::AccountId;

    use super::*;

    fn question(text: &str) -> Question {
        Question::read(text).unwrap()
    }

    #[test]
    fn a_text_that_no_search_can_have_is_refused() {
        for text in [
            "",
            "  ",
            "\u{a0}",
            "a\nb",
            "a\u{0}",
            "\u{7f}x",
            &"x".repeat(201),
        ] {
            assert!(Question::read(text).is_err(), "{text:?}");
        }
        for text in ["x", "%", "💶", &"é".repeat(200), "\u{202e}abc", "\u{fffd}"] {
            assert!(Question::read(text).is_ok(), "{text:?}");
        }
    }

    #[test]
    fn an_id_is_read_however_it_is_written() {
        for text in [
            "DE89 3704 0044 0532 0130 00",
            "de89370400440532013000",
            "DE89-3704-0044.0532.0130\u{a0}00",
        ] {
            assert_eq!(
                question(text).id(),
                Some("DE89370400440532013000"),
                "{text}"
            );
        }
        let spellings: Vec<AccountId> = question(" de89 3704 ").spellings();
        let spellings: Vec<&str> = spellings.iter().map(AccountId::as_str).collect();
        assert_eq!(spellings, ["DE893704", "de893704"]);
        for text in ["ana@example.com", "Ana Martín", "<b>", "%", "•", "…"] {
            assert_eq!(question(text).id(), None, "{text}");
        }
    }

    #[test]
    fn the_last_four_are_read_with_and_without_what_stands_for_the_rest() {
        for text in [
            "6828",
            "••••6828",
            "**** 6828",
            "•••• •••• 68-28",
            "…6828",
            "·6828",
        ] {
            assert_eq!(question(text).ending(), Some("6828"), "{text}");
        }
        assert_eq!(question("••16828").ending(), Some("16828"));
        for text in ["16828", "682", "••28", "••••", "6828é", "••••6828é"] {
            assert_eq!(question(text).ending(), None, "{text}");
        }
        assert_eq!(question("••••6828").id(), None);
        assert_eq!(question("••••6828").name(), None);
    }

    #[test]
    fn each_text_is_read_as_all_that_it_may_be() {
        let id = "00000000-0001-85eb-8766-88ef9ab65883";
        for text in [
            id,
            &id.to_uppercase(),
            &id.replace('-', " "),
            &id.replace('-', ""),
        ] {
            assert_eq!(question(text).uuid().unwrap().to_string(), id);
            assert_eq!(question(text).name(), None);
        }
        assert_eq!(question("7k2m 00zq 9xwd").code(), Some("7K2M-00ZQ-9XWD"));
        assert_eq!(question("7k2m-00zq-9xwd").id(), Some("7K2M00ZQ9XWD"));
        assert_eq!(question("Ana@example.com").email(), Some("Ana@example.com"));
        assert_eq!(question("Ana@example.com").name(), None);
        assert_eq!(question("Lind").name(), Some("Lind"));
        assert_eq!(question("Lind").ending(), Some("LIND"));
        assert_eq!(format!("{:?}", question("Lind")), "Question { .. }");
    }
}
