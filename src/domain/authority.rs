//! Who may do what, for which customer, on which day (SPEND-1, SPEND-1a): pure, and the one place that looks at a role.
//!
//! A person of a customer has the rights of its role on the days of its authorisation, and those of a viewer on all others.
//! What somebody may not see does not exist for them.

use super::{Contact, Refusal, Role, words::words};
use chrono::{Days, NaiveDate};

words! {
    /// What a login may do at the provider.
    pub enum StaffRole {
        /// All that agent and finance may, and logins.
        Admin = "admin",
        /// Invoices and payments.
        Finance = "finance",
        /// Tickets, estimates, time.
        Agent = "agent",
    }
}

words! {
    /// What is done. Every use case is one of these.
    pub enum Doing {
        /// Read what concerns a customer.
        See = "see",
        /// Read about all customers, and note what concerns all: incidents, policies.
        SeeAll = "see_all",
        /// An agent's work: tickets, estimates, time, coverage.
        Serve = "serve",
        /// Finance's work: documents, payments, the bank, exports, months.
        KeepBooks = "keep_books",
        /// Logins of the provider, policies.
        Administer = "administer",
        /// Report a ticket, write on it, close and reopen it.
        Report = "report",
        /// Say that nothing moves (SLA-7): the customer alone.
        SayStalled = "say_stalled",
        /// Agree to work, or refuse it (SPEND-3, TIME-7); an agent records what somebody answered.
        Agree = "agree",
        /// Add, invite and remove persons (SPEND-2, SPEND-6).
        ManagePeople = "manage_people",
        /// Name and remove installations.
        ManageInstallations = "manage_installations",
        /// Order a card.
        Order = "order",
        /// Change where documents go.
        ChangeBilling = "change_billing",
        /// Consent to ordering again (CARD-9): the customer alone.
        GiveConsent = "give_consent",
        /// Take that back.
        WithdrawConsent = "withdraw_consent",
    }
}

/// As what somebody asks.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// Works at the provider.
    Staff(StaffRole),
    /// A person of the customer that it is about.
    Contact(&'a Contact),
    /// Neither.
    Stranger,
}

/// Why not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Denied {
    /// It does not exist for them.
    Hidden,
    /// Their role does not do that.
    Role,
    /// Their role does, but their authorisation begins later (SPEND-1a).
    NotYet(NaiveDate),
    /// Their role does, but their authorisation ended on this day (SPEND-1a).
    Ended(NaiveDate),
}

impl From<Denied> for Refusal {
    fn from(denied: Denied) -> Self {
        match denied {
            Denied::Hidden => Self::NotFound("customer"),
            Denied::Role => Self::RoleForbids,
            Denied::NotYet(from) => Self::AuthorisedFrom { from },
            Denied::Ended(until) => Self::AuthorisedUntil { until },
        }
    }
}

/// Whether somebody may do something on a day.
///
/// # Errors
/// Why not.
pub fn may(standing: Standing<'_>, doing: Doing, day: NaiveDate) -> Result<(), Denied> {
    match standing {
        Standing::Staff(role) => staff_may(role, doing),
        Standing::Contact(contact) => contact_may(contact, doing, day),
        Standing::Stranger => Err(Denied::Hidden),
    }
}

fn staff_may(role: StaffRole, doing: Doing) -> Result<(), Denied> {
    let (agent, finance) = match role {
        StaffRole::Admin => (true, true),
        StaffRole::Finance => (false, true),
        StaffRole::Agent => (true, false),
    };
    let allowed = match doing {
        Doing::See | Doing::SeeAll | Doing::Order | Doing::ChangeBilling => true,
        Doing::Serve
        | Doing::Report
        | Doing::Agree
        | Doing::ManagePeople
        | Doing::ManageInstallations
        | Doing::WithdrawConsent => agent,
        Doing::KeepBooks => finance,
        Doing::Administer => role == StaffRole::Admin,
        Doing::SayStalled | Doing::GiveConsent => false,
    };
    if allowed { Ok(()) } else { Err(Denied::Role) }
}

fn contact_may(contact: &Contact, doing: Doing, day: NaiveDate) -> Result<(), Denied> {
    if contact.removed_at.is_some() {
        return Err(Denied::Hidden);
    }
    let roles: &[Role] = match doing {
        // A viewer's rights: on any day.
        Doing::See | Doing::Report | Doing::SayStalled => return Ok(()),
        Doing::Agree => &[Role::Owner, Role::Spender],
        Doing::ManagePeople
        | Doing::ManageInstallations
        | Doing::Order
        | Doing::ChangeBilling
        | Doing::GiveConsent
        | Doing::WithdrawConsent => &[Role::Owner],
        Doing::SeeAll | Doing::Serve | Doing::KeepBooks | Doing::Administer => &[],
    };
    if !roles.contains(&contact.role) {
        return Err(Denied::Role);
    }
    match (contact.valid_from, contact.valid_until) {
        (Some(from), _) if day < from => Err(Denied::NotYet(from)),
        (_, Some(until)) if until < day => Err(Denied::Ended(until)),
        _ => Ok(()),
    }
}

/// From how many days before its end staff and owners are told that nobody will be owner any more (SPEND-1a).
pub const ANNOUNCED_DAYS: u64 = 30;

/// What is announced of the owners of a customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OwnersEnd {
    /// Nobody may act as owner after this day.
    After(NaiveDate),
    /// Nobody may today.
    Over,
}

/// Whether staff and owners are told on `today` that the customer is, or soon will be, without an owner whose days include
/// that day. Nothing for a customer that never had one, or has one for longer.
#[must_use]
pub fn owners_end<'a>(contacts: impl IntoIterator<Item = &'a Contact>, today: NaiveDate) -> Option<OwnersEnd> {
    let stands = |contact: &&Contact| contact.role == Role::Owner && contact.removed_at.is_none();
    let owners: Vec<&Contact> = contacts.into_iter().filter(stands).collect();
    let far = today.checked_add_days(Days::new(ANNOUNCED_DAYS))?;
    let mut day = today;
    // From end to end, until a day on which nobody is.
    while let Some(owner) = owners.iter().filter(|owner| owner.holds_on(day)).max_by_key(|owner| owner.until()) {
        match owner.valid_until.filter(|until| *until <= far) {
            Some(until) => day = until.succ_opt()?,
            None => return None,
        }
    }
    match day.pred_opt().filter(|_| day > today) {
        _ if owners.is_empty() => None,
        Some(last) => Some(OwnersEnd::After(last)),
        None => Some(OwnersEnd::Over),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    fn day(text: &str) -> NaiveDate {
        text.parse().expect("a day")
    }

    fn contact(role: Role, from: Option<&str>, until: Option<&str>) -> Contact {
        Contact {
            id: Uuid::nil().into(),
            customer_id: Uuid::nil().into(),
            name: "Jo".to_owned(),
            email: "jo@school.example".to_owned(),
            role,
            ceiling: None,
            valid_from: from.map(day),
            valid_until: until.map(day),
            asked_by: None,
            asked_via: None,
            added_by: None,
            added_at: "2026-03-01T10:00:00Z".parse().expect("an instant"),
            removed_at: None,
            removed_by: None,
        }
    }

    /// What somebody may of everything.
    fn all(standing: Standing<'_>, on: &str) -> Vec<Doing> {
        Doing::ALL.iter().copied().filter(|doing| may(standing, *doing, day(on)).is_ok()).collect()
    }

    #[test]
    fn spend_1a_outside_the_dates_of_an_authorisation_a_contact_has_a_viewers_rights() {
        let viewer = contact(Role::Viewer, None, None);
        let rights = all(Standing::Contact(&viewer), "2026-03-10");
        assert_eq!(rights, [Doing::See, Doing::Report, Doing::SayStalled]);
        for role in [Role::Owner, Role::Spender] {
            let person = contact(role, Some("2026-03-05"), Some("2026-03-12"));
            let on = |day: &str| all(Standing::Contact(&person), day);
            for outside in ["2026-03-04", "2026-03-13", "2027-03-10"] {
                assert_eq!(on(outside), rights, "{role} on {outside}");
            }
            for inside in ["2026-03-05", "2026-03-12"] {
                assert!(on(inside).contains(&Doing::Agree), "{role} on {inside}");
                assert_eq!(on(inside).contains(&Doing::Order), role == Role::Owner, "{role} on {inside}");
            }
            let why = |day: &str| may(Standing::Contact(&person), Doing::Agree, day.parse().expect("a day"));
            assert_eq!(why("2026-03-04"), Err(Denied::NotYet(day("2026-03-05"))));
            assert_eq!(why("2026-03-13"), Err(Denied::Ended(day("2026-03-12"))));
        }
    }

    #[test]
    fn spend_1a_the_end_of_the_last_owner_is_announced_thirty_days_before() {
        let owner = |from, until| contact(Role::Owner, from, until);
        let (march, april) = (owner(None, Some("2026-03-31")), owner(Some("2026-04-01"), Some("2026-04-20")));
        let told = |people: &[&Contact], on: &str| owners_end(people.iter().copied(), day(on));
        let after = |last: &str| Some(OwnersEnd::After(day(last)));
        assert_eq!(told(&[&march], "2026-02-28"), None, "31 days before");
        assert_eq!(told(&[&march], "2026-03-01"), after("2026-03-31"));
        assert_eq!(told(&[&march], "2026-03-31"), after("2026-03-31"));
        assert_eq!(told(&[&march], "2026-04-01"), Some(OwnersEnd::Over));
        assert_eq!(told(&[&march, &april], "2026-03-10"), None, "one follows the other");
        assert_eq!(told(&[&april, &march], "2026-03-25"), after("2026-04-20"));
        assert_eq!(told(&[&april], "2026-03-25"), Some(OwnersEnd::Over), "until the first begins");
        let later = owner(Some("2026-04-02"), None);
        assert_eq!(told(&[&march, &later], "2026-03-10"), after("2026-03-31"), "a day without");
        assert_eq!(told(&[&march, &owner(None, None)], "2026-03-31"), None);
        assert_eq!(told(&[&march, &contact(Role::Spender, None, None)], "2026-03-31"), after("2026-03-31"));
        let gone = Contact { removed_at: Some(march.added_at), ..owner(None, None) };
        assert_eq!(told(&[&march, &gone], "2026-03-31"), after("2026-03-31"));
        assert_eq!(told(&[], "2026-03-31"), None, "nobody was owner yet");
    }

    #[test]
    fn spend_6_who_was_removed_sees_nothing() {
        let removed_at = Some("2026-03-09T10:00:00Z".parse().expect("an instant"));
        let gone = Contact { removed_at, ..contact(Role::Owner, None, None) };
        assert_eq!(all(Standing::Contact(&gone), "2026-03-10"), []);
        assert_eq!(may(Standing::Contact(&gone), Doing::See, day("2026-03-10")), Err(Denied::Hidden));
        assert_eq!(all(Standing::Stranger, "2026-03-10"), []);
    }

    #[test]
    fn spend_3a_staff_gives_no_consent_and_an_administrator_may_what_the_others_may() {
        let of = |role| all(Standing::Staff(role), "2026-03-10");
        let (admin, finance, agent) = (of(StaffRole::Admin), of(StaffRole::Finance), of(StaffRole::Agent));
        assert!(finance.iter().chain(&agent).all(|doing| admin.contains(doing)));
        assert!(admin.contains(&Doing::Administer) && !finance.contains(&Doing::Administer));
        assert!(
            agent.contains(&Doing::Serve) && !finance.contains(&Doing::Serve) && !agent.contains(&Doing::KeepBooks)
        );
        assert!(!admin.contains(&Doing::GiveConsent) && !admin.contains(&Doing::SayStalled));
    }
}
