//! The account's number, as far as a mail may show it.

/// How much of an account's id is shown: enough to tell one's own accounts apart, too little to use one.
const SHOWN: usize = 4;

/// The id's last four letters or digits behind four dots (`••••1234`); of a short id at most half is shown.
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
    fn what_is_no_letter_or_digit_is_not_shown() {
        assert_eq!(mask("12345678\r\n<b>"), "••••678b");
    }
}
