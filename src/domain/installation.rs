//! An installation of a customer, such as a website: what a card can be bought for and a ticket is about (CARD-8).

use super::{CustomerId, InstallationId, UserId};
use chrono::{DateTime, Utc};

/// An installation. It keeps its name; a removed one stays, with the moment of its removal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installation {
    /// Identity.
    pub id: InstallationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// What the customer calls it; no two at once have the same name.
    pub name: String,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// By whom.
    pub added_by: Option<UserId>,
    /// When it was removed.
    pub removed_at: Option<DateTime<Utc>>,
    /// By whom.
    pub removed_by: Option<UserId>,
}

impl Installation {
    /// Whether cards can be bought for it and tickets opened about it.
    #[must_use]
    pub const fn is_active(&self) -> bool {
        self.removed_at.is_none()
    }
}
