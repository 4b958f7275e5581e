//! Reading a policy's text: tables whose keys are taken one by one, kinds of values with what was expected in words,
//! and every fault with its line.

use super::{Bilingual, PolicyError};
use crate::domain::{
    Cents, Minutes,
    typed::{is_address, is_plain},
};
use chrono::NaiveDate;
use chrono_tz::Tz;
use rust_decimal::Decimal;
use std::ops::{Range, RangeInclusive};
use toml::de::{DeTable, DeValue};

/// The largest card, in hours. With [`MOST_MONEY`] it keeps every price and its VAT well inside an `i64`.
pub(super) const MOST_HOURS: i64 = 10_000;
/// The highest price of a product or of an hour.
pub(super) const MOST_MONEY: Cents = Cents(10_000_000_000);
/// The step of minutes that need not be a multiple of anything.
pub(super) const ANY: Minutes = Minutes(1);

/// Takes the keys of one table, and notes as a fault whatever is not as it should be.
///
/// Every method that takes a key gives some value even after a fault, so that reading goes on to the next one.
/// **Invariant:** such a stand-in never gets out, since [`Policy::parse`] drops a policy that has faults.
pub(super) struct Reader<'a> {
    pub(super) text: &'a str,
    pub(super) faults: &'a mut Vec<PolicyError>,
    /// The dotted path of the table, with a dot at its end; empty for the whole file.
    pub(super) path: String,
    /// Where the table begins.
    pub(super) line: usize,
    /// `None` for a section that is left out.
    pub(super) table: Option<&'a DeTable<'a>>,
    /// The keys asked for so far: at the end, all that the table may have.
    pub(super) known: Vec<&'static str>,
    /// Where every key of the language is gathered, each with its path ([`Policy::keys`]): there is no text then, and
    /// every section is read as if it were there.
    pub(super) gathered: Option<&'a mut Vec<String>>,
}

impl<'a> Reader<'a> {
    /// Runs `read` over the table, then reports the keys that it did not ask for.
    pub(super) fn read<T>(mut self, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let read = read(&mut self);
        if let Some(gathered) = &mut self.gathered {
            gathered.extend(self.known.iter().map(|key| format!("{}{key}", self.path)));
        }
        for (key, value) in self.table.into_iter().flatten() {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let expected = expected_key(key.get_ref(), &self.known);
                self.note(value.span(), key.get_ref(), expected);
            }
        }
        read
    }

    pub(super) fn find(&mut self, key: &'static str) -> Option<&'a toml::Spanned<DeValue<'a>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table?.get(key)
    }

    pub(super) fn has(&mut self, key: &'static str) -> bool {
        self.find(key).is_some() || self.gathered.is_some()
    }

    pub(super) fn is_table(&mut self, key: &'static str) -> bool {
        self.find(key).is_some_and(|value| value.get_ref().is_table()) || self.gathered.is_some()
    }

    pub(super) fn len(&self) -> usize {
        // Where keys are gathered, all that were asked for count as there.
        self.table.map_or_else(|| self.gathered.as_ref().map_or(0, |_| self.known.len()), DeTable::len)
    }

    /// Notes a fault of `key`, which may be missing.
    pub(super) fn fault(&mut self, key: &'static str, expected: impl Into<String>) {
        if let Some(value) = self.find(key) {
            return self.note(value.span(), key, expected.into());
        }
        let (line, key) = (self.line, format!("{}{key}", self.path));
        self.faults.push(PolicyError { line, key, value: String::new(), expected: expected.into() });
    }

    /// Notes a fault of `key` in one of the sections `[[list]]`, which were read before.
    pub(super) fn fault_in(&mut self, list: &'static str, index: usize, key: &str, expected: impl Into<String>) {
        let Some(item) = self.find(list).and_then(|value| value.get_ref().as_array()?.get(index)) else { return };
        let value = item.get_ref().as_table().and_then(|table| table.get(key));
        let span = value.map_or(item.span(), toml::Spanned::span);
        self.note(span, &format!("{list}[{index}].{key}"), expected.into());
    }

    fn note(&mut self, span: Range<usize>, key: &str, expected: String) {
        let (line, key) = (line_of(self.text, span.start), format!("{}{key}", self.path));
        self.faults.push(PolicyError { line, key, value: excerpt(self.text, span), expected });
    }

    pub(super) fn optional<T>(&mut self, key: &'static str, kind: Kind<T>) -> Option<T> {
        let read = (kind.read)(self.find(key)?.get_ref());
        if read.is_none() {
            self.fault(key, kind.expected);
        }
        read
    }

    pub(super) fn or<T>(&mut self, key: &'static str, default: T, kind: Kind<T>) -> T {
        self.optional(key, kind).unwrap_or(default)
    }

    pub(super) fn required<T: Default>(&mut self, key: &'static str, kind: Kind<T>) -> T {
        if self.has(key) {
            return self.optional(key, kind).unwrap_or_default();
        }
        self.fault(key, kind.expected);
        T::default()
    }

    pub(super) fn list<T>(&mut self, key: &'static str, default: Vec<T>, each: &Kind<T>) -> Vec<T> {
        let Some(value) = self.find(key) else { return default };
        let Some(items) = value.get_ref().as_array() else {
            self.fault(key, format!("a list in brackets, each of them {}", each.expected));
            return default;
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            match (each.read)(item.get_ref()) {
                Some(read) => list.push(read),
                None => self.note(item.span(), &format!("{key}[{index}]"), each.expected.clone()),
            }
        }
        list
    }

    /// Reads the section `key`, as an empty one when it is left out.
    pub(super) fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let value = self.find(key);
        let table = value.and_then(|value| value.get_ref().as_table());
        let line = value.map_or(self.line, |value| line_of(self.text, value.span().start));
        let (path, noted) = (format!("{}{key}.", self.path), self.faults.len());
        let gathered = self.gathered.as_deref_mut();
        let reader = Reader { text: self.text, faults: &mut *self.faults, path, line, table, known: vec![], gathered };
        let read = reader.read(read);
        if value.is_some() && table.is_none() {
            // Not a section at all: that its keys are missing goes without saying.
            self.faults.truncate(noted);
            self.fault(key, format!("a section [{}{key}]", self.path));
        }
        read
    }

    /// Looks into the section `key` ahead of its own reading: notes no faults and leaves its keys to be taken.
    pub(super) fn peek<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let table = self.find(key).and_then(|value| value.get_ref().as_table());
        let (text, path, line) = (self.text, self.path.clone(), self.line);
        read(&mut Reader { text, faults: &mut Vec::new(), path, line, table, known: vec![], gathered: None })
    }

    /// Reads each of the sections `[[key]]`.
    pub(super) fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Reader<'_>) -> T) -> Vec<T> {
        let Some(value) = self.find(key) else { return self.gather(key, read).into_iter().collect() };
        let items = value.get_ref().as_array().filter(|items| items.iter().all(|item| item.get_ref().is_table()));
        let Some(items) = items else {
            self.fault(key, format!("sections [[{}{key}]]", self.path));
            return vec![];
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let (line, path) = (line_of(self.text, item.span().start), format!("{}{key}[{index}].", self.path));
            let (text, table) = (self.text, item.get_ref().as_table());
            let reader = Reader { text, faults: &mut *self.faults, path, line, table, known: vec![], gathered: None };
            list.push(reader.read(&mut read));
        }
        list
    }

    /// Reads one of the sections `[[key]]` that is not there, where keys are gathered.
    fn gather<T>(&mut self, key: &str, read: impl FnOnce(&mut Reader<'_>) -> T) -> Option<T> {
        let (text, faults, line, path) = (self.text, &mut *self.faults, self.line, format!("{}{key}[].", self.path));
        let gathered = Some(self.gathered.as_deref_mut()?);
        Some(Reader { text, faults, path, line, table: None, known: vec![], gathered }.read(read))
    }
}

/// What a value may be: in words for whoever wrote another one, and the reading of it.
pub(super) struct Kind<T> {
    pub(super) expected: String,
    pub(super) read: Box<Read<T>>,
}

pub(super) type Read<T> = dyn Fn(&DeValue<'_>) -> Option<T>;

impl<T> Kind<T> {
    pub(super) fn new(expected: impl Into<String>, read: impl Fn(&DeValue<'_>) -> Option<T> + 'static) -> Self {
        Self { expected: expected.into(), read: Box::new(read) }
    }
}

pub(super) fn text() -> Kind<String> {
    Kind::new("a text in quotes, not empty, without signs that nobody sees", |value| {
        value.as_str().filter(sound_text).map(str::to_owned)
    })
}

/// Not empty, and every line of it shows all that it says.
fn sound_text(text: &&str) -> bool {
    !text.trim().is_empty() && text.lines().all(|line| is_plain(&line.replace('\t', " ")))
}

/// A text in both languages: `{ nl = "…", en = "…" }`, or one text that serves for both, such as a name.
pub(super) fn bilingual() -> Kind<Bilingual> {
    Kind::new(
        "a text in quotes without signs that nobody sees, or in both languages: { nl = \"…\", en = \"…\" }",
        |value| {
            if let Some(one) = value.as_str().filter(sound_text) {
                return Some(Bilingual { nl: one.to_owned(), en: one.to_owned() });
            }
            let table = value.as_table().filter(|table| table.len() == 2)?;
            let of = |language: &str| table.get(language)?.get_ref().as_str().filter(sound_text).map(str::to_owned);
            Some(Bilingual { nl: of("nl")?, en: of("en")? })
        },
    )
}

/// How other sections and commands name something.
pub(super) fn id() -> Kind<String> {
    Kind::new("a short name of small letters, digits and _ in quotes, such as \"third_party\"", |value| {
        let sound = |id: &&str| {
            (1..=40).contains(&id.len())
                && id.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        };
        value.as_str().filter(sound).map(str::to_owned)
    })
}

/// A number more than nothing, written in digits (`2`, `1.5`) so that no binary fraction comes in between.
pub(super) fn factor(most: u32, places: u32) -> Kind<Decimal> {
    let expected = format!("a number above 0 up to {most} with at most {places} decimals, such as 2 or 1.5");
    Kind::new(expected, move |value| {
        let number = decimal(value)?;
        (number > Decimal::ZERO && number <= Decimal::from(most) && number.scale() <= places).then_some(number)
    })
}

pub(super) fn decimal(value: &DeValue<'_>) -> Option<Decimal> {
    let digits = match value {
        DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str(),
        DeValue::Float(fraction) => fraction.as_str(),
        _ => return None,
    };
    Decimal::from_str_exact(digits).ok().map(|number| number.normalize())
}

pub(super) fn email() -> Kind<String> {
    Kind::new("an e-mail address, such as \"helpdesk@company.example\"", |value| {
        value.as_str().filter(|text| is_address(text)).map(str::to_owned)
    })
}

pub(super) fn product_id() -> Kind<String> {
    Kind::new("a short name of letters, digits, - and _ in quotes, such as \"10h\"", |value| {
        let sound = |id: &&str| {
            (1..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        value.as_str().filter(sound).map(str::to_owned)
    })
}

pub(super) fn flag() -> Kind<bool> {
    Kind::new(
        "true or false, without quotes",
        |value| if let DeValue::Boolean(flag) = value { Some(*flag) } else { None },
    )
}

pub(super) fn date() -> Kind<NaiveDate> {
    Kind::new("a date without quotes, such as 2026-01-01", |value| {
        let at = value.as_datetime().filter(|at| at.time.is_none())?;
        let date = at.date?;
        NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
    })
}

pub(super) fn zone() -> Kind<Tz> {
    Kind::new("a time zone by its IANA name, such as \"Europe/Amsterdam\"", |value| value.as_str()?.parse().ok())
}

pub(super) fn money() -> Kind<Cents> {
    let expected = format!("an amount in euros in quotes, such as \"400.00\", from 0.00 to {MOST_MONEY}");
    Kind::new(expected, |value| {
        value.as_str()?.parse().ok().filter(|amount| (Cents::ZERO..=MOST_MONEY).contains(amount))
    })
}

/// Read from its digits, so that no binary fraction comes in between.
pub(super) fn per_cent() -> Kind<Decimal> {
    Kind::new("a percentage from 0 to 100 without quotes, such as 21 or 5.5", |value| {
        decimal(value).filter(|rate| (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(rate))
    })
}

pub(super) fn minutes(range: RangeInclusive<i64>, step: Minutes) -> Kind<Minutes> {
    let (least, most) = (range.start(), range.end());
    let multiple = if step == ANY { String::new() } else { format!(", a multiple of the increment ({})", step.0) };
    Kind::new(format!("a whole number of minutes from {least} to {most}{multiple}"), move |value| {
        let minutes = integer(value).filter(|minutes| range.contains(minutes) && minutes % step.0 == 0)?;
        Some(Minutes(minutes))
    })
}

pub(super) fn number(unit: &str, range: RangeInclusive<u32>) -> Kind<u32> {
    Kind::new(format!("a whole number of {unit} from {} to {}", range.start(), range.end()), move |value| {
        integer(value).and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number))
    })
}

pub(super) fn integer(value: &DeValue<'_>) -> Option<i64> {
    let whole = value.as_integer()?;
    i64::from_str_radix(whole.as_str(), whole.radix()).ok()
}

/// A text of a certain shape.
pub(super) fn matching(expected: impl Into<String>, sound: impl Fn(&str) -> bool + 'static) -> Kind<String> {
    Kind::new(expected, move |value| value.as_str().filter(|text| sound(text)).map(str::to_owned))
}

pub(super) fn word<T: Copy + 'static>(choices: impl IntoIterator<Item = (&'static str, T)>) -> Kind<T> {
    let choices: Vec<(&'static str, T)> = choices.into_iter().collect();
    let words: Vec<_> = choices.iter().map(|(word, _)| format!("\"{word}\"")).collect();
    let expected = words.split_last().map_or_else(String::new, |(last, first)| match first {
        [] => last.clone(),
        first => format!("{} or {last}", first.join(", ")),
    });
    Kind::new(expected, move |value| {
        let written = value.as_str()?;
        choices.iter().find(|(word, _)| *word == written).map(|(_, choice)| *choice)
    })
}

/// What could have been meant by an unknown key: one that begins alike or differs by few letters, else any.
pub(super) fn expected_key(key: &str, known: &[&'static str]) -> String {
    let first_word = |text: &str| text.split('_').next().map(str::to_owned);
    let nearest = known.iter().map(|known| (distance(key, known), known)).min();
    let alike = known.iter().find(|known| first_word(known) == first_word(key));
    match nearest.filter(|(distance, known)| *distance <= 1 + known.len() / 4).map(|(_, known)| known).or(alike) {
        Some(meant) => format!("a known key; did you mean {meant}?"),
        None => format!("a known key: {}", known.join(", ")),
    }
}

/// How many letters to insert, drop or replace to get from one text to the other (Levenshtein).
pub(super) fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.chars().count()).collect();
    for (above, left) in from.chars().enumerate() {
        let mut diagonal = std::mem::replace(&mut row[0], above + 1);
        for (column, right) in to.chars().enumerate() {
            let replaced = diagonal + usize::from(left != right);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(diagonal + 1).min(row[column] + 1);
        }
    }
    row.last().copied().unwrap_or_default()
}

pub(super) fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The first line of what stands at `span`, at most 60 letters of it.
pub(super) fn excerpt(text: &str, span: Range<usize>) -> String {
    let whole = text.get(span).unwrap_or_default().trim();
    let line = whole.lines().next().unwrap_or_default();
    let short: String = line.chars().take(60).collect();
    if short.len() < whole.len() { format!("{short} …") } else { short }
}
