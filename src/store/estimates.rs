//! Reads of estimates.

use super::{Record, Result, Row, Statements, users::LinkFrom};
use crate::domain::{CustomerId, Estimate, EstimateId, TicketId};

/// An estimate with the words that a page needs beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The estimate.
    pub estimate: Estimate,
    /// Number of its ticket.
    pub ticket_number: i64,
    /// Subject of its ticket.
    pub ticket_subject: String,
    /// Name of the customer.
    pub customer_name: String,
    /// Who asked.
    pub proposed_by_name: Option<String>,
    /// Who answered.
    pub answered_by_name: Option<String>,
    /// Who wrote the answer down.
    pub recorded_by_name: Option<String>,
    /// By whose link the login that answered was opened.
    pub link: Option<LinkFrom>,
}

impl Record for Shown {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            estimate: Estimate::read(row)?,
            ticket_number: row.get("ticket_number")?,
            ticket_subject: row.get("ticket_subject")?,
            customer_name: row.get("customer_name")?,
            proposed_by_name: row.get("proposed_by_name")?,
            answered_by_name: row.get("answered_by_name")?,
            recorded_by_name: row.get("recorded_by_name")?,
            link: LinkFrom::read(row)?,
        })
    }
}

macro_rules! shown {
    ($rest:literal) => {
        concat!(
            "SELECT estimates.*, tickets.number AS ticket_number, tickets.subject AS ticket_subject,
                    customers.name AS customer_name, proposer.name AS proposed_by_name,
                    contacts.name AS answered_by_name, recorder.name AS recorded_by_name,
                    linker.name AS link_name
             FROM estimates
             JOIN tickets ON tickets.id = estimates.ticket_id
             JOIN customers ON customers.id = estimates.customer_id
             LEFT JOIN users AS proposer ON proposer.id = estimates.proposed_by
             LEFT JOIN users AS recorder ON recorder.id = estimates.recorded_by
             LEFT JOIN users AS linker ON linker.id = estimates.link_by
             LEFT JOIN contacts ON contacts.id = estimates.answered_by
             WHERE ",
            $rest
        )
    };
}

/// One estimate.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: EstimateId) -> Result<Option<Estimate>> {
    on.query("SELECT * FROM estimates WHERE id = $1").bind(id).optional().await
}

/// The estimates of a ticket, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn of_ticket(on: &mut impl Statements, ticket: TicketId) -> Result<Vec<Shown>> {
    on.query(shown!("estimates.ticket_id = $1 ORDER BY estimates.id")).bind(ticket).all().await
}

/// The estimates of a customer that wait for an answer or hold minutes, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn open_of(on: &mut impl Statements, customer: CustomerId) -> Result<Vec<Shown>> {
    on.query(shown!(
        "estimates.customer_id = $1 AND estimates.status IN ('proposed', 'accepted') ORDER BY estimates.id"
    ))
    .bind(customer)
    .all()
    .await
}

/// The estimates of all customers that wait for an answer, the soonest term first.
///
/// # Errors
/// What the database says.
pub async fn waiting(on: &mut impl Statements, limit: i64) -> Result<Vec<Shown>> {
    on.query(shown!("estimates.status = 'proposed' ORDER BY answer_by, estimates.id LIMIT $1")).bind(limit).all().await
}
