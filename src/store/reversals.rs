//! Reads of what came undone (PAY-2).

use super::{Record, Result, Row, Statements};
use crate::domain::{CollectionId, CustomerId, InvoiceId, PaymentId, Reversal, ReversalId, words::words};
use chrono::{DateTime, Utc};

/// A reversal with what it is about.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The reversal.
    pub reversal: Reversal,
    /// Number of the customer.
    pub customer_number: i64,
    /// Name of the customer.
    pub customer_name: String,
    /// The invoice that was paid, the first where it was several.
    pub invoice_id: Option<InvoiceId>,
    /// Its number.
    pub invoice_number: Option<String>,
    /// Number of the document of the fee.
    pub fee_number: Option<String>,
    /// The id of the collection.
    pub end_to_end_id: Option<String>,
    /// Reference of the mandate that it was collected under.
    pub mandate_reference: Option<String>,
    /// When that mandate ended.
    pub mandate_ended_at: Option<DateTime<Utc>>,
    /// Name of who recorded it; none when the bank told.
    pub by_name: Option<String>,
}

impl Record for Told {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            reversal: Reversal::read(row)?,
            customer_number: row.get("customer_number")?,
            customer_name: row.get("customer_name")?,
            invoice_id: row.get("paid_invoice_id")?,
            invoice_number: row.get("invoice_number")?,
            fee_number: row.get("fee_number")?,
            end_to_end_id: row.get("end_to_end_id")?,
            mandate_reference: row.get("mandate_reference")?,
            mandate_ended_at: row.get("mandate_ended_at")?,
            by_name: row.get("by_name")?,
        })
    }
}

words! {
    /// Which reversals are asked for.
    pub enum WhichReversals {
        /// All of them.
        All = "all",
        /// Those that wait for a person to judge them.
        Waiting = "waiting",
    }
}

/// Reversals of all customers or of one, the newest first, before `before`.
///
/// # Errors
/// What the database says.
pub async fn list(
    on: &mut impl Statements,
    which: WhichReversals,
    customer: Option<CustomerId>,
    before: Option<ReversalId>,
    limit: i64,
) -> Result<Vec<Told>> {
    on.query(
        "SELECT told.*, customers.number AS customer_number, customers.name AS customer_name,
                invoices.number AS invoice_number, fees.number AS fee_number, mandates.reference AS mandate_reference,
                mandates.ended_at AS mandate_ended_at, users.name AS by_name
         FROM (SELECT reversals.*, collections.end_to_end_id AS end_to_end_id, collections.mandate_id AS mandate_id,
                      COALESCE(collections.invoice_id,
                               (SELECT MIN(invoice_id) FROM allocations
                                WHERE allocations.payment_id = reversals.payment_id)) AS paid_invoice_id
               FROM reversals LEFT JOIN collections ON collections.id = reversals.collection_id
               WHERE reversals.undone = 0 AND reversals.id < $1 AND ($2 = 'all' OR reversals.counted IS NULL) AND ($3 = '' OR reversals.customer_id = $3)
               ORDER BY reversals.id DESC LIMIT $4) AS told
         JOIN customers ON customers.id = told.customer_id
         LEFT JOIN invoices ON invoices.id = paid_invoice_id
         LEFT JOIN invoices AS fees ON fees.id = told.fee_invoice_id
         LEFT JOIN mandates ON mandates.id = told.mandate_id
         LEFT JOIN users ON users.id = told.recorded_by
         ORDER BY told.id DESC",
    )
    .bind(before.map_or_else(|| "~".to_owned(), |id| id.to_string()))
    .bind(which.as_str())
    .bind(customer.map_or_else(String::new, |id| id.to_string()))
    .bind(limit)
    .all()
    .await
}

/// Every reversal of a customer, for its sum.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Reversal>> {
    on.query("SELECT * FROM reversals WHERE customer_id = $1 AND undone = 0 ORDER BY id").bind(customer).all().await
}

/// How many wait for a person.
///
/// # Errors
/// What the database says.
pub async fn waiting(on: &mut impl Statements) -> Result<i64> {
    let sql = "SELECT CAST(COUNT(*) AS BIGINT) FROM reversals WHERE counted IS NULL";
    Ok(on.query(sql).one::<(i64,)>().await?.0)
}

/// Whose reversal it is.
///
/// # Errors
/// What the database says.
pub async fn owner(on: &mut impl Statements, id: ReversalId) -> Result<Option<CustomerId>> {
    let found: Option<(CustomerId,)> =
        on.query("SELECT customer_id FROM reversals WHERE id = $1").bind(id).optional().await?;
    Ok(found.map(|(owner,)| owner))
}

/// Whose payment it is.
///
/// # Errors
/// What the database says.
pub async fn owner_of_payment(on: &mut impl Statements, id: PaymentId) -> Result<Option<CustomerId>> {
    let found: Option<(CustomerId,)> =
        on.query("SELECT customer_id FROM payments WHERE id = $1").bind(id).optional().await?;
    Ok(found.map(|(owner,)| owner))
}

/// Whose collection it is.
///
/// # Errors
/// What the database says.
pub async fn owner_of_collection(on: &mut impl Statements, id: CollectionId) -> Result<Option<CustomerId>> {
    let found: Option<(CustomerId,)> =
        on.query("SELECT customer_id FROM collections WHERE id = $1").bind(id).optional().await?;
    Ok(found.map(|(owner,)| owner))
}
