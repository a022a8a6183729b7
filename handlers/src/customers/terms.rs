//! The terms by which customers are found: the words of their names, their addresses and their ids. Pure.
//!
//! People spell a name as they hear it, so case, accents and punctuation do not count. An address is found as a whole, so its
//! term is its hash, and only names stand in the index as they are.

use std::collections::BTreeSet;

use domain::CustomerId;
use domain::email::AddressHash;
use domain::identifiers::fold_id;
use icu_normalizer::DecomposingNormalizerBorrowed;
use icu_normalizer::properties::CanonicalCombiningClassMapBorrowed;

use super::Person;

/// Words of a name that have a term: more than a name of 140 characters has, unless it is of signs that stand for several
/// words each. Beyond it words are not indexed. With the other terms and the revision, they fit into one transaction.
const MAX_WORDS: usize = 80;
/// Bytes of a term's text: below the 1,024 that DynamoDB allows in a sort key. A longer name is indexed by its beginning.
const MAX_TEXT_BYTES: usize = 600;
/// The character before the customer's id at the end of a term, which gives equal names an order. It is in no folded word.
const BEFORE_ID: char = '#';

/// A kind of terms, which is searched alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    /// The words of a name from the first on: one of each customer, so that these list all customers by name.
    Name,
    /// The words of a name from another than the first on, and then those before.
    Word,
    /// The hash of an address.
    Email,
    /// The letters and digits of the customer's id.
    Id,
}

impl TermKind {
    /// The name under which it is stored.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            TermKind::Name => "name",
            TermKind::Word => "word",
            TermKind::Email => "email",
            TermKind::Id => "id",
        }
    }
}

/// A term of a customer.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Term {
    /// Its kind.
    pub kind: TermKind,
    /// What a search for it begins with, and the customer's id.
    pub text: String,
}

/// Shows nothing of the text, because it is a name.
impl std::fmt::Debug for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Term")
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// Returns all terms of a customer, in their order.
#[must_use]
pub fn terms_of(customer: &CustomerId, person: &Person) -> Vec<Term> {
    let term = |kind, text: &str| Term {
        kind,
        text: format!("{text} {BEFORE_ID}{customer}"),
    };
    let names = name_texts(&person.name);
    let names = names.iter().enumerate().map(|(index, text)| match index {
        0 => term(TermKind::Name, text),
        _ => term(TermKind::Word, text),
    });
    let further = person.preferences.addresses().iter();
    let addresses = std::iter::once(person.email.hash()).chain(further.map(|one| one.hash()));
    let addresses = addresses.map(|hash| term(TermKind::Email, hash.as_str()));
    let id = term(TermKind::Id, &customer.folded());
    let all: BTreeSet<Term> = names.chain(addresses).chain([id]).collect();
    all.into_iter().collect()
}

/// Returns the texts under which a name is indexed: its words from each of them on, and around to the one before.
#[must_use]
pub fn name_texts(name: &str) -> Vec<String> {
    let words = words(name);
    let (all, starts) = (words.len(), words.len().min(MAX_WORDS));
    (0..starts)
        .map(|start| {
            let rotated = words.iter().cycle().skip(start).take(all);
            let text: Vec<&str> = rotated.map(String::as_str).collect();
            cut(text.join(" "))
        })
        .collect()
}

/// Returns what the terms of these words, in this order, begin with. A single letter is searched as a whole word, because it
/// would be the beginning of too many.
#[must_use]
pub fn name_prefix(words: &[String]) -> String {
    match words {
        [letter] if letter.chars().count() < 2 => format!("{letter} "),
        words => cut(words.join(" ")),
    }
}

/// Returns what the term of this address begins with, whatever its case.
#[must_use]
pub fn email_prefix(address: &str) -> String {
    format!("{} ", AddressHash::of(address))
}

/// Returns what the term of this customer's id begins with, whatever its case and its separators.
#[must_use]
pub fn id_prefix(id: &str) -> String {
    format!("{} ", fold_id(id))
}

/// Whether a person has an address, in any case.
#[must_use]
pub fn has_address(person: &Person, address: &str) -> bool {
    let hash = AddressHash::of(address);
    let mut further = person.preferences.addresses().iter();
    person.email.hash() == hash || further.any(|one| one.hash() == hash)
}

/// Whether each of the words that were asked for begins a word of the name; a single letter has to be all of it.
#[must_use]
pub fn has_words(name: &str, asked: &[String]) -> bool {
    let words = words(name);
    match asked {
        [letter] if letter.chars().count() < 2 => words.contains(letter),
        asked => asked
            .iter()
            .all(|asked| words.iter().any(|word| word.starts_with(asked))),
    }
}

/// Returns the words of a text without case, accents and punctuation. A text of signs alone is one word.
#[must_use]
pub fn words(text: &str) -> Vec<String> {
    let folded = fold(text);
    let words: Vec<String> = folded
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect();
    if !words.is_empty() {
        return words;
    }
    let signs: String = folded.chars().filter(|c| !c.is_whitespace()).collect();
    (!signs.is_empty()).then_some(signs).into_iter().collect()
}

fn fold(text: &str) -> String {
    let classes = CanonicalCombiningClassMapBorrowed::new();
    DecomposingNormalizerBorrowed::new_nfkd()
        .normalize_iter(text.chars())
        .filter(|c| classes.get_u8(*c) == 0 && !is_unwritten(*c))
        // To upper case first: "ß" becomes "ss", and both sigmas one.
        .flat_map(char::to_uppercase)
        .flat_map(char::to_lowercase)
        .flat_map(|c| {
            // Letters that Unicode does not take apart, as people write them without.
            let letters = match c {
                // Of the capital alone, "ẞ", which has no other upper case.
                'ß' => "ss",
                'æ' => "ae",
                'œ' => "oe",
                'ø' => "o",
                'ł' => "l",
                'đ' | 'ð' => "d",
                'ħ' => "h",
                'þ' => "th",
                _ => return vec![c],
            };
            letters.chars().collect()
        })
        .collect()
}

/// Whether a character joins a word's parts and is left out by many: apostrophes, soft hyphens, and what shows nothing.
fn is_unwritten(c: char) -> bool {
    matches!(
        c,
        '\'' | '`' | '´' | '\u{2bb}'..='\u{2bf}' | '\u{2018}'..='\u{201b}' | '\u{ad}' | '\u{200b}'..='\u{200f}'
            | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
    )
}

/// Returns at most [`MAX_TEXT_BYTES`] of a text.
fn cut(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(MAX_TEXT_BYTES));
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::super::read_person;
    use super::*;

    fn person(name: &str) -> Person {
        read_person(json!({ "email": "Ana@Example.com", "name": name })).unwrap()
    }

    fn ana() -> CustomerId {
        "ana-1".parse().unwrap()
    }

    /// Whether a search for this text looks at a term of the name, and finds the name to have its words.
    fn finds(name: &str, asked: &str) -> bool {
        let asked = words(asked);
        let prefix = name_prefix(&asked);
        let terms = terms_of(&ana(), &person(name));
        let looks = terms.iter().any(|term| {
            matches!(term.kind, TermKind::Name | TermKind::Word) && term.text.starts_with(&prefix)
        });
        looks && has_words(name, &asked)
    }

    #[test]
    fn a_name_is_found_however_it_is_spelled() {
        for (name, asked) in [
            ("Ana Martín", "MARTIN"),
            ("Ana Martín", "martín ana"),
            ("Ana Martín", "ana mar"),
            ("Ana María López", "lopez"),
            ("Ana María López", "lopez ana"),
            ("Seán O’Brien", "obrien"),
            ("Seán O'Brien", "O’Brien"),
            ("Jean-Luc Groß", "luc"),
            ("Jean-Luc Groß", "GROSS"),
            ("JEAN-LUC GROẞ", "gross"),
            ("Jean-Luc Gross", "groẞ"),
            ("Łukasz Wałęsa", "walesa"),
            ("Søren Kierkegaard", "soren"),
            ("Γιώργος Παπαδόπουλος", "παπαδοπουλος"),
            ("Дмитрий Йовович", "дмитрий"),
            ("王小明", "王小"),
            ("김철수", "김철"),
            ("محمد علي", "علي"),
            ("राम सिंह", "सिंह"),
            ("<script>alert(1)</script>", "alert"),
            ("<script>alert(1)</script>", "<script>"),
            ("O", "o"),
            ("Ana O", "o"),
            ("🙂", "🙂"),
            ("#", "#"),
        ] {
            assert!(finds(name, asked), "{asked} for {name}");
        }
    }

    #[test]
    fn a_single_letter_is_a_whole_word_and_the_id_is_no_part_of_a_name() {
        assert!(!finds("Ana Lind", "a"));
        assert!(!finds("Ana Lind", "an b"));
        assert!(!finds("Ana", "ana ana 1"));
        assert!(!finds("Ana", "ana #ana"));
    }

    #[test]
    fn a_person_has_one_term_that_lists_the_name_and_those_of_the_other_words_of_the_address_and_of_the_id()
     {
        let terms = terms_of(&ana(), &person("Ana María López"));
        let shown: Vec<(&str, &str)> = terms
            .iter()
            .map(|term| (term.kind.as_str(), term.text.as_str()))
            .collect();
        let hash = AddressHash::of("ana@example.com");
        let email = format!("{hash} #ana-1");
        assert_eq!(
            shown,
            [
                ("name", "ana maria lopez #ana-1"),
                ("word", "lopez ana maria #ana-1"),
                ("word", "maria lopez ana #ana-1"),
                ("email", email.as_str()),
                ("id", "ANA1 #ana-1"),
            ]
        );
        assert!(email.starts_with(&email_prefix(" ANA@example.COM ")));
        assert!("ANA1 #ana-1".starts_with(&id_prefix("ana 1")));
        assert!(has_address(&person("Ana"), "ana@EXAMPLE.com"));
        assert_eq!(format!("{:?}", terms[0]), "Term { kind: Name, .. }");
    }

    #[test]
    fn the_longest_names_fit_into_a_transaction_and_into_keys() {
        for name in ["ﷺ".repeat(140), "a ".repeat(70), "ẞ".repeat(140)] {
            let terms = terms_of(&ana(), &person(name.trim_end()));
            assert!(terms.len() <= 99 - 5, "{}", terms.len());
            assert!(terms.iter().all(|term| term.text.len() <= 1024 - 40));
        }
    }

    proptest! {
        #[test]
        fn each_word_of_a_name_finds_it_in_any_case(name in "\\PC{1,60}") {
            // A name of signs alone has no word, and is found by the customer's id and address.
            prop_assume!(!words(&name).is_empty());
            for word in words(&name) {
                prop_assert!(finds(&name, &word), "{word:?}");
                prop_assert!(finds(&name, &word.to_uppercase()) || word.to_uppercase().chars().count() != word.chars().count(), "{word:?}");
            }
            prop_assert!(finds(&name, &name));
        }
    }
}
