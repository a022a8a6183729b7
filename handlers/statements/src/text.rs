//! Free text of statements, adapted to the limits of an event.

use std::ops::RangeInclusive;

use domain::event::{MAX_CHANNEL_CHARS, MAX_TEXT_CHARS};

/// Returns one line of plain text: control characters and runs of white space
/// become one space. `None` if nothing is left.
pub fn one_line(text: &str) -> Option<String> {
    let spaced: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    (!line.is_empty()).then_some(line)
}

/// Returns a text for `reference` or `counterparty`. A text that is too long is
/// cut and ends in `…`.
pub fn fit_text(text: &str) -> Option<String> {
    fit(text, MAX_TEXT_CHARS)
}

/// Returns a code for `channel`, cut like [`fit_text`].
pub fn fit_channel(text: &str) -> Option<String> {
    fit(text, MAX_CHANNEL_CHARS)
}

fn fit(text: &str, max_chars: usize) -> Option<String> {
    let line = one_line(text)?;
    if line.chars().count() <= max_chars {
        return Some(line);
    }
    let kept: String = line.chars().take(max_chars - 1).collect();
    Some(format!("{}…", kept.trim_end()))
}

/// Joins pieces that a bank cut at a fixed width. A piece of that width may be
/// cut inside a word; a shorter one ended there.
pub(crate) fn join_cut<'a>(
    pieces: impl IntoIterator<Item = &'a str>,
    cut_chars: RangeInclusive<usize>,
) -> String {
    let mut joined = String::new();
    let mut was_cut = true;
    for piece in pieces {
        if !was_cut {
            joined.push(' ');
        }
        joined.push_str(piece);
        was_cut = cut_chars.contains(&piece.chars().count());
    }
    joined
}

/// Returns an account number without the blanks that group its digits.
pub(crate) fn account(text: &str) -> Option<String> {
    let number: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && !c.is_control())
        .collect();
    (!number.is_empty()).then_some(number)
}

/// The words that banks write in place of a missing reference.
const NO_REFERENCE: [&str; 5] = ["NONREF", "NOTPROVIDED", "NOT PROVIDED", "NOREF", "KEINE"];

/// Returns a reference, unless the text says that there is none.
pub(crate) fn reference(text: &str) -> Option<String> {
    one_line(text).filter(|line| !NO_REFERENCE.contains(&line.to_ascii_uppercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_is_cut_and_ends_in_an_ellipsis() {
        let long = "ü".repeat(200);
        let cut = fit_text(&long).unwrap();
        assert_eq!(cut.chars().count(), MAX_TEXT_CHARS);
        assert!(cut.ends_with("ü…"));
        assert_eq!(fit_text(&"ü".repeat(140)).unwrap(), "ü".repeat(140));
    }

    #[test]
    fn control_characters_and_line_breaks_become_one_space() {
        assert_eq!(one_line(" a\r\n\u{0}\u{85} b ").as_deref(), Some("a b"));
        assert_eq!(one_line(" \u{1}\n "), None);
    }

    #[test]
    fn a_piece_of_the_cut_width_continues_without_a_space() {
        assert_eq!(
            join_cut(["ABCDE", "FG", "HIJKLM", "N"], 5..=5),
            "ABCDEFG HIJKLM N"
        );
    }
}
