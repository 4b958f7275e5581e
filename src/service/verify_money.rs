//! Whether the money is what was booked: folded along the chain of each customer, and over documents and closed months.
//!
//! Along a chain: the postings of a transaction sum to zero, stand on its day, and earn for each card exactly what its
//! movements say (PAY-7); at its end a card stands on *deferred* with what is prepaid on it. Over documents: their lines
//! and VAT add up, credit notes are written on the lines that they credit, numbers have no gaps (PAY-1, PAY-6). Over
//! closed months: their balances are those of the closing (TIME-6). Sums per day and counters of rows are compared in
//! [`crate::store::verify`].

use super::conversions::Wrong;
use crate::domain::closing::{BookMonth, Closing, ClosingKind};
use crate::domain::document::{DocumentKind, DocumentLine, vat_of};
use crate::domain::ledger::{Line, earned};
use crate::domain::{
    Account, Balance, Card, CardId, Cents, Invoice, Minutes, MoneyAccount, Movement, Posting, Series, Transaction,
};
use chrono::{Datelike as _, NaiveDate};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Display;

fn same<T: PartialEq + Display>(what: impl Into<String>, expected: T, found: T) -> Result<(), Wrong> {
    match (expected, found) {
        (expected, found) if expected == found => Ok(()),
        (expected, found) => Err(Wrong { what: what.into(), expected: expected.to_string(), found: found.to_string() }),
    }
}

/// The money of one customer, folded again from its first transaction.
pub struct Money {
    /// The cards, with the minutes that were folded so far.
    cards: HashMap<CardId, Card>,
    /// What was posted on *deferred* for each card.
    deferred: HashMap<CardId, Cents>,
}

impl Money {
    /// Nothing folded yet, for a customer with these cards.
    pub fn new(cards: &[Card]) -> Self {
        let empty = |card: &Card| {
            let mut card = Card { granted: Minutes::ZERO, cancelled_on: None, ..card.clone() };
            card.set_balance(&Balance::default());
            (card.id, card)
        };
        Self { cards: cards.iter().map(empty).collect(), deferred: HashMap::new() }
    }

    /// The next transaction.
    pub fn step(&mut self, booked: &Transaction, movements: &[Movement], postings: &[Posting]) -> Result<(), Wrong> {
        for (line, posting) in (1..).zip(postings) {
            let name = format!("posting {line}");
            same(format!("{name}: line"), line, posting.line)?;
            same(format!("{name}: booked_on"), booked.booked_on, posting.booked_on)?;
        }
        let sum: Cents = postings.iter().map(|posting| posting.amount).sum();
        same("sum of its postings", Cents::ZERO, sum)?;
        let mut earnings: BTreeMap<(CardId, MoneyAccount), Cents> = BTreeMap::new();
        for movement in movements {
            self.earn(movement, &mut earnings);
        }
        for posting in postings {
            let Some(card) = posting.card_id else { continue };
            if posting.account == MoneyAccount::Deferred {
                *self.deferred.entry(card).or_default() += posting.amount;
            }
            if matches!(posting.account, MoneyAccount::CardRevenue | MoneyAccount::Breakage) {
                *earnings.entry((card, posting.account)).or_default() -= posting.amount;
            }
        }
        for ((card, account), rest) in earnings {
            let posted = |posting: &&Posting| posting.card_id == Some(card) && posting.account == account;
            let found: Cents = postings.iter().filter(posted).map(|posting| posting.amount).sum();
            same(format!("card {card}: {account}"), found + rest, found)?;
        }
        Ok(())
    }

    /// Adds what a movement earns, and moves its minutes.
    fn earn(&mut self, movement: &Movement, earnings: &mut BTreeMap<(CardId, MoneyAccount), Cents>) {
        let Some(card) = movement.card_id.and_then(|id| self.cards.get_mut(&id)) else { return };
        let (from, to, minutes) = (movement.from_account, movement.to_account, movement.minutes);
        // Minutes that were not granted cannot be gone; what is wrong then is said where minutes are folded.
        let mut after = card.balance();
        after.shift(from, to, minutes);
        if after.is_negative() {
            return;
        }
        let line = Line { card: Some(card.id), estimate: None, from, to, minutes, basis: None };
        for post in earned(card, &line) {
            if post.account != MoneyAccount::Deferred {
                *earnings.entry((card.id, post.account)).or_default() += post.amount;
            }
        }
        card.set_balance(&after);
        match (from, to) {
            (Account::Issued, _) => card.granted += minutes,
            (_, Account::Issued) => card.granted -= minutes,
            _ => {}
        }
    }

    /// A card's row, with its counters known to be right.
    pub fn card(&mut self, card: &Card) -> Result<(), Wrong> {
        let posted = self.deferred.remove(&card.id).unwrap_or_default();
        same(format!("card {}: deferred", card.id), -posted, card.deferred_now())
    }
}

/// Numbers and figures of documents, one after the other.
#[derive(Default)]
pub struct Documents {
    /// How often each number was given out, from 1, per series and year.
    numbers: BTreeMap<(Series, i32), Vec<u8>>,
}

/// More numbers than any year has.
const MOST: usize = 50_000_000;

impl Documents {
    /// A document, with the sum ex VAT of the credit notes for it.
    pub fn document(&mut self, invoice: &Invoice, notes: Cents) -> Result<(), Wrong> {
        let name = match invoice.issued() {
            Some(issued) => format!("{} {}", invoice.kind, issued.number),
            None => format!("draft {}", invoice.id),
        };
        let lines: Cents = invoice.lines.iter().map(|line| line.printed.net).sum();
        same(format!("{name}: net, the sum of its lines"), lines, invoice.net)?;
        let (net, vat): (Cents, Cents) =
            (invoice.vat_totals.iter().map(|row| row.net).sum(), invoice.vat_totals.iter().map(|row| row.vat).sum());
        same(format!("{name}: net, the sum over the rates of VAT"), net, invoice.net)?;
        same(format!("{name}: VAT, the sum over its rates"), vat, invoice.vat)?;
        same(format!("{name}: gross"), invoice.net + invoice.vat, invoice.gross)?;
        let credited: Cents = invoice.lines.iter().map(|line| line.credited).sum();
        same(format!("{name}: credited on its lines, ex VAT"), notes, credited)?;
        if invoice.kind == DocumentKind::Invoice {
            let printed: Vec<DocumentLine> = invoice.lines.iter().map(|line| line.printed.clone()).collect();
            let vat: Cents = vat_of(&printed).iter().map(|row| row.vat).sum();
            same(format!("{name}: VAT, once per rate, half up"), vat, invoice.vat)?;
        }
        let Some(issued) = invoice.issued() else { return Ok(()) };
        let settled = issued.paid + issued.credited;
        if settled > invoice.gross {
            return same(format!("{name}: paid and credited"), invoice.gross, settled);
        }
        self.number(invoice.series, issued.issued_on.year(), &issued.number)
    }

    fn number(&mut self, series: Series, year: i32, number: &str) -> Result<(), Wrong> {
        let counter = number.rsplit('-').next().and_then(|digits| digits.parse::<usize>().ok());
        let Some(counter) = counter.filter(|counter| (1..MOST).contains(counter)) else {
            let (what, expected) = (format!("documents, series {series}: number"), "a counter from 1".to_owned());
            return Err(Wrong { what, expected, found: number.to_owned() });
        };
        let given = self.numbers.entry((series, year)).or_default();
        if given.len() < counter {
            given.resize(counter, 0);
        }
        given[counter - 1] = given[counter - 1].saturating_add(1);
        Ok(())
    }

    /// All documents were seen; `counters` are the next free numbers by name.
    pub fn end(&self, counters: &[(String, i64)]) -> Result<(), Wrong> {
        for ((series, year), given) in &self.numbers {
            let name = format!("documents, series {series} of {year}");
            for (at, times) in given.iter().enumerate() {
                same(format!("{name}: how often number {} was given out", at + 1), 1, *times)?;
            }
            let counter = counters.iter().find(|(name, _)| *name == format!("{series}-{year}"));
            let next = i64::try_from(given.len()).unwrap_or(i64::MAX) + 1;
            same(format!("{name}: next number"), next, counter.map_or(1, |(_, next)| *next))?;
        }
        let names = |series: &Series, year: i32| format!("{series}-{year}");
        for (name, next) in counters.iter().filter(|(_, next)| *next > 1) {
            let known = self.numbers.keys().any(|(series, year)| names(series, *year) == *name);
            let documents = Series::ALL.iter().any(|series| name.starts_with(&format!("{series}-")));
            if documents && !known {
                same(format!("documents, series {name}: next number"), 1, *next)?;
            }
        }
        Ok(())
    }
}

/// The closings of the months that are closed now, the first month first.
pub fn standing(closings: Vec<Closing>) -> Vec<Closing> {
    let mut closed: BTreeMap<BookMonth, Closing> = BTreeMap::new();
    for closing in closings {
        match closing.kind {
            ClosingKind::Closed => drop(closed.insert(closing.month, closing)),
            ClosingKind::Reopened => drop(closed.remove(&closing.month)),
        }
    }
    closed.into_values().collect()
}

/// A closed month against what the accounts stood at on its last day.
pub fn month(closing: &Closing, sums: &[(MoneyAccount, Cents, Cents)]) -> Result<(), Wrong> {
    for account in MoneyAccount::ALL {
        let kept = closing.kept.balances.iter().find(|kept| kept.account == *account);
        let found = sums.iter().find(|(posted, ..)| posted == account);
        let found = found.map_or(Cents::ZERO, |(_, debit, credit)| *debit - *credit);
        same(
            format!("closed month {}: {account}", closing.month),
            kept.map_or(Cents::ZERO, |kept| kept.balance),
            found,
        )?;
    }
    Ok(())
}

/// The lock against the closings.
pub fn lock(standing: &[Closing], through: Option<NaiveDate>) -> Result<(), Wrong> {
    let day = |day: Option<NaiveDate>| day.map_or_else(|| "none".to_owned(), |day| day.to_string());
    same("closed months: the last day", day(standing.last().map(|closing| closing.month.last())), day(through))
}
