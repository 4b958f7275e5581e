//! XML to light trees of elements, for the readers of this folder: what an element is called, which line it begins on,
//! its text, its currency. Nothing else is kept. [`Pull`] walks through a file from element to element and makes a tree
//! only of those that are asked for, so that memory follows the largest of them and not the file.
//!
//! Prefixes do not matter, namespaces do: an element of another namespace is never found. Refused: a document type (and
//! so every entity but the five of XML itself), more than [`MAX_BYTES`], elements more than [`MAX_DEPTH`] deep, a tag or
//! text of more than [`MAX_TOKEN`], and a tree of more than [`MAX_ELEMENTS`] or [`MAX_TREE`].

use super::{
    BankFault, BankFaultKind,
    decode::{Decoded, allowed, fault_of, newlines},
};
use quick_xml::{
    NsReader,
    escape::{resolve_predefined_entity, unescape},
    events::{BytesRef, BytesStart, Event},
    name::ResolveResult,
};
use std::{collections::HashMap, io::BufRead, rc::Rc};

/// The most bytes that a file may have, unpacked: 200 MiB, some hundreds of thousands of payments.
pub const MAX_BYTES: u64 = 200 * 1024 * 1024;
/// How deep elements may lie in each other; the formats need about 15.
pub const MAX_DEPTH: usize = 40;
/// The most elements in one entry, or another part that is read as a whole.
pub const MAX_ELEMENTS: usize = 1_000_000;
/// The most bytes that such a part may take in memory.
pub const MAX_TREE: usize = 64 * 1024 * 1024;
/// The longest tag or text, in bytes.
pub const MAX_TOKEN: usize = 1024 * 1024;
/// The longest tag, in bytes: bounds the work on attributes.
const MAX_TAG: usize = 4096;
/// How many names are kept to be used again; the formats have some hundreds.
const MAX_NAMES: usize = 2000;

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
    pub fn need(&self, name: &'static str) -> Result<&Self, BankFault> {
        self.at(name).ok_or_else(|| self.missing(&[name]))
    }

    /// A fault: none of these is in this element.
    pub fn missing(&self, elements: &[&'static str]) -> BankFault {
        self.fault(BankFaultKind::Missing { parent: self.name().to_owned(), elements: elements.to_vec() })
    }

    /// Takes over a part that was read on its own.
    pub fn push(&mut self, child: Self) {
        self.children.push(child);
    }

    /// The text of a child that must be there and not be empty.
    pub fn need_text(&self, name: &'static str) -> Result<String, BankFault> {
        let child = self.need(name)?;
        if child.text.is_empty() {
            return Err(child.fault(BankFaultKind::EmptyElement { element: name.to_owned() }));
        }
        Ok(child.text.clone())
    }

    /// A fault on the line of this element.
    pub const fn fault(&self, kind: BankFaultKind) -> BankFault {
        BankFault::new(self.line, kind)
    }
}

/// Reads a whole file; gives its root.
pub(super) fn parse(bytes: &[u8]) -> Result<Node, BankFault> {
    let mut pull = Pull::new(bytes)?;
    let root = pull.root()?;
    let root = pull.tree(root)?;
    pull.finish()?;
    Ok(root)
}

/// What comes next in a file.
enum Step {
    /// An element begins: without its text and children as yet.
    Open(Node),
    /// The element that began last and did not end ends.
    Close,
    /// Text, in [`Pull::text`].
    Text,
    /// The file ends.
    End,
}

/// A walk through a file.
pub(super) struct Pull<R: BufRead> {
    reader: NsReader<Decoded<R>>,
    buffer: Vec<u8>,
    /// The last piece of text.
    text: String,
    /// The line of what comes next.
    line: usize,
    /// Elements that are open, with their lines.
    open: Vec<(Rc<str>, usize)>,
    /// The namespace of the root, once it was read.
    pub namespace: String,
    /// Whether the root was read.
    rooted: bool,
    /// Each name once.
    names: HashMap<String, Rc<str>>,
}

impl<R: BufRead> Pull<R> {
    /// Begins at the beginning.
    pub fn new(source: R) -> Result<Self, BankFault> {
        let mut reader = NsReader::from_reader(Decoded::new(source)?);
        reader.config_mut().expand_empty_elements = true;
        Ok(Self {
            reader,
            buffer: Vec::new(),
            text: String::new(),
            line: 1,
            open: Vec::new(),
            namespace: String::new(),
            rooted: false,
            names: HashMap::new(),
        })
    }

    /// Goes into the root.
    pub fn root(&mut self) -> Result<Node, BankFault> {
        loop {
            match self.step()? {
                Step::Open(root) => return Ok(root),
                Step::Text | Step::Close => {}
                Step::End => return Err(BankFault::new(self.line, BankFaultKind::Empty)),
            }
        }
    }

    /// Goes into the next child of the element in which we are; out of that, when there is none.
    pub fn child(&mut self) -> Result<Option<Node>, BankFault> {
        loop {
            match self.step()? {
                Step::Open(child) => return Ok(Some(child)),
                Step::Close | Step::End => return Ok(None),
                Step::Text => {}
            }
        }
    }

    /// Goes to the end of the element in which we are, and out of it.
    pub fn skip(&mut self) -> Result<(), BankFault> {
        let depth = self.open.len();
        while self.open.len() >= depth {
            self.step()?;
        }
        Ok(())
    }

    /// All that is in the element in which we are, `node`; goes out of it.
    pub fn tree(&mut self, node: Node) -> Result<Node, BankFault> {
        let top = (node.name.clone(), node.line);
        let mut open = vec![node];
        let (mut elements, mut size) = (1_usize, 0_usize);
        loop {
            match self.step()? {
                Step::Open(child) => {
                    elements += 1;
                    size += size_of::<Node>() + child.currency.as_ref().map_or(0, String::len);
                    if let Some(parent) = open.last_mut() {
                        parent.text.clear();
                    }
                    open.push(child);
                }
                Step::Text => {
                    if let Some(node) = open.last_mut().filter(|node| node.children.is_empty()) {
                        size += self.text.len();
                        node.text.push_str(&self.text);
                        // White space without end is one space in the end.
                        if node.text.len() > MAX_TOKEN {
                            return Err(BankFault::new(self.line, BankFaultKind::TooLong { most: MAX_TOKEN }));
                        }
                    }
                }
                Step::Close | Step::End => {
                    let Some(mut node) = open.pop() else { return Err(self.cut_off()) };
                    node.text = collapse(&node.text);
                    match open.last_mut() {
                        Some(parent) => parent.children.push(node),
                        None => return Ok(node),
                    }
                }
            }
            if elements > MAX_ELEMENTS || size > MAX_TREE {
                return Err(BankFault::new(top.1, BankFaultKind::EntryTooLarge { element: top.0.to_string() }));
            }
        }
    }

    /// Sees to it that nothing follows the root, out of which we went.
    pub fn finish(&mut self) -> Result<(), BankFault> {
        loop {
            if matches!(self.step()?, Step::End) {
                return Ok(());
            }
        }
    }

    fn cut_off(&self) -> BankFault {
        let (element, opened) =
            self.open.last().map_or_else(|| (String::new(), 1), |(name, at)| (name.to_string(), *at));
        BankFault::new(self.line, BankFaultKind::CutOff { element, opened })
    }

    fn step(&mut self) -> Result<Step, BankFault> {
        loop {
            let line = self.line;
            let fault = |kind| BankFault::new(line, kind);
            self.buffer.clear();
            self.reader.get_mut().allow(MAX_TOKEN);
            let (namespace, event) = match self.reader.read_resolved_event_into(&mut self.buffer) {
                Ok(read) => read,
                Err(quick_xml::Error::Io(error)) => return Err(fault_of(&error, line)),
                Err(error) => return Err(fault(BankFaultKind::NotWellFormed { detail: error.to_string() })),
            };
            self.line += newlines(&event);
            match event {
                Event::Start(tag) | Event::Empty(tag) => {
                    if self.open.len() >= MAX_DEPTH {
                        return Err(fault(BankFaultKind::TooDeep { most: MAX_DEPTH }));
                    }
                    if tag.len() > MAX_TAG {
                        return Err(fault(BankFaultKind::TooLong { most: MAX_TAG }));
                    }
                    let space = match &namespace {
                        ResolveResult::Bound(namespace) => namespace.as_ref(),
                        ResolveResult::Unbound => b"",
                        ResolveResult::Unknown(prefix) => {
                            let prefix = String::from_utf8_lossy(prefix).into_owned();
                            return Err(fault(BankFaultKind::UnknownPrefix { prefix }));
                        }
                    };
                    if self.open.is_empty() {
                        if self.rooted {
                            return Err(fault(BankFaultKind::Trailing));
                        }
                        self.rooted = true;
                        self.namespace = String::from_utf8_lossy(space).into_owned();
                    }
                    let name = if space == self.namespace.as_bytes() { tag.local_name().into_inner() } else { b"" };
                    let name = intern(&mut self.names, name);
                    self.open.push((name.clone(), line));
                    let currency = currency(&tag).map_err(fault)?;
                    return Ok(Step::Open(Node { name, text: String::new(), currency, line, children: Vec::new() }));
                }
                Event::End(_) => {
                    self.open.pop();
                    return Ok(Step::Close);
                }
                Event::Text(found) => keep(&mut self.text, &found),
                Event::CData(found) => keep(&mut self.text, &found),
                Event::GeneralRef(reference) => {
                    self.text = entity(&reference).map_err(fault)?;
                }
                Event::DocType(_) => return Err(fault(BankFaultKind::DocumentType)),
                Event::Decl(_) | Event::Comment(_) | Event::PI(_) => continue,
                Event::Eof => return if self.open.is_empty() { Ok(Step::End) } else { Err(self.cut_off()) },
            }
            if !self.open.is_empty() {
                return Ok(Step::Text);
            }
            if !self.text.trim().is_empty() {
                return Err(fault(BankFaultKind::Trailing));
            }
        }
    }
}

/// Puts a piece of text where the last one was.
fn keep(text: &mut String, found: &[u8]) {
    text.clear();
    // What is decoded is UTF-8, and markup is ASCII.
    text.push_str(&String::from_utf8_lossy(found));
}

fn intern(names: &mut HashMap<String, Rc<str>>, name: &[u8]) -> Rc<str> {
    let name = String::from_utf8_lossy(name);
    if let Some(known) = names.get(name.as_ref()) {
        return known.clone();
    }
    let new: Rc<str> = Rc::from(name.as_ref());
    if names.len() < MAX_NAMES {
        names.insert(name.into_owned(), new.clone());
    }
    new
}

/// What `&…;` stands for: a character by its number, or one of the five of XML.
fn entity(reference: &BytesRef<'_>) -> Result<String, BankFaultKind> {
    let name = String::from_utf8_lossy(reference).into_owned();
    match reference.resolve_char_ref() {
        Ok(Some(char)) if allowed(char) => Ok(char.to_string()),
        Ok(None) => match resolve_predefined_entity(&name) {
            Some(text) => Ok(text.to_owned()),
            None => Err(BankFaultKind::UnknownEntity { name }),
        },
        _ => Err(BankFaultKind::UnknownEntity { name }),
    }
}

/// Text with every run of white space made one space, and none at the ends.
pub(super) fn collapse(text: &str) -> String {
    let mut words = text.split_whitespace();
    let mut out = words.next().unwrap_or_default().to_owned();
    for word in words {
        out.push(' ');
        out.push_str(word);
    }
    out
}

fn currency(tag: &BytesStart<'_>) -> Result<Option<String>, BankFaultKind> {
    let broken = |detail: String| BankFaultKind::NotWellFormed { detail };
    for attribute in tag.attributes().with_checks(false) {
        let attribute = attribute.map_err(|error| broken(error.to_string()))?;
        if attribute.key.as_ref() == b"Ccy" {
            let value = String::from_utf8_lossy(&attribute.value);
            return Ok(Some(unescape(&value).map_err(|error| broken(error.to_string()))?.into_owned()));
        }
    }
    Ok(None)
}
