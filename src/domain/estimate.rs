//! An estimate: hours agreed beforehand for one ticket, and the minutes that this holds (SPEND-3 to SPEND-6).

use super::{CardId, ContactId, CustomerId, EstimateId, HandedOver, Minutes, TicketId, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// Where an estimate stands.
    pub enum EstimateStatus {
        /// Waiting for an answer.
        Proposed = "proposed",
        /// Agreed: its minutes are held.
        Accepted = "accepted",
        /// Refused by the customer.
        Declined = "declined",
        /// Not answered in time.
        Lapsed = "lapsed",
        /// Done, or withdrawn: what was left is released.
        Closed = "closed",
    }
}

words! {
    /// How an answer was given.
    pub enum AnswerVia {
        /// By the contact, logged in.
        Online = "online",
        /// Told by telephone, recorded by an agent.
        Phone = "phone",
        /// Written, recorded by an agent.
        Mail = "mail",
        /// Said face to face, recorded by an agent.
        InPerson = "in_person",
    }
}

/// Hours for one task, asked of the customer before the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Identity.
    pub id: EstimateId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The ticket it is for.
    pub ticket_id: TicketId,
    /// Charged minutes asked for, rounded up to the increment (SPEND-3).
    pub minutes: Minutes,
    /// What will be done for it.
    pub description: String,
    /// When it was asked.
    pub proposed_at: DateTime<Utc>,
    /// Who asked.
    pub proposed_by: Option<UserId>,
    /// Last day for an answer; after it the estimate lapses.
    pub answer_by: NaiveDate,
    /// Last day for the work; after it what is left is released.
    pub work_until: NaiveDate,
    /// Where it stands.
    pub status: EstimateStatus,
    /// The contact who answered.
    pub answered_by: Option<ContactId>,
    /// The moment of the answer, which for an agreement told to an agent lies before its recording.
    pub answered_at: Option<DateTime<Utc>>,
    /// How the answer was given.
    pub answered_via: Option<AnswerVia>,
    /// What an agent wrote about it.
    pub answer_note: Option<String>,
    /// The login that recorded the answer.
    pub recorded_by: Option<UserId>,
    /// Who had made the link by which the login of who answered was opened, where it was handed over (SPEND-3a).
    pub link_by: Option<UserId>,
    /// The day of that link.
    pub link_on: Option<NaiveDate>,
    /// When it was declined, lapsed or closed.
    pub closed_at: Option<DateTime<Utc>>,
    /// Minutes still held for it.
    pub held: Minutes,
    /// Minutes drawn from it by entries that stand.
    pub used: Minutes,
    /// Minutes of reversed entries, which a corrected entry may use again, also after closing (TIME-5).
    pub correctable: Minutes,
}

impl Estimate {
    /// Notes by whose link the login was opened that answers (SPEND-3a).
    pub fn mark(&mut self, link: Option<HandedOver>) {
        (self.link_by, self.link_on) = (link.map(|link| link.by), link.map(|link| link.on));
    }

    /// Where it stands on `day`, also when nobody has settled it yet: an unanswered estimate lapses after `answer_by`,
    /// an accepted one ends after `work_until` (SPEND-5).
    #[must_use]
    pub fn status_on(&self, day: NaiveDate) -> EstimateStatus {
        match self.status {
            EstimateStatus::Proposed if self.answer_by < day => EstimateStatus::Lapsed,
            EstimateStatus::Accepted if self.work_until < day => EstimateStatus::Closed,
            status => status,
        }
    }

    /// As it was when it was proposed, whatever became of it since.
    #[must_use]
    pub fn as_proposed(self) -> Self {
        Self {
            status: EstimateStatus::Proposed,
            answered_by: None,
            answered_at: None,
            answered_via: None,
            answer_note: None,
            recorded_by: None,
            link_by: None,
            link_on: None,
            closed_at: None,
            held: Minutes::ZERO,
            used: Minutes::ZERO,
            correctable: Minutes::ZERO,
            ..self
        }
    }

    /// As it was when it was accepted: all of it held, whatever was drawn since.
    #[must_use]
    pub fn as_accepted(self) -> Self {
        Self {
            status: EstimateStatus::Accepted,
            closed_at: None,
            held: self.minutes,
            used: Minutes::ZERO,
            correctable: Minutes::ZERO,
            ..self
        }
    }

    /// As it was when it was closed and `released` went back: corrections since are left out.
    #[must_use]
    pub fn as_closed(self, released: Minutes) -> Self {
        let used = if self.answered_at.is_some() { self.minutes - released } else { Minutes::ZERO };
        Self { held: Minutes::ZERO, used, correctable: Minutes::ZERO, ..self }
    }

    /// Whether its hold can be drawn on.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.status == EstimateStatus::Accepted
    }
}

/// Minutes of one card that are set apart for one estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hold {
    /// For which estimate.
    pub estimate_id: EstimateId,
    /// On which card.
    pub card_id: CardId,
    /// Whose.
    pub customer_id: CustomerId,
    /// How much is still held.
    pub minutes: Minutes,
    /// How much of it is frozen with its card, and comes back to the hold when the card is paid again (PAY-3).
    pub frozen: Minutes,
}
