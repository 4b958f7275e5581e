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

    /// Whether it tells everything that another tells, whenever the bank booked it: it is about all of its days, and was made
    /// after them.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.from_day <= other.from_day && self.to_day >= other.to_day && self.is_whole_on(other.to_day)
    }

    /// Whether it begins after the other's last day, or ends before its first: they share no entry, whatever day the bank
    /// booked it for.
    #[must_use]
    pub fn is_disjoint_from(&self, other: &Self) -> bool {
        self.from_day > other.to_day || other.from_day > self.to_day
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
            && (self.kind, &self.account, &self.told_id, self.made_at.map(|made| made.date()))
                == (other.kind, &other.account, &other.told_id, other.made_at.map(|made| made.date()))
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

    /// Whether it was made later, about more days that begin earlier: so it tells what the other tells, and perhaps more.
    #[must_use]
    pub fn widens(&self, other: &Self) -> bool {
        self.from_day < other.from_day && self.to_day >= other.to_day && self.made_at >= other.made_at
    }

    /// Whether it may go on within the last day of the other, by the balances alone.
    #[must_use]
    pub fn may_follow(&self, before: &Self) -> bool {
        let balances = self.opening.is_some() && self.opening == before.closing && before.opening != before.closing;
        self.account == before.account && balances && self.from_day == before.to_day
    }

    /// Whether it begins where the other begins, so that it tells the same entries and perhaps more.
    #[must_use]
    pub fn begins_with(&self, other: &Self) -> bool {
        self.opening.is_some() && self.opening == other.opening && self.from_day == other.from_day
    }
}

/// Statements with the pages of each made one (BANK-8), and for each of the given ones the place of the whole.
#[must_use]
pub fn with_pages_joined(statements: &[Statement]) -> (Vec<Statement>, Vec<usize>) {
    let mut joined: Vec<Statement> = Vec::with_capacity(statements.len());
    let mut places = Vec::with_capacity(statements.len());
    for row in statements {
        let Some(place) = joined.iter().position(|other| row.is_page_of(other)) else {
            places.push(joined.len());
            joined.push(row.clone());
            continue;
        };
        places.push(place);
        let whole = &mut joined[place];
        // The first page opens, the last one closes; `page` stays that of the first.
        if row.page < whole.page {
            (whole.opening, whole.page) = (row.opening, row.page);
        }
        let last = statements.iter().filter(|other| other.is_page_of(row)).max_by_key(|other| other.page);
        whole.closing = last.and_then(|last| last.closing);
        whole.from_day = whole.from_day.min(row.from_day);
        whole.to_day = whole.to_day.max(row.to_day);
        whole.first_day = whole.first_day.min(row.first_day);
        whole.last_day = whole.last_day.max(row.last_day);
        whole.entries += row.entries;
        whole.credits += row.credits;
        whole.debits += row.debits;
    }
    (joined, places)
}

/// Which statements follow each other, directly or over others between them: entries of such two are never the same.
#[derive(Debug)]
pub struct Chains(Vec<Vec<bool>>);

impl Chains {
    /// Of these statements, by their place.
    #[must_use]
    pub fn of(statements: &[Statement]) -> Self {
        let many = statements.len();
        let mut reach: Vec<Vec<bool>> =
            statements.iter().map(|next| statements.iter().map(|before| next.follows(before)).collect()).collect();
        for middle in 0..many {
            for from in 0..many {
                if reach[from][middle] {
                    let over = reach[middle].clone();
                    reach[from].iter_mut().zip(over).for_each(|(known, over)| *known |= over);
                }
            }
        }
        Self(reach)
    }

    /// Whether one of the two follows on the other.
    #[must_use]
    pub fn chained(&self, one: usize, other: usize) -> bool {
        self.0[one][other] || self.0[other][one]
    }
}
