//! Which statement of the bank is which (BANK-1): what is known of one besides its entries, whether two are the same,
//! and whether one follows on another. Ids and sequence numbers only support that: banks use them again each year, or make
//! them anew for each download. Balances and days decide.

use super::{BankFileId, Cents, StatementId, words::words};
use chrono::{Days, NaiveDate, NaiveDateTime};

words! {
    /// What tells entries of an account.
    pub enum StatementKind {
        /// A statement (camt.053): it proves.
        Statement = "statement",
        /// A notice (camt.054): it announces.
        Notice = "notice",
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

    /// Whether they are the same, whatever the bank called them: the same account, days and balances, and entries of the
    /// same number and sums. Without balances there is no telling.
    #[must_use]
    pub fn is_same_as(&self, other: &Self) -> bool {
        let told = |row: &Self| {
            (
                row.kind,
                row.from_day,
                row.to_day,
                // Of one that was made within its last day, that moment: later, more may have come.
                row.made_at.filter(|_| row.kind == StatementKind::Statement && !row.is_whole_on(row.to_day)),
                row.opening,
                row.closing,
                row.page,
                row.entries,
                row.credits,
                row.debits,
            )
        };
        let balances = self.opening.is_some() && self.closing.is_some();
        let named = (&self.told_id, self.made_at) == (&other.told_id, other.made_at);
        let certain = match (self.page, other.page) {
            // A page is known as a page of its own statement alone: another page of that may not have come.
            (Some(_), _) | (_, Some(_)) => self.is_page_of(other),
            (None, None) => balances || (self.kind == StatementKind::Notice && named),
        };
        self.account == other.account && told(self) == told(other) && certain
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
                (one, two) => one == two,
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

/// Statements with the pages of each made one, and for each of the given ones the place of the whole.
#[must_use]
pub fn with_pages_joined(statements: &[Statement]) -> (Vec<Whole>, Vec<usize>) {
    let mut groups: Vec<Vec<&Statement>> = Vec::new();
    let mut places = Vec::with_capacity(statements.len());
    for row in statements {
        let known = groups.iter().position(|pages| row.is_page_of(pages[0]));
        let place = known.unwrap_or(groups.len());
        match known {
            Some(place) => groups[place].push(row),
            None => groups.push(vec![row]),
        }
        places.push(place);
    }
    (groups.into_iter().map(whole).collect(), places)
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
