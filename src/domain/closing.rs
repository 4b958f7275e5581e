//! Closing the books by month (TIME-6): what is looked at before, which of it stops a closing, and what is kept of one.
//!
//! Months close in order. What is booked later for a closed month lands in the first open one (TIME-4); the last closed
//! month can be opened again, with a reason.

use super::{Cents, ClosingId, Minutes, MoneyAccount, UserId, words::words};
use chrono::{DateTime, Datelike, Days, Months, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use uuid::Uuid;

/// A calendar month of the books: `2026-03`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BookMonth(NaiveDate);

/// A text that is not a month.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected a month, such as 2026-03")]
pub struct NotAMonth;

impl BookMonth {
    /// The month of a day.
    #[must_use]
    pub fn of(day: NaiveDate) -> Self {
        Self(day.with_day(1).unwrap_or(day))
    }

    /// Its first day.
    #[must_use]
    pub const fn first(self) -> NaiveDate {
        self.0
    }

    /// Its last day.
    #[must_use]
    pub fn last(self) -> NaiveDate {
        self.next().0.checked_sub_days(Days::new(1)).unwrap_or(self.0)
    }

    /// The month after it.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.checked_add_months(Months::new(1)).unwrap_or(self.0))
    }

    /// The month before it.
    #[must_use]
    pub fn before(self) -> Self {
        Self(self.0.checked_sub_months(Months::new(1)).unwrap_or(self.0))
    }
}

impl fmt::Display for BookMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.0.year(), self.0.month())
    }
}

impl FromStr for BookMonth {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.split_once('-').ok_or(NotAMonth)?;
        let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
        if year.len() != 4 || month.len() != 2 || !digits(year) || !digits(month) {
            return Err(NotAMonth);
        }
        let (year, month) = (year.parse().map_err(|_| NotAMonth)?, month.parse().map_err(|_| NotAMonth)?);
        NaiveDate::from_ymd_opt(year, month, 1).map(Self).ok_or(NotAMonth)
    }
}

words! {
    /// What was done to a month.
    pub enum ClosingKind {
        /// It was closed.
        Closed = "closed",
        /// It was opened again.
        Reopened = "reopened",
    }
}

words! {
    /// What may still be open in a month, in the order in which one works through it.
    pub enum FindingKind {
        /// Lines of the bank that wait for a person.
        BankLines = "bank_lines",
        /// Statements of the month that do not agree with what is known (BANK-4).
        BankDifferences = "bank_differences",
        /// Reversals of which a person must say whether they count (PAY-2).
        Reversals = "reversals",
        /// Drafts that were not issued (PAY-1).
        Drafts = "drafts",
        /// Hours that nothing covers (TIME-7).
        UncoveredHours = "uncovered_hours",
        /// Estimates past their term (SPEND-5).
        Estimates = "estimates",
        /// Collections sent to the bank more than ten days ago, without an answer.
        Collections = "collections",
        /// Cards whose payment came undone (PAY-3).
        FrozenCards = "frozen_cards",
        /// Accounts paused for arrears (PAY-4).
        PausedAccounts = "paused_accounts",
        /// Orders and fees that wait for details of seller or buyer, and documents of the month above € 100 whose buyer has no
        /// full address, issued before that was asked for (PAY-1a).
        Addresses = "addresses",
        /// Bookings that no export took to the bookkeeper.
        Journal = "journal",
    }
}

/// Days after which a collection without an answer is worth a question to the bank.
pub const ANSWER_DAYS: u64 = 10;

/// Whether a finding stops a closing, and why (or why not).
#[derive(Clone, Copy, Debug)]
pub struct FindingRule {
    /// Which.
    pub kind: FindingKind,
    /// Whether it stops a closing, unless finance gives a reason.
    pub blocks: bool,
    /// Why.
    pub because: &'static str,
}

/// The rules, one for each kind.
pub const FINDING_RULES: [FindingRule; 11] = [
    rule(FindingKind::BankLines, true, "money of the month is not in the books, so its balances are wrong"),
    rule(
        FindingKind::BankDifferences,
        true,
        "the bank tells another balance than what is known makes: money is missing, or counted twice",
    ),
    rule(FindingKind::Reversals, true, "the fee, and so the revenue, of the month depends on the answer"),
    rule(
        FindingKind::Drafts,
        true,
        "what was done in the month would be invoiced, and its VAT declared, in a later one",
    ),
    rule(FindingKind::UncoveredHours, false, "they are nobody's debt before somebody agrees, which may be later"),
    rule(FindingKind::Estimates, false, "minutes held move within a card and change no amount"),
    rule(FindingKind::Collections, false, "the bank's answer is booked on its own day"),
    rule(FindingKind::FrozenCards, false, "their money stays deferred until they are paid or credited"),
    rule(FindingKind::PausedAccounts, false, "what they owe is in the books"),
    rule(FindingKind::Addresses, true, "what waits becomes an invoice of the day on which it is complete"),
    rule(FindingKind::Journal, false, "an export can be made of a closed month as well"),
];

const fn rule(kind: FindingKind, blocks: bool, because: &'static str) -> FindingRule {
    FindingRule { kind, blocks, because }
}

impl FindingKind {
    /// Whether it stops a closing, and why.
    ///
    /// # Panics
    /// Never: every kind has a rule.
    #[must_use]
    pub fn rule(self) -> FindingRule {
        *FINDING_RULES.iter().find(|rule| rule.kind == self).expect("every kind has a rule")
    }
}

words! {
    /// What an example of a finding is.
    pub enum About {
        /// A ticket.
        Ticket = "ticket",
        /// A customer.
        Customer = "customer",
        /// An invoice, or a draft.
        Invoice = "invoice",
        /// A line of the bank.
        BankLine = "bank_line",
        /// A statement of the bank.
        BankStatement = "bank_statement",
    }
}

/// One row of a finding, so that a person can open it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Example {
    /// What it is.
    pub about: About,
    /// Its identity.
    pub id: Uuid,
    /// What people know it by.
    pub text: String,
    /// Its day.
    pub day: Option<NaiveDate>,
    /// How much money.
    pub amount: Option<Cents>,
    /// How many minutes.
    pub minutes: Option<Minutes>,
}

/// What of one kind is open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Which.
    pub kind: FindingKind,
    /// How many.
    pub count: i64,
    /// A few of them, the oldest first.
    pub examples: Vec<Example>,
}

impl Finding {
    /// Whether it stops a closing.
    #[must_use]
    pub fn blocks(&self) -> bool {
        self.count > 0 && self.kind.rule().blocks
    }
}

/// What an account stood at: debit is positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StandingBalance {
    /// Which.
    pub account: MoneyAccount,
    /// How much.
    pub balance: Cents,
}

/// What is kept of a closing: what was still open, and what every account stood at, so that it shows when a closed month
/// changes after all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// What was open.
    pub findings: Vec<Finding>,
    /// What the accounts stood at on the last day of the month; none when it was opened again.
    pub balances: Vec<StandingBalance>,
}

/// A month was closed, or opened again. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Closing {
    /// Identity.
    pub id: ClosingId,
    /// Which month.
    pub month: BookMonth,
    /// What was done.
    pub kind: ClosingKind,
    /// Why: of a month that was opened again, or closed although something stopped it.
    pub reason: Option<String>,
    /// What it was closed with.
    pub kept: Kept,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom; nobody means the command line.
    pub recorded_by: Option<UserId>,
}

/// Why a month is not closed, or not opened again.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotClosed {
    /// It goes on.
    #[error("{month} is not over")]
    NotOver {
        /// The month.
        month: BookMonth,
    },
    /// Months close in order.
    #[error("months are closed in order: close {next} first")]
    OutOfOrder {
        /// The one that comes first.
        next: BookMonth,
    },
    /// Nothing was booked before.
    #[error("nothing was booked before {first}, which is the first month to close")]
    BeforeFirst {
        /// The first month with a booking.
        first: BookMonth,
    },
    /// Nothing was booked at all.
    #[error("nothing was booked yet: there is no month to close")]
    NothingBooked,
    /// Something is open that stops it.
    #[error("{} stop the closing; work through them, or close with a reason", kinds(found))]
    Blocked {
        /// Which, and how many.
        found: Vec<(FindingKind, i64)>,
    },
    /// Only the last one.
    #[error("only the last closed month, {last}, can be opened again")]
    NotLast {
        /// The last closed month.
        last: BookMonth,
    },
    /// There is none.
    #[error("no month is closed")]
    NoneClosed,
}

fn kinds(found: &[(FindingKind, i64)]) -> String {
    let each: Vec<String> = found.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
    each.join(", ").replace('_', " ")
}

impl NotClosed {
    /// The stable name, the last part of the problem's `type`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotOver { .. } => "month-not-over",
            Self::OutOfOrder { .. } => "month-out-of-order",
            Self::BeforeFirst { .. } => "month-before-first",
            Self::NothingBooked => "nothing-booked",
            Self::Blocked { .. } => "month-blocked",
            Self::NotLast { .. } => "month-not-last",
            Self::NoneClosed => "no-month-closed",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_6_a_month_is_read_and_knows_its_days() {
        let month: BookMonth = "2028-02".parse().unwrap();
        assert_eq!((month.first().to_string(), month.last().to_string()), ("2028-02-01".into(), "2028-02-29".into()));
        assert_eq!((month.before().to_string(), month.next().to_string()), ("2028-01".into(), "2028-03".into()));
        assert_eq!(BookMonth::of("2028-02-17".parse().unwrap()), month);
        for text in ["", "2028", "2028-13", "2028-2", "28-02", "2028-02-01", "2028-+2", "maart"] {
            assert_eq!(text.parse::<BookMonth>(), Err(NotAMonth), "{text}");
        }
    }

    #[test]
    fn time_6_every_kind_of_finding_has_one_rule() {
        for kind in FindingKind::ALL {
            assert_eq!(FINDING_RULES.iter().filter(|rule| rule.kind == *kind).count(), 1, "{kind}");
        }
        let blocking: Vec<_> = FINDING_RULES.iter().filter(|rule| rule.blocks).map(|rule| rule.kind.as_str()).collect();
        assert_eq!(blocking, ["bank_lines", "bank_differences", "reversals", "drafts", "addresses"]);
    }
}
