//! Reads of the installations of a customer.

use super::{Result, Statements};
use crate::domain::{CustomerId, Installation};

/// The installations of a customer, also those that were removed, by name.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Installation>> {
    on.query("SELECT * FROM installations WHERE customer_id = $1 ORDER BY name, id").bind(customer).all().await
}
