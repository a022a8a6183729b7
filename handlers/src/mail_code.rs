//! The verification code of a mail, by which customers verify with the bank that it sent the mail. Pure.

use domain::NotificationId;

use crate::keyring::{Keyring, Purpose};

/// Crockford's Base32 (<https://www.crockford.com/base32.html>): no I, L, O, U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
/// Characters of a code, without hyphens: 60 bits. At 500 requests a second, the API's limit, finding the code of one of a
/// million mails takes about 70 years.
const CHARS: usize = 12;
const GROUP: usize = 4;
const BITS_A_CHAR: u32 = 5;

/// The code of a notification's mail, like `7K2M-00ZQ-9XWD`. It depends only on the id and the current key, and nobody can
/// guess it without the key.
#[must_use]
pub fn verification_code(keyring: &Keyring, notification_id: NotificationId) -> String {
    let (_, signature) = keyring.sign(Purpose::MailCode, &notification_id.to_string());
    let number = signature[..8]
        .iter()
        .fold(0_u64, |number, &byte| number << 8 | u64::from(byte));
    let mut code = String::with_capacity(CHARS + CHARS / GROUP);
    for position in 0..CHARS {
        if position > 0 && position % GROUP == 0 {
            code.push('-');
        }
        let shift = u64::BITS - BITS_A_CHAR * (position as u32 + 1);
        code.push(ALPHABET[(number >> shift & 0x1f) as usize] as char);
    }
    code
}

/// Normalises a typed code to its stored form. Accepts upper and lower case, with or without hyphens and blanks, O for 0, and
/// I or L for 1. Returns `None` if the text is not a code.
#[must_use]
pub fn read_code(text: &str) -> Option<String> {
    let mut code = String::with_capacity(CHARS + CHARS / GROUP);
    let mut chars = 0;
    for typed in text.chars().filter(|c| !matches!(c, '-' | ' ' | '\u{a0}')) {
        let letter = match typed.to_ascii_uppercase() {
            'O' => '0',
            'I' | 'L' => '1',
            letter => letter,
        };
        if chars == CHARS || !letter.is_ascii() || !ALPHABET.contains(&(letter as u8)) {
            return None;
        }
        if chars > 0 && chars % GROUP == 0 {
            code.push('-');
        }
        code.push(letter);
        chars += 1;
    }
    (chars == CHARS).then_some(code)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(secret: &str) -> Keyring {
        Keyring::read(&[&format!("{{\"secret\": \"{secret}\"}}")]).unwrap()
    }

    fn id(number: u128) -> NotificationId {
        NotificationId::from_u128(number)
    }

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        let keyring = keyring(&"k".repeat(40));
        for number in 0..200 {
            let code = verification_code(&keyring, id(number));
            assert_eq!(code.len(), 14, "{code}");
            assert_eq!(read_code(&code).as_ref(), Some(&code));
            let typed = code
                .replace('-', " ")
                .to_lowercase()
                .replace('0', "o")
                .replace('1', "l");
            assert_eq!(read_code(&typed).as_ref(), Some(&code), "{typed}");
            let typed = code.replace('-', "").replace('0', "O").replace('1', "I");
            assert_eq!(read_code(&typed).as_ref(), Some(&code), "{typed}");
        }
    }

    #[test]
    fn codes_differ_by_notification_and_by_key() {
        let codes: std::collections::BTreeSet<String> = (0..1000)
            .map(|number| verification_code(&keyring(&"k".repeat(40)), id(number)))
            .collect();
        assert_eq!(codes.len(), 1000);
        assert!(!codes.contains(&verification_code(&keyring(&"l".repeat(40)), id(1))));
    }

    #[test]
    fn what_is_no_code_is_none() {
        for text in [
            "",
            "7K2M-00ZQ-9XW",
            "7K2M-00ZQ-9XWDA",
            "7K2M-00ZQ-9XWU",
            "7K2M-00ZQ-9XW\n",
            "ſſſſ-ſſſſ-ſſſſ",
        ] {
            assert_eq!(read_code(text), None, "{text:?}");
        }
    }
}
