//! A ticket (*melding*): anything a customer reports.

use super::{
    Cents, ContactId, Cover, Coverage, CoverageId, CustomerId, Minutes, TicketId, Urgency, UserId, Weight, words::words,
};
use chrono::{DateTime, Utc};

words! {
    /// What a ticket is about; decides whether a card pays (COVER-2).
    pub enum TicketKind {
        /// The provider's own product, link or service does not work as it should: free.
        Defect = "defect",
        /// How to use it.
        Question = "question",
        /// Trouble with somebody else's product.
        ThirdParty = "third_party",
        /// Advice, development, a change request.
        Change = "change",
    }
}

words! {
    /// How a report reached the provider.
    pub enum Channel {
        /// Typed in here by the customer.
        Portal = "portal",
        /// By e-mail.
        Mail = "mail",
        /// By chat.
        Chat = "chat",
        /// By telephone.
        Phone = "phone",
        /// Spoken in, to be heard later.
        VoiceMessage = "voice_message",
        /// Face to face.
        InPerson = "in_person",
    }
}

words! {
    /// What a report may be asked to say besides its subject, so that it can be answered at once.
    pub enum Question {
        /// What goes wrong, or is wanted.
        What = "what",
        /// Where it shows.
        Where = "where",
        /// Since when, or how often.
        When = "when",
        /// For whom.
        Who = "who",
        /// The address of the page.
        Page = "page",
        /// Where a picture of it can be seen.
        Screenshot = "screenshot",
        /// What was done up to it.
        Steps = "steps",
    }
}

impl TicketKind {
    /// Whether work on it is free (COVER-2).
    #[must_use]
    pub const fn is_free(self) -> bool {
        matches!(self, Self::Defect)
    }
}

/// A ticket and the two counters that later decisions need.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ticket {
    /// Identity.
    pub id: TicketId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The number people say, counted over all customers.
    pub number: i64,
    /// One line.
    pub subject: String,
    /// The report.
    pub description: String,
    /// Who asked.
    pub requester_id: Option<ContactId>,
    /// What it is about.
    pub kind: TicketKind,
    /// Its topic, by the policy's id.
    pub topic: Option<String>,
    /// The urgency that stands (URG-1, URG-2).
    pub urgency: Option<Urgency>,
    /// The decision in force about who pays (COVER-1).
    pub coverage_id: CoverageId,
    /// What that decision says.
    pub cover: Cover,
    /// By how much its worked minutes count under fair use; none when they do not (FAIR-2).
    pub fair_use_weight: Option<Weight>,
    /// The price of an hour that the customer agreed to have invoiced (TIME-7).
    pub agreed_rate: Option<Cents>,
    /// When it came in.
    pub created_at: DateTime<Utc>,
    /// Who wrote it down.
    pub created_by: Option<UserId>,
    /// Charged minutes of its entries that stand (SPEND-7's `above_minutes` counts them).
    pub charged: Minutes,
    /// Minutes of reversed entries that drew without an estimate, which a corrected entry may use again (TIME-5).
    pub correctable: Minutes,
}

impl Ticket {
    /// As it was when it was opened: decided by the rules, nothing booked on it.
    #[must_use]
    pub fn as_opened(self, first: &Coverage) -> Self {
        Self {
            kind: first.kind,
            topic: first.topic.clone(),
            urgency: first.urgency.clone(),
            coverage_id: first.id,
            cover: first.cover,
            fair_use_weight: first.weight(),
            agreed_rate: None,
            charged: Minutes::ZERO,
            correctable: Minutes::ZERO,
            ..self
        }
    }
}
