//! Drawings with Braille patterns, which have eight dots a character.

use super::{Curve, columns, level};

/// Size in characters, which fits 80 columns with the labels.
const WIDTH: usize = 56;
const HEIGHT: usize = 12;
/// The bits of a pattern's dots, by row and column (Unicode 8.2).
const DOTS: [[u32; 2]; 4] = [[0x01, 0x08], [0x02, 0x10], [0x04, 0x20], [0x40, 0x80]];
const BLANK: u32 = 0x2800;

pub(super) fn curve(curve: &Curve) -> Vec<String> {
    let range = curve.range();
    let dots = HEIGHT as u32 * 4;
    let row = |value| (dots - 1 - level(value, range, dots)) as usize;
    let mut cells = [[BLANK; WIDTH]; HEIGHT];
    let mut last = None;
    for (x, value) in columns(&curve.balances, WIDTH * 2).into_iter().enumerate() {
        let y = row(value);
        let from = last.unwrap_or(y);
        // From the previous value, so that a jump is a line and not a gap.
        for y in from.min(y)..=from.max(y) {
            cells[y / 4][x / 2] |= DOTS[y % 4][x % 2];
        }
        last = Some(y);
    }
    let (low, high) = range;
    let labels = [(row(low), low), (row(0), 0), (row(high), high)];
    let mut lines: Vec<String> = cells
        .iter()
        .enumerate()
        .map(|(index, cells)| {
            let drawn: String = cells
                .iter()
                .filter_map(|cell| char::from_u32(*cell))
                .collect();
            let label = labels.iter().rev().find(|(y, _)| y / 4 == index);
            let label = label.map_or(String::new(), |(_, value)| curve.decimal(*value));
            format!("{drawn} ┤ {label}").trim_end().to_owned()
        })
        .collect();
    let [from, to] = &curve.recorded;
    lines.push(format!("{from:<28}{to:>28}"));
    let last = curve.balances.last().copied().unwrap_or(0);
    lines.push(format!(
        "{}: {} at version {}",
        curve.account,
        curve.decimal(last),
        curve.balances.len()
    ));
    lines
}
