//! Reads of cards.

use super::{Result, Statements, record};
use crate::domain::{Card, CardId, Cents, CustomerId, InvoiceId, Minutes};
use chrono::NaiveDate;

/// Every card of a customer, the oldest order first.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Card>> {
    on.query("SELECT * FROM cards WHERE customer_id = $1 ORDER BY id").bind(customer).all().await
}

/// One card.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: CardId) -> Result<Option<Card>> {
    on.query("SELECT * FROM cards WHERE id = $1").bind(id).optional().await
}

record! {
    /// A card that was sold.
    pub struct Sold {
        /// The card.
        pub id: CardId,
        /// Whose.
        pub customer_id: CustomerId,
        /// The customer's number.
        pub customer_number: i64,
        /// The customer's name.
        pub customer_name: String,
        /// The product.
        pub product: String,
        /// What it holds.
        pub minutes: Minutes,
        /// Price ex VAT.
        pub price: Cents,
        /// Day of the order.
        pub ordered_on: NaiveDate,
        /// First valid day, once it is active.
        pub activated_on: Option<NaiveDate>,
        /// What is left: available and held.
        pub left_minutes: Minutes,
        /// Its invoice.
        pub invoice_id: InvoiceId,
        /// The invoice's number.
        pub invoice_number: String,
        /// What is still to be paid.
        pub open: Cents,
    }
}

/// Cards that were sold, the newest first, before invoice number `before`.
///
/// # Errors
/// What the database says.
pub async fn sold(on: &mut impl Statements, before: Option<&str>, limit: i64) -> Result<Vec<Sold>> {
    on.query(
        "SELECT cards.id, cards.customer_id, customers.number AS customer_number, customers.name AS customer_name,
                product, minutes, price, ordered_on, activated_on, cards.available + cards.held AS left_minutes,
                invoices.id AS invoice_id, invoices.number AS invoice_number, gross - paid - credited AS open
         FROM invoices JOIN cards ON cards.id = invoices.card_id AND kind = 'invoice' JOIN customers ON customers.id = invoices.customer_id
         WHERE invoices.number < $1 ORDER BY invoices.number DESC LIMIT $2",
    )
    .bind(before.unwrap_or("~"))
    .bind(limit)
    .all()
    .await
}
