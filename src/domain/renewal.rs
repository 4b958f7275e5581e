//! A customer's consent that cards are ordered again when they are used up (CARD-9).

use super::{ConsentId, ContactId, CustomerId, UserId};
use chrono::{DateTime, NaiveDate, Utc};

/// Consent, from the moment it is given to its withdrawal. Giving it again makes a new one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Identity.
    pub id: ConsentId,
    /// Of which customer.
    pub customer_id: CustomerId,
    /// The owner who gave it.
    pub contact_id: ContactId,
    /// When.
    pub given_at: DateTime<Utc>,
    /// By which login.
    pub given_by: Option<UserId>,
    /// Who had made the link by which that login was opened, where it was handed over (SPEND-3a).
    pub link_by: Option<UserId>,
    /// The day of that link.
    pub link_on: Option<NaiveDate>,
    /// When it was withdrawn.
    pub withdrawn_at: Option<DateTime<Utc>>,
    /// By which login.
    pub withdrawn_by: Option<UserId>,
}

impl Consent {
    /// Whether it still holds.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.withdrawn_at.is_none()
    }
}
