//! Values of constants, read from the source.

use std::fmt::Write;

use crate::pages::read;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Value {
    Number(u64),
    Milliseconds(u64),
}

/// The expression that a constant stands for; `language` gives the keyword's line, as `const NAME: usize = 5;` or
/// `const NAME = 5;`.
fn expression(text: &str, name: &str) -> Option<String> {
    text.split("const ").skip(1).find_map(|rest| {
        let rest = rest.strip_prefix(name)?;
        if !rest.starts_with([':', ' ']) {
            return None;
        }
        let (_, rest) = rest.split_once('=')?;
        let (expression, _) = rest.split_once(';')?;
        Some(expression.trim().to_owned())
    })
}

/// The value of the constant of this name in this file.
pub fn constant(path: &str, name: &str) -> Value {
    let text = read(path);
    evaluated(&text, name).unwrap_or_else(|| panic!("{path} has no {name} that can be read"))
}

fn evaluated(text: &str, name: &str) -> Option<Value> {
    let expression = expression(text, name)?;
    for (start, milliseconds) in [
        ("from_secs(", 1000),
        ("seconds(", 1000),
        ("from_millis(", 1),
        ("minutes(", 60_000),
        ("from_mins(", 60_000),
        ("hours(", 3_600_000),
    ] {
        if let Some((_, rest)) = expression.split_once(start) {
            let (amount, _) = rest.split_once(')')?;
            return Some(Value::Milliseconds(sum(text, amount)? * milliseconds));
        }
    }
    sum(text, &expression).map(Value::Number)
}

fn sum(text: &str, expression: &str) -> Option<u64> {
    expression.split('+').map(|part| product(text, part)).sum()
}

fn product(text: &str, expression: &str) -> Option<u64> {
    expression
        .split('*')
        .map(|part| factor(text, part.trim()))
        .product()
}

fn factor(text: &str, factor: &str) -> Option<u64> {
    let digits = factor.replace('_', "");
    if let Ok(number) = digits.parse() {
        return Some(number);
    }
    match evaluated(text, factor)? {
        Value::Number(number) => Some(number),
        Value::Milliseconds(_) => None,
    }
}

/// The two numbers of `Limits::seconds(4, 12)`.
pub fn limits(path: &str, name: &str) -> (u64, u64) {
    let expression = expression(&read(path), name).unwrap_or_else(|| panic!("{path}: {name}"));
    let arguments = expression.split_once("Limits::seconds(").unwrap().1;
    let (attempt, call) = arguments.trim_end_matches(')').split_once(", ").unwrap();
    (attempt.parse().unwrap(), call.parse().unwrap())
}

/// `1088` as `1,088`.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        write!(grouped, "{digit}").unwrap();
    }
    grouped
}

impl Value {
    /// As pages write it. `bytes` of at least a KiB that are whole ones are written in KiB or MiB.
    pub fn written(self, bytes: bool) -> String {
        const KIB: u64 = 1024;
        match self {
            Value::Milliseconds(value) if value % 1000 == 0 => {
                format!("{} s", grouped(value / 1000))
            }
            Value::Milliseconds(value) => format!("{} ms", grouped(value)),
            Value::Number(value) if bytes && value % (KIB * KIB) == 0 => {
                format!("{} MiB", value / KIB / KIB)
            }
            Value::Number(value) if bytes && value % KIB == 0 => format!("{} KiB", value / KIB),
            Value::Number(value) => grouped(value),
        }
    }
}

/// Whether `text` has `wanted`, and not as a part of a longer number or word.
pub fn has(text: &str, wanted: &str) -> bool {
    let inside = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric());
    text.match_indices(wanted).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + wanted.len()..].chars();
        let next = after.next();
        let continues =
            next == Some(',') && after.next().is_some_and(|letter| letter.is_ascii_digit());
        !inside(before) && before != Some(',') && !inside(next) && !continues
    })
}

#[test]
fn constants_are_evaluated_and_written_as_pages_write_them() {
    let text = "const A: usize = 64 * 1024;\npub const B: u64 = A + 1_000;\nconst C: Duration = Duration::from_secs(20);\nconst D = 5000;\n";
    let written = |name, bytes| evaluated(text, name).unwrap().written(bytes);
    assert_eq!(written("A", true), "64 KiB");
    assert_eq!(written("B", false), "66,536");
    assert_eq!(written("C", false), "20 s");
    assert_eq!(written("D", false), "5,000");
    assert_eq!(evaluated(text, "E"), None);
    assert!(has("at most 1,000 of them", "1,000"));
    assert!(!has("at most 11,000 of them", "1,000"));
    assert!(!has("at most 1,000,000 of them", "1,000"));
}
