//! Values over the seconds of a load, as SVG: no script, no font of its own, and its colours follow the reader's night.

use std::fmt::Write;

const WIDTH: u64 = 960;
const HEIGHT: u64 = 280;
/// Space for the values at the right, the title above, and seconds and names below, in pixels.
const RIGHT: u64 = 110;
const TOP: u64 = 36;
const BELOW: u64 = 44;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#5c6873}polyline{fill:none;stroke-width:2}\
line{stroke:#c9d0d6}.l0{stroke:#1f5f83}.l1{stroke:#a8442a}.t0{fill:#1f5f83}.t1{fill:#a8442a}\
@media(prefers-color-scheme:dark){text{fill:#9aa6b1}line{stroke:#2c343d}.l0{stroke:#83bcdc}.l1{stroke:#e39a7f}\
.t0{fill:#83bcdc}.t1{fill:#e39a7f}}";

/// A line with one value for each second. At most two lines have colours of their own.
#[derive(Debug)]
pub(super) struct Line {
    name: &'static str,
    values: Vec<u64>,
}

impl Line {
    pub(super) fn new(name: &'static str, values: Vec<u64>) -> Self {
        Line { name, values }
    }
}

pub(super) fn draw(title: &str, unit: &str, lines: &[Line]) -> String {
    let seconds = lines
        .iter()
        .map(|line| line.values.len())
        .max()
        .unwrap_or(0)
        .max(1) as u64;
    let highest = lines
        .iter()
        .flat_map(|line| &line.values)
        .copied()
        .max()
        .unwrap_or(0)
        .max(1);
    let (inside, floor) = (WIDTH - RIGHT, HEIGHT - BELOW);
    let y = |value: u64| floor - value * (floor - TOP) / highest;
    let mut body = String::new();
    // Writing to a string cannot fail.
    for value in [0, highest] {
        let at = y(value);
        let _ = writeln!(
            body,
            "<line x1=\"0\" x2=\"{inside}\" y1=\"{at}\" y2=\"{at}\"/><text x=\"{}\" y=\"{}\">{value} {unit}</text>",
            inside + 8,
            at + 4
        );
    }
    for (number, line) in lines.iter().enumerate() {
        let points: Vec<String> = (0_u64..)
            .zip(&line.values)
            .map(|(second, value)| {
                format!(
                    "{},{}",
                    (second * 2 + 1) * inside / (seconds * 2),
                    y(*value)
                )
            })
            .collect();
        let _ = writeln!(
            body,
            "<polyline class=\"l{number}\" points=\"{}\"/><text class=\"t{number}\" x=\"{}\" y=\"{}\">{}</text>",
            points.join(" "),
            inside * number as u64 / 4,
            HEIGHT - 8,
            line.name
        );
    }
    let below = HEIGHT - 26;
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">\n\
         <title>{title}</title>\n<style>{STYLE}</style>\n<text x=\"0\" y=\"16\">{title}</text>\n{body}\
         <text x=\"0\" y=\"{below}\">0 s</text><text x=\"{inside}\" y=\"{below}\" text-anchor=\"end\">{seconds} s</text>\n</svg>\n"
    )
}
