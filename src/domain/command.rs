//! Everything that can be asked of the ledger. Shapes are checked before a command is made; rules are checked by
//! [`super::decide()`].

use super::{
    Cents, CommandId, ContactId, Cover, CoverageId, CustomerId, EstimateId, Handling, InstallationId, InvoiceId,
    Locale, Minutes, PaymentMethod, Report, Role, TicketId, TicketKind, TimeEntryId, Urgency, UserId,
    contact::AskedVia, coverage::Outcome, estimate::AnswerVia,
};
use chrono::{DateTime, NaiveDate, Utc};

/// One business write.
#[derive(Clone, Debug)]
pub struct Command {
    /// Fresh; the root of every id this command makes, the same again when it is tried again.
    pub id: CommandId,
    /// Who asks.
    pub actor: Actor,
    /// Makes a repeated request harmless.
    pub key: Option<Key>,
    /// Random, for the digest of a free text.
    pub salt: String,
    /// What to look up to know the customer.
    pub target: Target,
    /// What is asked.
    pub act: Act,
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The service itself: lapses and expiries.
    Service,
    /// Somebody of the provider.
    Staff(UserId),
    /// A contact of the customer, logged in.
    Contact(UserId, ContactId),
}

impl Actor {
    /// The login, for the books.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Service => None,
            Self::Staff(user) | Self::Contact(user, _) => Some(user),
        }
    }
}

/// An `Idempotency-Key`: the same caller with the same key gets the same answer, and the work is done once.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Key {
    /// Whose key it is.
    pub caller: String,
    /// As sent.
    pub key: String,
    /// Digest of method, path and body: another request under the same key is refused.
    pub request: String,
}

/// What a command names, from which its customer follows. Unknown means "not found".
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Target {
    /// A customer, existing or about to exist.
    Customer(CustomerId),
    /// A ticket.
    Ticket(TicketId),
    /// An estimate.
    Estimate(EstimateId),
    /// A time entry.
    TimeEntry(TimeEntryId),
    /// An invoice.
    Invoice(InvoiceId),
}

/// What to do with charged minutes that an agreement or a card does not cover (TIME-7, SPEND-5).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Excess {
    /// Refuse the entry, naming the shortage.
    #[default]
    Refuse,
    /// Draw what can be drawn; the remainder is uncovered.
    Uncovered,
    /// As before, and give the remainder away; only up to the policy's tolerance.
    Goodwill,
}

/// An answer to an estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The person who answers.
    pub contact: ContactId,
    /// How it reached us.
    pub via: AnswerVia,
    /// What the agent wrote down about it.
    pub note: Option<String>,
    /// When it was given; now when not told.
    pub at: Option<DateTime<Utc>>,
}

/// A new decision about who pays: what is said in it, the rules decide the rest.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// What the ticket is about after all; as before when not told.
    pub kind: Option<TicketKind>,
    /// Its topic after all, or none; as before when not told.
    pub topic: Option<Option<String>>,
    /// Its urgency after all, or none; as before when not told.
    pub urgency: Option<Option<Urgency>>,
    /// Who pays; as the rules say when not told.
    pub cover: Option<Cover>,
    /// Who of the customer agreed to an invoice.
    pub agreed_by: Option<ContactId>,
    /// The price of an hour that was agreed; the policy's when not told.
    pub hourly_rate: Option<Cents>,
    /// Why.
    pub reason: String,
    /// Also reverse the entries that were booked under the old decision.
    pub reverse_entries: bool,
}

/// The acts.
#[derive(Clone, Debug)]
pub enum Act {
    /// A new customer, with its welcome card unless it was imported (CARD-2).
    CreateCustomer {
        /// Name of the organisation.
        name: String,
        /// Where mail goes.
        email: String,
        /// Language of mails and invoices.
        locale: Locale,
        /// What it pays per month, ex VAT.
        monthly_amount: Option<Cents>,
        /// First day of the contract; today when not told.
        contract_start: Option<NaiveDate>,
        /// Comes from elsewhere, or returns: no welcome card.
        imported: bool,
    },
    /// A person at the customer (SPEND-1, SPEND-2).
    AddContact {
        /// Name.
        name: String,
        /// E-mail address.
        email: String,
        /// What they may do.
        role: Role,
        /// The most per estimate.
        ceiling: Option<Minutes>,
        /// First day.
        valid_from: Option<NaiveDate>,
        /// Last day.
        valid_until: Option<NaiveDate>,
        /// Who asked an agent for it.
        asked_by: Option<String>,
        /// How that was asked.
        asked_via: Option<AskedVia>,
    },
    /// A person leaves, or may no longer spend (SPEND-6).
    RemoveContact(ContactId),
    /// Something that cards can be bought for and tickets can be about (CARD-8).
    AddInstallation {
        /// What the customer calls it.
        name: String,
    },
    /// An installation is no longer there.
    RemoveInstallation(InstallationId),
    /// A card of a product (CARD-1).
    OrderCard {
        /// The product's id, for instance `10h`.
        product: String,
        /// For which installation; none for all of them (CARD-8).
        installation: Option<InstallationId>,
        /// The owner consents to renewal with it (CARD-9).
        renew: bool,
    },
    /// An owner consents to renewal (CARD-9).
    GiveConsent,
    /// … and no longer does.
    WithdrawConsent,
    /// Money came in for an invoice.
    RecordPayment {
        /// Which invoice.
        invoice: InvoiceId,
        /// How much.
        amount: Cents,
        /// Value date.
        paid_on: NaiveDate,
        /// How.
        method: PaymentMethod,
    },
    /// A report. Always accepted (COVER-5).
    OpenTicket(Report),
    /// Something is done on a ticket that is there.
    HandleTicket {
        /// Which ticket.
        ticket: TicketId,
        /// What.
        handling: Handling,
    },
    /// Decide anew who pays for a ticket (COVER-1).
    DecideCoverage {
        /// Which ticket.
        ticket: TicketId,
        /// The decision that the new one takes the place of: the one in force.
        replaces: CoverageId,
        /// What is decided.
        ruling: Ruling,
    },
    /// A customer has the add-on for urgent tickets, or no longer (URG-2).
    RecordAddOn {
        /// First day.
        since: NaiveDate,
        /// Last day; none while it goes on.
        until: Option<NaiveDate>,
    },
    /// A contract ends with a day, or goes on after all (FAIR-3).
    EndContract {
        /// The last day; none to go on.
        last_day: Option<NaiveDate>,
    },
    /// What was said with a customer about its use, and what that came to (FAIR-6).
    RecordConversation {
        /// What it came to; none while it goes on.
        outcome: Option<Outcome>,
        /// The day from which the outcome holds; today when not told.
        starts_on: Option<NaiveDate>,
        /// What was said.
        note: String,
    },
    /// Uncovered minutes of an entry go on an invoice, on a recorded agreement (TIME-7).
    InvoiceEntry {
        /// Which entry.
        entry: TimeEntryId,
        /// Who agreed.
        contact: ContactId,
        /// The agreed price of an hour; the policy's when not told.
        hourly_rate: Option<Cents>,
        /// How and what was agreed.
        reason: String,
    },
    /// Ask for hours beforehand (SPEND-3).
    ProposeEstimate {
        /// For which ticket.
        ticket: TicketId,
        /// How many minutes; rounded up to the increment.
        minutes: Minutes,
        /// What for.
        description: String,
        /// Last day for an answer; the policy's term when not told.
        answer_by: Option<NaiveDate>,
        /// Last day for the work; the policy's term when not told.
        work_until: Option<NaiveDate>,
    },
    /// Agree (SPEND-4).
    AcceptEstimate {
        /// To which estimate.
        estimate: EstimateId,
        /// Who, how, when.
        answer: Answer,
    },
    /// Refuse.
    DeclineEstimate {
        /// Which estimate.
        estimate: EstimateId,
        /// The person who refuses, where one is known.
        contact: Option<ContactId>,
    },
    /// The work is done, or the question is withdrawn: release what is left (SPEND-5).
    CloseEstimate(EstimateId),
    /// Log time.
    LogTime {
        /// On which ticket.
        ticket: TicketId,
        /// Minutes as worked.
        worked: Minutes,
        /// The day; today when not told.
        worked_on: Option<NaiveDate>,
        /// What was done.
        description: String,
        /// Against which estimate; the ticket's open ones, oldest first, when not told.
        estimate: Option<EstimateId>,
        /// When the work began.
        started_at: Option<DateTime<Utc>>,
        /// What comes on top, by the ids of the policy's surcharges (TIME-3).
        surcharges: Vec<String>,
        /// What to do with a shortage.
        excess: Excess,
    },
    /// Undo an entry (TIME-5).
    ReverseEntry {
        /// Which entry.
        entry: TimeEntryId,
        /// Why.
        reason: String,
    },
    /// Find cover for the uncovered minutes of an entry (TIME-7).
    CoverEntry {
        /// Which entry.
        entry: TimeEntryId,
        /// By cards on this contact's agreement; given away when none is named.
        by_card: Option<ContactId>,
        /// Why.
        reason: String,
    },
    /// Book what became due: expiries, lapses, ended estimates. Changes nothing when nothing is due.
    Settle,
}

impl Act {
    /// An order of a product for all installations, without consent to anything.
    #[must_use]
    pub fn order(product: impl Into<String>) -> Self {
        Self::OrderCard { product: product.into(), installation: None, renew: false }
    }

    /// A short name for the log of commands.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreateCustomer { .. } => "create_customer",
            Self::AddContact { .. } => "add_contact",
            Self::RemoveContact(_) => "remove_contact",
            Self::AddInstallation { .. } => "add_installation",
            Self::RemoveInstallation(_) => "remove_installation",
            Self::OrderCard { .. } => "order_card",
            Self::GiveConsent => "give_consent",
            Self::WithdrawConsent => "withdraw_consent",
            Self::RecordPayment { .. } => "record_payment",
            Self::OpenTicket(_) => "open_ticket",
            Self::HandleTicket { .. } => "handle_ticket",
            Self::DecideCoverage { .. } => "decide_coverage",
            Self::RecordAddOn { .. } => "record_add_on",
            Self::EndContract { .. } => "end_contract",
            Self::RecordConversation { .. } => "record_conversation",
            Self::InvoiceEntry { .. } => "invoice_entry",
            Self::ProposeEstimate { .. } => "propose_estimate",
            Self::AcceptEstimate { .. } => "accept_estimate",
            Self::DeclineEstimate { .. } => "decline_estimate",
            Self::CloseEstimate(_) => "close_estimate",
            Self::LogTime { .. } => "log_time",
            Self::ReverseEntry { .. } => "reverse_entry",
            Self::CoverEntry { .. } => "cover_entry",
            Self::Settle => "settle",
        }
    }
}
