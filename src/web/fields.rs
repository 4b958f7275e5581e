//! Fields of a request become domain values here, once; everything that cannot be right is collected and told together.

use crate::domain::{Cents, typed};
use crate::service::{Error, FieldError};
use chrono::{DateTime, NaiveDate, Utc};
use std::str::FromStr;

/// The longest name or subject, in characters.
const LINE: usize = 200;
/// The longest text, in characters.
const TEXT: usize = 4_000;
/// What a date looks like.
const DATE: &str = "expected a date, such as \"2026-11-22\"";
/// What an amount looks like.
const AMOUNT: &str = "expected an amount in euros, such as \"400.00\"";

/// A date in the one form that the API takes; the calendar's own reader also takes `2026-1-1` and the year 12026.
struct IsoDate(NaiveDate);

impl FromStr for IsoDate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let date = text.parse().map_err(drop)?;
        if text.len() == "2026-11-22".len() { Ok(Self(date)) } else { Err(()) }
    }
}

/// Collects what is wrong while fields are read.
#[derive(Debug, Default)]
pub struct Fields {
    errors: Vec<FieldError>,
}

impl Fields {
    /// Notes a fault.
    pub fn fault(&mut self, field: &str, expected: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), expected: expected.into() });
    }

    /// One line: 1 to 200 characters, trimmed, none of them unseen ([`typed::is_plain`]).
    pub fn line(&mut self, field: &str, text: &str) -> String {
        self.bounded(field, text, LINE, false)
    }

    /// A text: 1 to 4000 characters, trimmed.
    pub fn text(&mut self, field: &str, text: &str) -> String {
        self.bounded(field, text, TEXT, true)
    }

    /// A line that may be left out; an empty one counts as left out.
    pub fn optional_line(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.line(field, text))
    }

    /// A text that may be left out; an empty one counts as left out.
    pub fn optional_text(&mut self, field: &str, text: Option<&str>) -> Option<String> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        Some(self.text(field, text))
    }

    fn bounded(&mut self, field: &str, text: &str, most: usize, lines: bool) -> String {
        let text = text.trim();
        let control = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\r' | '\t');
        if text.is_empty() {
            self.fault(field, "is needed");
        } else if text.chars().count() > most {
            self.fault(field, format!("expected at most {most} characters"));
        } else if lines && text.contains(control) {
            self.fault(field, "expected text without control characters");
        } else if !lines && !typed::is_plain(text) {
            self.fault(field, typed::PLAIN);
        }
        text.to_owned()
    }

    /// An e-mail address, lower case.
    pub fn email(&mut self, field: &str, text: &str) -> String {
        let text = text.trim().to_lowercase();
        if !typed::is_address(&text) {
            self.fault(field, typed::ADDRESS);
        }
        text
    }

    /// Anything that reads itself from text; an empty text counts as left out.
    pub fn optional<T: FromStr>(&mut self, field: &str, text: Option<&str>, expected: &str) -> Option<T> {
        let text = text.map(str::trim).filter(|text| !text.is_empty())?;
        let read = text.parse().ok();
        if read.is_none() {
            self.fault(field, expected);
        }
        read
    }

    /// Anything that reads itself from text.
    pub fn needed<T: FromStr>(&mut self, field: &str, text: &str, expected: &str) -> Option<T> {
        let read = text.trim().parse().ok();
        if read.is_none() {
            self.fault(field, expected);
        }
        read
    }

    /// A date, `2026-11-22`: four digits of year, two of month, two of day.
    pub fn date(&mut self, field: &str, text: Option<&str>) -> Option<NaiveDate> {
        let read: Option<IsoDate> = self.optional(field, text, DATE);
        read.map(|date| date.0)
    }

    /// A date that must be given; any date at all where it is faulty.
    pub fn needed_date(&mut self, field: &str, text: &str) -> NaiveDate {
        self.needed(field, text, DATE).map(|date: IsoDate| date.0).unwrap_or_default()
    }

    /// An instant with its offset, `2026-11-22T14:30:00+01:00`.
    pub fn instant(&mut self, field: &str, text: Option<&str>) -> Option<DateTime<Utc>> {
        let read: Option<DateTime<chrono::FixedOffset>> =
            self.optional(field, text, "expected an instant with its offset, such as \"2026-11-22T14:30:00+01:00\"");
        read.map(|at| at.to_utc())
    }

    /// An amount, `400.00`.
    pub fn amount(&mut self, field: &str, text: Option<&str>) -> Option<Cents> {
        self.optional(field, text, AMOUNT)
    }

    /// An amount that must be given; nothing where it is faulty.
    pub fn needed_amount(&mut self, field: &str, text: &str) -> Cents {
        self.needed(field, text, AMOUNT).unwrap_or_default()
    }

    /// Notes a fault when somebody `sent` a field that only agents fill in.
    pub fn only_by_agent(&mut self, field: &str, sent: bool) {
        if sent {
            self.fault(field, "leave it out: only agents say this for a contact");
        }
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// Everything that was wrong.
    pub fn done(self) -> Result<(), Error> {
        if self.errors.is_empty() { Ok(()) } else { Err(Error::Fields(self.errors)) }
    }
}
