//! What waits for finance, in figures that a page of every morning can ask for: each is one read of an index.

use super::{Result, Statements};
use crate::domain::{Cents, MoneyAccount};
use chrono::NaiveDate;

/// Invoices that are still to be paid: how many, and how much together.
///
/// # Errors
/// What the database says.
pub async fn open(on: &mut impl Statements) -> Result<(i64, Cents)> {
    on.query(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(gross - paid - credited), 0) AS BIGINT)
         FROM invoices WHERE number IS NOT NULL AND paid + credited < gross",
    )
    .one()
    .await
}

/// … of these those that should have been paid before `today`.
///
/// # Errors
/// What the database says.
pub async fn overdue(on: &mut impl Statements, today: NaiveDate) -> Result<(i64, Cents)> {
    on.query(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(gross - paid - credited), 0) AS BIGINT)
         FROM invoices WHERE number IS NOT NULL AND paid + credited < gross AND due_on < $1",
    )
    .bind(today)
    .one()
    .await
}

/// Drafts with something on them: how many, and how much together.
///
/// # Errors
/// What the database says.
pub async fn drafts(on: &mut impl Statements) -> Result<(i64, Cents)> {
    on.query(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(gross), 0) AS BIGINT)
         FROM invoices WHERE number IS NULL AND gross > 0",
    )
    .one()
    .await
}

/// Customers who paid too much: how many, and how much together (PAY-5).
///
/// # Errors
/// What the database says.
pub async fn in_credit(on: &mut impl Statements) -> Result<(i64, Cents)> {
    on.query(
        "SELECT CAST(COUNT(*) AS BIGINT), CAST(COALESCE(SUM(credit), 0) AS BIGINT) FROM customers WHERE credit <> 0",
    )
    .one()
    .await
}

/// Reversals of which a person has to say whether they count (PAY-2).
///
/// # Errors
/// What the database says.
pub async fn reversals_waiting(on: &mut impl Statements) -> Result<i64> {
    let row: (i64,) = on.query("SELECT CAST(COUNT(*) AS BIGINT) FROM reversals WHERE counted IS NULL").one().await?;
    Ok(row.0)
}

/// Lines of the bank that nobody has decided about.
///
/// # Errors
/// What the database says.
pub async fn bank_lines_waiting(on: &mut impl Statements) -> Result<i64> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM bank_lines WHERE state IN ('new', 'open')";
    let row: (i64,) = on.query(sql).one().await?;
    Ok(row.0)
}

/// Collections that were planned and not sent.
///
/// # Errors
/// What the database says.
pub async fn collections_planned(on: &mut impl Statements) -> Result<i64> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM collections
               WHERE batch IS NULL AND settled_on IS NULL AND reversal_id IS NULL AND cancelled_at IS NULL";
    let row: (i64,) = on.query(sql).one().await?;
    Ok(row.0)
}

/// Customers whose account is paused for arrears (PAY-4).
///
/// # Errors
/// What the database says.
pub async fn paused(on: &mut impl Statements) -> Result<i64> {
    let row: (i64,) =
        on.query("SELECT CAST(COUNT(*) AS BIGINT) FROM customers WHERE paused_on IS NOT NULL").one().await?;
    Ok(row.0)
}

/// What is still owed in hours of cards (PAY-7).
///
/// # Errors
/// What the database says.
pub async fn deferred(on: &mut impl Statements) -> Result<Cents> {
    let sql = "SELECT CAST(COALESCE(SUM(credit - debit), 0) AS BIGINT) FROM account_days WHERE account = $1";
    let row: (Cents,) = on.query(sql).bind(MoneyAccount::Deferred).one().await?;
    Ok(row.0)
}

/// The last day of the last closed month (TIME-6).
///
/// # Errors
/// What the database says.
pub async fn closed_through(on: &mut impl Statements) -> Result<Option<NaiveDate>> {
    let row: (Option<NaiveDate>,) = on.query("SELECT through FROM closed_books WHERE id = 1").one().await?;
    Ok(row.0)
}
