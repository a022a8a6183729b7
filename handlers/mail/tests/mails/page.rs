//! A mail's html as a mail program reads it: parsed by the rules of the WHATWG, with html5ever.

use html5ever::tendril::TendrilSink;
use html5ever::{ParseOpts, parse_document};
use markup5ever_rcdom::{Handle, NodeData, RcDom};

pub fn parse(html: &str) -> RcDom {
    parse_document(RcDom::default(), ParseOpts::default()).one(html)
}

/// Elements, their nesting and their attributes, without any text.
pub fn skeleton(html: &str) -> String {
    let mut lines = String::new();
    walk(&parse(html).document, 0, &mut |depth, node| {
        let line = match &node.data {
            NodeData::Element { name, attrs, .. } => {
                let attributes: Vec<String> = attrs
                    .borrow()
                    .iter()
                    .map(|attribute| format!("{}={}", attribute.name.local, attribute.value))
                    .collect();
                format!("{} {}", name.local, attributes.join(" "))
            }
            NodeData::Comment { contents } if is_ours(contents) => "for Outlook".to_owned(),
            NodeData::Comment { .. } => "comment".to_owned(),
            NodeData::Doctype { .. } => "doctype".to_owned(),
            _ => return,
        };
        lines.push_str(&format!("{:depth$}{line}\n", ""));
    });
    lines
}

/// Whether a comment is one of the two that give Outlook a table of fixed width.
fn is_ours(comment: &str) -> bool {
    comment.starts_with("[if mso]>") && comment.ends_with("<![endif]")
}

/// The hidden words that mail programs show beside the subject, without what fills them up.
pub fn preheader(html: &str) -> Option<String> {
    let mut found = None;
    walk(&parse(html).document, 0, &mut |_, node| {
        if is_hidden(node) {
            let mut text = String::new();
            for child in node.children.borrow().iter() {
                collect(child, &mut text);
            }
            found = Some(text.replace('\u{34f}', "").trim_end().to_owned());
        }
    });
    found
}

fn is_hidden(node: &Handle) -> bool {
    attribute(node, "style").is_some_and(|style| style.starts_with("display:none;"))
}

/// The parse errors that a browser would pass over in silence.
pub fn parse_errors(html: &str) -> Vec<String> {
    let dom = parse(html);
    dom.errors
        .borrow()
        .iter()
        .map(|error| error.to_string())
        .collect()
}

/// What one who reads the mail sees: a line for each block, cell and break.
pub fn visible(html: &str) -> String {
    let mut text = String::new();
    collect(&body(&parse(html).document), &mut text);
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect::<Vec<_>>()
        .join("\n")
}

fn collect(node: &Handle, text: &mut String) {
    match &node.data {
        // A word joiner only keeps a line from ending there.
        NodeData::Text { contents } => {
            text.push_str(&contents.borrow().replace('\n', " ").replace('\u{2060}', ""));
        }
        NodeData::Element { .. } if is_hidden(node) => {}
        NodeData::Element { name, .. } => {
            let block = matches!(
                &*name.local,
                "p" | "h1" | "h2" | "tr" | "th" | "td" | "table" | "br"
            );
            if block {
                text.push('\n');
            }
            for child in node.children.borrow().iter() {
                collect(child, text);
            }
            if block {
                text.push('\n');
            }
        }
        _ => {
            for child in node.children.borrow().iter() {
                collect(child, text);
            }
        }
    }
}

fn body(document: &Handle) -> Handle {
    let mut found = None;
    walk(document, 0, &mut |_, node| {
        if let NodeData::Element { name, .. } = &node.data
            && &*name.local == "body"
        {
            found = Some(node.clone());
        }
    });
    found.unwrap()
}

pub fn walk(node: &Handle, depth: usize, visit: &mut impl FnMut(usize, &Handle)) {
    visit(depth, node);
    for child in node.children.borrow().iter() {
        walk(child, depth + 1, visit);
    }
}

/// An element's attribute.
pub fn attribute(node: &Handle, wanted: &str) -> Option<String> {
    match &node.data {
        NodeData::Element { attrs, .. } => attrs
            .borrow()
            .iter()
            .find(|attribute| &*attribute.name.local == wanted)
            .map(|attribute| attribute.value.to_string()),
        _ => None,
    }
}

/// An element's name.
pub fn name(node: &Handle) -> Option<String> {
    match &node.data {
        NodeData::Element { name, .. } => Some(name.local.to_string()),
        _ => None,
    }
}
