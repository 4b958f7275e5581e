//! Reads of what owners are told about their cards.

use super::{Result, Statements};
use crate::domain::{CustomerId, Notice};
use chrono::{DateTime, Utc};

/// What a customer was told since a moment, the newest first.
///
/// # Errors
/// What the database says.
pub async fn since(
    on: &mut impl Statements,
    customer: CustomerId,
    moment: DateTime<Utc>,
    limit: i64,
) -> Result<Vec<Notice>> {
    let sql = "SELECT * FROM notices WHERE customer_id = $1 AND recorded_at >= $2
               ORDER BY recorded_at DESC, id DESC LIMIT $3";
    on.query(sql).bind(customer).bind(moment).bind(limit).all().await
}
