//! What an owner is to be told about cards. Written in the commit that made it so, never changed.

use super::{CardId, CustomerId, InstallationId, NoticeId, words::words};
use chrono::{DateTime, Utc};

words! {
    /// What is told.
    pub enum NoticeKind {
        /// What is left has come down to the policy's `alert_below_minutes`.
        Low = "low",
        /// A card was used up and ordered again (CARD-9).
        Renewed = "renewed",
        /// A card was used up and would have been ordered again, but is no longer for sale (CARD-9).
        NotRenewed = "not_renewed",
        /// What was left of a card went on at a new rate (CARD-10).
        Converted = "converted",
        /// What was left of a card is to be given back as money (CARD-10).
        Credited = "credited",
    }
}

/// One thing that is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Identity.
    pub id: NoticeId,
    /// To whom.
    pub customer_id: CustomerId,
    /// What.
    pub kind: NoticeKind,
    /// About the cards of which installation; none for those of no particular one.
    pub installation_id: Option<InstallationId>,
    /// The card it is about: the new one after a renewal or a conversion.
    pub card_id: Option<CardId>,
    /// When it became so.
    pub recorded_at: DateTime<Utc>,
}
