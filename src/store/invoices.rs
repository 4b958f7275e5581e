//! Reads of invoices and payments.

use super::{Record, Result, Row, Statements};
use crate::domain::{CardId, Cents, CustomerId, Invoice, InvoiceId, Minutes, Payment};
use chrono::NaiveDate;

/// One invoice.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: InvoiceId) -> Result<Option<Invoice>> {
    on.query("SELECT * FROM invoices WHERE id = $1").bind(id).optional().await
}

/// What an invoice is for.
///
/// # Errors
/// Also when there is no such card.
pub async fn subject(on: &mut impl Statements, card: CardId) -> Result<(String, Minutes)> {
    on.query("SELECT product, minutes FROM cards WHERE id = $1").bind(card).one().await
}

/// The payments for an invoice, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn payments(on: &mut impl Statements, invoice: InvoiceId) -> Result<Vec<Payment>> {
    on.query("SELECT * FROM payments WHERE invoice_id = $1 ORDER BY open_after DESC").bind(invoice).all().await
}

/// The invoices of a customer, the newest first.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Invoice>> {
    on.query("SELECT * FROM invoices WHERE customer_id = $1 ORDER BY number DESC").bind(customer).all().await
}

/// An invoice and who owes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// The invoice.
    pub invoice: Invoice,
    /// Number of the customer.
    pub customer_number: i64,
    /// Name of the customer.
    pub customer_name: String,
}

impl Record for Owed {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            invoice: Invoice::read(row)?,
            customer_number: row.get("customer_number")?,
            customer_name: row.get("customer_name")?,
        })
    }
}

/// Invoices that are not fully paid, the oldest first, after number `after`.
///
/// # Errors
/// What the database says.
pub async fn open(on: &mut impl Statements, after: &str, limit: i64) -> Result<Vec<Owed>> {
    on.query(
        "SELECT invoices.*, customers.number AS customer_number, customers.name AS customer_name
         FROM invoices JOIN customers ON customers.id = customer_id
         WHERE paid < gross AND invoices.number > $1 ORDER BY invoices.number LIMIT $2",
    )
    .bind(after)
    .bind(limit)
    .all()
    .await
}

/// What is still to be paid in all, and how much of that was due before `today`.
///
/// # Errors
/// What the database says.
pub async fn owed(on: &mut impl Statements, today: NaiveDate) -> Result<(Cents, Cents)> {
    on.query(
        "SELECT CAST(COALESCE(SUM(gross - paid), 0) AS BIGINT),
                CAST(COALESCE(SUM(CASE WHEN due_on < $1 THEN gross - paid ELSE 0 END), 0) AS BIGINT)
         FROM invoices WHERE paid < gross",
    )
    .bind(today)
    .one()
    .await
}
