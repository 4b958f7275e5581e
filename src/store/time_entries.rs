//! Reads of time entries.

use super::{Record, Result, Row, Statements, record};
use crate::domain::{TicketId, TimeEntry, TimeEntryId, TransactionKind};
use chrono::{DateTime, Utc};

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

record! {
    /// What corrected an entry: its reversal, a cover found later, a gift, or that it was priced again.
    pub struct Corrected {
        /// Which entry.
        pub time_entry_id: TimeEntryId,
        /// Reversal, cover, goodwill or repricing.
        pub kind: TransactionKind,
        /// When.
        pub recorded_at: DateTime<Utc>,
        /// Who did it; none for the service itself.
        pub by_name: Option<String>,
        /// Why; none once it was erased.
        pub reason: Option<String>,
    }
}

/// What corrected the entries of a ticket, the oldest first.
///
/// # Errors
/// What the database says.
pub async fn corrections(on: &mut impl Statements, ticket: TicketId) -> Result<Vec<Corrected>> {
    on.query(
        "SELECT transactions.time_entry_id, transactions.kind, transactions.recorded_at, users.name AS by_name,
                notes.text AS reason
         FROM time_entries
         JOIN transactions ON transactions.time_entry_id = time_entries.id
         LEFT JOIN users ON users.id = transactions.actor_id
         LEFT JOIN notes ON notes.transaction_id = transactions.id
         WHERE time_entries.ticket_id = $1 AND transactions.kind IN ('reversal', 'cover', 'goodwill', 'repricing')
         ORDER BY transactions.seq",
    )
    .bind(ticket)
    .all()
    .await
}
