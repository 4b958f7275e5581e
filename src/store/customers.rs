//! Reads of customers.

use super::{Result, Statements};
use crate::domain::{Customer, CustomerId};

/// One customer.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: CustomerId) -> Result<Option<Customer>> {
    on.query("SELECT * FROM customers WHERE id = $1").bind(id).optional().await
}

/// Customers whose name or e-mail address contains `query` (lower case), by number, after number `after`.
///
/// # Errors
/// What the database says.
pub async fn list(on: &mut impl Statements, query: &str, after: i64, limit: i64) -> Result<Vec<Customer>> {
    on.query("SELECT * FROM customers WHERE number > $1 AND identity LIKE $2 ESCAPE '\\' ORDER BY number LIMIT $3")
        .bind(after)
        .bind(like(query))
        .bind(limit)
        .all()
        .await
}

/// A pattern that finds `text` anywhere; its own wildcards are taken as they are.
pub(super) fn like(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len() + 2);
    pattern.push('%');
    for letter in text.to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}
