//! The sender of a mail: a name before an address, quoted or encoded.

use super::headers::encoded_words;

/// Longest name, in characters, as the template allows it. A longer one is cut.
const MAX_NAME_CHARS: usize = 64;

/// Returns `"Name" <address>` with the name as a quoted string (RFC 5322, section 3.2.4), or the address alone if the name is
/// empty or the address has a name already. Control characters, which could begin another header, become spaces.
#[must_use]
pub fn sender(name: &str, address: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let name: String = name.chars().map(plain).take(MAX_NAME_CHARS).collect();
    let name = name.trim();
    if name.is_empty() || address.ends_with('>') {
        return address.to_owned();
    }
    let mut quoted = String::new();
    for character in name.chars() {
        if matches!(character, '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    format!("\"{quoted}\" <{address}>")
}

/// Returns a sender in ASCII: a name with other characters as encoded-words (RFC 2047, section 5).
pub(super) fn in_ascii(sender: &str) -> String {
    match sender.rsplit_once(" <") {
        Some((name, address)) if !name.is_ascii() => {
            format!("{} <{address}", encoded_words(&unquoted(name)))
        }
        _ => sender.to_owned(),
    }
}

/// Returns the text of a quoted string, or what is no quoted string as it is.
fn unquoted(name: &str) -> String {
    let inner = name
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(inner) = inner else {
        return name.to_owned();
    };
    let mut text = String::new();
    let mut escaped = false;
    for character in inner.chars() {
        escaped = character == '\\' && !escaped;
        if !escaped {
            text.push(character);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    const ADDRESS: &str = "notifications@bank.example";

    /// Reads the encoded-words of a sender.
    fn read(sender: &str) -> String {
        let (words, _) = sender.rsplit_once(" <").unwrap();
        let bytes = words.split(' ').flat_map(|word| {
            assert!(word.len() <= 75, "{word}");
            let inner = word.strip_prefix("=?UTF-8?B?").unwrap();
            STANDARD.decode(inner.strip_suffix("?=").unwrap()).unwrap()
        });
        String::from_utf8(bytes.collect()).unwrap()
    }

    #[test]
    fn a_name_is_quoted_with_its_specials() {
        for (name, expected) in [
            (
                "Example Bank",
                "\"Example Bank\" <notifications@bank.example>",
            ),
            (
                "Bank, Ltd. <x@y>",
                "\"Bank, Ltd. <x@y>\" <notifications@bank.example>",
            ),
            (
                "The \"Bank\"",
                "\"The \\\"Bank\\\"\" <notifications@bank.example>",
            ),
            ("a\\b", "\"a\\\\b\" <notifications@bank.example>"),
            ("", ADDRESS),
            (" \r\n ", ADDRESS),
        ] {
            let sender = sender(name, ADDRESS);
            assert_eq!(sender, expected);
            assert_eq!(in_ascii(&sender), expected);
        }
        let named = "Bank <notifications@bank.example>";
        assert_eq!(sender("Another", named), named);
    }

    #[test]
    fn a_name_with_other_characters_is_sent_as_encoded_words() {
        for name in ["Société « Générale »", "銀行", "Böse \"Bank\" \\ <x>", "🏦"] {
            let sent = in_ascii(&sender(name, ADDRESS));
            assert!(
                sent.is_ascii() && sent.ends_with(" <notifications@bank.example>"),
                "{sent}"
            );
            assert_eq!(read(&sent), name);
        }
        let long = in_ascii(&sender(&"é".repeat(500), ADDRESS));
        assert_eq!(read(&long), "é".repeat(MAX_NAME_CHARS));
    }

    #[test]
    fn no_name_begins_another_header() {
        for name in ["Bank\r\nBcc: x@y", "Bänk\nBcc: x@y", "\u{85}a"] {
            let sender = sender(name, ADDRESS);
            assert!(!sender.contains(char::is_control), "{sender:?}");
            assert!(!in_ascii(&sender).contains(char::is_control));
        }
    }
}
