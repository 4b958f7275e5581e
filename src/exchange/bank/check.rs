//! Whether statements add up, and follow on each other. [`SumCheck`] does so entry by entry; [`check`] for a statement
//! that was read as a whole.

use super::{BankFault, BankFaultKind};
use crate::domain::{
    Cents,
    bank::{BankEntry, BankStatement, Direction, EntrySummary, StatementHead, Turnover},
};

/// Credits or debits, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counted {
    count: u64,
    sum: i128,
}

impl Counted {
    fn add(&mut self, amount: Cents) {
        self.count += 1;
        self.sum += i128::from(amount.0);
    }

    /// Whether the bank counted the same, as far as it tells.
    fn is(self, told: Turnover) -> bool {
        told.count.is_none_or(|count| count == self.count) && told.sum.is_none_or(|sum| i128::from(sum.0) == self.sum)
    }

    fn and(self, other: Self) -> Self {
        Self { count: self.count + other.count, sum: self.sum + other.sum }
    }
}

/// A sum as cents; at the end of what can be counted, that end.
fn capped(sum: i128) -> Cents {
    Cents(i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }))
}

/// The sum of a statement while its entries come. A statement in pages is one sum: [`new`](Self::new) with its first
/// head, [`page`](Self::page) with each further one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SumCheck {
    id: String,
    account: String,
    currency: Option<String>,
    opening: Option<Cents>,
    closing: Option<Cents>,
    interim: Option<Cents>,
    summary: Option<EntrySummary>,
    pages: usize,
    line: usize,
    first_entry: Option<usize>,
    booked: [Counted; 2],
    all: [Counted; 2],
}

impl SumCheck {
    /// Begins with the head of a statement, or of its first page.
    #[must_use]
    pub fn new(head: &StatementHead) -> Self {
        Self {
            id: head.id.clone(),
            account: head.account.clone(),
            currency: head.currency.clone(),
            opening: head.opening.map(|(_, amount, _)| amount),
            closing: head.closing.map(|(_, amount)| amount),
            interim: head.interim_closing.map(|(_, amount)| amount),
            summary: head.summary,
            pages: 1,
            line: head.line,
            first_entry: None,
            booked: [Counted::default(); 2],
            all: [Counted::default(); 2],
        }
    }

    /// Goes on with the next page of the same statement: what that ends with, the statement ends with.
    pub fn page(&mut self, head: &StatementHead) {
        self.currency = self.currency.take().or_else(|| head.currency.clone());
        self.closing = head.closing.map(|(_, amount)| amount).or(self.closing);
        self.interim = head.interim_closing.map(|(_, amount)| amount);
        self.summary = head.summary.or(self.summary);
        self.pages += 1;
    }

    /// Adds an entry.
    ///
    /// # Errors
    /// When a booked entry is in another currency than the account, so that it cannot be added up.
    pub fn add(&mut self, entry: &BankEntry) -> Result<(), BankFault> {
        self.first_entry = self.first_entry.or(Some(entry.line));
        let at = match entry.direction {
            Direction::Credit => 0,
            Direction::Debit => 1,
        };
        if let Some(all) = self.all.get_mut(at) {
            all.add(entry.amount);
        }
        if !entry.booked {
            return Ok(());
        }
        if let Some(booked) = self.booked.get_mut(at) {
            booked.add(entry.amount);
        }
        match &self.currency {
            Some(currency) if *currency != entry.currency && self.compares() => {
                let kind = BankFaultKind::OtherCurrency { entry: entry.currency.clone(), account: currency.clone() };
                Err(BankFault::new(entry.line, kind))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// Whether there is a balance at either end, so that the sum can be looked at.
    fn compares(&self) -> bool {
        self.opening.is_some() && (self.closing.or(self.interim).is_some() || self.pages > 1)
    }

    /// Booked credits less booked debits so far.
    #[must_use]
    pub fn net(&self) -> Cents {
        let [credit, debit] = self.booked;
        capped(credit.sum - debit.sum)
    }

    /// The balance after the booked entries so far; none where no opening balance was told.
    #[must_use]
    pub fn running(&self) -> Option<Cents> {
        let [credit, debit] = self.booked;
        Some(capped(i128::from(self.opening?.0) + credit.sum - debit.sum))
    }

    /// Whether opening balance and booked entries make the closing balance (of a page that is not the last: its interim
    /// balance). Passes where either is not told, as in a notice.
    ///
    /// # Errors
    /// [`BankFaultKind::WrongSum`] on the line of the first entry, else of the statement.
    pub fn finish(&self) -> Result<(), BankFault> {
        let (Some(opening), Some(closing)) = (self.opening, self.closing.or(self.interim)) else { return Ok(()) };
        let [credit, debit] = self.booked;
        if i128::from(opening.0) + credit.sum - debit.sum == i128::from(closing.0) {
            return Ok(());
        }
        let (statement, account) = (self.id.clone(), self.account.clone());
        let kind = BankFaultKind::WrongSum { statement, account, opening, entries: self.net(), closing };
        Err(BankFault::new(self.first_entry.unwrap_or(self.line), kind))
    }

    /// Whether the entries are those that the bank counted (`TxsSummry`): all of them, or all that are booked, as banks
    /// differ in that. Passes where nothing was counted, and for a statement in pages, where the count may be of a page.
    ///
    /// # Errors
    /// [`BankFaultKind::WrongSummary`] on the line of the first entry, else of the statement.
    pub fn counted(&self) -> Result<(), BankFault> {
        let Some(told) = self.summary.filter(|_| self.pages == 1) else { return Ok(()) };
        let fits = |[credit, debit]: [Counted; 2]| {
            credit.is(told.credit) && debit.is(told.debit) && credit.and(debit).is(told.all)
        };
        if fits(self.all) || fits(self.booked) {
            return Ok(());
        }
        let [credit, debit] = self.all;
        let off = [(credit, told.credit), (debit, told.debit)].into_iter().find(|(counted, told)| !counted.is(*told));
        let (counted, told) = off.unwrap_or((credit.and(debit), told.all));
        let kind = BankFaultKind::WrongSummary {
            statement: self.id.clone(),
            told_count: told.count,
            count: counted.count,
            told_sum: told.sum,
            sum: capped(counted.sum),
        };
        Err(BankFault::new(self.first_entry.unwrap_or(self.line), kind))
    }
}

/// Whether a statement adds up: opening balance and booked entries make the closing balance. One that tells no
/// opening or closing balance, such as a notice, passes.
///
/// # Errors
/// When the sum differs, or an entry is in another currency than the account. The line is that of the entry, or of the
/// first entry.
pub fn check(statement: &BankStatement) -> Result<(), BankFault> {
    let mut sum = SumCheck {
        id: statement.id.clone(),
        account: statement.account.clone(),
        currency: statement.currency.clone(),
        opening: statement.opening.map(|(_, amount)| amount),
        closing: statement.closing.map(|(_, amount)| amount),
        ..SumCheck::new(&StatementHead { line: 1, ..StatementHead::default() })
    };
    statement.entries.iter().try_for_each(|entry| sum.add(entry))?;
    sum.finish()
}

/// Whether a statement follows on the one before it of the same account: its opening balance is the closing balance of
/// that. Passes when either is not told.
///
/// # Errors
/// When they differ: a statement is missing in between, or came twice. The line is that of the first entry.
pub fn check_follows(previous: &BankStatement, statement: &BankStatement) -> Result<(), BankFault> {
    match (previous.closing, statement.opening) {
        (Some((_, closing)), Some((_, opening))) if closing != opening => {
            let (statement_id, previous) = (statement.id.clone(), previous.id.clone());
            let kind = BankFaultKind::Gap { statement: statement_id, opening, previous, closing };
            Err(BankFault::new(statement.entries.first().map_or(1, |entry| entry.line), kind))
        }
        _ => Ok(()),
    }
}
