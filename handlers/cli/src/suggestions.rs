//! The suggestions for a mistyped command: only those that a slip of the hand explains.
//!
//! clap compares letters in any place, and so suggests `cost` for `accounts`.

use clap::Error;
use clap::error::{ContextKind, ContextValue};

/// Takes away the suggestions that the person cannot have meant.
pub(crate) fn plausible(mut answer: Error) -> Error {
    let kind = ContextKind::SuggestedSubcommand;
    let typed = match answer.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(typed)) => typed.clone(),
        _ => return answer,
    };
    let suggested = match answer.remove(kind) {
        Some(ContextValue::Strings(names)) => names,
        Some(ContextValue::String(name)) => vec![name],
        _ => return answer,
    };
    let meant: Vec<String> = (suggested.into_iter())
        .filter(|name| is_slip(&typed, name))
        .collect();
    if !meant.is_empty() {
        answer.insert(kind, ContextValue::Strings(meant));
    }
    answer
}

/// Whether a person may have typed one for the other: a part of it, or with a wrong letter in three.
fn is_slip(typed: &str, name: &str) -> bool {
    name.contains(typed) || typed.contains(name) || {
        let letters = typed.chars().count().max(name.chars().count());
        distance(typed, name) <= letters.div_ceil(3)
    }
}

/// Returns the number of letters to insert, remove or replace (Levenshtein).
fn distance(typed: &str, name: &str) -> usize {
    let mut row: Vec<usize> = (0..=name.chars().count()).collect();
    for (index, typed) in typed.chars().enumerate() {
        let mut diagonal = index;
        let mut left = index + 1;
        let mut next = vec![left];
        for (name, above) in name.chars().zip(row.iter().skip(1)) {
            left = (diagonal + usize::from(typed != name))
                .min(left + 1)
                .min(above + 1);
            next.push(left);
            diagonal = *above;
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_a_part_or_a_wrong_letter_in_three() {
        for (typed, name) in [
            ("balence", "balance"),
            ("xport", "export"),
            ("dead-letter", "dead-letters"),
            ("account", "accounts"),
            ("hsitory", "history"),
            ("letters", "dead-letters"),
        ] {
            assert!(is_slip(typed, name), "{typed}");
        }
        for (typed, name) in [("accounts", "cost"), ("customers", "cost"), ("find", "man")] {
            assert!(!is_slip(typed, name), "{typed}");
        }
    }

    #[test]
    fn the_distance_counts_letters() {
        assert_eq!(distance("kitten", "sitting"), 3);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("same", "same"), 0);
    }
}
