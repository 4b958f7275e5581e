//! The persons of a customer: who may see, who may spend, who manages (SPEND-1, SPEND-2, SPEND-6).

use super::{ContactId, CustomerId, Minutes, Policy, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// What a contact may do.
    pub enum Role {
        /// Manages contacts and buys; agrees to estimates unless the policy says otherwise.
        Owner = "owner",
        /// Agrees to estimates.
        Spender = "spender",
        /// Sees the balance.
        Viewer = "viewer",
    }
}

words! {
    /// How a request to change who may spend reached the agent (SPEND-2): in writing, from the customer.
    pub enum AskedVia {
        /// By mail from a known address.
        Mail = "mail",
        /// By the account's own chat.
        Chat = "chat",
    }
}

/// A natural person at one customer. May have no login; one login may be several contacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// Identity.
    pub id: ContactId,
    /// The customer this person belongs to.
    pub customer_id: CustomerId,
    /// Name.
    pub name: String,
    /// E-mail address, lower case.
    pub email: String,
    /// What this person may do.
    pub role: Role,
    /// The most this person may agree to in one estimate.
    pub ceiling: Option<Minutes>,
    /// First day on which the authorisation holds.
    pub valid_from: Option<NaiveDate>,
    /// Last day on which the authorisation holds.
    pub valid_until: Option<NaiveDate>,
    /// Who asked for this authorisation, where an agent recorded it.
    pub asked_by: Option<String>,
    /// How it was asked.
    pub asked_via: Option<AskedVia>,
    /// Who added it; nobody means the service itself.
    pub added_by: Option<UserId>,
    /// When it was added.
    pub added_at: DateTime<Utc>,
    /// When it was revoked.
    pub removed_at: Option<DateTime<Utc>>,
    /// Who revoked it.
    pub removed_by: Option<UserId>,
}

/// Why a contact may not agree to something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MayNot {
    /// The role does not spend.
    Role,
    /// Revoked before that moment.
    Revoked,
    /// Not yet, or no longer, authorised on that day.
    OutOfDates,
    /// More than the ceiling per estimate.
    Ceiling(Minutes),
}

impl Contact {
    /// Whether this person may agree to `minutes` at the moment `at`, on the local day `day` (SPEND-1, SPEND-6).
    ///
    /// # Errors
    /// The reason why not.
    pub fn may_spend(
        &self,
        minutes: Minutes,
        at: DateTime<Utc>,
        day: NaiveDate,
        policy: &Policy,
    ) -> Result<(), MayNot> {
        let spends = match self.role {
            Role::Owner => policy.spending.owner_spends,
            Role::Spender => true,
            Role::Viewer => false,
        };
        if !spends {
            return Err(MayNot::Role);
        }
        if self.removed_at.is_some_and(|removed| removed <= at) {
            return Err(MayNot::Revoked);
        }
        let not_yet = self.valid_from.is_none() && policy.day(self.added_at) > day;
        if not_yet || !self.holds_on(day) {
            return Err(MayNot::OutOfDates);
        }
        match self.ceiling {
            Some(ceiling) if minutes > ceiling => Err(MayNot::Ceiling(ceiling)),
            _ => Ok(()),
        }
    }

    /// The last day of the authorisation; the end of time where there is none.
    #[must_use]
    pub fn until(&self) -> NaiveDate {
        self.valid_until.unwrap_or(NaiveDate::MAX)
    }

    /// Whether the dates of the authorisation include `day`.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_until.is_none_or(|until| day <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().expect("an instant")
    }

    /// A spender who was added in the first half hour of 10 March, in Amsterdam.
    fn spender(valid_from: Option<&str>) -> Contact {
        Contact {
            id: Uuid::nil().into(),
            customer_id: Uuid::nil().into(),
            name: "Jo".to_owned(),
            email: "jo@school.example".to_owned(),
            role: Role::Spender,
            ceiling: None,
            valid_from: valid_from.map(|day| day.parse().expect("a day")),
            valid_until: None,
            asked_by: None,
            asked_via: None,
            added_by: None,
            added_at: at("2026-03-09T23:10:00Z"),
            removed_at: None,
            removed_by: None,
        }
    }

    #[test]
    fn nobody_agrees_before_the_day_of_their_authorisation() {
        let policy = Policy::parse(Policy::shipped("openedu").expect("shipped")).expect("valid");
        let agrees = |contact: &Contact, moment: &str| {
            contact.may_spend(Minutes(15), at(moment), policy.day(at(moment)), &policy)
        };
        let added = spender(None);
        assert_eq!(agrees(&added, "2026-03-09T22:50:00Z"), Err(MayNot::OutOfDates), "ten to midnight");
        assert_eq!(agrees(&added, "2026-03-09T23:05:00Z"), Ok(()), "the local day counts, not the minute");
        let earlier = spender(Some("2026-03-04"));
        assert_eq!(agrees(&earlier, "2026-03-03T12:00:00Z"), Err(MayNot::OutOfDates));
        assert_eq!(agrees(&earlier, "2026-03-04T12:00:00Z"), Ok(()), "an earlier day that was named counts");
        let later = spender(Some("2026-03-20"));
        assert_eq!(agrees(&later, "2026-03-19T12:00:00Z"), Err(MayNot::OutOfDates));
    }
}
