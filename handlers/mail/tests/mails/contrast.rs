//! Whether everybody can read it: WCAG 2.2, success criterion 1.4.3 at AA, by computation.

use std::collections::HashMap;

use crate::notices::{every_full_mail, every_hidden_mail};
use crate::page::{attribute, parse};
use markup5ever_rcdom::{Handle, NodeData};

/// AA for text of any size.
const ENOUGH: f64 = 4.5;

/// Properties by class, as `@media (prefers-color-scheme: dark)` has them.
type Sheet = HashMap<String, HashMap<String, String>>;

#[test]
fn every_text_stands_out_from_what_is_behind_it_in_light_and_dark() {
    for (name, locale, any) in every_full_mail().into_iter().chain(every_hidden_mail()) {
        let html = any.render().html;
        let dark = dark_sheet(&html);
        assert!(dark.len() >= 5, "{name} {locale}");
        for (scheme, sheet) in [("light", &Sheet::new()), ("dark", &dark)] {
            let mut found = Vec::new();
            texts(&parse(&html).document, sheet, (None, None), &mut found);
            assert!(found.len() > 10, "{name} {locale} {scheme}");
            for (text, ink, paper) in found {
                let ratio = contrast(&ink, &paper);
                assert!(
                    ratio >= ENOUGH,
                    "{name} {locale} {scheme}: {text:?} is {ink} on {paper}, {ratio:.2}"
                );
            }
        }
    }
}

#[test]
fn the_dark_scheme_changes_every_colour_that_the_light_one_sets() {
    for (name, locale, any) in every_full_mail().into_iter().chain(every_hidden_mail()) {
        let html = any.render().html;
        let dark = dark_sheet(&html);
        crate::page::walk(&parse(&html).document, 0, &mut |_, node| {
            let inline = declarations(&attribute(node, "style").unwrap_or_default());
            for property in ["color", "background-color"] {
                if inline.contains_key(property) {
                    let changed = classes(node).iter().any(|class| {
                        dark.get(class)
                            .is_some_and(|sheet| sheet.contains_key(property))
                    });
                    assert!(changed, "{name} {locale}: {property} in {inline:?}");
                }
            }
        });
    }
}

#[test]
fn the_contrast_is_computed_as_the_guidelines_do() {
    // <https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio>: black on white is 21; #767676 on white is known as 4.54.
    assert!((contrast("#000000", "#ffffff") - 21.0).abs() < 0.001);
    assert!((contrast("#767676", "#ffffff") - 4.54).abs() < 0.01);
    assert!(contrast("#777777", "#ffffff") < ENOUGH);
}

/// Each text with the colours that it and its background have in the end.
fn texts(
    node: &Handle,
    sheet: &Sheet,
    (ink, paper): (Option<String>, Option<String>),
    found: &mut Vec<(String, String, String)>,
) {
    if crate::page::name(node).is_some_and(|name| name == "head") {
        return;
    }
    if let NodeData::Text { contents } = &node.data {
        let text = contents.borrow().trim().to_owned();
        if !text.is_empty() {
            found.push((text, ink.unwrap(), paper.unwrap()));
        }
        return;
    }
    let inline = declarations(&attribute(node, "style").unwrap_or_default());
    let of = |property: &str| {
        let by_class = classes(node)
            .into_iter()
            .find_map(|class| sheet.get(&class)?.get(property).cloned());
        by_class.or_else(|| inline.get(property).cloned())
    };
    let ink = of("color").or(ink);
    let paper = of("background-color").or(paper);
    for child in node.children.borrow().iter() {
        texts(child, sheet, (ink.clone(), paper.clone()), found);
    }
}

fn classes(node: &Handle) -> Vec<String> {
    attribute(node, "class")
        .unwrap_or_default()
        .split_whitespace()
        .map(str::to_owned)
        .collect()
}

fn declarations(style: &str) -> HashMap<String, String> {
    style
        .split(';')
        .filter_map(|declaration| declaration.split_once(':'))
        .map(|(name, value)| {
            let value = value.replace("!important", "");
            (name.trim().to_owned(), value.trim().to_owned())
        })
        .collect()
}

fn dark_sheet(html: &str) -> Sheet {
    let (_, after) = html
        .split_once("@media (prefers-color-scheme: dark) {")
        .unwrap();
    let (block, _) = after.split_once("\n}").unwrap();
    block
        .lines()
        .filter_map(|line| line.trim().strip_prefix('.')?.split_once(" {"))
        .map(|(class, rest)| (class.to_owned(), declarations(rest.trim_end_matches('}'))))
        .collect()
}

fn contrast(one: &str, other: &str) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

/// <https://www.w3.org/TR/WCAG22/#dfn-relative-luminance>
fn luminance(colour: &str) -> f64 {
    let hex = colour.strip_prefix('#').unwrap();
    assert_eq!(hex.len(), 6, "{colour}");
    let linear = |at: usize| {
        let value = f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
        if value <= 0.04045 {
            value / 12.92
        } else {
            ((value + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * linear(0) + 0.7152 * linear(2) + 0.0722 * linear(4)
}
