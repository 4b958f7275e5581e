//! Whether the books and the bank agree (BANK-4): per own account a first balance, and per statement an equation.
//!
//! first balance + everything that the statements told up to a day (booked, not ours, waiting) = the closing balance that the
//! bank tells for that day. The account also carries rent and wages, so lines are reconciled, not the whole company.

use super::{
    BankLineId, Cents, StatementId,
    bank_statement::{Statement, StatementKind, with_pages_joined},
};
use chrono::NaiveDate;
use std::collections::BTreeMap;

/// What one of our accounts stood at before the first entry of a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FirstBalance {
    /// The first day of the books of this account.
    pub day: NaiveDate,
    /// What it stood at before its entries; negative when overdrawn.
    pub amount: Cents,
    /// A person recorded it; else it is the opening balance of the first statement.
    pub recorded: bool,
}

/// What the lines of one day did to an account, by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DayMoved {
    /// Booked.
    pub booked: Cents,
    /// Not for these books, by the rules or by a person.
    pub outside: Cents,
    /// Waiting for a person, or for the rules.
    pub waiting: Cents,
}

impl DayMoved {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> Cents {
        self.booked + self.outside + self.waiting
    }
}

impl std::ops::AddAssign for DayMoved {
    fn add_assign(&mut self, other: Self) {
        self.booked += other.booked;
        self.outside += other.outside;
        self.waiting += other.waiting;
    }
}

/// A line that is not like the others: a candidate for a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suspect {
    /// Which line.
    pub line: BankLineId,
    /// The day on which it counts.
    pub day: NaiveDate,
    /// What it did to the account.
    pub effect: Cents,
}

/// What could explain a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Explanation {
    /// A statement is missing: what is told opens with another balance than the one before closed with.
    Gap {
        /// The last day that is told before it.
        after: NaiveDate,
        /// With what that closed.
        closed: Cents,
        /// With what the next one opens.
        opens: Cents,
    },
    /// This line counts, and would explain it if it did not.
    Line(BankLineId),
}

/// A statement against what is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Equation {
    /// Which statement.
    pub statement: StatementId,
    /// The bank's id of it.
    pub told_id: String,
    /// Its last day.
    pub day: NaiveDate,
    /// The first balance.
    pub first: Cents,
    /// What came and went up to its last day.
    pub moved: DayMoved,
    /// The balance that the bank tells.
    pub closing: Cents,
    /// The difference of the statement before it: what is not new here.
    pub before: Cents,
    /// What could explain the difference, where there is one.
    pub explanations: Vec<Explanation>,
}

impl Equation {
    /// The balance that follows from what is known.
    #[must_use]
    pub fn expected(&self) -> Cents {
        self.first + self.moved.total()
    }

    /// What the bank has more than what is known; zero when they agree.
    #[must_use]
    pub fn difference(&self) -> Cents {
        self.closing - self.expected()
    }

    /// What of the difference was not there at the statement before: where one looks for what is wrong.
    #[must_use]
    pub fn new_difference(&self) -> Cents {
        self.difference() - self.before
    }

    /// Whether a difference began with it.
    #[must_use]
    pub fn is_new(&self) -> bool {
        self.difference() != Cents::ZERO && self.new_difference() != Cents::ZERO
    }
}

/// The first balance where nobody recorded one: what the first statement opens with.
#[must_use]
pub fn first_balance(statements: &[Statement]) -> Option<FirstBalance> {
    let statements: Vec<Statement> = with_pages_joined(statements).into_iter().map(|row| row.statement).collect();
    let begins = |row: &&Statement| row.opening.is_some() && row.page.is_none_or(|page| page == 1);
    let told = statements.iter().filter(|row| row.kind == StatementKind::Statement).filter(begins);
    let goes_on = |row: &Statement| statements.iter().any(|other| row.follows(other) || row.may_follow(other));
    let first = told.min_by_key(|row| (row.from_day, goes_on(row), row.made_at, row.sequence, row.id))?;
    Some(FirstBalance { day: first.from_day, amount: first.opening?, recorded: false })
}

/// The equations of one account, by day. `moved`: what its lines did, by the day on which they count.
#[must_use]
pub fn equations(
    first: FirstBalance,
    statements: &[Statement],
    moved: &BTreeMap<NaiveDate, DayMoved>,
    suspects: &[Suspect],
) -> Vec<Equation> {
    let mut rows: Vec<&Statement> = statements
        .iter()
        .filter(|row| row.kind == StatementKind::Statement && row.closing.is_some() && row.to_day >= first.day)
        // A page that is not the last closes with what others go on with.
        .filter(|row| row.last_page != Some(false))
        .filter(|row| !statements.iter().any(|other| supersedes(other, row)))
        .collect();
    rows.sort_by_key(|row| (row.to_day, row.made_at, row.id));
    let mut days = moved.range(first.day..).peekable();
    let (mut sum, mut equations): (DayMoved, Vec<Equation>) = (DayMoved::default(), Vec::new());
    let mut told_through: Option<(NaiveDate, Cents)> = None;
    let mut before = Cents::ZERO;
    for row in rows {
        while let Some((_, more)) = days.next_if(|(day, _)| **day <= row.to_day) {
            sum += *more;
        }
        let closing = row.closing.unwrap_or_default();
        let mut equation = Equation {
            statement: row.id,
            told_id: row.told_id.clone(),
            day: row.to_day,
            first: first.amount,
            moved: sum,
            closing,
            before,
            explanations: Vec::new(),
        };
        let difference = equation.new_difference();
        before = equation.difference();
        if equation.is_new() {
            let gap =
                told_through.zip(row.opening).filter(|((day, closed), opens)| *day < row.from_day && closed != opens);
            equation.explanations.extend(gap.map(|((after, closed), opens)| Explanation::Gap { after, closed, opens }));
            let fits = suspects.iter().filter(|suspect| suspect.day <= row.to_day && suspect.effect == -difference);
            equation.explanations.extend(fits.map(|suspect| Explanation::Line(suspect.line)));
        }
        told_through = Some((row.to_day, closing));
        equations.push(equation);
    }
    equations
}

/// Whether `other` knows better what an account stood at when the last day of `row` was over: `row` was made on that day, and
/// `other` tells the day and more of it.
fn supersedes(other: &Statement, row: &Statement) -> bool {
    let day = row.to_day;
    if row.is_page_of(other) {
        return other.page > row.page;
    }
    // The same statement corrected (BANK-1): the newer one is right.
    let is_correction = (&other.told_id, other.from_day, other.to_day) == (&row.told_id, row.from_day, row.to_day);
    if is_correction
        && other.id != row.id
        && other.kind == row.kind
        && other.page.is_none()
        && other.made_at > row.made_at
    {
        return true;
    }
    if other.id == row.id || other.kind != StatementKind::Statement || !other.covers(day) || row.is_whole_on(day) {
        return false;
    }
    let later = || (other.made_at, other.sequence, other.entries) > (row.made_at, row.sequence, row.entries);
    other.is_whole_on(day) || other.to_day > day || other.follows(row) || (!row.follows(other) && later())
}
