//! Reads of decisions about who pays.

use super::{Record, Result, Row, Statements, record};
use crate::domain::{AddOnTerm, Cents, Coverage, CustomerId, Minutes, TicketId, TimeEntryId};
use chrono::NaiveDate;

/// A decision with the names that a page needs beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The decision.
    pub coverage: Coverage,
    /// Name of the agent; none where the rules decided.
    pub decided_by_name: Option<String>,
    /// Name of the contact who agreed to an invoice.
    pub agreed_by_name: Option<String>,
}

impl Record for Shown {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            coverage: Coverage::read(row)?,
            decided_by_name: row.get("decided_by_name")?,
            agreed_by_name: row.get("agreed_by_name")?,
        })
    }
}

/// The decisions about a ticket, the newest first: the first of them is in force.
///
/// # Errors
/// What the database says.
pub async fn of_ticket(on: &mut impl Statements, ticket: TicketId) -> Result<Vec<Shown>> {
    on.query(
        // From the one in force back along what each replaced: instants can be equal.
        "WITH RECURSIVE chain (id, place) AS (
             SELECT coverage_id, 1 FROM tickets WHERE id = $1
             UNION ALL SELECT replaces, place + 1 FROM chain
             JOIN coverage_decisions ON coverage_decisions.id = chain.id
             WHERE replaces IS NOT NULL AND place < 200
         )
         SELECT coverage_decisions.*, users.name AS decided_by_name, contacts.name AS agreed_by_name
         FROM chain
         JOIN coverage_decisions ON coverage_decisions.id = chain.id
         LEFT JOIN users ON users.id = decided_by
         LEFT JOIN contacts ON contacts.id = agreed_by
         ORDER BY place",
    )
    .bind(ticket)
    .all()
    .await
}

/// The terms of a customer's add-on for urgent tickets, the newest first: the first of them holds.
///
/// # Errors
/// What the database says.
pub async fn add_ons(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<AddOnTerm>> {
    on.query("SELECT * FROM urgent_add_ons WHERE customer_id = $1 ORDER BY nr DESC LIMIT 200")
        .bind(customer)
        .all()
        .await
}

record! {
    /// Work that is to be invoiced, as agreed.
    pub struct Invoiceable {
        /// The entry.
        pub id: TimeEntryId,
        /// Its ticket.
        pub ticket_id: TicketId,
        /// Number of the ticket.
        pub ticket_number: i64,
        /// Subject of the ticket.
        pub ticket_subject: String,
        /// The day of the work.
        pub worked_on: NaiveDate,
        /// How many minutes.
        pub invoiced: Minutes,
        /// The price of an hour, ex VAT.
        pub hourly_rate: Cents,
    }
}

/// The work of a customer that is to be invoiced and stands, the newest first, before entry `before`.
///
/// # Errors
/// What the database says.
pub async fn invoiceable(
    on: &mut impl Statements,
    customer: CustomerId,
    before: Option<TimeEntryId>,
    limit: i64,
) -> Result<Vec<Invoiceable>> {
    on.query(
        "SELECT time_entries.id, ticket_id, tickets.number AS ticket_number, tickets.subject AS ticket_subject,
                worked_on, invoiced, time_entries.hourly_rate
         FROM time_entries JOIN tickets ON tickets.id = ticket_id
         WHERE time_entries.customer_id = $1 AND invoiced > 0 AND time_entries.id < $2
         ORDER BY time_entries.id DESC LIMIT $3",
    )
    .bind(customer)
    .bind(before.map_or_else(|| "g".to_owned(), |id| id.to_string()))
    .bind(limit)
    .all()
    .await
}
