//! The policy: the terms of one provider (*leverancier*) as data, POL-1 to POL-3.
//!
//! [`Policy::parse`] takes the text of a TOML file through three phases: syntax (`toml`, with the place of every
//! value), reading (each section's `read` takes its keys from a `Reader`, which notes what is wrong and goes on), and
//! leftovers (a key that no section took is unknown). A text with any fault gives no policy, only all of its faults.
//!
//! A new section is a struct with a `read`, a field of [`Policy`], and one line in `Policy::read`.

use super::{Cents, Minutes};
use chrono::{DateTime, Datelike, Months, NaiveDate, Utc};
use chrono_tz::Tz;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    fmt::{self, Write},
    ops::{Range, RangeInclusive},
    str::FromStr,
};
use toml::de::{DeTable, DeValue};

/// The largest card, in hours. With [`MOST_MONEY`] it keeps every price and its VAT well inside an `i64`.
const MOST_HOURS: i64 = 10_000;
/// The highest price of a product or of an hour.
const MOST_MONEY: Cents = Cents(10_000_000_000);
/// The step of minutes that need not be a multiple of anything.
const ANY: Minutes = Minutes(1);
/// The longest time, in days, that a policy can leave for late work (CARD-5): cards that expired longer ago need not be
/// looked at any more.
pub const MOST_LATE_DAYS: u32 = 366;

/// Everything that can differ between providers, as one text says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policy {
    /// What the policy is called; the shipped ones are listed in [`Policy::SHIPPED`].
    pub name: String,
    /// Who sells the cards.
    pub provider: Provider,
    /// Where a day begins and ends; Europe/Amsterdam unless told otherwise (POL-3).
    pub time_zone: Tz,
    /// The first day that this text counts for (POL-1).
    pub effective_from: NaiveDate,
    /// From worked to charged minutes.
    pub time: TimeRules,
    /// What is sold and for how long it is valid; `None` where the provider has no cards (POL-3).
    pub cards: Option<CardRules>,
    /// Who agrees to what before the work.
    pub spending: SpendingRules,
}

/// The company behind the policy, as invoices print it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provider {
    /// Its name.
    pub name: String,
    /// Where customers write to.
    pub email: String,
    /// Where customers call.
    pub phone: Option<String>,
    /// Its postal address, line by line; empty when not told.
    pub address: Vec<String>,
    /// Its VAT number (*btw-nummer*).
    pub vat_number: Option<String>,
    /// Its number in the trade register (*`KvK`*).
    pub registration: Option<String>,
    /// Where customers pay to.
    pub iban: Option<String>,
}

/// How worked minutes become charged minutes (TIME-1, TIME-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeRules {
    /// The smallest unit that is charged, one strip: more than nothing, at most a day.
    pub increment: Minutes,
    /// The least that an entry charges: a multiple of the increment, possibly zero.
    pub minimum: Minutes,
    /// Which way a part of an increment goes.
    pub rounding: Rounding,
    /// An entry of at most this many worked minutes charges nothing.
    pub free_up_to: Minutes,
}

/// Which way a part of an increment goes (TIME-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rounding {
    /// Always to the next increment.
    Up,
    /// To the nearest increment; exactly half goes up.
    Nearest,
}

impl TimeRules {
    /// The minutes to charge for `worked` minutes of one entry: nothing up to [`free_up_to`](Self::free_up_to), else
    /// rounded to the increment, and never less than the minimum (TIME-1, TIME-2).
    #[must_use]
    pub fn charge(&self, worked: Minutes) -> Minutes {
        if worked <= self.free_up_to {
            return Minutes::ZERO;
        }
        let rounded = match self.rounding {
            Rounding::Up => self.round_up(worked),
            Rounding::Nearest => self.round_nearest(worked),
        };
        rounded.max(self.minimum)
    }

    /// The minutes of an estimate: always up to the increment, whatever the rounding of entries (SPEND-3).
    ///
    /// What does not fit an `i64` becomes its largest value, so that a figure out of all proportion is refused for want
    /// of minutes instead of stopping the process.
    #[must_use]
    pub fn round_up(&self, minutes: Minutes) -> Minutes {
        let (increment, rest) = (self.increment.0, minutes.0 % self.increment.0);
        if rest <= 0 { minutes } else { Minutes((minutes.0 - rest).saturating_add(increment)) }
    }

    fn round_nearest(&self, minutes: Minutes) -> Minutes {
        let rest = minutes.0 % self.increment.0;
        if rest >= self.increment.0 - rest { self.round_up(minutes) } else { Minutes(minutes.0 - rest) }
    }

    fn read(keys: &mut Reader<'_>) -> Self {
        // A wrong increment counts as 1 from here on: everything is a multiple of 1, so no second fault follows.
        let otherwise = if keys.has("increment_minutes") { ANY } else { Minutes(15) };
        let increment = keys.or("increment_minutes", otherwise, minutes(1..=Minutes::DAY.0, ANY));
        Self {
            increment,
            minimum: keys.or("minimum_minutes", increment, minutes(0..=Minutes::DAY.0, increment)),
            rounding: keys.or("rounding", Rounding::Up, word([("up", Rounding::Up), ("nearest", Rounding::Nearest)])),
            free_up_to: keys.or("free_up_to_minutes", Minutes::ZERO, minutes(0..=Minutes::DAY.0, ANY)),
        }
    }
}

/// What cards there are and what holds for them (CARD-1 to CARD-5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRules {
    /// The cards for sale, in the order of the file. Empty only where there is an hourly price.
    pub products: Vec<Product>,
    /// The price of an hour, ex VAT, where any whole number of hours is for sale (CARD-1).
    pub hourly_price: Option<Cents>,
    /// The free card of each new customer (CARD-2); zero for none.
    pub welcome: Minutes,
    /// What makes a bought card active.
    pub activate_on: ActivateOn,
    /// How long a card is valid.
    pub validity: Validity,
    /// For how many days after expiry work done in time may still be logged (CARD-5).
    pub late_days: u32,
    /// VAT on the price, in per cent: 0 to 100 (PAY-6).
    pub vat_rate: Decimal,
    /// The term of an invoice, in days.
    pub payment_days: u32,
}

/// A card that is for sale (CARD-1).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    /// How orders name it, such as `10h`.
    pub id: String,
    /// What it holds: a multiple of the increment, more than nothing.
    pub minutes: Minutes,
    /// What it costs, ex VAT; never negative.
    pub price: Cents,
}

/// What makes a bought card active (CARD-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ActivateOn {
    /// Its invoice is paid in full.
    Payment,
    /// It is ordered.
    Order,
}

/// How long a card is valid (CARD-5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// For ever.
    Never,
    /// For this many months from the day it became active; at least one.
    Months(u32),
    /// To the end of the year, this many calendar years counted with the one it became active in; at least one.
    CalendarYears(u32),
}

impl CardRules {
    /// What an order for `id` sells: one of the products or, where there is an hourly price, `7h` for seven hours
    /// (CARD-1). `None` when nothing goes by that name, or when it asks for more than 10 000 hours.
    #[must_use]
    pub fn product(&self, id: &str) -> Option<Product> {
        self.products.iter().find(|product| product.id == id).cloned().or_else(|| self.hours(id))
    }

    fn hours(&self, id: &str) -> Option<Product> {
        let price = self.hourly_price?;
        let hours = id.strip_suffix('h')?.parse().ok().filter(|hours| (1..=MOST_HOURS).contains(hours))?;
        let minutes = Minutes(hours * 60);
        // Only `7h`, not `07h` or `+7h`: one product has one name.
        (id == format!("{hours}h")).then(|| Product { id: id.to_owned(), minutes, price: price.per_hour(minutes) })
    }

    fn read(keys: &mut Reader<'_>, increment: Minutes) -> Self {
        let mut taken = Vec::new();
        let products = keys.tables("products", |keys| Product::read(keys, increment, &mut taken));
        if products.is_empty() && !keys.has("hourly_price") {
            keys.fault("products", "at least one [[cards.products]], or hourly_price");
        }
        let hourly_price = keys.optional("hourly_price", money());
        if hourly_price.is_some() && 60 % increment.0 != 0 {
            keys.fault("hourly_price", format!("an hour to be a multiple of the increment ({} minutes)", increment.0));
        }
        let activations = [("payment", ActivateOn::Payment), ("order", ActivateOn::Order)];
        Self {
            products,
            hourly_price,
            welcome: keys.or("welcome_minutes", Minutes::ZERO, minutes(0..=MOST_HOURS * 60, increment)),
            activate_on: keys.or("activate_on", ActivateOn::Payment, word(activations)),
            validity: Validity::read(keys),
            late_days: keys.or("late_days", 31, number("days", 0..=MOST_LATE_DAYS)),
            vat_rate: keys.or("vat_rate", Decimal::from(21), per_cent()),
            payment_days: keys.or("payment_days", 14, number("days", 0..=365)),
        }
    }
}

impl Product {
    fn read(keys: &mut Reader<'_>, increment: Minutes, taken: &mut Vec<String>) -> Self {
        let id = keys.required("id", product_id());
        if taken.contains(&id) {
            keys.fault("id", "an id that no other product has");
        } else if !id.is_empty() {
            taken.push(id.clone());
        }
        let minutes = keys.required("minutes", minutes(1..=MOST_HOURS * 60, increment));
        Self { id, minutes, price: keys.required("price", money()) }
    }
}

impl Validity {
    /// The last day on which a card that became active on `activated` is valid; `None` when it never expires (CARD-5).
    ///
    /// Months run to the day before the same date: from 15 January, one month ends on 14 February. Where that falls
    /// beyond the end of the month it is the month's last day: from 31 January, one month ends on 28 February.
    #[must_use]
    pub fn last_day(self, activated: NaiveDate) -> Option<NaiveDate> {
        let last = match self {
            Self::Never => return None,
            Self::Months(months) => activated.checked_add_months(Months::new(months)).and_then(|same| {
                let clamped = same.day() != activated.day();
                if clamped { Some(same) } else { same.pred_opt() }
            }),
            Self::CalendarYears(years) => i32::try_from(years)
                .ok()
                .and_then(|years| activated.year().checked_add(years - 1))
                .and_then(|year| NaiveDate::from_ymd_opt(year, 12, 31)),
        };
        Some(last.unwrap_or(NaiveDate::MAX))
    }

    fn read(keys: &mut Reader<'_>) -> Self {
        const EXPECTED: &str = r#""never", { months = 12 } or { calendar_years = 3 }"#;
        if !keys.is_table("validity") {
            let never = Kind { expected: EXPECTED.to_owned(), ..word([("never", Self::Never)]) };
            return keys.or("validity", Self::Never, never);
        }
        let (given, months, years) = keys.table("validity", |keys| {
            let months = keys.optional("months", number("months", 1..=1_200));
            let years = keys.optional("calendar_years", number("years", 1..=100));
            (keys.len(), months, years)
        });
        if given != 1 {
            keys.fault("validity", EXPECTED);
        }
        months.map(Self::Months).or(years.map(Self::CalendarYears)).unwrap_or(Self::Never)
    }
}

/// What has to be agreed before the work, and how (SPEND-1 to SPEND-7).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpendingRules {
    /// When work needs an accepted estimate.
    pub agreement: Agreement,
    /// How an agent may have heard an agreement that was given elsewhere (SPEND-3).
    pub channels: Vec<AgreementChannel>,
    /// After how many days an unanswered estimate lapses (SPEND-5).
    pub answer_days: u32,
    /// After how many days an accepted estimate is closed (SPEND-5).
    pub work_days: u32,
    /// Up to which overrun goodwill is offered in one click (SPEND-5).
    pub tolerance: Minutes,
    /// Whether an owner may agree to estimates (SPEND-1).
    pub owner_spends: bool,
}

/// When work needs an accepted estimate (SPEND-7).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    /// Always.
    Required,
    /// Once the charged minutes of the ticket, all together, come above this many.
    AboveMinutes(Minutes),
    /// Never.
    NotRequired,
}

/// How an agent may have heard an agreement (SPEND-3).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgreementChannel {
    /// By telephone.
    Phone,
    /// By e-mail.
    Mail,
    /// Face to face.
    InPerson,
}

/// A text that names no [`AgreementChannel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected \"phone\", \"mail\" or \"in_person\"")]
pub struct NotAChannel;

impl AgreementChannel {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Phone, Self::Mail, Self::InPerson];

    /// As policy, API and database write it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Phone => "phone",
            Self::Mail => "mail",
            Self::InPerson => "in_person",
        }
    }
}

impl FromStr for AgreementChannel {
    type Err = NotAChannel;
    fn from_str(text: &str) -> Result<Self, NotAChannel> {
        Self::ALL.into_iter().find(|channel| channel.as_str() == text).ok_or(NotAChannel)
    }
}

impl SpendingRules {
    fn read(keys: &mut Reader<'_>) -> Self {
        let channel = word(AgreementChannel::ALL.map(|channel| (channel.as_str(), channel)));
        Self {
            agreement: Agreement::read(keys),
            channels: keys.list("agreement_channels", AgreementChannel::ALL.to_vec(), &channel),
            answer_days: keys.or("answer_days", 14, number("days", 1..=365)),
            work_days: keys.or("work_days", 90, number("days", 1..=3_650)),
            tolerance: keys.or("tolerance_minutes", Minutes(15), minutes(0..=Minutes::DAY.0, ANY)),
            owner_spends: keys.or("owner_spends", true, flag()),
        }
    }
}

impl Agreement {
    fn read(keys: &mut Reader<'_>) -> Self {
        let has_minutes = keys.has("above_minutes");
        let choices = [
            ("required", Self::Required),
            ("above_minutes", Self::AboveMinutes(Minutes::ZERO)),
            ("not_required", Self::NotRequired),
        ];
        let choice =
            if keys.has("agreement") { keys.optional("agreement", word(choices)) } else { Some(Self::Required) };
        match choice {
            Some(Self::AboveMinutes(_)) => {
                Self::AboveMinutes(keys.required("above_minutes", minutes(1..=MOST_HOURS * 60, ANY)))
            }
            Some(_) if has_minutes => {
                keys.fault("above_minutes", "this key only beside agreement = \"above_minutes\"");
                Self::Required
            }
            other => other.unwrap_or(Self::Required),
        }
    }
}

impl Provider {
    fn read(keys: &mut Reader<'_>) -> Self {
        Self {
            name: keys.required("name", text()),
            email: keys.required("email", email()),
            phone: keys.optional("phone", text()),
            address: keys.list("address", Vec::new(), &text()),
            vat_number: keys.optional("vat_number", text()),
            registration: keys.optional("registration", text()),
            iban: keys.optional("iban", text()),
        }
    }
}

impl Policy {
    /// The names of the policies inside the program (POL-2).
    pub const SHIPPED: &[&str] = &["openedu", "standard"];

    /// The text of a policy inside the program (POL-2).
    #[must_use]
    pub fn shipped(name: &str) -> Option<&'static str> {
        match name {
            "openedu" => Some(include_str!("../../policies/openedu.toml")),
            "standard" => Some(include_str!("../../policies/standard.toml")),
            _ => None,
        }
    }

    /// Reads a policy from the text of its file.
    ///
    /// # Errors
    /// All the faults in the text, top to bottom. When it is not TOML at all, only where it stops being so.
    pub fn parse(text: &str) -> Result<Self, PolicyErrors> {
        let (tree, unreadable) = DeTable::parse_recoverable(text);
        let mut faults: Vec<_> = unreadable.iter().map(|error| PolicyError::syntax(text, error)).collect();
        if !faults.is_empty() {
            faults.dedup_by_key(|fault| fault.line);
            return Err(PolicyErrors(faults));
        }
        let reader = Reader {
            text,
            faults: &mut faults,
            path: String::new(),
            line: 1,
            table: Some(tree.get_ref()),
            known: vec![],
        };
        let policy = reader.read(Self::read);
        faults.sort_by_key(|fault| fault.line);
        if faults.is_empty() { Ok(policy) } else { Err(PolicyErrors(faults)) }
    }

    fn read(keys: &mut Reader<'_>) -> Self {
        let time = keys.table("time", TimeRules::read);
        Self {
            name: keys.required("name", text()),
            effective_from: keys.required("effective_from", date()),
            time_zone: keys.or("time_zone", Tz::Europe__Amsterdam, zone()),
            provider: keys.table("provider", Provider::read),
            cards: keys.has("cards").then(|| keys.table("cards", |keys| CardRules::read(keys, time.increment))),
            spending: keys.table("spending", SpendingRules::read),
            time,
        }
    }

    /// The SHA-256 of a policy's text, as 64 hexadecimal digits: tells whether the text in force was changed (POL-1).
    #[must_use]
    pub fn digest(text: &str) -> String {
        Sha256::digest(text).iter().fold(String::with_capacity(64), |mut hex, byte| {
            write!(hex, "{byte:02x}").expect("a String takes every text");
            hex
        })
    }

    /// The day that `at` falls on for this provider (POL-3).
    #[must_use]
    pub fn day(&self, at: DateTime<Utc>) -> NaiveDate {
        at.with_timezone(&self.time_zone).date_naive()
    }
}

/// Why a text is not a policy: every fault in it, by line. Displays one per line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyErrors(pub Vec<PolicyError>);

/// One fault in the text of a policy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PolicyError {
    /// The line, from 1. For a missing key, the line where its section begins.
    pub line: usize,
    /// The dotted path, such as `cards.products[1].price`; empty where the text is not TOML.
    pub key: String,
    /// The value as written, shortened to one line; empty when the key is missing.
    pub value: String,
    /// What should have stood there.
    pub expected: String,
}

impl PolicyError {
    fn syntax(text: &str, error: &toml::de::Error) -> Self {
        let span = error.span().unwrap_or(text.len()..text.len());
        let (line, value) = (line_of(text, span.start), excerpt(text, span));
        Self { line, key: String::new(), value, expected: error.message().to_owned() }
    }
}

impl fmt::Display for PolicyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, key, value, expected } = self;
        match (key.is_empty(), value.is_empty()) {
            (true, true) => write!(f, "line {line}: this is not TOML: {expected}"),
            (true, false) => write!(f, "line {line}: this is not TOML near `{value}`: {expected}"),
            (false, true) => write!(f, "line {line}: {key} is missing; expected {expected}"),
            (false, false) => write!(f, "line {line}: {key} = {value}; expected {expected}"),
        }
    }
}

impl fmt::Display for PolicyErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().enumerate().try_for_each(|(index, fault)| {
            let newline = if index == 0 { "" } else { "\n" };
            write!(f, "{newline}{fault}")
        })
    }
}

impl std::error::Error for PolicyErrors {}

/// Takes the keys of one table, and notes as a fault whatever is not as it should be.
///
/// Every method that takes a key gives some value even after a fault, so that reading goes on to the next one.
/// **Invariant:** such a stand-in never gets out, since [`Policy::parse`] drops a policy that has faults.
struct Reader<'a> {
    text: &'a str,
    faults: &'a mut Vec<PolicyError>,
    /// The dotted path of the table, with a dot at its end; empty for the whole file.
    path: String,
    /// Where the table begins.
    line: usize,
    /// `None` for a section that is left out.
    table: Option<&'a DeTable<'a>>,
    /// The keys asked for so far: at the end, all that the table may have.
    known: Vec<&'static str>,
}

impl<'a> Reader<'a> {
    /// Runs `read` over the table, then reports the keys that it did not ask for.
    fn read<T>(mut self, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let read = read(&mut self);
        for (key, value) in self.table.into_iter().flatten() {
            if !self.known.contains(&key.get_ref().as_ref()) {
                let expected = expected_key(key.get_ref(), &self.known);
                self.note(value.span(), key.get_ref(), expected);
            }
        }
        read
    }

    fn find(&mut self, key: &'static str) -> Option<&'a toml::Spanned<DeValue<'a>>> {
        if !self.known.contains(&key) {
            self.known.push(key);
        }
        self.table?.get(key)
    }

    fn has(&mut self, key: &'static str) -> bool {
        self.find(key).is_some()
    }

    fn is_table(&mut self, key: &'static str) -> bool {
        self.find(key).is_some_and(|value| value.get_ref().is_table())
    }

    fn len(&self) -> usize {
        self.table.map_or(0, DeTable::len)
    }

    /// Notes a fault of `key`, which may be missing.
    fn fault(&mut self, key: &'static str, expected: impl Into<String>) {
        if let Some(value) = self.find(key) {
            return self.note(value.span(), key, expected.into());
        }
        let (line, key) = (self.line, format!("{}{key}", self.path));
        self.faults.push(PolicyError { line, key, value: String::new(), expected: expected.into() });
    }

    fn note(&mut self, span: Range<usize>, key: &str, expected: String) {
        let (line, key) = (line_of(self.text, span.start), format!("{}{key}", self.path));
        self.faults.push(PolicyError { line, key, value: excerpt(self.text, span), expected });
    }

    fn optional<T>(&mut self, key: &'static str, kind: Kind<T>) -> Option<T> {
        let read = (kind.read)(self.find(key)?.get_ref());
        if read.is_none() {
            self.fault(key, kind.expected);
        }
        read
    }

    fn or<T>(&mut self, key: &'static str, default: T, kind: Kind<T>) -> T {
        self.optional(key, kind).unwrap_or(default)
    }

    fn required<T: Default>(&mut self, key: &'static str, kind: Kind<T>) -> T {
        if self.has(key) {
            return self.optional(key, kind).unwrap_or_default();
        }
        self.fault(key, kind.expected);
        T::default()
    }

    fn list<T>(&mut self, key: &'static str, default: Vec<T>, each: &Kind<T>) -> Vec<T> {
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
    fn table<T>(&mut self, key: &'static str, read: impl FnOnce(&mut Reader<'_>) -> T) -> T {
        let value = self.find(key);
        let table = value.and_then(|value| value.get_ref().as_table());
        let line = value.map_or(self.line, |value| line_of(self.text, value.span().start));
        let (path, noted) = (format!("{}{key}.", self.path), self.faults.len());
        let reader = Reader { text: self.text, faults: &mut *self.faults, path, line, table, known: vec![] };
        let read = reader.read(read);
        if value.is_some() && table.is_none() {
            // Not a section at all: that its keys are missing goes without saying.
            self.faults.truncate(noted);
            self.fault(key, format!("a section [{}{key}]", self.path));
        }
        read
    }

    /// Reads each of the sections `[[key]]`.
    fn tables<T>(&mut self, key: &'static str, mut read: impl FnMut(&mut Reader<'_>) -> T) -> Vec<T> {
        let Some(value) = self.find(key) else { return vec![] };
        let items = value.get_ref().as_array().filter(|items| items.iter().all(|item| item.get_ref().is_table()));
        let Some(items) = items else {
            self.fault(key, format!("sections [[{}{key}]]", self.path));
            return vec![];
        };
        let mut list = Vec::with_capacity(items.len());
        for (index, item) in items.iter().enumerate() {
            let (line, path) = (line_of(self.text, item.span().start), format!("{}{key}[{index}].", self.path));
            let (text, table) = (self.text, item.get_ref().as_table());
            list.push(Reader { text, faults: &mut *self.faults, path, line, table, known: vec![] }.read(&mut read));
        }
        list
    }
}

/// What a value may be: in words for whoever wrote another one, and the reading of it.
struct Kind<T> {
    expected: String,
    read: Box<Read<T>>,
}

type Read<T> = dyn Fn(&DeValue<'_>) -> Option<T>;

impl<T> Kind<T> {
    fn new(expected: impl Into<String>, read: impl Fn(&DeValue<'_>) -> Option<T> + 'static) -> Self {
        Self { expected: expected.into(), read: Box::new(read) }
    }
}

fn text() -> Kind<String> {
    Kind::new("a text in quotes, not empty", |value| {
        value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned)
    })
}

fn email() -> Kind<String> {
    Kind::new("an e-mail address, such as \"helpdesk@company.example\"", |value| {
        let (before, after) = value.as_str()?.split_once('@')?;
        let sound = |part: &str| !part.is_empty() && !part.contains(|c: char| c == '@' || c.is_whitespace());
        (sound(before) && sound(after)).then(|| format!("{before}@{after}"))
    })
}

fn product_id() -> Kind<String> {
    Kind::new("a short name of letters, digits, - and _ in quotes, such as \"10h\"", |value| {
        let sound = |id: &&str| {
            (1..=40).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_".contains(&b))
        };
        value.as_str().filter(sound).map(str::to_owned)
    })
}

fn flag() -> Kind<bool> {
    Kind::new(
        "true or false, without quotes",
        |value| if let DeValue::Boolean(flag) = value { Some(*flag) } else { None },
    )
}

fn date() -> Kind<NaiveDate> {
    Kind::new("a date without quotes, such as 2026-01-01", |value| {
        let at = value.as_datetime().filter(|at| at.time.is_none())?;
        let date = at.date?;
        NaiveDate::from_ymd_opt(date.year.into(), date.month.into(), date.day.into())
    })
}

fn zone() -> Kind<Tz> {
    Kind::new("a time zone by its IANA name, such as \"Europe/Amsterdam\"", |value| value.as_str()?.parse().ok())
}

fn money() -> Kind<Cents> {
    let expected = format!("an amount in euros in quotes, such as \"400.00\", from 0.00 to {MOST_MONEY}");
    Kind::new(expected, |value| {
        value.as_str()?.parse().ok().filter(|amount| (Cents::ZERO..=MOST_MONEY).contains(amount))
    })
}

/// Read from its digits, so that no binary fraction comes in between.
fn per_cent() -> Kind<Decimal> {
    Kind::new("a percentage from 0 to 100 without quotes, such as 21 or 5.5", |value| {
        let digits = match value {
            DeValue::Integer(whole) if whole.radix() == 10 => whole.as_str(),
            DeValue::Float(fraction) => fraction.as_str(),
            _ => return None,
        };
        let rate = Decimal::from_str_exact(digits).ok()?;
        (Decimal::ZERO..=Decimal::ONE_HUNDRED).contains(&rate).then(|| rate.normalize())
    })
}

fn minutes(range: RangeInclusive<i64>, step: Minutes) -> Kind<Minutes> {
    let (least, most) = (range.start(), range.end());
    let multiple = if step == ANY { String::new() } else { format!(", a multiple of the increment ({})", step.0) };
    Kind::new(format!("a whole number of minutes from {least} to {most}{multiple}"), move |value| {
        let minutes = integer(value).filter(|minutes| range.contains(minutes) && minutes % step.0 == 0)?;
        Some(Minutes(minutes))
    })
}

fn number(unit: &str, range: RangeInclusive<u32>) -> Kind<u32> {
    Kind::new(format!("a whole number of {unit} from {} to {}", range.start(), range.end()), move |value| {
        integer(value).and_then(|number| u32::try_from(number).ok()).filter(|number| range.contains(number))
    })
}

fn integer(value: &DeValue<'_>) -> Option<i64> {
    let whole = value.as_integer()?;
    i64::from_str_radix(whole.as_str(), whole.radix()).ok()
}

fn word<T: Copy + 'static, const N: usize>(choices: [(&'static str, T); N]) -> Kind<T> {
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
fn expected_key(key: &str, known: &[&'static str]) -> String {
    let first_word = |text: &str| text.split('_').next().map(str::to_owned);
    let nearest = known.iter().map(|known| (distance(key, known), known)).min();
    let alike = known.iter().find(|known| first_word(known) == first_word(key));
    match nearest.filter(|(distance, known)| *distance <= 1 + known.len() / 4).map(|(_, known)| known).or(alike) {
        Some(meant) => format!("a known key; did you mean {meant}?"),
        None => format!("a known key: {}", known.join(", ")),
    }
}

/// How many letters to insert, drop or replace to get from one text to the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
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

fn line_of(text: &str, offset: usize) -> usize {
    1 + text.bytes().take(offset).filter(|byte| *byte == b'\n').count()
}

/// The first line of what stands at `span`, at most 60 letters of it.
fn excerpt(text: &str, span: Range<usize>) -> String {
    let whole = text.get(span).unwrap_or_default().trim();
    let line = whole.lines().next().unwrap_or_default();
    let short: String = line.chars().take(60).collect();
    if short.len() < whole.len() { format!("{short} …") } else { short }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A policy with every key; the tables below break it in one place each.
    const SAMPLE: &str = r#"name = "sample"
effective_from = 2026-01-01
time_zone = "Europe/Amsterdam"

[provider]
name = "Sample"
email = "desk@sample.example"
address = ["Street 1", "1234 AB Town"]

[time]
increment_minutes = 15
minimum_minutes = 30
rounding = "up"
free_up_to_minutes = 5

[cards]
hourly_price = "80.00"
welcome_minutes = 180
activate_on = "payment"
validity = { months = 12 }
late_days = 31
vat_rate = 21
payment_days = 14

[[cards.products]]
id = "5h"
minutes = 300
price = "400.00"

[[cards.products]]
id = "10h"
minutes = 600
price = "800.00"

[spending]
agreement = "above_minutes"
above_minutes = 60
agreement_channels = ["phone", "mail"]
answer_days = 14
work_days = 90
tolerance_minutes = 15
owner_spends = true
"#;

    const LEAST: &str = "name = \"least\"\neffective_from = 2026-01-01\n\
                         [provider]\nname = \"Least\"\nemail = \"desk@least.example\"\n";

    fn sample() -> Policy {
        Policy::parse(SAMPLE).unwrap()
    }

    fn quarters() -> TimeRules {
        let (increment, minimum) = (Minutes(15), Minutes(15));
        TimeRules { increment, minimum, rounding: Rounding::Up, free_up_to: Minutes::ZERO }
    }

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn time_1_worked_minutes_round_up() {
        for (worked, charged) in [(1, 15), (15, 15), (16, 30), (37, 45), (50, 60), (61, 75), (1440, 1440)] {
            assert_eq!(quarters().charge(Minutes(worked)), Minutes(charged), "{worked} minutes");
        }
    }

    #[test]
    fn time_2_nearest_goes_up_at_half() {
        let nearest =
            |increment| TimeRules { increment, minimum: Minutes::ZERO, rounding: Rounding::Nearest, ..quarters() };
        for (worked, charged) in [(1, 0), (7, 0), (8, 15), (15, 15), (22, 15), (23, 30)] {
            assert_eq!(nearest(Minutes(15)).charge(Minutes(worked)), Minutes(charged), "{worked} minutes by 15");
        }
        for (worked, charged) in [(14, 0), (15, 30), (30, 30), (44, 30), (45, 60)] {
            assert_eq!(nearest(Minutes(30)).charge(Minutes(worked)), Minutes(charged), "{worked} minutes by 30");
        }
    }

    #[test]
    fn time_2_minimum_and_free_minutes() {
        let rules = TimeRules { minimum: Minutes(45), free_up_to: Minutes(5), ..quarters() };
        for (worked, charged) in [(0, 0), (5, 0), (6, 45), (45, 45), (46, 60)] {
            assert_eq!(rules.charge(Minutes(worked)), Minutes(charged), "{worked} minutes");
        }
        let nearest = TimeRules { rounding: Rounding::Nearest, ..quarters() };
        assert_eq!(nearest.charge(Minutes(1)), Minutes(15), "never below the minimum");
    }

    #[test]
    fn spend_3_estimates_always_round_up() {
        let rules =
            TimeRules { rounding: Rounding::Nearest, minimum: Minutes(60), free_up_to: Minutes(30), ..quarters() };
        for (asked, held) in [(1, 15), (15, 15), (16, 30), (i64::MAX, i64::MAX)] {
            assert_eq!(rules.round_up(Minutes(asked)), Minutes(held), "{asked} minutes");
        }
    }

    #[test]
    fn card_1_products_are_listed_or_whole_hours() {
        let cards = sample().cards.unwrap();
        let product = |id: &str| cards.product(id).map(|product| (product.minutes, product.price));
        assert_eq!(product("10h"), Some((Minutes(600), Cents(80_000))));
        assert_eq!(product("7h"), Some((Minutes(420), Cents(56_000))));
        assert_eq!(product("10000h"), Some((Minutes(600_000), Cents(80_000_000))));
        for id in ["0h", "-1h", "+7h", "07h", "7", "h", "1.5h", "10001h", "99999999999999999999h"] {
            assert_eq!(product(id), None, "{id}");
        }
        let listed_only = CardRules { hourly_price: None, ..cards };
        assert!(listed_only.product("5h").is_some() && listed_only.product("7h").is_none());
    }

    #[test]
    fn card_5_last_valid_day() {
        for (validity, activated, last) in [
            (Validity::Months(1), "2026-01-15", "2026-02-14"),
            (Validity::Months(12), "2026-01-01", "2026-12-31"),
            (Validity::Months(12), "2026-03-01", "2027-02-28"),
            (Validity::Months(12), "2027-03-01", "2028-02-29"),
            (Validity::Months(1), "2026-01-28", "2026-02-27"),
            (Validity::Months(1), "2026-01-29", "2026-02-28"),
            (Validity::Months(1), "2026-01-31", "2026-02-28"),
            (Validity::Months(1), "2028-01-31", "2028-02-29"),
            (Validity::Months(1), "2026-03-31", "2026-04-30"),
            (Validity::Months(2), "2026-01-31", "2026-03-30"),
            (Validity::Months(12), "2028-02-29", "2029-02-28"),
            (Validity::Months(48), "2028-02-29", "2032-02-28"),
            (Validity::CalendarYears(3), "2026-01-01", "2028-12-31"),
            (Validity::CalendarYears(3), "2026-12-31", "2028-12-31"),
            (Validity::CalendarYears(1), "2026-06-30", "2026-12-31"),
        ] {
            assert_eq!(validity.last_day(day(activated)), Some(day(last)), "{validity:?} from {activated}");
        }
        assert_eq!(Validity::Never.last_day(day("2026-01-01")), None);
    }

    #[test]
    fn pol_1_digest_names_the_text() {
        assert_eq!(Policy::digest("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_ne!(Policy::digest(SAMPLE), Policy::digest(&SAMPLE.replace("400.00", "401.00")));
    }

    #[test]
    fn pol_2_shipped_policies_parse() {
        for name in Policy::SHIPPED {
            let policy = Policy::parse(Policy::shipped(name).unwrap()).unwrap();
            assert_eq!(policy.name, *name);
            assert_eq!(policy.effective_from, day("2020-01-01"));
            assert_eq!(policy.time, quarters());
            let cards = policy.cards.unwrap();
            let prices = ["5h", "10h", "20h"].map(|id| cards.product(id).unwrap().price.to_string());
            assert_eq!(prices, ["400.00", "800.00", "1600.00"]);
            assert_eq!((cards.welcome, cards.validity), (Minutes(180), Validity::Never));
            assert_eq!(policy.spending.agreement, Agreement::Required);
        }
        assert_eq!(Policy::shipped("unheard-of"), None);
    }

    #[test]
    fn pol_3_defaults_are_those_of_the_rulebook_and_cards_may_be_absent() {
        let policy = Policy::parse(LEAST).unwrap();
        assert_eq!(policy.time_zone, Tz::Europe__Amsterdam);
        assert_eq!(policy.time, quarters());
        assert_eq!(policy.cards, None);
        let spending = SpendingRules {
            agreement: Agreement::Required,
            channels: AgreementChannel::ALL.to_vec(),
            answer_days: 14,
            work_days: 90,
            tolerance: Minutes(15),
            owner_spends: true,
        };
        assert_eq!(policy.spending, spending);

        let cards = Policy::parse(&format!("{LEAST}[cards]\nhourly_price = \"45\"\n")).unwrap().cards.unwrap();
        let expected = CardRules {
            products: vec![],
            hourly_price: Some(Cents(4_500)),
            welcome: Minutes::ZERO,
            activate_on: ActivateOn::Payment,
            validity: Validity::Never,
            late_days: 31,
            vat_rate: Decimal::from(21),
            payment_days: 14,
        };
        assert_eq!(cards, expected);
    }

    #[test]
    fn pol_3_every_key_is_read() {
        let policy = sample();
        assert_eq!(policy.provider.address, ["Street 1", "1234 AB Town"]);
        assert_eq!((policy.time.minimum, policy.time.free_up_to), (Minutes(30), Minutes(5)));
        assert_eq!(policy.spending.agreement, Agreement::AboveMinutes(Minutes(60)));
        assert_eq!(policy.spending.channels, [AgreementChannel::Phone, AgreementChannel::Mail]);
        assert_eq!(policy.cards.unwrap().validity, Validity::Months(12));
        for (written, rate) in [("5.50", "5.5"), ("0", "0"), ("100", "100")] {
            let policy = Policy::parse(&SAMPLE.replace("vat_rate = 21", &format!("vat_rate = {written}"))).unwrap();
            assert_eq!(policy.cards.unwrap().vat_rate.to_string(), rate);
        }
        let years = SAMPLE.replace("months = 12", "calendar_years = 3");
        assert_eq!(Policy::parse(&years).unwrap().cards.unwrap().validity, Validity::CalendarYears(3));
    }

    #[test]
    fn pol_3_a_day_is_local() {
        let at = |text: &str| text.parse::<DateTime<Utc>>().unwrap();
        assert_eq!(sample().day(at("2026-03-09T22:59:59Z")), day("2026-03-09"));
        assert_eq!(sample().day(at("2026-03-09T23:00:00Z")), day("2026-03-10"));
        assert_eq!(sample().day(at("2026-07-09T22:00:00Z")), day("2026-07-10"), "summer time");
    }

    #[test]
    fn spend_3_channels_read_as_they_are_written() {
        for channel in AgreementChannel::ALL {
            assert_eq!(channel.as_str().parse(), Ok(channel));
            assert_eq!(serde_json::to_value(channel).unwrap(), channel.as_str());
        }
        assert_eq!("fax".parse::<AgreementChannel>(), Err(NotAChannel));
    }

    /// What is replaced in [`SAMPLE`], by what, and the one fault that it makes: line, key, part of what was expected.
    type Broken = (&'static str, &'static str, usize, &'static str, &'static str);

    const BROKEN: &[Broken] = &[
        ("name = \"sample\"\n", "", 1, "name", "a text in quotes"),
        ("name = \"sample\"", "name = \" \"", 1, "name", "not empty"),
        ("effective_from = 2026-01-01\n", "", 1, "effective_from", "a date without quotes"),
        ("= 2026-01-01", "= \"2026-01-01\"", 2, "effective_from", "a date without quotes"),
        ("= 2026-01-01", "= 2026-01-01T10:00:00Z", 2, "effective_from", "a date without quotes"),
        ("Europe/Amsterdam", "Europe/Utrecht", 3, "time_zone", "Europe/Amsterdam"),
        ("time_zone =", "timezone =", 3, "timezone", "did you mean time_zone?"),
        ("email = \"desk@sample.example\"\n", "", 5, "provider.email", "an e-mail address"),
        ("desk@sample.example", "desk at sample", 7, "provider.email", "an e-mail address"),
        ("\"Street 1\"", "1", 8, "provider.address[0]", "a text in quotes"),
        ("address = [\"Street 1\", \"1234 AB Town\"]", "address = \"Street 1\"", 8, "provider.address", "a list"),
        ("_minutes = 15", "_minutes = 0", 11, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = -15", 11, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = 1455", 11, "time.increment_minutes", "from 1 to 1440"),
        ("_minutes = 15", "_minutes = 0.25", 11, "time.increment_minutes", "a whole number"),
        ("_minutes = 15", "_minutes = \"15m\"", 11, "time.increment_minutes", "a whole number"),
        ("minimum_minutes = 30", "minimum_minutes = 20", 12, "time.minimum_minutes", "a multiple of"),
        ("rounding = \"up\"", "rounding = \"down\"", 13, "time.rounding", "\"up\" or \"nearest\""),
        ("rounding =", "roundng =", 13, "time.roundng", "did you mean rounding?"),
        ("free_up_to_minutes = 5", "free_up_to_minutes = -1", 14, "time.free_up_to_minutes", "from 0 to 1440"),
        ("hourly_price = \"80.00\"", "hourly_price = 80", 17, "cards.hourly_price", "in quotes, such as \"400.00\""),
        ("welcome_minutes = 180", "welcome_minutes = 100", 18, "cards.welcome_minutes", "a multiple of the increment"),
        ("welcome_minutes = 180", "welcome_hours = 3", 18, "cards.welcome_hours", "did you mean welcome_minutes?"),
        ("\"payment\"", "\"invoice\"", 19, "cards.activate_on", "\"payment\" or \"order\""),
        ("{ months = 12 }", "\"forever\"", 20, "cards.validity", "\"never\", { months = 12 }"),
        ("{ months = 12 }", "{ months = 12, calendar_years = 3 }", 20, "cards.validity", "or { calendar_years = 3 }"),
        ("{ months = 12 }", "{}", 20, "cards.validity", "or { calendar_years = 3 }"),
        ("{ months = 12 }", "{ months = 0 }", 20, "cards.validity.months", "number of months from 1"),
        ("{ months = 12 }", "{ month = 12 }", 20, "cards.validity.month", "did you mean months?"),
        ("late_days = 31", "late_days = -1", 21, "cards.late_days", "number of days from 0"),
        ("late_days = 31", "late_days = 367", 21, "cards.late_days", "number of days from 0 to 366"),
        ("vat_rate = 21", "vat_rate = 121", 22, "cards.vat_rate", "a percentage from 0 to 100"),
        ("vat_rate = 21", "vat_rate = -1", 22, "cards.vat_rate", "a percentage from 0 to 100"),
        ("vat_rate = 21", "vat_rate = nan", 22, "cards.vat_rate", "a percentage from 0 to 100"),
        ("id = \"5h\"\n", "", 25, "cards.products[0].id", "a short name"),
        ("id = \"5h\"", "id = \"5 h\"", 26, "cards.products[0].id", "a short name"),
        ("minutes = 300", "minutes = 310", 27, "cards.products[0].minutes", "a multiple of"),
        ("minutes = 300", "minutes = 0", 27, "cards.products[0].minutes", "from 1 to"),
        ("id = \"10h\"", "id = \"5h\"", 31, "cards.products[1].id", "an id that no other product has"),
        ("price = \"800.00\"", "price = \"-800.00\"", 33, "cards.products[1].price", "from 0.00 to"),
        ("price = \"800.00\"", "price = \"800,00\"", 33, "cards.products[1].price", "an amount in euros"),
        ("price = \"800.00\"", "price = 800.00", 33, "cards.products[1].price", "in quotes"),
        ("price = \"800.00\"\n", "", 30, "cards.products[1].price", "an amount in euros"),
        ("\"above_minutes\"", "\"sometimes\"", 36, "spending.agreement", "or \"not_required\""),
        ("above_minutes = 60\n", "", 35, "spending.above_minutes", "a whole number"),
        ("\"above_minutes\"", "\"required\"", 37, "spending.above_minutes", "only beside"),
        ("\"mail\"", "\"fax\"", 38, "spending.agreement_channels[1]", "or \"in_person\""),
        ("above_minutes = 60", "above_minutes = 0", 37, "spending.above_minutes", "from 1 to"),
        ("answer_days = 14", "answer_days = \"14\"", 39, "spending.answer_days", "number of days from 1"),
        ("owner_spends = true", "owner_spends = \"yes\"", 42, "spending.owner_spends", "true or false"),
        ("[spending]", "[spendings]", 35, "spendings", "did you mean spending?"),
        ("answer_days = 14", "answer_days = ", 39, "", "expected"),
        ("= 2026-01-01", "= 2026-02-30", 2, "", "day"),
        ("[time]", "[time", 10, "", "unclosed"),
        ("rounding = \"up\"", "minimum_minutes = 15", 13, "", "duplicate key"),
    ];

    #[test]
    fn pol_a_fault_names_line_key_and_what_was_expected() {
        for (from, to, line, key, expected) in BROKEN {
            assert!(SAMPLE.contains(from), "{from}");
            let PolicyErrors(faults) = Policy::parse(&SAMPLE.replacen(from, to, 1)).expect_err(to);
            let [fault] = &faults[..] else { panic!("one fault for {to:?}, not {faults:#?}") };
            assert_eq!((fault.line, fault.key.as_str()), (*line, *key), "{fault}");
            assert!(fault.expected.contains(expected), "{fault}");
        }
    }

    #[test]
    fn pol_faults_are_reported_together_and_in_order() {
        let broken = SAMPLE
            .replace("increment_minutes = 15", "increment_minutes = 0")
            .replace("price = \"800.00\"", "price = \"-8\"")
            .replace("email = \"desk@sample.example\"\n", "e_mail = \"desk@sample.example\"\n");
        let report = Policy::parse(&broken).unwrap_err().to_string();
        insta::assert_snapshot!(report, @r#"
        line 5: provider.email is missing; expected an e-mail address, such as "helpdesk@company.example"
        line 7: provider.e_mail = "desk@sample.example"; expected a known key; did you mean email?
        line 11: time.increment_minutes = 0; expected a whole number of minutes from 1 to 1440
        line 33: cards.products[1].price = "-8"; expected an amount in euros in quotes, such as "400.00", from 0.00 to 100000000.00
        "#);
    }

    #[test]
    fn pol_a_card_needs_a_price_and_an_hour_needs_whole_increments() {
        for (cards, line, key) in [
            ("[cards]\n", 6, "cards.products"),
            ("[time]\nincrement_minutes = 45\n[cards]\nhourly_price = \"80\"\n", 9, "cards.hourly_price"),
            ("[cards]\nproducts = \"5h\"\nhourly_price = \"80\"\n", 7, "cards.products"),
        ] {
            let PolicyErrors(faults) = Policy::parse(&format!("{LEAST}{cards}")).expect_err(cards);
            assert_eq!(faults.iter().map(|fault| (fault.line, fault.key.as_str())).collect::<Vec<_>>(), [(line, key)]);
        }
        let PolicyErrors(faults) = Policy::parse(&format!("cards = true\n{LEAST}")).unwrap_err();
        assert_eq!(faults.len(), 1, "{faults:?}");
        assert_eq!(faults[0].expected, "a section [cards]");
    }

    proptest! {
        #[test]
        fn time_1_rounding_up_adds_less_than_an_increment(worked in 1..=1440_i64, increment in 1..=1440_i64) {
            let rules = TimeRules { increment: Minutes(increment), minimum: Minutes::ZERO, ..quarters() };
            let charged = rules.charge(Minutes(worked)).0;
            prop_assert_eq!(charged % increment, 0);
            prop_assert!((worked..worked + increment).contains(&charged));
        }

        #[test]
        fn pol_no_text_stops_the_parser(
            at in 0..SAMPLE.len(),
            length in 0..40_usize,
            noise in r#"[\[\]{}="'.#\n€a0-]{0,6}"#,
        ) {
            let end = (at + length).min(SAMPLE.len());
            let text = format!("{}{noise}{}", &SAMPLE[..at], &SAMPLE[end..]);
            if let Err(PolicyErrors(faults)) = Policy::parse(&text) {
                prop_assert!(!faults.is_empty());
                prop_assert!(faults.iter().all(|fault| (1..=text.lines().count() + 1).contains(&fault.line)));
            }
        }
    }
}
