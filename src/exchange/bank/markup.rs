//! A text of XML, written element by element: indented, escaped, always closed.

use super::{decode::allowed, tree::collapse};
use crate::domain::Cents;
use quick_xml::escape::escape;
use std::fmt::{Display, Write as _};

/// What was written so far.
pub(super) struct Markup {
    out: String,
    depth: usize,
}

impl Markup {
    /// A document of ISO 20022 with one message, such as `pain.008.001.08` and `CstmrDrctDbtInitn`.
    pub fn document(version: &str, message: &str, content: impl FnOnce(&mut Self)) -> String {
        let mut markup = Self { out: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 1 };
        let namespace = escape(version);
        markup.push(format_args!("<Document xmlns=\"{}{namespace}\">\n", super::ISO));
        markup.within(message, content);
        markup.out.push_str("</Document>\n");
        markup.out
    }

    /// An element with elements in it.
    pub fn within(&mut self, name: &str, content: impl FnOnce(&mut Self)) {
        self.line(format_args!("<{name}>"));
        self.depth += 1;
        content(self);
        self.depth -= 1;
        self.line(format_args!("</{name}>"));
    }

    /// A text, at the end of a path of elements such as `Tp/CdOrPrtry/Cd`. White space becomes single spaces, and what
    /// XML cannot hold is left out.
    pub fn leaf(&mut self, path: &str, text: &str) {
        let text: String = collapse(text).chars().filter(|char| allowed(*char)).collect();
        self.nested(path, |markup, name| markup.line(format_args!("<{name}>{}</{name}>", escape(text.as_str()))));
    }

    /// As [`leaf`](Self::leaf), when there is a text.
    pub fn maybe(&mut self, path: &str, text: Option<&str>) {
        if let Some(text) = text {
            self.leaf(path, text);
        }
    }

    /// An amount in a currency, at the end of a path.
    pub fn money(&mut self, path: &str, currency: &str, amount: Cents) {
        let currency = escape(currency);
        self.nested(path, |markup, name| markup.line(format_args!("<{name} Ccy=\"{currency}\">{amount}</{name}>")));
    }

    /// Texts of at most `most` characters each, cut at spaces where there are any.
    pub fn lines(&mut self, name: &str, text: &str, most: usize) {
        let mut line = String::new();
        for word in text.split_whitespace() {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > most {
                self.leaf(name, &std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            for char in word.chars() {
                if line.chars().count() == most {
                    self.leaf(name, &std::mem::take(&mut line));
                }
                line.push(char);
            }
        }
        if !line.is_empty() {
            self.leaf(name, &line);
        }
    }

    fn nested(&mut self, path: &str, last: impl FnOnce(&mut Self, &str)) {
        let (outer, name) = path.rsplit_once('/').unwrap_or(("", path));
        let outer: Vec<&str> = outer.split('/').filter(|name| !name.is_empty()).collect();
        for name in &outer {
            self.line(format_args!("<{name}>"));
            self.depth += 1;
        }
        last(self, name);
        for name in outer.iter().rev() {
            self.depth -= 1;
            self.line(format_args!("</{name}>"));
        }
    }

    fn line(&mut self, text: impl Display) {
        let depth = self.depth * 2;
        self.push(format_args!("{:depth$}{text}\n", ""));
    }

    fn push(&mut self, text: impl Display) {
        // Writing to a `String` cannot fail.
        let _ = write!(self.out, "{text}");
    }
}
