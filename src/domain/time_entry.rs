//! A time entry: what an agent worked, what it costs the customer, and what covers it (TIME-1, TIME-5, TIME-7).

use super::{CustomerId, EstimateId, Minutes, TicketId, TimeEntryId, TransactionId, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// The one thing that covers an entry.
    pub enum CoveredBy {
        /// Cards of the customer, wholly or in part.
        Card = "card",
        /// Nobody pays: a defect (COVER-2) or a trifle the policy gives away.
        Free = "free",
        /// Nothing yet (TIME-7).
        Uncovered = "uncovered",
    }
}

/// Work of an agent. Never edited: only the two marks at the end change, when minutes find cover or it is reversed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeEntry {
    /// Identity.
    pub id: TimeEntryId,
    /// Whose ticket.
    pub customer_id: CustomerId,
    /// Which ticket.
    pub ticket_id: TicketId,
    /// The estimate it was logged against, where one was named or found.
    pub estimate_id: Option<EstimateId>,
    /// The transaction that booked it.
    pub transaction_id: TransactionId,
    /// The agent.
    pub agent_id: Option<UserId>,
    /// Minutes as worked.
    pub worked: Minutes,
    /// Minutes as charged: rounded, 0 when free.
    pub charged: Minutes,
    /// The day of the work.
    pub worked_on: NaiveDate,
    /// When the work began, if that was told.
    pub started_at: Option<DateTime<Utc>>,
    /// What covered it when it was logged.
    pub covered_by: CoveredBy,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// Charged minutes that nothing covers yet.
    pub uncovered: Minutes,
    /// The transaction that reversed it.
    pub reversed_by: Option<TransactionId>,
}
