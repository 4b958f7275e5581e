//! Whether the ledger still is what was booked: every chain, every sum and every counter, in one read snapshot.
//!
//! Phases: walk the ledger once, customer by customer, folding its movements and its money again ([`Audit`]); then compare
//! the counters that are sums over a table, documents and closed months ([`super::verify_money`]). The first difference ends it and is named so that a person can find the row.
//! A report ends in one digest over all heads: kept elsewhere, it shows a tail cut off chain and customer together, or a
//! customer gone without a trace.

use super::conversions::{Conversions, Wrong};
use super::verify_money::{self as money, Documents, Money};
use crate::domain::{
    Account, Balance, Card, CardId, Customer, CustomerId, Minutes, Movement, Posting, Transaction, TransactionKind,
    chain,
};
use crate::store::{
    Db, Tx, accounting,
    fair_use::numbered_days,
    verify::{CHECKS, Check, DocumentRow, Gap, count_transactions, counters, first_gap},
    walk::{Booking, Feed, Walk},
};
use chrono::{DateTime, Utc};
use sha2::{Digest as _, Sha256};
use std::collections::HashMap;
use std::fmt;
use uuid::Uuid;

/// What was verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Customers.
    pub customers: u64,
    /// Transactions, each with its hash.
    pub transactions: u64,
    /// Movements, each with its running totals.
    pub movements: u64,
    /// Free texts that were erased; their digests stand in the chain.
    pub erased: u64,
    /// SHA-256 over `customer:seq:head` and a line feed for each customer, by id.
    pub digest: String,
}

/// Why a ledger was not verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// It is not what was booked.
    #[error("the ledger differs from what was booked: {0}")]
    Differs(Box<Difference>),
    /// It cannot be read.
    #[error("the ledger cannot be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// The first thing found that is not as it was booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Number of the customer; none when there is no row for it.
    pub customer: Option<i64>,
    /// Number of the transaction within the customer, where it is about one.
    pub seq: Option<i64>,
    /// Which row and figure.
    pub what: String,
    /// What follows from the movements.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// What figures begin with that are of no customer.
const OF_NOBODY: [&str; 4] = ["calendar", "account", "documents", "closed month"];

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.customer {
            Some(number) => write!(f, "customer {number}")?,
            None if OF_NOBODY.iter().any(|word| self.what.starts_with(word)) => f.write_str("all customers")?,
            None => f.write_str("unknown customer")?,
        }
        if let Some(seq) = self.seq {
            write!(f, ", transaction {seq}")?;
        }
        write!(f, ", {}: expected {}, found {}", self.what, self.expected, self.found)
    }
}

impl From<Difference> for VerifyError {
    fn from(difference: Difference) -> Self {
        Self::Differs(Box::new(difference))
    }
}

/// Recomputes the whole ledger; `progress` is told how many of how many transactions are done. Memory does not grow
/// with the number of movements.
///
/// # Errors
/// The first difference, or what the database says.
pub async fn verify(db: &Db, mut progress: impl FnMut(u64, u64)) -> Result<Report, VerifyError> {
    let mut tx = db.snapshot().await?;
    let total = count_transactions(&mut tx).await?.unsigned_abs();
    let mut walk = Walk::default();
    let mut heads = Sha256::new();
    let mut report = Report { customers: 0, transactions: 0, movements: 0, erased: 0, digest: String::new() };
    while let Some(customer) = walk.customers.next(&mut tx).await? {
        let mut cards = Vec::new();
        while let Some(card) = walk.cards.next_if(&mut tx, |row| row.customer_id <= customer.id).await? {
            cards.push(card);
        }
        let mut audit = Audit::new(&customer, &cards);
        while let Some(booked) =
            walk.transactions.next_if(&mut tx, |row| row.transaction.customer_id <= customer.id).await?
        {
            let movements = walk.movements_up_to(&mut tx, &booked.transaction).await?;
            let postings = walk.postings_up_to(&mut tx, &booked.transaction).await?;
            audit.step(&booked, &movements, &postings)?;
            report.transactions += 1;
            report.movements += movements.len() as u64;
            report.erased += u64::from(booked.transaction.note_digest.is_some() && booked.note.is_none());
            if report.transactions.is_multiple_of(1000) {
                progress(report.transactions, total);
            }
        }
        audit.end()?;
        audit_rest(audit, &cards, &mut walk, &mut tx).await?;
        heads.update(format!("{}:{}:{}\n", customer.id, customer.seq, customer.head));
        report.customers += 1;
    }
    leftovers(&mut walk, &mut tx).await?;
    for check in &CHECKS {
        if let Some(gap) = first_gap(&mut tx, check).await? {
            return Err(difference_of(check, &gap).into());
        }
    }
    for (day, found) in numbered_days(&mut tx).await? {
        let expected = i64::from(day.to_epoch_days());
        if expected != found {
            return Err(of_no_customer(format!("calendar of fair use {day}: number"), expected, found).into());
        }
    }
    documents(&mut tx).await?;
    closed_months(&mut tx).await?;
    progress(report.transactions, total);
    report.digest = chain::hex(&heads.finalize());
    Ok(report)
}

/// Rows of customers that are not there.
async fn leftovers(walk: &mut Walk, tx: &mut Tx) -> Result<(), VerifyError> {
    if let Some(row) = walk.transactions.next(tx).await? {
        return Err(unknown_customer("transaction", row.transaction.customer_id, Some(row.transaction.seq)).into());
    }
    if let Some(row) = walk.movements.next(tx).await? {
        return Err(unknown_customer("movement", row.customer_id, Some(row.seq)).into());
    }
    if let Some(row) = walk.postings.next(tx).await? {
        return Err(unknown_customer("posting", row.customer_id, Some(row.seq)).into());
    }
    if let Some(row) = walk.cards.next(tx).await? {
        return Err(unknown_customer("card", row.customer_id, None).into());
    }
    Ok(())
}

/// Every document, and the numbers of all of them.
async fn documents(tx: &mut Tx) -> Result<(), VerifyError> {
    let mut seen = Documents::default();
    let mut feed: Feed<DocumentRow> = Feed::default();
    while let Some(row) = feed.next(tx).await? {
        seen.document(&row.invoice, row.notes_net).map_err(|wrong| of(row.customer_number, wrong))?;
    }
    seen.end(&counters(tx).await?).map_err(|wrong| of(None, wrong))?;
    Ok(())
}

/// Closed months against what was kept of their closings (TIME-6).
async fn closed_months(tx: &mut Tx) -> Result<(), VerifyError> {
    let standing = money::standing(accounting::all_closings(tx).await?);
    money::lock(&standing, accounting::closed_through(tx).await?).map_err(|wrong| of(None, wrong))?;
    for closing in &standing {
        let sums = accounting::sums(tx, None, Some(closing.month.last())).await?;
        money::month(closing, &sums).map_err(|wrong| of(None, wrong))?;
    }
    Ok(())
}

fn of(customer: Option<i64>, wrong: Wrong) -> Difference {
    Difference { customer, seq: None, what: wrong.what, expected: wrong.expected, found: wrong.found }
}

/// What is left of a customer once its chain has ended: cards, what may be used again, and movements of no transaction.
async fn audit_rest(mut audit: Audit<'_>, cards: &[Card], walk: &mut Walk, tx: &mut Tx) -> Result<(), VerifyError> {
    let id = audit.customer.id;
    if let Some(row) = walk.movements.next_if(tx, |row| row.customer_id <= id).await? {
        return Err(audit.stray(&row).into());
    }
    if let Some(row) = walk.postings.next_if(tx, |row| row.customer_id <= id).await? {
        return Err(audit.stray_posting(&row).into());
    }
    for card in cards {
        audit.card(card)?;
    }
    while let Some(row) = walk.correctables.next_if(tx, |row| row.customer_id <= id).await? {
        audit.correctable(row.id, row.correctable)?;
    }
    audit.leftovers()?;
    Ok(())
}

fn unknown_customer(row: &str, id: CustomerId, seq: Option<i64>) -> Difference {
    let (expected, found) = (format!("a customer {id}"), "none".to_owned());
    Difference { customer: None, seq, what: format!("{row} of a customer"), expected, found }
}

fn of_no_customer(what: String, expected: i64, found: i64) -> Difference {
    Difference { customer: None, seq: None, what, expected: expected.to_string(), found: found.to_string() }
}

fn difference_of(check: &Check, gap: &Gap) -> Difference {
    Difference {
        customer: gap.number,
        seq: None,
        what: format!("{} {}: {}", check.row, gap.subject, check.figure),
        expected: gap.expected.to_string(),
        found: gap.found.to_string(),
    }
}

/// What the movements of a card add up to.
#[derive(Default)]
struct Tally {
    balance: Balance,
    granted: Minutes,
}

/// The ledger of one customer, folded again from its first transaction. Pure.
struct Audit<'a> {
    customer: &'a Customer,
    seq: i64,
    head: String,
    recorded_at: Option<DateTime<Utc>>,
    totals: Balance,
    cards: HashMap<CardId, Tally>,
    conversions: Conversions,
    money: Money,
    /// Per estimate or ticket, minutes of reversed entries that may be used again; only those above zero.
    correctables: HashMap<Uuid, Minutes>,
}

impl<'a> Audit<'a> {
    fn new(customer: &'a Customer, cards: &[Card]) -> Self {
        Self {
            customer,
            seq: 0,
            head: chain::GENESIS.to_owned(),
            recorded_at: None,
            totals: Balance::default(),
            cards: HashMap::new(),
            conversions: Conversions::default(),
            money: Money::new(cards),
            correctables: HashMap::new(),
        }
    }

    fn differs(&self, what: impl Into<String>, expected: impl fmt::Display, found: impl fmt::Display) -> Difference {
        Difference {
            customer: Some(self.customer.number),
            seq: None,
            what: what.into(),
            expected: expected.to_string(),
            found: found.to_string(),
        }
    }

    fn same<T: PartialEq + fmt::Display>(&self, what: &str, expected: T, found: T) -> Result<(), Difference> {
        if expected == found { Ok(()) } else { Err(self.differs(what, expected, found)) }
    }

    fn same_balance(&self, what: &str, mut expected: Balance, mut found: Balance) -> Result<(), Difference> {
        for account in Account::ALL {
            if let (Some(expected), Some(found)) = (expected.account(*account), found.account(*account)) {
                self.same(&format!("{what}: {account} minutes"), expected.0, found.0)?;
            }
        }
        Ok(())
    }

    /// The next transaction, with every movement that was not read before it.
    fn step(&mut self, booked: &Booking, movements: &[Movement], postings: &[Posting]) -> Result<(), Difference> {
        let seq = booked.transaction.seq;
        self.checked_step(booked, movements, postings)
            .map_err(|difference| Difference { seq: difference.seq.or(Some(seq)), ..difference })
    }

    fn checked_step(
        &mut self,
        booked: &Booking,
        movements: &[Movement],
        postings: &[Posting],
    ) -> Result<(), Difference> {
        let transaction = &booked.transaction;
        if transaction.customer_id != self.customer.id {
            return Err(unknown_customer("transaction", transaction.customer_id, Some(transaction.seq)));
        }
        self.same("number, without gaps", self.seq + 1, transaction.seq)?;
        self.same("hash of the one before", &self.head, &transaction.prev_hash)?;
        if self.recorded_at.is_some_and(|before| transaction.recorded_at < before) {
            let before = self.recorded_at.unwrap_or_default();
            return Err(self.differs("recorded_at", format!("{before} or later"), transaction.recorded_at));
        }
        for (line, movement) in (1..).zip(movements) {
            self.movement(transaction, line, movement)?;
        }
        if transaction.kind == TransactionKind::Conversion {
            self.conversions.booked(movements);
        }
        if let Some(row) =
            postings.iter().find(|row| (row.customer_id, row.seq) != (transaction.customer_id, transaction.seq))
        {
            return Err(self.stray_posting(row));
        }
        self.same("hash", &chain::hash(transaction, movements, postings), &transaction.hash)?;
        self.money.step(transaction, movements, postings).map_err(|wrong| self.wrong(wrong))?;
        self.note(booked)?;
        self.seq = transaction.seq;
        self.head.clone_from(&transaction.hash);
        self.recorded_at = Some(transaction.recorded_at);
        Ok(())
    }

    fn movement(&mut self, transaction: &Transaction, line: i64, movement: &Movement) -> Result<(), Difference> {
        if (movement.customer_id, movement.seq) != (transaction.customer_id, transaction.seq) {
            return Err(self.stray(movement));
        }
        let name = format!("movement {line}");
        self.same(&format!("{name}: line"), line, movement.line)?;
        self.same(&format!("{name}: recorded_at"), transaction.recorded_at, movement.recorded_at)?;
        let (from, to, minutes) = (movement.from_account, movement.to_account, movement.minutes);
        self.totals.shift(from, to, minutes);
        self.same_balance(&format!("{name}: totals after it"), self.totals, movement.after)?;
        if self.totals.is_negative() {
            return Err(self.differs(name, "no account below zero", format!("{:?}", self.totals)));
        }
        let card_after = movement.card_id.map_or_else(Balance::default, |card| {
            let tally = self.cards.entry(card).or_default();
            tally.balance.shift(from, to, minutes);
            match (from, to) {
                (Account::Issued, _) => tally.granted += minutes,
                (_, Account::Issued) => tally.granted -= minutes,
                _ => {}
            }
            tally.balance
        });
        self.same_balance(&format!("{name}: card after it"), card_after, movement.card_after)?;
        self.count_correctable(transaction, movement);
        Ok(())
    }

    /// TIME-5: reversed minutes may be used again under the same agreement, which uses them up.
    fn count_correctable(&mut self, transaction: &Transaction, movement: &Movement) {
        let agreement = movement.estimate_id.map(|id| id.0).or(transaction.ticket_id.map(|id| id.0));
        let Some(agreement) = agreement.filter(|_| movement.card_id.is_some()) else { return };
        let before = self.correctables.remove(&agreement).unwrap_or_default();
        let after = match (transaction.kind, movement.from_account, movement.to_account) {
            (TransactionKind::Reversal | TransactionKind::Repricing, Account::Used, _) => before + movement.minutes,
            (TransactionKind::Time | TransactionKind::Repricing, _, Account::Used) => before.less(movement.minutes),
            _ => before,
        };
        if after.is_positive() {
            self.correctables.insert(agreement, after);
        }
    }

    fn note(&self, booked: &Booking) -> Result<(), Difference> {
        let Some((salt, text)) = &booked.note else { return Ok(()) };
        let found = chain::note_digest(salt, text);
        let expected = booked.transaction.note_digest.as_deref().unwrap_or("no note");
        self.same("digest of the note", expected, found.as_str())
    }

    /// The head of the chain and the totals, as the customer's row has them.
    fn end(&self) -> Result<(), Difference> {
        let customer = self.customer;
        self.same("number of its last transaction", customer.seq, self.seq)?;
        self.same("hash of its last transaction", &customer.head, &self.head)?;
        if let Some(last) = self.recorded_at {
            self.same("last_recorded_at", last, customer.last_recorded_at)?;
        }
        self.same_balance("totals", self.totals, customer.balance())
    }

    fn stray(&self, movement: &Movement) -> Difference {
        if movement.customer_id != self.customer.id {
            return unknown_customer("movement", movement.customer_id, Some(movement.seq));
        }
        let what = format!("movement {} recorded at {}", movement.line, movement.recorded_at);
        let found = "none in its place".to_owned();
        Difference { seq: Some(movement.seq), ..self.differs(what, "a transaction of that number and instant", found) }
    }

    fn stray_posting(&self, posting: &Posting) -> Difference {
        if posting.customer_id != self.customer.id {
            return unknown_customer("posting", posting.customer_id, Some(posting.seq));
        }
        let (what, found) = (format!("posting {}", posting.line), "none in its place".to_owned());
        Difference { seq: Some(posting.seq), ..self.differs(what, "a transaction of that number", found) }
    }

    fn card(&mut self, card: &Card) -> Result<(), Difference> {
        if card.customer_id != self.customer.id {
            return Err(unknown_customer("card", card.customer_id, None));
        }
        let tally = self.cards.remove(&card.id).unwrap_or_default();
        let name = format!("card {}", card.id);
        self.same_balance(&name, tally.balance, card.balance())?;
        self.same(&format!("{name}: granted minutes"), tally.granted.0, card.granted.0)?;
        self.conversions.card(card).map_err(|wrong| self.wrong(wrong))?;
        self.money.card(card).map_err(|wrong| self.wrong(wrong))
    }

    fn wrong(&self, wrong: Wrong) -> Difference {
        self.differs(wrong.what, wrong.expected, wrong.found)
    }

    fn correctable(&mut self, id: Uuid, found: Minutes) -> Result<(), Difference> {
        let expected = self.correctables.remove(&id).unwrap_or_default();
        self.same(&format!("estimate or ticket {id}: correctable minutes"), expected.0, found.0)
    }

    /// What was folded and has no row.
    fn leftovers(&self) -> Result<(), Difference> {
        if let Some(card) = self.cards.keys().min() {
            return Err(self.differs(format!("card {card} of its movements"), "a card of this customer", "none"));
        }
        self.conversions.end().map_err(|wrong| self.wrong(wrong))?;
        if let Some((id, minutes)) = self.correctables.iter().min() {
            return Err(self.differs(format!("estimate or ticket {id}: correctable minutes"), minutes.0, 0));
        }
        Ok(())
    }
}
