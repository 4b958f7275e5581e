//! A time entry: what an agent worked, what it costs the customer, and what covers it (TIME-1, TIME-5, TIME-7).

use super::charge::{Arithmetic, TicketDayId, Weighted};
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

/// Work of an agent. Never edited: only the three marks at the end change, when minutes find cover, it is reversed, or
/// another entry of its ticket and day is (TIME-2).
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
    /// Minutes as charged: rounded, with surcharges, 0 when free.
    pub charged: Minutes,
    /// The version of the policy that it was priced under (POL-1).
    pub policy_version: i64,
    /// What the work counts for before rounding (TIME-3).
    pub weighted: Weighted,
    /// What surcharges added.
    pub surcharged: Minutes,
    /// How the charge came about; none where nothing is charged, whatever was worked.
    pub arithmetic: Option<Arithmetic>,
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
    /// By how much its charge changed since, because other work of that ticket and day was reversed.
    pub repriced: Minutes,
    /// The transaction that reversed it.
    pub reversed_by: Option<TransactionId>,
}

impl TimeEntry {
    /// What it is charged as things stand, unless it is reversed.
    #[must_use]
    pub fn charged_now(&self) -> Minutes {
        self.charged + self.repriced
    }

    /// The day of the ticket on which it counts, where it is priced at all.
    #[must_use]
    pub fn day(&self) -> Option<TicketDayId> {
        self.arithmetic.as_ref().map(|_| (self.ticket_id, self.worked_on, self.policy_version))
    }
}
