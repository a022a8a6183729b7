//! Headers of a mail, checked and in ASCII.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Headers of a mail beside those that SES writes itself, by SES's limit
/// (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_Message.html>). A mail with more is refused permanently.
pub const MAX_HEADERS: usize = 15;
/// SES's longest name and value of a header, in characters
/// (<https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_MessageHeader.html>).
const MAX_NAME_CHARS: usize = 126;
const MAX_VALUE_CHARS: usize = 870;
/// Bytes of text in one encoded-word: with its frame and Base64 it stays
/// within the 75 characters of RFC 2047, section 2.
const WORD_BYTES: usize = 45;
/// Headers that the mail's own fields give, or that SES overwrites.
const RESERVED: [&str; 13] = [
    "bcc",
    "cc",
    "content-disposition",
    "content-transfer-encoding",
    "content-type",
    "date",
    "from",
    "message-id",
    "mime-version",
    "reply-to",
    "return-path",
    "subject",
    "to",
];

/// Why a header cannot be sent. Contains the header's name, and never its value.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HeaderError {
    /// The mail has this many headers.
    #[error("a mail has at most {MAX_HEADERS} headers of its own, not {0}")]
    TooMany(usize),
    /// A name is empty, too long, or has other characters.
    #[error(
        "the header's name is not 1 to {MAX_NAME_CHARS} visible ASCII characters without \":\""
    )]
    Name,
    /// The header would replace one of the mail's own.
    #[error("the header {0} belongs to the mail itself")]
    Reserved(String),
    /// The value could begin another header.
    #[error("the value of the header {0} has a line break or another control character")]
    Control(String),
    /// The value is empty or too long, after its encoding in ASCII.
    #[error("the value of the header {0} is empty or longer than {MAX_VALUE_CHARS} characters")]
    Length(String),
}

pub(super) fn encoded(
    headers: Vec<(String, String)>,
) -> Result<Vec<(String, String)>, HeaderError> {
    if headers.len() > MAX_HEADERS {
        return Err(HeaderError::TooMany(headers.len()));
    }
    headers.into_iter().map(one).collect()
}

fn one((name, value): (String, String)) -> Result<(String, String), HeaderError> {
    let visible = |byte: u8| byte.is_ascii_graphic() && byte != b':';
    if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.bytes().all(visible) {
        return Err(HeaderError::Name);
    }
    if RESERVED.contains(&name.to_ascii_lowercase().as_str()) {
        return Err(HeaderError::Reserved(name));
    }
    if value.chars().any(char::is_control) {
        return Err(HeaderError::Control(name));
    }
    let value = if value.is_ascii() {
        value
    } else {
        encoded_words(&value)
    };
    if value.trim().is_empty() || value.len() > MAX_VALUE_CHARS {
        return Err(HeaderError::Length(name));
    }
    Ok((name, value))
}

/// Encodes a text by RFC 2047, section 4.1: each word contains whole characters.
pub(super) fn encoded_words(text: &str) -> String {
    let mut words: Vec<String> = vec![String::new()];
    for character in text.chars() {
        let full = words
            .last()
            .is_none_or(|word| word.len() + character.len_utf8() > WORD_BYTES);
        if full {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut() {
            word.push(character);
        }
    }
    let words: Vec<String> = words
        .iter()
        .map(|word| format!("=?UTF-8?B?{}?=", STANDARD.encode(word)))
        .collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str, value: &str) -> Result<(String, String), HeaderError> {
        one((name.to_owned(), value.to_owned()))
    }

    #[test]
    fn a_line_break_never_gets_into_a_header() {
        for value in [
            "a\r\nBcc: b@example.com",
            "a\nb",
            "a\rb",
            "a\0b",
            "a\u{85}b",
        ] {
            assert_eq!(
                of("X-A", value),
                Err(HeaderError::Control("X-A".to_owned())),
                "{value:?}"
            );
        }
        for name in ["", "X A", "X:A", "X\r\nBcc", "Ü"] {
            assert_eq!(of(name, "a"), Err(HeaderError::Name), "{name:?}");
        }
    }

    #[test]
    fn what_the_mail_itself_says_is_not_said_twice() {
        for name in ["Subject", "to", "BCC", "Message-ID", "Content-Type"] {
            assert_eq!(of(name, "a"), Err(HeaderError::Reserved(name.to_owned())));
        }
    }

    #[test]
    fn words_that_are_not_ascii_are_encoded_and_stay_within_75_characters() {
        let text = "Überweisung für Zoë 💶 ".repeat(8);
        let (_, value) = of("X-A", &text).unwrap();
        let mut read = Vec::new();
        for word in value.split(' ') {
            assert!(word.len() <= 75, "{word}");
            let inner = word
                .strip_prefix("=?UTF-8?B?")
                .unwrap()
                .strip_suffix("?=")
                .unwrap();
            let bytes = STANDARD.decode(inner).unwrap();
            assert!(
                String::from_utf8(bytes.clone()).is_ok(),
                "a character was cut"
            );
            read.extend(bytes);
        }
        assert_eq!(String::from_utf8(read).unwrap(), text);
        assert_eq!(of("X-A", "plain").unwrap().1, "plain");
    }

    #[test]
    fn more_headers_or_longer_ones_than_ses_takes_are_refused() {
        let many = vec![("X-A".to_owned(), "a".to_owned()); MAX_HEADERS + 1];
        assert_eq!(encoded(many), Err(HeaderError::TooMany(MAX_HEADERS + 1)));
        assert!(of("X-A", &"a".repeat(MAX_VALUE_CHARS)).is_ok());
        assert!(of("X-A", &"a".repeat(MAX_VALUE_CHARS + 1)).is_err());
        assert!(of("X-A", " ").is_err());
    }
}
