//! Inputs near to those that there are, by chance from a seed: for the short run that needs no fuzzer.

use fastrand::Rng;

/// What breaks parsers more often than chance would: ends of types, of text, of nesting, of calendars.
const PIECES: [&[u8]; 32] = [
    b"\0",
    b"\xff",
    b"\xed\xa0\x80",
    b"\xef\xbb\xbf",
    b"\\u0000",
    b"\\ud800",
    b"\"",
    b"\\",
    b"{",
    b"}",
    b"[[[[[[[[",
    b"]",
    b":",
    b",",
    b"-",
    b"-0",
    b"1e999",
    b"0.1",
    b"9223372036854775807",
    b"-9223372036854775808",
    b"18446744073709551616",
    b"null",
    b"true",
    b"\"\"",
    b"9999-12-31T23:59:60Z",
    b"-271821-04-20T00:00:00Z",
    b"0000-00-00",
    b"%00",
    b"%ff",
    b"\r\n",
    b"\xe2\x80\xae",
    b"\xcc\x81",
];
/// The longest input.
const MAX_BYTES: usize = 16 * 1024;
/// The most changes at once.
const MAX_CHANGES: usize = 5;

/// One of the inputs, changed.
///
/// # Panics
/// Where there is none.
#[must_use]
pub fn of(inputs: &[Vec<u8>], random: &mut Rng) -> Vec<u8> {
    let mut bytes = inputs[random.usize(..inputs.len())].clone();
    bytes.truncate(MAX_BYTES);
    for _ in 0..random.usize(1..=MAX_CHANGES) {
        let at = random.usize(..=bytes.len());
        let end = (at + random.usize(..16)).min(bytes.len());
        match random.u8(..6) {
            0 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
            1 => drop(bytes.drain(at..end)),
            2 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                drop(bytes.splice(at..at, piece.iter().copied()));
            }
            3 => {
                let piece = PIECES[random.usize(..PIECES.len())];
                drop(bytes.splice(at..end, piece.iter().copied()));
            }
            // A part of another input, so that fields meet that never stood together.
            4 => {
                let other = &inputs[random.usize(..inputs.len())];
                let from = random.usize(..=other.len());
                let to = (from + random.usize(..256)).min(other.len());
                drop(bytes.splice(at..end, other[from..to].iter().copied()));
            }
            _ => {
                let piece = bytes[at..end].to_vec();
                drop(bytes.splice(at..at, piece));
            }
        }
    }
    bytes.truncate(MAX_BYTES);
    bytes
}
