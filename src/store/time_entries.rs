//! Reads of time entries.

use super::{Record, Result, Row, Statements};
use crate::domain::{TicketId, TimeEntry, TimeEntryId};

/// An entry with the words that a page needs beside it.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// The entry.
    pub entry: TimeEntry,
    /// What was done; none once it was erased.
    pub description: Option<String>,
    /// Name of the agent.
    pub agent_name: Option<String>,
}

impl Record for Shown {
    fn read(row: &Row<'_>) -> Result<Self> {
        Ok(Self {
            entry: TimeEntry::read(row)?,
            description: row.get("description")?,
            agent_name: row.get("agent_name")?,
        })
    }
}

/// One entry.
///
/// # Errors
/// What the database says.
pub async fn get(on: &mut impl Statements, id: TimeEntryId) -> Result<Option<TimeEntry>> {
    on.query("SELECT * FROM time_entries WHERE id = $1").bind(id).optional().await
}

/// The newest entries of a ticket, the newest first.
///
/// # Errors
/// What the database says.
pub async fn of_ticket(on: &mut impl Statements, ticket: TicketId, limit: i64) -> Result<Vec<Shown>> {
    on.query(
        "SELECT time_entries.*, notes.text AS description, users.name AS agent_name FROM time_entries
         LEFT JOIN notes ON notes.transaction_id = time_entries.transaction_id
         LEFT JOIN users ON users.id = agent_id
         WHERE ticket_id = $1 ORDER BY recorded_at DESC, time_entries.id DESC LIMIT $2",
    )
    .bind(ticket)
    .bind(limit)
    .all()
    .await
}
