//! A writer of small XML documents. It cannot fail: elements close by themselves, text is escaped, and what XML 1.0 may not
//! hold is left out.

use quick_xml::escape::escape;

/// A document that is being written, indented by two spaces.
pub(super) struct Xml {
    text: String,
    depth: usize,
}

impl Xml {
    /// An empty document in UTF-8.
    pub fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), depth: 0 }
    }

    /// An element that holds text. One that would be empty is not written at all: the rules of Peppol forbid those.
    pub fn leaf(&mut self, name: &str, text: impl AsRef<str>) {
        self.leaf_with(name, &[], text);
    }

    /// An element with attributes that holds text; not written where the text is empty.
    pub fn leaf_with(&mut self, name: &str, attributes: &[(&str, &str)], text: impl AsRef<str>) {
        let text = one_line(text.as_ref());
        if !text.is_empty() {
            self.open(name, attributes);
            self.text.push_str(&escape(text));
            self.text.push_str("</");
            self.text.push_str(name);
            self.text.push_str(">\n");
        }
    }

    /// An element that holds what `inner` writes; not written where that is nothing.
    pub fn group(&mut self, name: &str, inner: impl FnOnce(&mut Self)) {
        self.group_with(name, &[], inner);
    }

    /// An element with attributes that holds what `inner` writes; not written where that is nothing.
    pub fn group_with(&mut self, name: &str, attributes: &[(&str, &str)], inner: impl FnOnce(&mut Self)) {
        let start = self.text.len();
        self.open(name, attributes);
        self.text.push('\n');
        let empty = self.text.len();
        self.depth += 1;
        inner(self);
        self.depth -= 1;
        if self.text.len() == empty {
            self.text.truncate(start);
            return;
        }
        self.indent();
        self.text.push_str("</");
        self.text.push_str(name);
        self.text.push_str(">\n");
    }

    /// The document.
    pub fn finish(self) -> String {
        self.text
    }

    fn indent(&mut self) {
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }

    fn open(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        self.text.push('<');
        self.text.push_str(name);
        for (attribute, value) in attributes {
            self.text.push(' ');
            self.text.push_str(attribute);
            self.text.push_str("=\"");
            self.text.push_str(&escape(*value));
            self.text.push('"');
        }
        self.text.push('>');
    }
}

/// `text` without characters that are not text, every run of white space as one space, none at the ends. A space that must not
/// break (U+00A0) stays one.
pub(super) fn one_line(text: &str) -> String {
    let gap = |c: char| c != '\u{A0}' && (c.is_whitespace() || c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}'));
    let words: Vec<&str> = text.split(gap).filter(|word| word.chars().any(|c| c != '\u{A0}')).collect();
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_nest_escape_and_vanish_when_empty() {
        let mut xml = Xml::new();
        xml.group_with("a", &[("b", "\"<")], |xml| {
            xml.leaf("c", " x & \u{1}<y>\n z ");
            xml.leaf("d", " \u{7} ");
            xml.group("e", |xml| xml.leaf("f", ""));
        });
        let body = "<a b=\"&quot;&lt;\">\n  <c>x &amp; &lt;y&gt; z</c>\n</a>\n";
        assert_eq!(xml.finish(), format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{body}"));
    }
}
