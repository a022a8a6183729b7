//! Drawings as SVG for documents, without scripts or fonts, and with colours that follow the reader's dark mode.

use std::fmt::Write;

use super::{Curve, columns, level};

const WIDTH: u32 = 960;
const HEIGHT: u32 = 320;
/// Space for the values at the right and the times below, in pixels.
const RIGHT: u32 = 150;
const BELOW: u32 = 32;
const TOP: u32 = 24;

const STYLE: &str = "text{font:13px system-ui,sans-serif;fill:#5c6873}path{fill:none;stroke:#1f5f83;stroke-width:2}\
line{stroke:#c9d0d6}@media(prefers-color-scheme:dark){text{fill:#9aa6b1}path{stroke:#83bcdc}line{stroke:#2c343d}}";

pub(super) fn curve(curve: &Curve) -> String {
    let inside = WIDTH - RIGHT;
    let range = curve.range();
    let floor = HEIGHT - BELOW;
    let y = |value| floor - level(value, range, floor - TOP);
    // One position for each event, or one for each pixel if there are more events.
    let places = curve.balances.len().min(inside as usize);
    let values = columns(&curve.balances, places);
    let x = |place: usize| u32::try_from(place * inside as usize / places.max(1)).unwrap_or(inside);
    let mut path = String::new();
    for (place, value) in values.iter().enumerate() {
        let command = if place == 0 { "M0 " } else { "V" };
        // Writing to a string cannot fail.
        let _ = write!(path, "{command}{}H{}", y(*value), x(place + 1));
    }
    let mut labels = String::new();
    let mut shown: Vec<i64> = vec![range.0, 0, range.1];
    shown.dedup();
    for value in shown {
        let (at, text) = (y(value), curve.decimal(value));
        let _ = writeln!(
            labels,
            "<line x1=\"0\" x2=\"{inside}\" y1=\"{at}\" y2=\"{at}\"/><text x=\"{}\" y=\"{}\">{text}</text>",
            inside + 8,
            at + 4
        );
    }
    let [from, to] = &curve.recorded;
    let below = HEIGHT - 8;
    // Ids and times have no character that needs escaping in XML.
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" role=\"img\">\n\
         <title>Balance of {}</title>\n<style>{STYLE}</style>\n{labels}<path d=\"{path}\"/>\n\
         <text x=\"0\" y=\"{below}\">{from}</text><text x=\"{inside}\" y=\"{below}\" text-anchor=\"end\">{to}</text>\n</svg>\n",
        curve.account
    )
}
