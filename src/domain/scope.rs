//! The kinds of work that a card pays for (CARD-8).

use super::TicketKind;
use std::{convert::Infallible, fmt, str::FromStr};

/// Which kinds of work a card pays for: names of topics, or of the kinds of tickets. Nothing named means all of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkScope {
    /// Only these; empty means whatever is not excluded.
    pub only: Vec<String>,
    /// Never these.
    pub never: Vec<String>,
}

impl WorkScope {
    /// Whether work of this kind and topic is paid.
    #[must_use]
    pub fn pays(&self, kind: TicketKind, topic: Option<&str>) -> bool {
        let named = |words: &[String]| words.iter().any(|word| word == kind.as_str() || Some(word.as_str()) == topic);
        (self.only.is_empty() || named(&self.only)) && !named(&self.never)
    }

    /// Whether everything is paid.
    #[must_use]
    pub fn is_all(&self) -> bool {
        self.only.is_empty() && self.never.is_empty()
    }
}

/// As it is stored: the words with spaces between them, a `-` before those that are never paid.
impl fmt::Display for WorkScope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let never = self.never.iter().map(|word| format!("-{word}"));
        let words: Vec<String> = self.only.iter().cloned().chain(never).collect();
        f.write_str(&words.join(" "))
    }
}

impl FromStr for WorkScope {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let mut scope = Self::default();
        for word in text.split_whitespace() {
            match word.strip_prefix('-') {
                Some(word) => scope.never.push(word.to_owned()),
                None => scope.only.push(word.to_owned()),
            }
        }
        Ok(scope)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn card_8_named_work_is_paid_and_excluded_work_is_not() {
        let scope = |text: &str| text.parse::<WorkScope>().unwrap();
        for (text, kind, topic, pays) in [
            ("", TicketKind::Change, Some("training"), true),
            ("-training", TicketKind::Change, Some("training"), false),
            ("-training", TicketKind::Change, None, true),
            ("-training", TicketKind::Change, Some("advice"), true),
            ("advice", TicketKind::Question, Some("advice"), true),
            ("advice", TicketKind::Question, Some("training"), false),
            ("advice", TicketKind::Question, None, false),
            ("question -training", TicketKind::Question, None, true),
            ("question -training", TicketKind::Question, Some("training"), false),
            ("question", TicketKind::Change, None, false),
        ] {
            assert_eq!(scope(text).pays(kind, topic), pays, "{text:?} {kind} {topic:?}");
        }
        assert_eq!(scope("advice -training question").to_string(), "advice question -training");
        assert!(scope("").is_all() && !scope("-training").is_all());
    }
}
