//! A time entry: what an agent worked, what it costs the customer, and what covers it (TIME-1, TIME-5, TIME-7).

use super::charge::{Arithmetic, TicketDayId, Weighted};
use super::{
    Cents, Counted, Cover, CoverageId, CustomerId, EstimateId, Minutes, TicketId, TimeEntryId, TransactionId, UserId,
    words::words,
};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// The one thing that covers an entry: what was decided for its ticket, as far as it reached.
    pub enum CoveredBy {
        /// A safety incident (URG-1).
        Safety = "safety",
        /// A defect (COVER-2).
        Defect = "defect",
        /// Part of the service (COVER-3).
        Included = "included",
        /// The add-on for urgent tickets (URG-2).
        AddOn = "add_on",
        /// The urgent ticket that is free (URG-2).
        YearlyUrgent = "yearly_urgent",
        /// Fair use (COVER-4).
        FairUse = "fair_use",
        /// Cards of the customer, wholly or in part.
        Card = "card",
        /// An invoice, as agreed (TIME-7).
        Invoice = "invoice",
        /// Given away.
        Goodwill = "goodwill",
        /// A trifle that the policy charges nothing for (TIME-2).
        Free = "free",
        /// Nothing yet (TIME-7).
        Uncovered = "uncovered",
    }
}

impl From<Cover> for CoveredBy {
    fn from(cover: Cover) -> Self {
        match cover {
            Cover::Safety => Self::Safety,
            Cover::Defect => Self::Defect,
            Cover::Included => Self::Included,
            Cover::AddOn => Self::AddOn,
            Cover::YearlyUrgent => Self::YearlyUrgent,
            Cover::FairUse => Self::FairUse,
            Cover::Card => Self::Card,
            Cover::Invoice => Self::Invoice,
            Cover::Goodwill => Self::Goodwill,
            Cover::Uncovered => Self::Uncovered,
        }
    }
}

/// Work of an agent. Never edited: only the marks at the end change, when minutes find cover, it is reversed, or other
/// work of its ticket and day is (TIME-2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimeEntry {
    /// Identity.
    pub id: TimeEntryId,
    /// Whose ticket.
    pub customer_id: CustomerId,
    /// Which ticket.
    pub ticket_id: TicketId,
    /// The decision about who pays that it follows (COVER-1).
    pub coverage_id: CoverageId,
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
    /// What it counts for under fair use, as decided when it was logged; nothing when it does not (FAIR-2).
    pub counted: Counted,
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
    /// Charged minutes that go on an invoice, as agreed (TIME-7).
    pub invoiced: Minutes,
    /// The agreed price of an hour of those, ex VAT (COVER-6).
    pub hourly_rate: Option<Cents>,
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
