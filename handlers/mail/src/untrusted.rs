//! The sanitising of strings from outside before a mail shows them: one line of limited length, without links or invisible
//! characters.
//!
//! Anybody who pays a cent into an account chooses the reference that its owner reads in a mail from their bank. The
//! template engine escapes HTML; this module removes what escaping does not stop.

/// Combining marks on one letter. No language needs more; excess marks would cover the lines around and are removed.
const MAX_MARKS: usize = 3;

/// Returns one line of at most `max_chars` characters. If it was cut, the last one is an ellipsis.
///
/// Control characters and white space become single spaces; invisible and direction-changing characters are removed.
pub(crate) fn one_line(raw: &str, max_chars: usize) -> String {
    let mut line = String::new();
    let mut length = 0;
    let mut marks = 0;
    for c in raw.chars() {
        let c = if c.is_control() || c.is_whitespace() {
            ' '
        } else {
            c
        };
        marks = if is_mark(c) { marks + 1 } else { 0 };
        if is_invisible(c)
            || marks > MAX_MARKS
            || (c == ' ' && (line.is_empty() || line.ends_with(' ')))
        {
            continue;
        }
        if length == max_chars {
            line.pop();
            line.truncate(line.trim_end().len());
            line.push('…');
            return line;
        }
        line.push(c);
        length += 1;
    }
    line.truncate(line.trim_end().len());
    line
}

/// Returns [`one_line`] in a form that mail programs do not turn into links: with spaces inside of URLs and host names.
///
/// A zero-width character would look better, but browsers ignore it in host names.
pub(crate) fn one_line_without_links(raw: &str, max_chars: usize) -> String {
    let line = one_line(raw, max_chars).replace("://", ": //");
    let mut unlinked = String::new();
    let mut rest = line.chars().peekable();
    let mut before = ' ';
    while let Some(c) = rest.next() {
        unlinked.push(c);
        // Full stops of other scripts are dots in host names too.
        let dot = matches!(c, '.' | '。' | '．' | '｡' | '․');
        if dot && before.is_alphanumeric() && rest.peek().is_some_and(|next| next.is_alphabetic()) {
            unlinked.push(' ');
        }
        before = c;
    }
    unlinked
}

fn is_invisible(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' // soft hyphen, marks of direction
        | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' // embeddings, overrides, isolates
        | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}' | '\u{ffff}' // byte order mark, annotations, noncharacters
        | '\u{e0000}'..='\u{e007f}') // tags
}

fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{483}'..='\u{489}' | '\u{1ab0}'..='\u{1aff}' | '\u{1dc0}'..='\u{1dff}'
        | '\u{20d0}'..='\u{20ff}' | '\u{fe20}'..='\u{fe2f}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn line_breaks_and_tabs_become_single_spaces() {
        assert_eq!(
            one_line(" Mallory\r\nBcc: x@y\t\u{2028}z\0", 80),
            "Mallory Bcc: x@y z"
        );
    }

    #[test]
    fn direction_overrides_and_invisible_characters_are_removed() {
        assert_eq!(one_line("\u{202e}gpj.exe\u{2066}\u{200b}", 80), "gpj.exe");
    }

    #[test]
    fn a_string_that_is_too_long_ends_in_an_ellipsis() {
        assert_eq!(one_line("abcdef", 6), "abcdef");
        assert_eq!(one_line("abcdefg", 6), "abcde…");
        assert_eq!(one_line("abcd fg", 6), "abcd…");
        assert_eq!(one_line(&"x".repeat(5_000), 140).chars().count(), 140);
    }

    #[test]
    fn names_in_all_scripts_are_unchanged() {
        for name in [
            "Zoë Åkesson-O’Neil",
            "محمد علی",
            "山田 太郎",
            "Nguyễn Thị",
            "👩‍👧 Ltd",
            "میرِ‌زا",
        ] {
            assert_eq!(one_line(name, 80), name);
        }
    }

    #[test]
    fn marks_do_not_pile_up() {
        assert_eq!(
            one_line(&format!("Z{}x", "\u{336}".repeat(50)), 80),
            "Z\u{336}\u{336}\u{336}x"
        );
    }

    #[test]
    fn nothing_is_left_that_a_mail_program_turns_into_a_link() {
        assert_eq!(
            one_line_without_links("see https://evil.example/login", 80),
            "see https: //evil. example/login"
        );
        assert_eq!(
            one_line_without_links("www.evil.com x@evil.com", 80),
            "www. evil. com x@evil. com"
        );
        assert_eq!(
            one_line_without_links("evil\u{200b}.c\u{2060}om", 80),
            "evil. com"
        );
    }

    #[test]
    fn ordinary_references_keep_their_dots() {
        for reference in [
            "INV.2026.11",
            "Rent Nov. flat 3",
            "RF18 5390 0754 7034",
            "E. Dupont",
            "12.50",
        ] {
            assert_eq!(one_line_without_links(reference, 80), reference);
        }
    }

    proptest! {
        #[test]
        fn no_string_breaks_a_line_or_outgrows_it(raw in any::<String>(), max in 1usize..200) {
            let line = one_line(&raw, max);
            prop_assert!(line.chars().count() <= max);
            let stray = line.chars().find(|c| c.is_control() || is_invisible(*c) || (c.is_whitespace() && *c != ' '));
            prop_assert_eq!(stray, None);
        }
    }
}
