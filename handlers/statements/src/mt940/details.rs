//! `:86:`, the bank's details of an entry: free text, German subfields (`?20`),
//! slash codes (`/REMI/`), or MultiCash `:NS:` lines.

use std::ops::RangeInclusive;

use crate::text;

/// Widths at which banks cut the lines of `:86:`, in characters: SWIFT allows
/// 65, and some use 64.
const LINE_CHARS: RangeInclusive<usize> = 64..=65;
/// Width at which subfields are cut, in characters.
const SUBFIELD_CHARS: RangeInclusive<usize> = 27..=27;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Details {
    pub remittance: Option<String>,
    pub name: Option<String>,
    pub account: Option<String>,
    pub end_to_end: Option<String>,
}

impl Details {
    pub(super) fn parse(lines: &[String]) -> Self {
        // Subfields and slash codes continue across line ends.
        let joined = lines.concat();
        if let Some(separator) = subfield_separator(&joined) {
            return of_subfields(&joined, separator);
        }
        let running = text::join_cut(lines.iter().map(String::as_str), LINE_CHARS);
        if has_codes(&joined) {
            return of_codes(&running);
        }
        Details {
            remittance: text::one_line(&running),
            ..Details::default()
        }
    }

    /// Reads MultiCash lines. Two digits begin each line: 01 to 14 mark the
    /// remittance text, 15 and 16 the name, 34 the account.
    pub(super) fn of_multicash(lines: &[String]) -> Self {
        let field = |from: u32, to: u32| {
            let parts = lines.iter().filter_map(|line| {
                let (code, rest) = line.split_at_checked(2)?;
                let code: u32 = code.parse().ok()?;
                (from..=to).contains(&code).then_some(rest)
            });
            text::one_line(&parts.collect::<Vec<_>>().join(" "))
        };
        Details {
            remittance: field(1, 14),
            name: field(15, 16),
            account: field(34, 34),
            end_to_end: None,
        }
    }
}

/// Returns the character before subfield codes (`?`, `>`), if the text has the form
/// `166?00GUTSCHRIFT?20...`.
fn subfield_separator(text: &str) -> Option<char> {
    let mut chars = text.trim_start().chars();
    let type_code: Vec<char> = chars.by_ref().take(3).collect();
    let separator = chars.next()?;
    let digits: Vec<char> = chars.take(2).collect();
    let all_digits =
        |part: &[char], count: usize| part.len() == count && part.iter().all(char::is_ascii_digit);
    let fits = all_digits(&type_code, 3)
        && all_digits(&digits, 2)
        && matches!(separator, '?' | '>' | '<' | '~' | '^' | '|');
    fits.then_some(separator)
}

fn of_subfields(text: &str, separator: char) -> Details {
    let mut subfields: Vec<(u32, String)> = Vec::new();
    for piece in text.split(separator).skip(1) {
        let code = piece
            .split_at_checked(2)
            .filter(|(code, _)| code.bytes().all(|byte| byte.is_ascii_digit()));
        match code.and_then(|(code, rest)| Some((code.parse().ok()?, rest))) {
            Some((code, rest)) => subfields.push((code, rest.to_owned())),
            // A separator that is part of the text.
            None => {
                if let Some((_, text)) = subfields.last_mut() {
                    text.push(separator);
                    text.push_str(piece);
                }
            }
        }
    }
    let field = |codes: &[RangeInclusive<u32>]| {
        let parts = subfields
            .iter()
            .filter(|(code, _)| codes.iter().any(|range| range.contains(code)));
        text::join_cut(parts.map(|(_, text)| text.as_str()), SUBFIELD_CHARS)
    };
    let purpose = field(&[20..=29, 60..=63]);
    let sepa = |keyword: &str| sepa_field(&purpose, keyword);
    let remittance = sepa("SVWZ+")
        .or_else(|| text::one_line(&purpose))
        .or_else(|| text::one_line(&field(&[0..=0])));
    let account = text::account(&field(&[38..=38])).or_else(|| text::account(&field(&[31..=31])));
    Details {
        remittance,
        name: text::one_line(&field(&[32..=33])),
        account,
        end_to_end: sepa("EREF+").and_then(|value| text::reference(&value)),
    }
}

/// The keywords of German banks in the remittance subfields.
const SEPA_KEYWORDS: [&str; 14] = [
    "EREF+", "KREF+", "MREF+", "BREF+", "RREF+", "CRED+", "DEBT+", "COAM+", "OAMT+", "SVWZ+",
    "ABWA+", "ABWE+", "IBAN+", "BIC+",
];

fn sepa_field(purpose: &str, keyword: &str) -> Option<String> {
    let (_, value) = purpose.split_once(keyword)?;
    let end = SEPA_KEYWORDS
        .iter()
        .filter_map(|next| value.find(next))
        .min()
        .unwrap_or(value.len());
    text::one_line(value.get(..end)?)
}

/// The slash codes of Dutch and other banks. Only these divide the text, in
/// which `/` is an ordinary character too.
const CODES: [&str; 25] = [
    "TRTP", "IBAN", "BIC", "NAME", "REMI", "EREF", "MARF", "CSID", "ORDP", "BENM", "ADDR", "ISDT",
    "PREF", "CNTP", "PURP", "TRCD", "IREF", "RTRN", "ULTD", "ULTC", "ULTB", "ID", "ACCT", "BENE",
    "OAMT",
];

fn has_codes(text: &str) -> bool {
    text.trim_start().starts_with('/')
        && CODES.iter().any(|code| text.contains(&format!("/{code}/")))
}

fn of_codes(text: &str) -> Details {
    let mut values: Vec<(&str, String)> = Vec::new();
    let mut pieces = text.split('/').skip(1).peekable();
    while let Some(piece) = pieces.next() {
        match CODES.iter().find(|code| **code == piece) {
            // A code has a slash on both sides; the last piece has only one.
            Some(code) if pieces.peek().is_some() => values.push((code, String::new())),
            _ => {
                if let Some((_, value)) = values.last_mut() {
                    value.push('/');
                    value.push_str(piece);
                }
            }
        }
    }
    let value = |code: &str| {
        let (_, value) = values
            .iter()
            .find(|(of, value)| *of == code && value.trim_matches('/').trim() != "")?;
        text::one_line(value.trim_matches(['/', ' ']))
    };
    // ING: /CNTP/account/bic/name/city//
    let parts = value("CNTP");
    let part = |index: usize| {
        parts
            .as_deref()?
            .split('/')
            .nth(index)
            .and_then(text::one_line)
    };
    // ING: /REMI/USTD//text/, /REMI/STRD/CUR/reference/
    let remittance = value("REMI").map(|text| {
        let unstructured = text
            .strip_prefix("USTD")
            .map(|text| text.trim_start_matches('/').to_owned());
        unstructured.unwrap_or(text)
    });
    Details {
        remittance: remittance.or_else(|| value("TRTP")),
        name: value("NAME").or_else(|| part(2)),
        account: value("IBAN")
            .or_else(|| part(0))
            .filter(|text| !text.is_empty()),
        end_to_end: value("EREF").and_then(|value| text::reference(&value)),
    }
}

/// Whether the text has the form of an IBAN: two letters, two digits, 11 to 30
/// letters and digits (ISO 13616).
pub(super) fn is_iban(text: &str) -> bool {
    let bytes = text.as_bytes();
    (15..=34).contains(&bytes.len())
        && bytes.iter().take(2).all(u8::is_ascii_uppercase)
        && bytes.iter().skip(2).take(2).all(u8::is_ascii_digit)
        && bytes.iter().all(u8::is_ascii_alphanumeric)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Details {
        Details::parse(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn german_subfields_are_joined() {
        let read = parse(
            "166?00GUTSCHRIFT?100399?20EREF+TFNR 0300300004?21SVWZ+Strukturier\n\
             ter Verwend?22ungszweck 30030004 DE?30DRESDEFF508?31DE03508800500\n\
             194791600?32Quentin Quast?70Empfaenger",
        );
        assert_eq!(read.end_to_end.as_deref(), Some("TFNR 0300300004"));
        assert_eq!(
            read.remittance.as_deref(),
            Some("Strukturierter Verwendungszweck 30030004 DE")
        );
        assert_eq!(read.name.as_deref(), Some("Quentin Quast"));
        assert_eq!(read.account.as_deref(), Some("DE03508800500194791600"));
    }

    #[test]
    fn a_question_mark_in_the_text_separates_nothing() {
        let read = parse("051?00X?20Was nun??21wohin");
        assert_eq!(read.remittance.as_deref(), Some("Was nun? wohin"));
    }

    #[test]
    fn slash_codes_are_read_and_other_slashes_are_text() {
        let read = parse(
            "/TRTP/SEPA OVERBOEKING/IBAN/FR12345678901234/BIC/GEFRADAM\n\
             /NAME/QASD JGRED/REMI/Factuur 12/13 van mei/EREF/NOTPROVIDED",
        );
        assert_eq!(read.name.as_deref(), Some("QASD JGRED"));
        assert_eq!(read.account.as_deref(), Some("FR12345678901234"));
        assert_eq!(read.remittance.as_deref(), Some("Factuur 12/13 van mei"));
        assert_eq!(read.end_to_end, None);
    }

    #[test]
    fn the_counterparty_of_ing_is_read() {
        let read = parse(
            "/CNTP/NL32INGB0000012345/INGBNL2A/ING BANK NV INZAKE WEB///REMI/USTD//Rek 1/EREF/E1/",
        );
        assert_eq!(read.name.as_deref(), Some("ING BANK NV INZAKE WEB"));
        assert_eq!(read.account.as_deref(), Some("NL32INGB0000012345"));
        assert_eq!(read.remittance.as_deref(), Some("Rek 1"));
        assert_eq!(read.end_to_end.as_deref(), Some("E1"));
    }

    #[test]
    fn free_text_stays_as_it_is() {
        assert_eq!(
            parse("GIRO 1/2\nBETALING").remittance.as_deref(),
            Some("GIRO 1/2 BETALING")
        );
        assert_eq!(parse(""), Details::default());
    }

    #[test]
    fn multicash_lines_are_read_by_their_numbers() {
        let lines = ["01526715", "09Tranz", "15ERGO", "16lep", "34000"].map(str::to_owned);
        let read = Details::of_multicash(&lines);
        assert_eq!(read.remittance.as_deref(), Some("526715 Tranz"));
        assert_eq!(read.name.as_deref(), Some("ERGO lep"));
        assert_eq!(read.account.as_deref(), Some("000"));
    }
}
