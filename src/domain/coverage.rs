//! Who pays for a ticket, decided before the work (COVER-1): the words for it.

use super::words::words;
use std::{convert::Infallible, fmt, str::FromStr};

words! {
    /// What covers the work on a ticket, in the order in which it is tried (COVER-1).
    pub enum Cover {
        /// A safety incident: always free, never counted (URG-1).
        Safety = "safety",
        /// A fault in the provider's own products, links or services: free (COVER-2).
        Defect = "defect",
        /// Part of the service that the customer pays for (COVER-3).
        Included = "included",
        /// The customer's add-on for urgent tickets (URG-2).
        AddOn = "add_on",
        /// The urgent ticket that is free once per window (URG-2).
        YearlyUrgent = "yearly_urgent",
        /// Free within fair use (COVER-4).
        FairUse = "fair_use",
        /// Cards of the customer.
        Card = "card",
        /// An invoice, at an agreed price per hour.
        Invoice = "invoice",
        /// Given away.
        Goodwill = "goodwill",
        /// Nothing yet: to be agreed (TIME-7).
        Uncovered = "uncovered",
    }
}

impl Cover {
    /// Whether minutes are charged at all: 0 unless covered by card, invoice or nothing (COVER-1).
    #[must_use]
    pub const fn charges(self) -> bool {
        matches!(self, Self::Card | Self::Invoice | Self::Uncovered)
    }

    /// Whether hours are asked for beforehand as an estimate, which cards pay (SPEND-3).
    #[must_use]
    pub const fn takes_estimates(self) -> bool {
        matches!(self, Self::Card | Self::Uncovered)
    }
}

/// How urgent a ticket is (URG-1, URG-2): a safety incident, or a level of the policy by its id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Client data in the open, own systems hacked, access that a life depends on.
    Safety,
    /// A level that the policy names.
    Level(String),
}

impl Urgency {
    /// The word for a safety incident, which no level may have as its id.
    pub const SAFETY: &'static str = "safety";

    /// As API, pages and database write it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Safety => Self::SAFETY,
            Self::Level(id) => id,
        }
    }
}

impl FromStr for Urgency {
    type Err = Infallible;
    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(if text == Self::SAFETY { Self::Safety } else { Self::Level(text.to_owned()) })
    }
}

impl fmt::Display for Urgency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
