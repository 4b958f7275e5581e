//! Reads of tickets.

use super::{Record, Result, Row, Statements};
use crate::domain::{CustomerId, Minutes, Ticket, TicketId};

/// One ticket.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: TicketId) -> Result<Option<Ticket>> {
    on.query("SELECT * FROM tickets WHERE id = $1").bind(id).optional().await
}

/// The ticket with a number.
///
/// # Errors
/// What the database says.
pub async fn by_number(on: &mut impl Statements, number: i64) -> Result<Option<Ticket>> {
    on.query("SELECT * FROM tickets WHERE number = $1").bind(number).optional().await
}

/// Tickets of a customer, the newest first, before number `before`.
///
/// # Errors
/// What the database says.
pub async fn of(on: &mut impl Statements, customer: CustomerId, before: i64, limit: i64) -> Result<Vec<Ticket>> {
    on.query("SELECT * FROM tickets WHERE customer_id = $1 AND number < $2 ORDER BY number DESC LIMIT $3")
        .bind(customer)
        .bind(before)
        .bind(limit)
        .all()
        .await
}

/// A ticket as the desk shows it.
#[derive(Clone, Debug, PartialEq)]
pub struct OnDesk {
    /// The ticket.
    pub ticket: Ticket,
    /// The customer's name.
    pub customer_name: String,
    /// What the customer has left.
    pub available: Minutes,
    /// What the ticket's estimates hold.
    pub held: Minutes,
}

impl Record for OnDesk {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            ticket: Ticket::read(row)?,
            customer_name: row.get("customer_name")?,
            available: row.get("available")?,
            held: row.get("held_for")?,
        })
    }
}

/// The newest tickets of all customers, before number `before`.
///
/// # Errors
/// What the database says.
pub async fn newest(on: &mut impl Statements, before: i64, limit: i64) -> Result<Vec<OnDesk>> {
    on.query(
        "SELECT tickets.*, customers.name AS customer_name, customers.available,
                CAST((SELECT COALESCE(SUM(estimates.held), 0) FROM estimates WHERE ticket_id = tickets.id) AS BIGINT)
                    AS held_for
         FROM tickets JOIN customers ON customers.id = tickets.customer_id
         WHERE tickets.number < $1 ORDER BY tickets.number DESC LIMIT $2",
    )
    .bind(before)
    .bind(limit)
    .all()
    .await
}
