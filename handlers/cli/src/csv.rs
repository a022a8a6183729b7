//! CSV by RFC 4180, harmless in spreadsheet programs.

use crate::output;

/// Prints a row. Returns false if nobody reads any more.
pub(crate) fn print(cells: impl IntoIterator<Item = String>) -> bool {
    let cells: Vec<String> = cells.into_iter().map(|cell| field(&cell)).collect();
    output::text(cells.join(",") + "\r\n")
}

fn field(cell: &str) -> String {
    let cell = harmless(cell);
    if cell.is_empty() || !cell.contains(['"', ',', '\r', '\n']) {
        return cell;
    }
    format!("\"{}\"", cell.replace('"', "\"\""))
}

/// Puts an apostrophe before text that a spreadsheet program would take for a formula (OWASP, "CSV Injection"). A signed
/// number is no formula, and programs add it up.
fn harmless(cell: &str) -> String {
    let formula = cell.starts_with([
        '=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠', '−',
    ]);
    if formula && !is_number(cell) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

fn is_number(cell: &str) -> bool {
    let digits = cell.strip_prefix(['+', '-']).unwrap_or(cell);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let all_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    all_digits(whole) && all_digits(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_as_rfc_4180_says() {
        for (cell, written) in [
            ("", ""),
            ("salary", "salary"),
            ("Smith, Ana", "\"Smith, Ana\""),
            ("12\" pipe", "\"12\"\" pipe\""),
            ("two\nlines", "\"two\nlines\""),
        ] {
            assert_eq!(field(cell), written);
        }
    }

    #[test]
    fn text_that_looks_like_a_formula_gets_an_apostrophe_and_a_number_stays_a_number() {
        for text in [
            "=1+1",
            "+49 30 1234",
            "-1-1",
            "@SUM(A1)",
            "\t=1",
            "＝1",
            "+",
            "-.5",
        ] {
            assert_eq!(field(text), format!("'{text}"));
        }
        assert_eq!(field("=A1,\"B\""), "\"'=A1,\"\"B\"\"\"");
        for number in ["+125.50", "-1500.00", "-210111", "0"] {
            assert_eq!(field(number), number);
        }
    }
}
