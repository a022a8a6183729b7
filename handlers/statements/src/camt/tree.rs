//! The wanted elements of an XML file, as small trees with line numbers.

use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, BytesStart, Event};

use crate::{ReadError, Reason};

/// Deepest nesting, in levels; camt.053 has 14. A deeper file is refused.
const MAX_DEPTH: usize = 64;

#[derive(Debug, Default)]
pub(super) struct Node {
    /// The local name, without the namespace prefix.
    pub name: String,
    pub line: usize,
    text: String,
    attributes: Vec<(String, String)>,
    children: Vec<Node>,
}

impl Node {
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }

    pub(super) fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes
            .iter()
            .find(|(of, _)| of == name)
            .map(|(_, value)| value.trim())
    }

    pub(super) fn children<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// Returns the texts of all elements below it, in their order.
    pub(super) fn texts(&self) -> Vec<&str> {
        let own = Some(self.text()).filter(|text| !text.is_empty());
        let below = self.children.iter().flat_map(Node::texts);
        own.into_iter().chain(below).collect()
    }

    pub(super) fn child(&self, name: &str) -> Option<&Node> {
        self.children.iter().find(|child| child.name == name)
    }

    /// Returns the text of the element at this path, unless it is empty.
    pub(super) fn text_at(&self, path: &[&str]) -> Option<&str> {
        let node = path.iter().try_fold(self, |node, name| node.child(name))?;
        (!node.text().is_empty()).then_some(node.text())
    }
}

/// Returns all elements of this name, and the fault at which reading stopped,
/// if there was one.
pub(super) fn elements(text: &str, name: &str) -> (Vec<Node>, Option<ReadError>) {
    let mut collector = Collector {
        wanted: name,
        found: Vec::new(),
        open: Vec::new(),
    };
    let mut lines = Lines {
        text,
        offset: 0,
        line: 1,
    };
    let fault = collector
        .run(&mut lines)
        .err()
        .map(|detail| ReadError::at(lines.line, Reason::Xml(detail)));
    (collector.found, fault)
}

/// A counter of the lines before a byte of the file.
struct Lines<'a> {
    text: &'a str,
    offset: usize,
    line: usize,
}

impl Lines<'_> {
    fn go_to(&mut self, offset: usize) -> usize {
        let passed = self
            .text
            .as_bytes()
            .get(self.offset..offset)
            .unwrap_or_default();
        self.line += passed.iter().filter(|byte| **byte == b'\n').count();
        self.offset = self.offset.max(offset);
        self.line
    }
}

struct Collector<'a> {
    wanted: &'a str,
    found: Vec<Node>,
    /// The path from the wanted element to the reader's position.
    open: Vec<Node>,
}

impl Collector<'_> {
    fn run(&mut self, lines: &mut Lines<'_>) -> Result<(), String> {
        let mut reader = Reader::from_str(lines.text);
        let mut depth = 0_usize;
        loop {
            let offset = |position: u64| usize::try_from(position).unwrap_or(usize::MAX);
            lines.go_to(offset(reader.buffer_position()));
            let event = reader.read_event().map_err(|error| {
                lines.go_to(offset(reader.error_position()));
                error.to_string()
            })?;
            match event {
                Event::Start(start) => {
                    depth += 1;
                    if depth > MAX_DEPTH {
                        return Err(format!("elements are nested more than {MAX_DEPTH} deep"));
                    }
                    self.start(&start, lines.line)?;
                }
                Event::Empty(start) => {
                    if self.start(&start, lines.line)? {
                        self.end();
                    }
                }
                Event::End(_) => {
                    depth = depth.saturating_sub(1);
                    self.end();
                }
                Event::Text(text) => self.text(&text),
                Event::CData(data) => self.text(&data),
                Event::GeneralRef(reference) => self.text(&resolve(&reference)?),
                Event::Eof if depth > 0 => return Err("the file ends inside an element".to_owned()),
                Event::Eof => return Ok(()),
                Event::Decl(_) | Event::DocType(_) | Event::Comment(_) | Event::PI(_) => {}
            }
        }
    }

    /// Begins an element. Returns whether it is kept.
    fn start(&mut self, start: &BytesStart<'_>, line: usize) -> Result<bool, String> {
        let name = start.local_name().as_ref().to_owned();
        if self.open.is_empty() && name != self.wanted {
            return Ok(false);
        }
        let mut node = Node {
            name,
            line,
            ..Node::default()
        };
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let key = attribute.key.local_name().as_ref().to_owned();
            node.attributes.push((key, attribute.value.into_owned()));
        }
        self.open.push(node);
        Ok(true)
    }

    fn end(&mut self) {
        let Some(node) = self.open.pop() else { return };
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.found.push(node),
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(node) = self.open.last_mut() {
            node.text.push_str(text);
        }
    }
}

/// Resolves references like `&amp;` and `&#252;`. Entities that a document
/// declares itself are refused: no bank uses them, and they can expand without
/// limit.
fn resolve(reference: &BytesRef<'_>) -> Result<String, String> {
    if let Some(character) = reference
        .resolve_char_ref()
        .map_err(|error| error.to_string())?
    {
        return Ok(character.to_string());
    }
    let name: &str = reference;
    match resolve_predefined_entity(name) {
        Some(text) => Ok(text.to_owned()),
        None => Err(format!("the entity &{name}; is not one of XML's own")),
    }
}
