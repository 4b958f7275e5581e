//! Which parts a provider has: pages and API leave out the others rather than show zeros (POL-3).

use super::Policy;
use crate::domain::words::words;

words! {
    /// A part that a provider may do without.
    pub enum Part {
        /// Prepaid cards of hours.
        Cards = "cards",
        /// Service hours; without them the provider is always there.
        Hours = "hours",
        /// Priorities of tickets.
        Priorities = "priorities",
        /// Topics of tickets.
        Topics = "topics",
        /// Rules on who pays, besides cards.
        Coverage = "coverage",
        /// Free support within fair use.
        FairUse = "fair_use",
        /// Urgent tickets.
        Urgency = "urgency",
        /// The availability of each month.
        Availability = "availability",
        /// Reversals of direct debits, and what they cost (PAY-2).
        Reversals = "reversals",
        /// A fee for taking up an account that was paused (PAY-4).
        Reactivation = "reactivation",
        /// Files of direct debits for the bank.
        Collection = "collection",
    }
}

impl Policy {
    /// The parts that this policy has, in the order of declaration.
    #[must_use]
    pub fn parts(&self) -> Vec<Part> {
        Part::ALL.iter().copied().filter(|part| self.has(*part)).collect()
    }

    /// Whether this policy has a part.
    #[must_use]
    pub fn has(&self, part: Part) -> bool {
        match part {
            Part::Cards => self.cards.is_some(),
            Part::Hours => self.hours.is_some(),
            Part::Priorities => !self.priorities.is_empty(),
            Part::Topics => !self.topics.is_empty(),
            Part::Coverage => !self.coverage.is_empty(),
            Part::FairUse => self.fair_use.is_some(),
            Part::Urgency => self.urgency.is_some(),
            Part::Availability => self.availability.is_some(),
            Part::Reversals => self.reversals.is_some(),
            Part::Reactivation => self.reactivation.is_some(),
            Part::Collection => self.collection.is_some(),
        }
    }
}
