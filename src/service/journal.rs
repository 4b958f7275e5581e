//! The whole ledger for another program, in one read snapshot, written as it is read: minutes, or money.

use crate::domain::policy::Accounts;
use crate::domain::{Cents, MoneyAccount};
use crate::exchange::hledger::{HEAD, MONEY_HEAD, MoneySection, Section, money_totals};
use crate::store::{Db, accounting, walk::Walk};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Why a journal is not complete.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// It cannot be written.
    #[error("the journal cannot be written: {0}")]
    Write(#[from] io::Error),
    /// The ledger cannot be read.
    #[error("the ledger cannot be read: {0}")]
    Database(#[from] sqlx::Error),
}

/// Writes every transaction of every customer as a journal of hledger (see [`crate::exchange::hledger`]). Memory does
/// not grow with the number of movements.
///
/// # Errors
/// When the ledger cannot be read or `out` cannot be written; what was written until then is no journal.
pub async fn hledger(db: &Db, out: &mut impl Write) -> Result<(), JournalError> {
    let mut tx = db.snapshot().await?;
    let mut walk = Walk::default();
    out.write_all(HEAD.as_bytes())?;
    while let Some(customer) = walk.customers.next(&mut tx).await? {
        let mut section = Section::new(&customer);
        while let Some(booked) =
            walk.transactions.next_if(&mut tx, |row| row.transaction.customer_id <= customer.id).await?
        {
            let movements = walk.movements_up_to(&mut tx, &booked.transaction).await?;
            out.write_all(section.transaction(&booked.transaction, booked.ticket, &movements).as_bytes())?;
        }
        let mut cards = Vec::new();
        while let Some(card) = walk.cards.next_if(&mut tx, |row| row.customer_id <= customer.id).await? {
            cards.push(card);
        }
        out.write_all(section.end(&cards).as_bytes())?;
    }
    out.flush()?;
    Ok(())
}

/// Writes all money of every customer as a journal of hledger, under the bookkeeper's numbers of `accounts`. Each customer
/// ends in our own figures, and the journal in our balances, for hledger to compare.
///
/// # Errors
/// As [`hledger`].
pub async fn hledger_money(db: &Db, accounts: &Accounts, out: &mut impl Write) -> Result<(), JournalError> {
    let mut tx = db.snapshot().await?;
    let mut walk = Walk::default();
    let mut last_day = None;
    out.write_all(MONEY_HEAD.as_bytes())?;
    while let Some(customer) = walk.customers.next(&mut tx).await? {
        let mut section = MoneySection::new(&customer, accounts);
        while let Some(booked) =
            walk.transactions.next_if(&mut tx, |row| row.transaction.customer_id <= customer.id).await?
        {
            let postings = walk.postings_up_to(&mut tx, &booked.transaction).await?;
            out.write_all(section.transaction(&booked.transaction, &postings).as_bytes())?;
            last_day = last_day.max(postings.first().map(|posting| posting.booked_on));
        }
        let mut cards = Vec::new();
        while let Some(card) = walk.cards.next_if(&mut tx, |row| row.customer_id <= customer.id).await? {
            cards.push(card);
        }
        let open = accounting::open_of(&mut tx, customer.id).await?;
        out.write_all(section.end(open, &cards).as_bytes())?;
    }
    if let Some(last_day) = last_day {
        let sums = accounting::sums(&mut tx, None, None).await?;
        let balances: BTreeMap<MoneyAccount, Cents> =
            sums.into_iter().map(|(account, debit, credit)| (account, debit - credit)).collect();
        out.write_all(money_totals(accounts, last_day, &balances).as_bytes())?;
    }
    out.flush()?;
    Ok(())
}
