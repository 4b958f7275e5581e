//! Reads of mandates.

use super::{Result, Statements};
use crate::domain::{CustomerId, Mandate};

/// The mandates of a customer, the newest first, also those that ended.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Mandate>> {
    on.query("SELECT * FROM mandates WHERE customer_id = $1 ORDER BY id DESC").bind(customer).all().await
}
