//! Semicolon-separated text as Excel opens it by a double click when it has Dutch settings: `;` between cells, a decimal
//! comma, dd-mm-yyyy, UTF-8 with a byte order mark, CRLF.
//!
//! **Invariant:** a cell is a [`Field`], and a field made of text never starts a formula. Names of customers are typed by
//! strangers; the bookkeeper opens the file.

use crate::domain::{Cents, Minutes};
use chrono::NaiveDate;

/// Characters at the start of a text by which a spreadsheet takes it for a formula, the wide forms of East Asian
/// settings included.
const FORMULA: [char; 8] = ['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}'];

/// What one cell says, ready to be written. Only the constructors make one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Field(String);

impl Field {
    /// A text on one line. Where it could be read as a formula it gets an apostrophe in front.
    #[must_use]
    pub fn text(text: &str) -> Self {
        let line = one_line(text);
        let blank_first = text.starts_with(['\t', '\r', '\n']);
        if blank_first || line.trim_start().starts_with(FORMULA) { Self(format!("'{line}")) } else { Self(line) }
    }

    /// A day, dd-mm-yyyy.
    #[must_use]
    pub fn date(day: NaiveDate) -> Self {
        Self(day.format("%d-%m-%Y").to_string())
    }

    /// An amount in euros with a comma and two decimals, no points between thousands: `-1968,00`.
    #[must_use]
    pub fn amount(amount: Cents) -> Self {
        Self(amount.to_string().replace('.', ","))
    }

    /// A whole number.
    #[must_use]
    pub fn whole(number: i64) -> Self {
        Self(number.to_string())
    }

    /// Minutes as hours and minutes: `7:45`.
    #[must_use]
    pub fn hours(minutes: Minutes) -> Self {
        Self(minutes.to_string())
    }

    /// An empty cell.
    #[must_use]
    pub fn empty() -> Self {
        Self::default()
    }
}

impl AsRef<[u8]> for Field {
    fn as_ref(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

/// A file in the making.
#[derive(Debug)]
pub struct Table(csv::Writer<Vec<u8>>);

impl Table {
    /// An empty file: only its byte order mark.
    #[must_use]
    pub fn new() -> Self {
        let start = "\u{feff}".as_bytes().to_vec();
        Self(
            csv::WriterBuilder::new()
                .delimiter(b';')
                .terminator(csv::Terminator::CRLF)
                .flexible(true)
                .from_writer(start),
        )
    }

    /// Adds a row.
    ///
    /// # Panics
    /// Never: memory takes every byte, and rows may differ in length.
    pub fn row(&mut self, fields: &[Field]) {
        self.0.write_record(fields).expect("memory takes every byte");
    }

    /// The bytes of the file.
    ///
    /// # Panics
    /// Never: memory takes every byte.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        self.0.into_inner().expect("memory takes every byte")
    }
}

impl Default for Table {
    fn default() -> Self {
        Self::new()
    }
}

/// The text on one line: each line break and other control character becomes a space, a CRLF one space.
#[must_use]
pub fn one_line(text: &str) -> String {
    let breaks = |each: char| each.is_control() || matches!(each, '\u{2028}' | '\u{2029}');
    text.replace("\r\n", "\n").chars().map(|each| if breaks(each) { ' ' } else { each }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_never_starts_a_formula() {
        for (text, cell) in [
            ("=1+1", "'=1+1"),
            ("=HYPERLINK(\"http://x\";\"y\")", "'=HYPERLINK(\"http://x\";\"y\")"),
            ("+31 20 1234567", "'+31 20 1234567"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1+1", "' =1+1"),
            ("\rcmd", "' cmd"),
            ("\r\n=cmd|' /C calc'!A0", "' =cmd|' /C calc'!A0"),
            ("  =1+1", "'  =1+1"),
            ("\u{a0}=1+1", "'\u{a0}=1+1"),
            ("\u{ff1d}1", "'\u{ff1d}1"),
            ("Jansen = Zn", "Jansen = Zn"),
            ("'t Hof", "'t Hof"),
            ("2026-03", "2026-03"),
            ("", ""),
        ] {
            assert_eq!(Field::text(text).0, cell, "{text:?}");
        }
    }

    #[test]
    fn numbers_and_days_stay_what_they_are() {
        assert_eq!(Field::amount(Cents(-196_805)).0, "-1968,05");
        assert_eq!(Field::amount(Cents(5)).0, "0,05");
        assert_eq!(Field::whole(-7).0, "-7");
        assert_eq!(Field::hours(Minutes(-90)).0, "-1:30");
        assert_eq!(Field::date(NaiveDate::from_ymd_opt(2026, 3, 2).unwrap()).0, "02-03-2026");
    }

    #[test]
    fn a_file_is_what_dutch_excel_opens() {
        let mut table = Table::new();
        table.row(&[Field::text("Naam"), Field::text("Bedrag")]);
        table.row(&[Field::text("De Vries; \"bakker\"\r\nte Ede"), Field::amount(Cents(96_800))]);
        table.row(&[Field::text("Café"), Field::empty()]);
        let expected = "\u{feff}Naam;Bedrag\r\n\"De Vries; \"\"bakker\"\" te Ede\";968,00\r\nCafé;\r\n";
        assert_eq!(String::from_utf8(table.finish()).unwrap(), expected);
    }
}
