//! The part of an account's number that a mail may show.

/// Characters of an account's id that are shown: enough for customers to recognise their accounts, too few to use one.
const SHOWN: usize = 4;

/// Returns the id's last four letters or digits after four dots (`••••1234`), but at most half of a short id.
#[must_use]
pub fn mask(account_id: &str) -> String {
    let characters: Vec<char> = account_id
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let shown = SHOWN.min(characters.len() / 2);
    let tail: String = characters[characters.len() - shown..].iter().collect();
    format!("••••{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_four_characters_are_shown() {
        assert_eq!(mask("FR76-3000-6000-0112-3456-7890-189"), "••••0189");
        assert_eq!(mask("acc-00001234"), "••••1234");
    }

    #[test]
    fn a_short_id_is_not_shown_whole() {
        assert_eq!(mask("1234"), "••••34");
        assert_eq!(mask("7"), "••••");
        assert_eq!(mask(""), "••••");
    }

    #[test]
    fn only_letters_and_digits_are_shown() {
        assert_eq!(mask("12345678\r\n<b>"), "••••678b");
    }
}
