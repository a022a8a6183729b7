//! The lines of a file, grouped into statements of tagged fields.

/// One tag with its lines.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field<'a> {
    pub tag: &'a str,
    /// The line of the file, counted from 1.
    pub line: usize,
    /// The rest of the tag's line and all lines up to the next tag, without
    /// line ends but with all spaces.
    pub lines: Vec<&'a str>,
}

impl<'a> Field<'a> {
    pub(super) fn first_line(&self) -> &'a str {
        self.lines.first().copied().unwrap_or_default()
    }
}

/// The known tags. Anything else that looks like a tag is text: a remittance
/// line begins with `:44:45` if a time of day was cut there.
const TAGS: [&str; 20] = [
    "20", "21", "25", "25P", "28", "28C", "60F", "60M", "61", "62F", "62M", "64", "65", "86",
    "90C", "90D", "13", "13D", "34F", "NS",
];
/// The tag with which Rabobank begins each statement.
const MESSAGE_TYPE_TAG: &str = "940";

/// Splits a file into its statements. A statement begins with `:20:`, or, in
/// files without it, with the first header tag after a closing balance.
pub(super) fn statements(text: &str) -> Vec<Vec<Field<'_>>> {
    let lines: Vec<(usize, &str)> = text
        .lines()
        .enumerate()
        .map(|(index, line)| (index + 1, content(line)))
        .collect();
    let mut statements: Vec<Vec<Field<'_>>> = Vec::new();
    let mut current: Vec<Field<'_>> = Vec::new();
    // Envelopes and headers come between the end of a message and the next tag.
    let mut outside = true;
    for (index, &(number, line)) in lines.iter().enumerate() {
        if is_end(line, closed(&current)) {
            outside = true;
            continue;
        }
        let tagged = tag_of(line)
            .filter(|(tag, rest)| !is_cut_time(tag, rest, &current, lines.get(index + 1..)));
        match tagged {
            Some((MESSAGE_TYPE_TAG, _)) => outside = true,
            Some((tag, rest)) => {
                let begins = tag == "20"
                    || (closed(&current) && matches!(tag, "25" | "25P" | "60F" | "60M"));
                if begins && !current.is_empty() {
                    statements.push(std::mem::take(&mut current));
                }
                let rest = rest.strip_suffix("-}").unwrap_or(rest);
                current.push(Field {
                    tag,
                    line: number,
                    lines: vec![rest],
                });
                outside = false;
            }
            None if outside => {}
            None => {
                if let Some(field) = current.last_mut() {
                    field.lines.push(line);
                }
            }
        }
    }
    statements.push(current);
    // A header or a stray `:20:` alone is not a statement.
    statements.retain(|fields| {
        fields
            .iter()
            .any(|field| !matches!(field.tag, "20" | "21" | "NS" | "86"))
    });
    statements
}

/// Returns the line without the SWIFT envelope before it.
pub(super) fn content(line: &str) -> &str {
    match line.rfind("{4:") {
        Some(at) if line.starts_with(['{', '-']) => {
            line.get(at + "{4:".len()..).unwrap_or_default()
        }
        _ => line,
    }
}

fn closed(fields: &[Field<'_>]) -> bool {
    fields
        .iter()
        .any(|field| matches!(field.tag, "62F" | "62M"))
}

/// Whether the line ends a message: `-` and `-}` do. Some banks add more after
/// the dash (`-XXX`), but before the closing balance that can be text.
fn is_end(line: &str, closed: bool) -> bool {
    line.trim() == "-" || line.starts_with("-}") || (closed && line.starts_with('-'))
}

fn tag_of(line: &str) -> Option<(&str, &str)> {
    let (tag, rest) = line.strip_prefix(':')?.split_once(':')?;
    (TAGS.contains(&tag) || tag == MESSAGE_TYPE_TAG).then_some((tag, rest))
}

/// Whether an apparent tag is a time of day that was cut at its first colon
/// inside the text of `:86:` (`20` / `:20:44 clita`). Other header tags follow a
/// real tag of this kind.
fn is_cut_time(
    tag: &str,
    rest: &str,
    current: &[Field<'_>],
    following: Option<&[(usize, &str)]>,
) -> bool {
    let in_details = current.last().is_some_and(|field| field.tag == "86");
    let mut rest = rest.chars();
    let two_digits = rest.next().is_some_and(|c| c.is_ascii_digit())
        && rest.next().is_some_and(|c| c.is_ascii_digit());
    let looks_like_time = tag.len() == 2
        && tag.starts_with(|c: char| ('0'..='5').contains(&c))
        && two_digits
        && !rest.next().is_some_and(|c| c.is_ascii_digit());
    if !in_details || !looks_like_time {
        return false;
    }
    let next = following
        .unwrap_or_default()
        .iter()
        .find_map(|(_, line)| tag_of(line));
    !matches!(
        next,
        Some(("20" | "21" | "25" | "25P" | "28" | "28C" | "60F" | "60M", _))
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tags(text: &str) -> Vec<Vec<&str>> {
        statements(text)
            .iter()
            .map(|fields| fields.iter().map(|field| field.tag).collect())
            .collect()
    }

    #[test]
    fn envelopes_headers_and_message_ends_are_not_fields() {
        let swift = "{1:F01X}{2:I940X}{4:\r\n:20:A\r\n:25:1\r\n:60F:x\r\n:62F:y\r\n-}{5:{MAC:1}}\r\n{1:F01X}{4:\r\n:20:B\r\n:25:1\r\n-}";
        assert_eq!(
            tags(swift),
            [vec!["20", "25", "60F", "62F"], vec!["20", "25"]]
        );
        let abn = "ABNANL2A\n940\nABNANL2A\n:20:A\n:25:1\n:62F:y\n-\nABNANL2A\n940\nABNANL2A\n:20:B\n:25:2\n";
        let read = statements(abn);
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].last().unwrap().lines, ["y"]);
        assert_eq!(tags("{1:F01X}{4::20:A\n:25:1-}"), [vec!["20", "25"]]);
    }

    #[test]
    fn lines_without_a_tag_belong_to_the_field_before() {
        let read = statements(":20:A\n:25:1\n:86:one\n- two\n:44:45 three\n\n:62F:y");
        assert_eq!(read[0][2].lines, ["one", "- two", ":44:45 three", ""]);
    }

    #[test]
    fn a_time_of_day_cut_at_its_colon_is_text() {
        let text = ":20:A\n:25:1\n:61:x\n:86:rebum. 20\n:20:44 clita\n:61:y\n:86:z\n:62F:y";
        assert_eq!(
            tags(text),
            [vec!["20", "25", "61", "86", "61", "86", "62F"]]
        );
        let real = ":20:A\n:25:1\n:61:x\n:86:z\n:20:44 B\n:25:1\n";
        assert_eq!(tags(real).len(), 2);
    }

    #[test]
    fn a_second_account_after_a_closing_balance_begins_a_statement() {
        assert_eq!(
            tags(":25:1\n:60F:a\n:62F:b\n:25:2\n:60F:a\n:62F:b\n").len(),
            2
        );
    }

    #[test]
    fn fields_keep_their_line_numbers() {
        let read = statements("header\r\n\r\n:20:A\r\n:25:1\r\n");
        assert_eq!(read[0][1].line, 4);
    }
}
