//! The bytes of a file as text.

use crate::Reason;

/// Decodes UTF-8, with or without a byte order mark, and UTF-16 with one.
/// Everything else is read as Windows-1252, which contains ISO-8859-1: MT940
/// does not name its encoding. Never fails, because every byte is valid in
/// Windows-1252.
pub fn decode(bytes: &[u8]) -> String {
    match bytes {
        [0xEF, 0xBB, 0xBF, rest @ ..] => decode_8_bit(rest),
        [0xFF, 0xFE, rest @ ..] => decode_utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => decode_utf16(rest, u16::from_be_bytes),
        _ => decode_8_bit(bytes),
    }
}

/// Decodes like [`decode`] but obeys an XML declaration: bytes that are not
/// UTF-8 are read as Windows-1252 only if the declaration names it or one of
/// its subsets.
///
/// # Errors
/// - [`Reason::Encoding`]: the declaration names another encoding, or none.
pub fn decode_xml(bytes: &[u8]) -> Result<String, Reason> {
    let text = decode(bytes);
    if std::str::from_utf8(bytes).is_ok()
        || bytes.starts_with(&[0xFF, 0xFE])
        || bytes.starts_with(&[0xFE, 0xFF])
    {
        return Ok(text);
    }
    let declared = declared_encoding(&text)
        .unwrap_or("UTF-8")
        .to_ascii_lowercase();
    match declared.as_str() {
        "iso-8859-1" | "iso-8859-15" | "latin1" | "windows-1252" | "cp1252" | "us-ascii" => {
            Ok(text)
        }
        _ => Err(Reason::Encoding(declared)),
    }
}

/// Returns the text with `\n` in place of every line end: `\r\n`, a lone `\r`,
/// or the `\r\r\n` that a transfer in text mode produces.
pub fn line_ends(text: String) -> String {
    if !text.contains('\r') {
        return text;
    }
    let mut ended = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(at) = rest.find('\r') {
        let (line, end) = rest.split_at(at);
        ended.push_str(line);
        let behind = end.trim_start_matches('\r');
        match behind.strip_prefix('\n') {
            Some(behind) => {
                ended.push('\n');
                rest = behind;
            }
            None => {
                ended.extend(std::iter::repeat_n('\n', end.len() - behind.len()));
                rest = behind;
            }
        }
    }
    ended.push_str(rest);
    ended
}

fn declared_encoding(text: &str) -> Option<&str> {
    let declaration = text.trim_start().strip_prefix("<?xml")?;
    let (declaration, _) = declaration.split_once("?>")?;
    let (_, value) = declaration.split_once("encoding")?;
    let value = value.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    value.get(1..)?.split_once(quote).map(|(name, _)| name)
}

fn decode_8_bit(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|&byte| windows_1252(byte)).collect(),
    }
}

fn decode_utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> String {
    let (pairs, _) = bytes.as_chunks::<2>();
    char::decode_utf16(pairs.iter().map(|pair| unit(*pair)))
        .map(|decoded| decoded.unwrap_or(char::REPLACEMENT_CHARACTER))
        .collect()
}

/// The characters 0x80 to 0x9F of Windows-1252 according to the WHATWG encoding
/// standard; the five unassigned bytes stay control characters.
const HIGH_CONTROLS: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8D}', 'Ž', '\u{8F}',
    '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9D}', 'ž', 'Ÿ',
];

fn windows_1252(byte: u8) -> char {
    match byte {
        0x80..=0x9F => HIGH_CONTROLS
            .get(usize::from(byte - 0x80))
            .copied()
            .unwrap_or(char::REPLACEMENT_CHARACTER),
        _ => char::from(byte),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf_8_is_read_with_and_without_a_byte_order_mark() {
        assert_eq!(decode("Zürich €".as_bytes()), "Zürich €");
        assert_eq!(decode(b"\xEF\xBB\xBFZ\xC3\xBCrich"), "Zürich");
    }

    #[test]
    fn bytes_that_are_not_utf_8_are_read_as_windows_1252() {
        assert_eq!(decode(b"Z\xFCrich \x80"), "Zürich €");
    }

    #[test]
    fn every_line_ends_alike() {
        for text in [
            "a\nb\n\nc",
            "a\r\nb\r\n\r\nc",
            "a\rb\r\rc",
            "a\r\r\nb\r\r\n\r\r\nc",
            "a\rb\n\r\nc",
        ] {
            assert_eq!(line_ends(text.to_owned()), "a\nb\n\nc", "{text:?}");
        }
        assert_eq!(line_ends("a\r".to_owned()), "a\n");
    }

    #[test]
    fn utf_16_is_read_by_its_byte_order_mark() {
        assert_eq!(decode(b"\xFF\xFEZ\0\xFC\0"), "Zü");
        assert_eq!(decode(b"\xFE\xFF\0Z\0\xFC"), "Zü");
    }

    #[test]
    fn xml_in_another_declared_encoding_is_refused() {
        let latin = b"<?xml version=\"1.0\" encoding='ISO-8859-1'?><a>\xFC</a>";
        assert!(decode_xml(latin).unwrap().ends_with("<a>ü</a>"));
        let czech = b"<?xml version=\"1.0\" encoding=\"windows-1250\"?><a>\xFC</a>";
        assert_eq!(
            decode_xml(czech),
            Err(Reason::Encoding("windows-1250".to_owned()))
        );
        let undeclared = b"<a>\xFC</a>";
        assert_eq!(
            decode_xml(undeclared),
            Err(Reason::Encoding("utf-8".to_owned()))
        );
    }
}
