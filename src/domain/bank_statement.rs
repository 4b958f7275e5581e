//! Which statement of the bank is which (BANK-1): what is known of one besides its entries, whether two are the same,
//! and whether one follows on another. Ids and sequence numbers only support that: banks use them again each year, or make
//! them anew for each download. Balances and days decide.

use super::{BankFileId, Cents, StatementId, bank::BankEntry, words::words};
use chrono::{Days, NaiveDate, NaiveDateTime};
use sha2::{Digest, Sha256};
use std::{fmt, num::ParseIntError, str::FromStr};

words! {
    /// What tells entries of an account.
    pub enum StatementKind {
        /// A statement (camt.053): it proves.
        Statement = "statement",
        /// A notice (camt.054): it announces.
        Notice = "notice",
    }
}

/// What the entries of a statement tell, in short: the same for the same entries in whatever order, under whatever references
/// the bank made for that download. Another for those that tell more, or less, or that have references where the others had none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Contents(u128);

impl Contents {
    /// Takes in an entry.
    pub fn add(&mut self, entry: &BankEntry) {
        let details: Vec<_> = entry
            .details
            .iter()
            .map(|row| {
                let texts = (&row.name, &row.iban, &row.structured, &row.text);
                let ids = (&row.end_to_end_id, &row.mandate, &row.return_reason, &row.code);
                let named = (row.servicer_reference.is_some(), row.transaction_id.is_some());
                (row.amount, row.charge, row.opposite, texts, ids, named)
            })
            .collect();
        let days = (entry.booked_on, entry.valued_on);
        let batch = (&entry.batch, &entry.batch_message);
        let named = entry.servicer_reference.is_some();
        let told =
            format!("{:?}", (entry.direction, entry.amount, days, &entry.code, batch, &entry.text, named, details));
        let digest: [u8; 32] = Sha256::digest(told).into();
        let (half, _) = digest.split_at(16);
        self.0 = half.iter().fold(0_u128, |sum, byte| sum << 8 | u128::from(*byte)).wrapping_add(self.0);
    }
}

impl fmt::Display for Contents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl FromStr for Contents {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        u128::from_str_radix(text, 16).map(Self)
    }
}

/// A statement or notice of one of our accounts, without its entries. A page of one stands for itself: pages of the same
/// statement follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Identity.
    pub id: StatementId,
    /// The file that told it.
    pub file_id: BankFileId,
    /// What it is.
    pub kind: StatementKind,
    /// Our account.
    pub account: String,
    /// The bank's id of it.
    pub told_id: String,
    /// Number of the page, from 1, where it has pages.
    pub page: Option<i64>,
    /// Whether that is the last one, where told.
    pub last_page: Option<bool>,
    /// The bank's sequence number, where told.
    pub sequence: Option<i64>,
    /// When the bank made it; the bank's own clock.
    pub made_at: Option<NaiveDateTime>,
    /// First day that it is about.
    pub from_day: NaiveDate,
    /// Last day that it is about.
    pub to_day: NaiveDate,
    /// The first day that it is about or has an entry of: banks book entries for earlier days.
    pub first_day: NaiveDate,
    /// The last one.
    pub last_day: NaiveDate,
    /// Booked balance before its entries.
    pub opening: Option<Cents>,
    /// Booked balance after its entries.
    pub closing: Option<Cents>,
    /// How many booked entries it has.
    pub entries: i64,
    /// What they brought.
    pub credits: Cents,
    /// What they took.
    pub debits: Cents,
    /// What they tell.
    pub contents: Contents,
}

/// What a file tells of the days of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ToldDays {
    /// First and last day, as told (`FrToDt`).
    pub period: Option<(NaiveDate, NaiveDate)>,
    /// Day of the opening balance.
    pub opening: Option<NaiveDate>,
    /// The opening balance is the closing one of the day before (`PRCD`), and its day is that day.
    pub of_day_before: bool,
    /// Day of the closing balance.
    pub closing: Option<NaiveDate>,
    /// Booking days of the first and the last entry.
    pub entries: Option<(NaiveDate, NaiveDate)>,
    /// Day on which the bank made it.
    pub made: Option<NaiveDate>,
}

impl ToldDays {
    /// The days that the statement is about; nothing where nothing tells.
    #[must_use]
    pub fn period(&self) -> Option<(NaiveDate, NaiveDate)> {
        let (first, last) = (self.entries.map(|days| days.0), self.entries.map(|days| days.1));
        let to = self.period.map(|days| days.1).or(self.closing).or(last).or(self.made).or(self.opening)?;
        let opening = match (self.opening, self.of_day_before) {
            // A bank that dates it on the day itself closes on that day as well.
            (Some(day), true) if Some(day) != self.closing => day.checked_add_days(Days::new(1)),
            (day, _) => day,
        };
        let from = self.period.map(|days| days.0).or(opening).or(first).unwrap_or(to);
        Some((from.min(to), to))
    }
}

impl Statement {
    /// Whether it tells everything of a day: a statement made on the day itself may have come before the last entry.
    #[must_use]
    pub fn is_whole_on(&self, day: NaiveDate) -> bool {
        self.kind == StatementKind::Statement && self.covers(day) && self.made_at.is_none_or(|made| day < made.date())
    }

    /// Whether a day lies in its period.
    #[must_use]
    pub fn covers(&self, day: NaiveDate) -> bool {
        (self.from_day..=self.to_day).contains(&day)
    }

    /// Whether both are about some day.
    #[must_use]
    pub fn shares_days_with(&self, other: &Self) -> bool {
        self.account == other.account && self.first_day <= other.last_day && other.first_day <= self.last_day
    }

    /// Whether they are the same and tell the same: then the other has nothing new.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let contents = self.kind == StatementKind::Notice || self.contents == other.contents;
        // A page is known as a page of its own statement alone: another page of that may not have come.
        let page = self.page.is_none() || self.is_page_of(other);
        contents && page && self.is_told_again_by(other)
    }

    /// Whether they are the same, whatever the bank called them: the same page of a statement that tells as the other. One of them
    /// may tell more of each entry. Without balances there is no telling.
    fn is_told_again_by(&self, other: &Self) -> bool {
        let named = (&self.told_id, self.made_at) == (&other.told_id, other.made_at) || self.is_page_of(other);
        let balances = self.opening.is_some() && self.closing.is_some();
        self.page == other.page
            && self.has_figures_of(other)
            && (balances || (self.kind == StatementKind::Notice && named))
    }

    /// Whether both wholes are the same, however many pages they have.
    fn tells_as(&self, other: &Self) -> bool {
        self.opening.is_some() && self.closing.is_some() && self.has_figures_of(other)
    }

    /// The same account, days and balances, and entries of the same number and sums.
    fn has_figures_of(&self, other: &Self) -> bool {
        let told = |row: &Self| {
            (
                row.kind,
                row.from_day,
                row.to_day,
                // Of one that was made within its last day, that moment: later, more may have come.
                row.made_at.filter(|_| row.kind == StatementKind::Statement && !row.is_whole_on(row.to_day)),
                (row.opening, row.closing),
                (row.entries, row.credits, row.debits),
            )
        };
        self.account == other.account && told(self) == told(other)
    }

    /// Whether both are pages of one.
    #[must_use]
    pub fn is_page_of(&self, other: &Self) -> bool {
        self.page.is_some()
            && other.page.is_some()
            && (self.kind, &self.account, &self.told_id) == (other.kind, &other.account, &other.told_id)
            // Some banks stamp each page, also over midnight; ids come back in another year.
            && match (self.made_at, other.made_at) {
                (Some(one), Some(two)) => (one - two).num_minutes().abs() < 60 || one.date() == two.date(),
                (None, None) => self.from_day.max(other.from_day) <= self.to_day.min(other.to_day) + Days::new(7),
                (Some(_), None) | (None, Some(_)) => false,
            }
    }

    /// Whether it goes on where the other ends: with its closing balance, and with the next sequence number or after its
    /// last day. Another page of the same goes on as well.
    #[must_use]
    pub fn follows(&self, before: &Self) -> bool {
        if self.account != before.account || self.kind != before.kind {
            return false;
        }
        if self.is_page_of(before) {
            return self.page > before.page;
        }
        let next =
            before.sequence.and_then(|number| number.checked_add(1)).is_some_and(|next| self.sequence == Some(next));
        let balances = self.opening.is_some() && self.opening == before.closing;
        // Within a day the balance must have moved, or the other been made before the day was over: else the next number is
        // that of a second download.
        let goes_on =
            self.from_day == before.to_day && (before.opening != before.closing || !before.is_whole_on(before.to_day));
        balances && (self.from_day > before.to_day || (next && goes_on))
    }

    /// Whether it may go on within the last day of the other, by the balances alone.
    #[must_use]
    pub fn may_follow(&self, before: &Self) -> bool {
        let balances = self.opening.is_some() && self.opening == before.closing && before.opening != before.closing;
        self.account == before.account && balances && self.from_day == before.to_day
    }
}

/// A statement with its pages made one (BANK-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// It, with the sums of all pages; `page` is that of the first.
    pub statement: Statement,
    /// Every page is here, as far as can be told.
    pub complete: bool,
}

/// Statements with the pages of each made one.
#[must_use]
pub fn with_pages_joined(statements: &[Statement]) -> Vec<Whole> {
    pages(statements).0.into_iter().map(whole).collect()
}

/// The pages of each statement, and for each of the given ones its place among those. A page that comes again, with other words, is
/// one of another.
fn pages(statements: &[Statement]) -> (Vec<Vec<&Statement>>, Vec<usize>) {
    let mut groups: Vec<Vec<&Statement>> = Vec::new();
    let mut places = Vec::with_capacity(statements.len());
    for row in statements {
        let is_of =
            |pages: &Vec<&Statement>| row.is_page_of(pages[0]) && pages.iter().all(|page| page.page != row.page);
        // Rather of the same file, then of what ends as it begins.
        let near = |pages: &Vec<&Statement>| {
            let before = pages.iter().filter(|page| page.page < row.page).max_by_key(|page| page.page);
            let goes_on = before.is_some_and(|page| page.closing.is_some() && page.closing == row.opening);
            (pages.iter().any(|page| page.file_id == row.file_id), goes_on)
        };
        let fitting = groups.iter().enumerate().filter(|(_, pages)| is_of(pages));
        let known = fitting.rev().max_by_key(|(_, pages)| near(pages)).map(|(place, _)| place);
        places.push(known.unwrap_or(groups.len()));
        match known {
            Some(place) => groups[place].push(row),
            None => groups.push(vec![row]),
        }
    }
    (groups, places)
}

/// Statements, with what tells the same again made one: whole, or page by page.
#[derive(Debug)]
pub struct ToldOnce {
    /// Each once. Where the first page is missing, or the last, it is not known with what the whole opens or closes.
    pub wholes: Vec<Whole>,
    /// Of each of the given ones.
    pub tellings: Vec<OfWhole>,
}

/// Which part of a whole a statement is, or a page of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfWhole {
    /// The place of the whole.
    pub whole: usize,
    /// Which telling of it: two tell the same money again.
    pub telling: usize,
    /// How it is divided into pages: of the same layout, what other pages tell is other money.
    pub layout: usize,
    /// Its page.
    pub page: Option<i64>,
}

impl OfWhole {
    /// Whether an entry of this one may be one of the other.
    #[must_use]
    pub fn may_repeat(&self, other: &Self) -> bool {
        self.whole == other.whole
            && self.telling != other.telling
            && (self.layout != other.layout || self.page == other.page)
    }
}

/// Statements that are one, while they are found.
struct Merging<'a> {
    whole: Whole,
    pages: Vec<&'a Statement>,
    layout: usize,
    /// Tellings, each with its layout.
    tellings: Vec<(usize, usize)>,
}

impl<'a> Merging<'a> {
    /// With another that is the same; nothing where it is not.
    fn with(&self, other: &Self) -> Option<Self> {
        let by_page = self.pages_with(&other.pages);
        let is_same = || {
            let complete = self.whole.complete && other.whole.complete;
            complete && self.whole.statement.tells_as(&other.whole.statement)
        };
        if by_page.is_none() && !is_same() {
            return None;
        }
        // What is alike page by page has one layout.
        let of_other = if by_page.is_some() { self.layout } else { other.layout };
        let laid =
            |(telling, layout): &(usize, usize)| (*telling, if *layout == other.layout { of_other } else { *layout });
        let tellings = self.tellings.iter().copied().chain(other.tellings.iter().map(laid)).collect();
        let pages = by_page.unwrap_or_else(|| self.pages.clone());
        Some(Self { whole: whole(pages.clone()), pages, layout: self.layout, tellings })
    }

    /// With the pages of another, where some are the same and none is another.
    fn pages_with(&self, pages: &[&'a Statement]) -> Option<Vec<&'a Statement>> {
        let mut all = self.pages.clone();
        let mut shared = false;
        for page in pages {
            page.page?;
            match all.iter().find(|row| row.page == page.page) {
                Some(row) if page.is_told_again_by(row) => shared = true,
                Some(_) => return None,
                None => all.push(page),
            }
        }
        shared.then_some(all)
    }
}

/// Statements with their pages made one, and those that are the same as well.
#[must_use]
pub fn told_once(statements: &[Statement]) -> ToldOnce {
    let (groups, telling_of) = pages(statements);
    let mut of: Vec<(usize, usize)> = vec![(0, 0); groups.len()];
    let mut once: Vec<Merging<'_>> = Vec::with_capacity(groups.len());
    for (telling, pages) in groups.into_iter().enumerate() {
        let tellings = vec![(telling, telling)];
        let mut row = Merging { whole: whole(pages.clone()), pages, layout: telling, tellings };
        while let Some((at, both)) = once.iter().enumerate().find_map(|(at, known)| Some((at, known.with(&row)?))) {
            once.remove(at);
            row = both;
        }
        once.push(row);
    }
    let mut wholes = Vec::with_capacity(once.len());
    for (place, Merging { whole: mut row, tellings, .. }) in once.into_iter().enumerate() {
        for (telling, layout) in tellings {
            of[telling] = (place, layout);
        }
        let Whole { statement, .. } = &mut row;
        statement.opening = statement.opening.filter(|_| statement.page.is_none_or(|page| page == 1));
        statement.closing = statement.closing.filter(|_| statement.last_page != Some(false));
        wholes.push(row);
    }
    let of_whole = |(row, telling): (&Statement, usize)| {
        let (whole, layout) = of[telling];
        OfWhole { whole, telling, layout, page: row.page }
    };
    ToldOnce { wholes, tellings: statements.iter().zip(telling_of).map(of_whole).collect() }
}

fn whole(mut pages: Vec<&Statement>) -> Whole {
    pages.sort_by_key(|row| row.page);
    let (first, last) = (pages[0], pages[pages.len() - 1]);
    let follows = |pair: &[&Statement]| {
        pair[0].page.zip(pair[1].page).is_some_and(|(before, page)| before.checked_add(1) == Some(page))
    };
    let complete =
        first.page.is_none_or(|page| page == 1) && last.last_page != Some(false) && pages.windows(2).all(follows);
    let mut statement = Statement { closing: last.closing, last_page: last.last_page, ..first.clone() };
    for row in &pages[1..] {
        statement.from_day = statement.from_day.min(row.from_day);
        statement.to_day = statement.to_day.max(row.to_day);
        statement.first_day = statement.first_day.min(row.first_day);
        statement.last_day = statement.last_day.max(row.last_day);
        statement.entries += row.entries;
        statement.credits += row.credits;
        statement.debits += row.debits;
    }
    Whole { statement, complete }
}
