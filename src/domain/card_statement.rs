//! The statement of one card (*kaartoverzicht*) on a day: what was granted, where it went, and every movement with the
//! balance after it. Plain values, to be printed.

use super::{Cents, Locale, Minutes};
use chrono::NaiveDate;

/// One card on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardStatement {
    /// Who sold the card.
    pub seller: String,
    /// Whose card it is.
    pub customer: String,
    /// The customer's number with the seller.
    pub customer_number: i64,
    /// Language.
    pub locale: Locale,
    /// Name of the card, such as "Strippenkaart 10 uur".
    pub card: String,
    /// What tells it from others of the same name: its reference.
    pub reference: String,
    /// What it cost, ex VAT; `None` where it was free.
    pub price: Option<Cents>,
    /// First day on which it can be used.
    pub valid_from: NaiveDate,
    /// Last day on which it can be used; `None` where it does not expire.
    pub valid_until: Option<NaiveDate>,
    /// The day of which the statement tells the state, the end of it.
    pub as_of: NaiveDate,
    /// How much one strip is; more than zero.
    pub strip: Minutes,
    /// Where its minutes are.
    pub totals: CardTotals,
    /// What happened to it, the oldest first.
    pub rows: Vec<CardRow>,
}

/// Where the minutes of a card are: granted is the sum of all the others.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct CardTotals {
    /// All that came onto it.
    pub granted: Minutes,
    /// To be used freely.
    pub available: Minutes,
    /// Reserved for work that was agreed.
    pub held: Minutes,
    /// Used.
    pub used: Minutes,
    /// Lapsed at the end of its validity.
    pub expired: Minutes,
    /// Out of use until something was settled.
    pub frozen: Minutes,
    /// Paid back.
    pub refunded: Minutes,
}

/// One movement on a card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CardRow {
    /// Its day.
    pub on: NaiveDate,
    /// What it was, in the language of the statement.
    pub description: String,
    /// The ticket it was for, such as `#1042`.
    pub ticket: Option<String>,
    /// Who did it or asked for it.
    pub who: Option<String>,
    /// Minutes taken off what is available; zero for none.
    pub taken: Minutes,
    /// Minutes added to what is available; zero for none.
    pub added: Minutes,
    /// What is available after it.
    pub balance: Minutes,
}
