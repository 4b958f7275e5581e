//! XML to a light tree of elements, for the readers of this folder: what an element is called, which line it begins on,
//! its text, its currency. Nothing else is kept.
//!
//! Prefixes do not matter, namespaces do: an element of another namespace is never found. Refused: a document type (and
//! so every entity but the five of XML itself), text that is not UTF-8, more than [`MAX_BYTES`], [`MAX_DEPTH`] or
//! [`MAX_ELEMENTS`]. Memory is proportional to the file and bounded by those.

use super::BankFault;
use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_predefined_entity,
    events::{BytesDecl, BytesRef, BytesStart, Event},
    name::ResolveResult,
};
use std::{collections::HashMap, rc::Rc};

/// The most bytes that a file may have: 16 MiB, some tens of thousands of payments.
pub const MAX_BYTES: usize = 16 * 1024 * 1024;
/// How deep elements may lie in each other; the formats need about 15.
pub const MAX_DEPTH: usize = 40;
/// The most elements in a file.
pub const MAX_ELEMENTS: usize = 1_000_000;
/// The longest tag, in bytes: bounds the work on attributes.
const MAX_TAG: usize = 4096;

/// An element.
#[derive(Debug)]
pub(super) struct Node {
    name: Rc<str>,
    /// Its text: trimmed, white space within it made one space. Empty where it has children.
    pub text: String,
    /// Its attribute `Ccy`.
    pub currency: Option<String>,
    /// The line on which it begins, from 1.
    pub line: usize,
    children: Vec<Node>,
}

impl Node {
    /// What it is called, without a prefix; empty when of another namespace.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The children of that name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| &*child.name == name)
    }

    /// The first child that leads somewhere on a path such as `RtrInf/Rsn/Cd`.
    pub fn at(&self, path: &str) -> Option<&Self> {
        match path.split_once('/') {
            Some((first, rest)) => self.children.iter().filter(|child| &*child.name == first).find_map(|c| c.at(rest)),
            None => self.children.iter().find(|child| &*child.name == path),
        }
    }

    /// The first text that is not empty on one of the paths, in their order.
    pub fn text_at(&self, paths: &[&str]) -> Option<String> {
        paths
            .iter()
            .find_map(|path| self.at(path).filter(|found| !found.text.is_empty()))
            .map(|found| found.text.clone())
    }

    /// A child that must be there.
    pub fn need(&self, name: &str) -> Result<&Self, BankFault> {
        self.at(name).ok_or_else(|| self.fault(format!("`{}` has no `{name}`; the format demands one", self.name)))
    }

    /// The text of a child that must be there and not be empty.
    pub fn need_text(&self, name: &str) -> Result<String, BankFault> {
        let child = self.need(name)?;
        if child.text.is_empty() {
            return Err(child.fault(format!("`{name}` is empty; the format demands a text")));
        }
        Ok(child.text.clone())
    }

    /// A fault on the line of this element.
    pub fn fault(&self, reason: impl Into<String>) -> BankFault {
        BankFault { line: self.line, reason: reason.into() }
    }
}

/// A file: the namespace of its root, and the root. Empty when the root has no namespace.
#[derive(Debug)]
pub(super) struct Tree {
    pub namespace: String,
    pub root: Node,
}

/// Reads a whole file.
pub(super) fn parse(bytes: &[u8]) -> Result<Tree, BankFault> {
    let text = decode(bytes)?;
    let mut reader = NsReader::from_str(text);
    let mut lines = Lines { text, position: 0, line: 1 };
    let mut builder = Builder::default();
    loop {
        let line = lines.at(reader.buffer_position());
        let fault = |reason: String| BankFault { line, reason };
        match reader.read_resolved_event() {
            Err(error) => {
                let line = lines.at(reader.error_position());
                return Err(BankFault { line, reason: format!("not well-formed XML: {error}") });
            }
            Ok((namespace, Event::Start(tag))) => builder.open(&namespace, &tag, line).map_err(fault)?,
            Ok((namespace, Event::Empty(tag))) => {
                builder.open(&namespace, &tag, line).map_err(fault)?;
                builder.close();
            }
            Ok((_, Event::End(_))) => builder.close(),
            Ok((_, Event::Text(found))) => {
                let found = found.xml10_content().map_err(|error| fault(error.to_string()))?;
                builder.text(&found).map_err(fault)?;
            }
            Ok((_, Event::CData(found))) => {
                let found = found.xml10_content().map_err(|error| fault(error.to_string()))?;
                builder.text(&found).map_err(fault)?;
            }
            Ok((_, Event::GeneralRef(reference))) => {
                builder.text(&entity(&reference).map_err(fault)?).map_err(fault)?;
            }
            Ok((_, Event::Decl(declaration))) => encoding(&declaration, text).map_err(fault)?,
            Ok((_, Event::DocType(_))) => {
                return Err(fault("the file declares a document type; files of a bank never do".to_owned()));
            }
            Ok((_, Event::Comment(_) | Event::PI(_))) => {}
            Ok((_, Event::Eof)) => return builder.finish(line),
        }
    }
}

/// The text of the file, without a byte order mark.
fn decode(bytes: &[u8]) -> Result<&str, BankFault> {
    if bytes.len() > MAX_BYTES {
        let reason = format!("the file has {} bytes; at most {MAX_BYTES} are read", bytes.len());
        return Err(BankFault { line: 1, reason });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| BankFault {
        line: line_at(bytes, error.valid_up_to()),
        reason: "a byte that is not UTF-8 text; expected an XML file in UTF-8".to_owned(),
    })?;
    match text.char_indices().find(|(_, char)| !allowed(*char)) {
        Some((position, char)) => Err(BankFault {
            line: line_at(bytes, position),
            reason: format!("a character that XML does not allow: {}", char.escape_default()),
        }),
        None => Ok(text),
    }
}

/// Whether XML 1.0 allows a character.
pub(super) fn allowed(char: char) -> bool {
    matches!(char, '\t' | '\n' | '\r') || (char >= ' ' && !matches!(char, '\u{fffe}' | '\u{ffff}'))
}

fn line_at(bytes: &[u8], position: usize) -> usize {
    1 + newlines(bytes.get(..position).unwrap_or(bytes))
}

fn newlines(bytes: &[u8]) -> usize {
    bytes.iter().map(|byte| usize::from(*byte == b'\n')).sum()
}

/// Refuses an encoding that we would misread; plain ASCII reads the same in all that a bank may name.
fn encoding(declaration: &BytesDecl<'_>, text: &str) -> Result<(), String> {
    match declaration.encoding() {
        Some(Ok(name)) if !name.eq_ignore_ascii_case(b"utf-8") && !text.is_ascii() => {
            Err(format!("the file says that it is in {}; expected UTF-8", String::from_utf8_lossy(&name)))
        }
        Some(Err(error)) => Err(format!("not well-formed XML: {error}")),
        _ => Ok(()),
    }
}

/// What `&…;` stands for: a character by its number, or one of the five of XML.
fn entity(reference: &BytesRef<'_>) -> Result<String, String> {
    let unknown = |name: &str| format!("`&{name};` is not known; expected `&amp;` and the like, or a character number");
    let name = String::from_utf8_lossy(reference).into_owned();
    match reference.resolve_char_ref() {
        Ok(Some(char)) if allowed(char) => Ok(char.to_string()),
        Ok(None) => resolve_predefined_entity(&name).map(str::to_owned).ok_or_else(|| unknown(&name)),
        _ => Err(unknown(&name)),
    }
}

/// Which line a position is on, for positions that only grow.
struct Lines<'a> {
    text: &'a str,
    position: usize,
    line: usize,
}

impl Lines<'_> {
    fn at(&mut self, position: u64) -> usize {
        let position = usize::try_from(position).unwrap_or(usize::MAX).min(self.text.len());
        if let Some(passed) = self.text.as_bytes().get(self.position..position) {
            self.line += newlines(passed);
            self.position = position;
        }
        self.line
    }
}

/// The tree as far as it was read.
#[derive(Default)]
struct Builder {
    /// Elements that are open, the root first.
    open: Vec<Node>,
    root: Option<Node>,
    namespace: String,
    elements: usize,
    /// Each name once.
    names: HashMap<String, Rc<str>>,
}

impl Builder {
    fn open(&mut self, namespace: &ResolveResult<'_>, tag: &BytesStart<'_>, line: usize) -> Result<(), String> {
        self.elements += 1;
        if self.open.len() >= MAX_DEPTH {
            return Err(format!("elements lie more than {MAX_DEPTH} deep in each other"));
        }
        if self.elements > MAX_ELEMENTS {
            return Err(format!("the file has more than {MAX_ELEMENTS} elements"));
        }
        if tag.len() > MAX_TAG {
            return Err(format!("a tag of more than {MAX_TAG} bytes"));
        }
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => String::from_utf8_lossy(namespace.as_ref()),
            ResolveResult::Unbound => "".into(),
            ResolveResult::Unknown(prefix) => {
                return Err(format!("the prefix `{}` has no namespace", String::from_utf8_lossy(prefix)));
            }
        };
        match self.open.last_mut() {
            Some(parent) => parent.text.clear(),
            None if self.root.is_some() => return Err("a second root element; expected one document".to_owned()),
            None => self.namespace = namespace.clone().into_owned(),
        }
        let local = String::from_utf8_lossy(tag.local_name().into_inner()).into_owned();
        let name = if namespace == self.namespace { self.name(local) } else { Rc::from("") };
        self.open.push(Node { name, text: String::new(), currency: currency(tag)?, line, children: Vec::new() });
        Ok(())
    }

    fn name(&mut self, local: String) -> Rc<str> {
        self.names.entry(local).or_insert_with_key(|name| Rc::from(name.as_str())).clone()
    }

    fn close(&mut self) {
        let Some(mut node) = self.open.pop() else { return };
        node.text = collapse(&node.text);
        match self.open.last_mut() {
            Some(parent) => parent.children.push(node),
            None => self.root = Some(node),
        }
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        match self.open.last_mut() {
            Some(node) if node.children.is_empty() => node.text.push_str(text),
            None if !text.trim().is_empty() => return Err("text outside of the document; expected XML".to_owned()),
            _ => {}
        }
        Ok(())
    }

    fn finish(self, line: usize) -> Result<Tree, BankFault> {
        if let Some(node) = self.open.last() {
            let reason = format!("the file ends within `{}` of line {}", node.name, node.line);
            return Err(BankFault { line, reason });
        }
        match self.root {
            Some(root) => Ok(Tree { namespace: self.namespace, root }),
            None => Err(BankFault { line, reason: "the file is empty; expected XML".to_owned() }),
        }
    }
}

/// Text with every run of white space made one space, and none at the ends.
pub(super) fn collapse(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn currency(tag: &BytesStart<'_>) -> Result<Option<String>, String> {
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| format!("not well-formed XML: {error}"))?;
        if attribute.key.as_ref() == b"Ccy" {
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            return Ok(Some(value.map_err(|error| format!("not well-formed XML: {error}"))?.into_owned()));
        }
    }
    Ok(None)
}
