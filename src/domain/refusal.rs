//! Why the ledger says no. Each refusal carries the figures that a person needs to go on.

use super::{Cents, Cover, CoverageId, CustomerId, EstimateStatus, Minutes, MissingField, TicketStatus, definite};
use chrono::NaiveDate;
use std::fmt;

/// A decision not to book. Nothing was written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The thing named does not exist, or not for this user.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// A field that only the state can judge; `field` is its name in the API.
    #[error("{field}: {expected}")]
    Invalid {
        /// Name of the field.
        field: &'static str,
        /// What would do.
        expected: String,
    },
    /// The same customer exists already (CARD-2).
    #[error("a customer with this name and e-mail address exists already, number {number}")]
    CustomerExists {
        /// Its number.
        number: i64,
        /// Its identity.
        customer: CustomerId,
    },
    /// A contact with this e-mail address exists at the customer.
    #[error("{email} is a contact of this customer already; remove that contact first to change its role")]
    ContactExists {
        /// The address.
        email: String,
    },
    /// Not what the role of this person does (SPEND-1).
    #[error("your role does not allow this")]
    RoleForbids,
    /// The authorisation of this person begins later (SPEND-1a).
    #[error("your authorisation begins on {from}; until then you can look and report")]
    AuthorisedFrom {
        /// Its first day.
        from: NaiveDate,
    },
    /// The authorisation of this person is over (SPEND-1a).
    #[error("your authorisation ended on {until}; you can look and report, and an owner can add you anew")]
    AuthorisedUntil {
        /// Its last day.
        until: NaiveDate,
    },
    /// Whose own authorisation ends gives one for no longer (SPEND-1a).
    #[error("expected a day up to {last}: your own authorisation ends then")]
    GivesForTooLong {
        /// The last day of the one who gives.
        last: NaiveDate,
    },
    /// The customer would be left without an owner (SPEND-1).
    #[error("this is the last owner; add another owner first, so that somebody can manage the account")]
    LastOwner,
    /// Somebody of the provider opens the link of a contact (SPEND-3a).
    #[error("this link is for a person of the customer: send it on, and do not open it yourself")]
    LinkOfContact,
    /// An agent changes who may spend without saying who asked (SPEND-2).
    #[error("say who asked for this and how: `asked_by` and `asked_via` (mail or chat)")]
    AskedByMissing,
    /// This provider sells no cards (POL-3).
    #[error("this provider sells no cards")]
    NoCards,
    /// No such product (CARD-1).
    #[error("there is no product `{asked}`; choose one of: {products}")]
    UnknownProduct {
        /// What was asked.
        asked: String,
        /// What exists.
        products: String,
    },
    /// An installation of this name exists at the customer (CARD-8).
    #[error("there is an installation named {name} already")]
    InstallationExists {
        /// The name.
        name: String,
    },
    /// Cards still have minutes for the installation (CARD-8).
    #[error("cards that were bought for this installation still have {} minutes", left.0)]
    InstallationInUse {
        /// How many.
        left: Minutes,
    },
    /// A first purchase must hold more.
    #[error("a first purchase holds at least {} minutes, or {} strips; this one holds {}",
        minimum.0, minimum.0 / strip.0, asked.0)]
    BelowFirstPurchase {
        /// The least.
        minimum: Minutes,
        /// What was asked.
        asked: Minutes,
        /// What one strip holds.
        strip: Minutes,
    },
    /// This provider does not order cards again by itself (CARD-9).
    #[error("this provider does not renew cards by itself")]
    NoRenewal,
    /// Only an owner consents to renewal (CARD-9).
    #[error("only an owner of the customer, logged in, can consent to renewal")]
    ConsentByOwner,
    /// A draft has no number, and cannot be paid or credited.
    #[error("this is a draft; issue it first")]
    NotIssued,
    /// An issued document never changes (PAY-1).
    #[error("{number} was issued and never changes; undo a mistake with a credit note")]
    AlreadyIssued {
        /// Its number.
        number: String,
    },
    /// Nothing to invoice.
    #[error("there is nothing on this draft to invoice")]
    EmptyDraft,
    /// Seller or buyer is not complete (PAY-1a).
    #[error("this cannot be issued yet: {}", definite::in_words(missing))]
    IncompleteDocument {
        /// What is missing, at least one.
        missing: Vec<MissingField>,
    },
    /// Nothing is left to credit.
    #[error("nothing of this document is left to credit")]
    NothingToCredit,
    /// More than what is left of a line.
    #[error("{asked} is more than the {left} that is left of this line, ex VAT")]
    CreditTooMuch {
        /// What is left.
        left: Cents,
        /// What was asked.
        asked: Cents,
    },
    /// This card is not given back for money (CARD-2, CARD-7).
    #[error("this card is not refundable")]
    NotRefundable,
    /// Nothing was paid too much, or nothing is open.
    #[error("there is nothing to set off: {credit} was paid too much, {open} is open")]
    NothingToSetOff {
        /// What is open on the invoice.
        open: Cents,
        /// What the customer has with us.
        credit: Cents,
    },
    /// More than was paid too much (PAY-5).
    #[error("{asked} is more than the {credit} that was paid too much")]
    BeyondCredit {
        /// What the customer has with us.
        credit: Cents,
        /// What was asked.
        asked: Cents,
    },
    /// More than stands of a payment.
    #[error("{asked} is more than the {left} that stands of this payment")]
    BeyondPayment {
        /// What stands.
        left: Cents,
        /// What was asked.
        asked: Cents,
    },
    /// A payment is paid out once (BANK-6).
    #[error("this payment was paid out on {on} already")]
    PaidOutBefore {
        /// The day of that.
        on: NaiveDate,
    },
    /// Only what came in elsewhere and still stands there is paid out (BANK-6).
    #[error("this payment does not stand at a provider of payments: it came in at the bank, or came undone")]
    NotPaidElsewhere,
    /// Another line of the bank told the same thing: each moves its own money, so this one is something else (BANK-4).
    #[error("another bank line was booked as this already; undo that one first, or book this line as something else")]
    ToldByOtherLine,
    /// The return of a payment is undone before the payment itself (BANK-9).
    #[error("{amount} of this payment came back on {on} by another bank line; undo that one first")]
    CameBackSince {
        /// Value date of the return.
        on: NaiveDate,
        /// How much came back.
        amount: Cents,
    },
    /// A reminder only of what is overdue.
    #[error("this invoice is not overdue")]
    NotOverdue,
    /// This provider collects nothing (POL-3).
    #[error("this provider does not collect by direct debit")]
    NoDirectDebits,
    /// Nothing to collect under.
    #[error("this customer has no mandate that holds; record one first")]
    NoMandate,
    /// A reference names one mandate, whoever has it, also when that has ended.
    #[error("a mandate with reference {reference} exists already; use another reference, or amend that mandate")]
    MandateExists {
        /// The reference.
        reference: String,
    },
    /// Only a mandate that holds is amended.
    #[error("this mandate has ended; record the new one instead")]
    MandateEnded,
    /// Nothing would change.
    #[error("this mandate is for this account in this name already; there is nothing to amend")]
    NothingToAmend,
    /// Not collected before the leave was given.
    #[error("the mandate was signed on {signed_on}; choose that day or a later one")]
    SignedLater {
        /// When.
        signed_on: NaiveDate,
    },
    /// What the bank has is for the bank to stop.
    #[error(
        "collection {end_to_end_id} was sent to the bank already: ask the bank to withdraw it, and record what comes back"
    )]
    CollectionSent {
        /// The id by which the bank knows it.
        end_to_end_id: String,
    },
    /// The bank has answered.
    #[error("collection {end_to_end_id} was answered by the bank: there is nothing to call off")]
    CollectionAnswered {
        /// The id by which the bank knows it.
        end_to_end_id: String,
    },
    /// What was called off was never sent: nothing can have come of it.
    #[error(
        "collection {end_to_end_id} was called off before it was sent, so this is other money: book it as something else"
    )]
    CollectionCalledOff {
        /// The id that it would have had at the bank.
        end_to_end_id: String,
    },
    /// A reminder follows the one before after some days.
    #[error("the last reminder went out on {last}; the next may go out from {from} on")]
    ReminderTooSoon {
        /// When the last one was noted.
        last: NaiveDate,
        /// The first day for the next one.
        from: NaiveDate,
    },
    /// Nothing is open.
    #[error("nothing of this invoice is open: there is nothing to collect")]
    NothingToCollect,
    /// The bank has not answered yet.
    #[error("a collection of this invoice is under way; wait for the bank's answer")]
    CollectionPending,
    /// Everything was exported before.
    #[error("there is nothing to export that was not exported before")]
    NothingToExport,
    /// What is to be exported does not fit the format.
    #[error("the file cannot be made: {why}")]
    NotExportable {
        /// What is wrong or missing.
        why: String,
    },
    /// No fee was charged for it.
    #[error("no fee was charged for this reversal")]
    NothingToWaive,
    /// The account is paused for arrears (PAY-4).
    #[error(
        "the account is paused for arrears since {since}: no hours are agreed to or drawn until they are paid; reports are always taken"
    )]
    AccountPaused {
        /// Since when.
        since: NaiveDate,
    },
    /// Paused twice.
    #[error("the account is paused since {since}")]
    AlreadyPaused {
        /// Since when.
        since: NaiveDate,
    },
    /// Not paused.
    #[error("the account is not paused")]
    NotPaused,
    /// Nothing is overdue (PAY-4).
    #[error("nothing of this customer is overdue")]
    NoArrears,
    /// An arrangement prevents the pause (PAY-4).
    #[error("payment was arranged until {until}: the account is not paused before")]
    Arranged {
        /// Its last day.
        until: NaiveDate,
    },
    /// There is none.
    #[error("no arrangement holds")]
    NotArranged,
    /// A line of the bank that was booked is not booked otherwise, nor set aside (BANK-9).
    #[error("this line is booked; undo that first")]
    LineBooked,
    /// A line of the bank that repeats another is not booked by itself (BANK-2).
    #[error("this line repeats another, which is booked or waits")]
    LineRepeats,
    /// This provider charges none (POL-3).
    #[error("this provider charges no reactivation fee")]
    NoReactivation,
    /// Nothing to take a multiple of (PAY-4).
    #[error("what this customer pays per month is not known; record it with its billing details")]
    NoMonthlyAmount,
    /// A payment larger than what is open.
    #[error("{asked} is more than the {open} that is open on this invoice")]
    Overpayment {
        /// What is open.
        open: Cents,
        /// What was recorded.
        asked: Cents,
    },
    /// A defect is free: no estimate (COVER-2).
    #[error("a defect is repaired free of charge: no estimate is needed")]
    DefectIsFree,
    /// Hours are asked for only where cards pay (SPEND-3).
    #[error("this ticket is covered by `{cover}`: no estimate is needed; decide otherwise first if that is not right")]
    EstimateNotNeeded {
        /// What covers it.
        cover: Cover,
    },
    /// Somebody else decided in between (COVER-1).
    #[error("another decision is in force by now; read it, and name it in `replaces`")]
    CoverageChanged {
        /// The one in force.
        current: CoverageId,
    },
    /// An agreed invoice needs a price (COVER-6, TIME-7).
    #[error("nothing prices an hour of this work: say the agreed `hourly_rate`")]
    NoRate,
    /// The estimate is no longer waiting for an answer, or not open for work.
    #[error("the estimate is {status}")]
    EstimateNotOpen {
        /// Where it stands.
        status: EstimateStatus,
    },
    /// This person may not agree (SPEND-1, SPEND-6).
    #[error("{name} is not authorised to spend on this day")]
    SpenderNotAuthorised {
        /// Who.
        name: String,
    },
    /// More than this person may agree to in one estimate (SPEND-1).
    #[error("{name} may agree to at most {} minutes in one estimate; this one asks {}", ceiling.0, asked.0)]
    CeilingExceeded {
        /// Who.
        name: String,
        /// The most.
        ceiling: Minutes,
        /// What was asked.
        asked: Minutes,
    },
    /// The provider does not accept agreements given this way (SPEND-3).
    #[error("agreements by {asked} are not accepted; accepted are: {channels}")]
    ChannelNotAllowed {
        /// What was asked.
        asked: &'static str,
        /// What is allowed.
        channels: String,
    },
    /// The cards do not hold enough (SPEND-4, TIME-7).
    #[error("{} minutes are available, {} are needed: {} too few", available.0, asked.0, asked.0 - available.0)]
    InsufficientMinutes {
        /// What is there.
        available: Minutes,
        /// What is needed.
        asked: Minutes,
    },
    /// What the cards hold is for other work (CARD-8).
    #[error("{} minutes are available for this work, {} are needed; {} more are on cards that do not pay for it: {}",
        available.0, asked.0, unusable.0, NotPaid::all(reasons))]
    OutOfScope {
        /// What is there for this work.
        available: Minutes,
        /// What is needed.
        asked: Minutes,
        /// What is there for other work.
        unusable: Minutes,
        /// Why that does not pay, each reason once.
        reasons: Vec<NotPaid>,
    },
    /// More than was agreed (SPEND-5).
    #[error("{} of the {} agreed minutes are left, {} are needed: {} too few", left.0, agreed.0, asked.0, asked.0 - left.0)]
    BeyondAgreement {
        /// What was agreed.
        agreed: Minutes,
        /// What of it can still be drawn.
        left: Minutes,
        /// What is needed.
        asked: Minutes,
        /// Up to how many minutes too few can be given away in one click.
        tolerance: Minutes,
    },
    /// Work on a card needs an accepted estimate (SPEND-3, SPEND-7).
    #[error("{} minutes would be charged and no accepted estimate covers them: propose one, or log them uncovered", asked.0)]
    AgreementRequired {
        /// What would be charged.
        asked: Minutes,
    },
    /// Without an estimate only a requester who may spend draws on a card (SPEND-7).
    #[error("the requester of this ticket is not authorised to spend; propose an estimate, or log the time uncovered")]
    RequesterNotAuthorised {
        /// What would be charged.
        asked: Minutes,
    },
    /// The shortage is more than the policy gives away (SPEND-5).
    #[error("at most {} minutes can be given away on the spot; {} are not covered", tolerance.0, shortage.0)]
    BeyondTolerance {
        /// The most.
        tolerance: Minutes,
        /// What is not covered.
        shortage: Minutes,
    },
    /// An entry is reversed at most once (TIME-5).
    #[error("this entry has been reversed already")]
    AlreadyReversed,
    /// Nothing of the entry is uncovered.
    #[error("all minutes of this entry are covered")]
    NothingUncovered,
    /// The day of the work lies outside what may be logged (TIME-1).
    #[error("the day of the work must lie between {first} and {last}")]
    WorkedOnOutOfRange {
        /// First day of the contract.
        first: NaiveDate,
        /// Today, or the last day of the contract.
        last: NaiveDate,
    },
    /// A ticket does not go there from where it stands.
    #[error("the ticket is {status}; it can become {}", words(possible))]
    StatusNotPossible {
        /// Where it stands.
        status: TicketStatus,
        /// Where this person can move it.
        possible: Vec<TicketStatus>,
    },
    /// There is nothing to explain: no binding target of this ticket was missed (SLA-5).
    #[error("no binding target of this kind was missed on this ticket: there is nothing to explain")]
    NothingMissed,
    /// This provider has no such button (SLA-7, POL-3).
    #[error("this provider does not offer it; write a message on the ticket instead")]
    NotOffered,
    /// The customer said so already today (SLA-7).
    #[error("this was reported already today, and the account manager sees it on the desk")]
    StalledToday,
    /// A month is not closed, or not opened again (TIME-6).
    #[error(transparent)]
    Month(#[from] super::closing::NotClosed),
    /// The same `Idempotency-Key` with another request.
    #[error("this Idempotency-Key was used for another request; use a new one")]
    KeyReused,
}

/// Why a card does not pay for a ticket (CARD-8).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NotPaid {
    /// It was bought for an installation that the ticket is not about.
    Installation {
        /// Name of the card's.
        card: String,
        /// Name of the ticket's; none where it does not say.
        ticket: Option<String>,
    },
    /// It does not pay for such work.
    Work {
        /// The ticket's topic or kind, by its id.
        work: String,
    },
}

impl NotPaid {
    fn all(reasons: &[Self]) -> String {
        reasons.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
    }
}

impl fmt::Display for NotPaid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Installation { card, ticket: Some(ticket) } => {
                write!(f, "the card pays for {card}, this ticket is about {ticket}")
            }
            Self::Installation { card, ticket: None } => {
                write!(f, "the card pays for {card}, this ticket does not say what it is about")
            }
            Self::Work { work } => write!(f, "{work} is not paid by cards: agree on an invoice"),
        }
    }
}

/// Statuses in a sentence.
fn words(statuses: &[TicketStatus]) -> String {
    let words: Vec<&str> = statuses.iter().map(|status| status.as_str()).collect();
    if words.is_empty() { "nothing else by you".to_owned() } else { words.join(", ") }
}

impl Refusal {
    /// Whether somebody may not do this today, whatever it is about (SPEND-1a).
    #[must_use]
    pub const fn is_of_authority(&self) -> bool {
        matches!(
            self,
            Self::RoleForbids | Self::LinkOfContact | Self::AuthorisedFrom { .. } | Self::AuthorisedUntil { .. }
        )
    }

    /// The stable name of this refusal, the last part of the problem's `type`.
    #[must_use]
    #[expect(clippy::too_many_lines, reason = "a line for each refusal")]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::NotFound(_) => "not-found",
            Self::Invalid { .. }
            | Self::WorkedOnOutOfRange { .. }
            | Self::AskedByMissing
            | Self::GivesForTooLong { .. } => "invalid-field",
            Self::CustomerExists { .. } => "customer-exists",
            Self::ContactExists { .. } => "contact-exists",
            Self::RoleForbids => "forbidden",
            Self::AuthorisedFrom { .. } | Self::AuthorisedUntil { .. } => "not-authorised-today",
            Self::LastOwner => "last-owner",
            Self::LinkOfContact => "link-of-contact",
            Self::NoCards => "no-cards",
            Self::UnknownProduct { .. } => "unknown-product",
            Self::InstallationExists { .. } => "installation-exists",
            Self::InstallationInUse { .. } => "installation-in-use",
            Self::BelowFirstPurchase { .. } => "below-first-purchase",
            Self::NoRenewal => "no-renewal",
            Self::ConsentByOwner => "consent-by-owner",
            Self::OutOfScope { .. } => "out-of-scope",
            Self::NotIssued => "not-issued",
            Self::AlreadyIssued { .. } => "already-issued",
            Self::EmptyDraft => "empty-draft",
            Self::IncompleteDocument { .. } => "incomplete-document",
            Self::NothingToCredit => "nothing-to-credit",
            Self::CreditTooMuch { .. } => "credit-too-much",
            Self::NotRefundable => "not-refundable",
            Self::NothingToSetOff { .. } => "nothing-to-set-off",
            Self::BeyondCredit { .. } => "beyond-credit",
            Self::BeyondPayment { .. } => "beyond-payment",
            Self::PaidOutBefore { .. } => "paid-out-before",
            Self::NotPaidElsewhere => "not-paid-elsewhere",
            Self::ToldByOtherLine => "told-by-other-line",
            Self::CameBackSince { .. } => "came-back-since",
            Self::NotOverdue => "not-overdue",
            Self::NoDirectDebits => "no-direct-debits",
            Self::NoMandate => "no-mandate",
            Self::MandateExists { .. } => "mandate-exists",
            Self::MandateEnded => "mandate-ended",
            Self::NothingToAmend => "nothing-to-amend",
            Self::SignedLater { .. } => "signed-later",
            Self::CollectionSent { .. } => "collection-sent",
            Self::CollectionAnswered { .. } => "collection-answered",
            Self::CollectionCalledOff { .. } => "collection-called-off",
            Self::ReminderTooSoon { .. } => "reminder-too-soon",
            Self::NothingToCollect => "nothing-to-collect",
            Self::CollectionPending => "collection-pending",
            Self::NothingToExport => "nothing-to-export",
            Self::NotExportable { .. } => "not-exportable",
            Self::NothingToWaive => "nothing-to-waive",
            Self::AccountPaused { .. } => "account-paused",
            Self::AlreadyPaused { .. } => "already-paused",
            Self::NotPaused => "not-paused",
            Self::NoArrears => "no-arrears",
            Self::Arranged { .. } => "arranged",
            Self::NotArranged => "not-arranged",
            Self::LineBooked => "line-booked",
            Self::LineRepeats => "line-repeats",
            Self::NoReactivation => "no-reactivation",
            Self::NoMonthlyAmount => "no-monthly-amount",
            Self::Overpayment { .. } => "overpayment",
            Self::DefectIsFree => "defect-is-free",
            Self::EstimateNotNeeded { .. } => "estimate-not-needed",
            Self::CoverageChanged { .. } => "coverage-changed",
            Self::NoRate => "no-rate",
            Self::EstimateNotOpen { .. } => "estimate-not-open",
            Self::SpenderNotAuthorised { .. } => "spender-not-authorised",
            Self::CeilingExceeded { .. } => "ceiling-exceeded",
            Self::ChannelNotAllowed { .. } => "channel-not-allowed",
            Self::InsufficientMinutes { .. } => "insufficient-minutes",
            Self::BeyondAgreement { .. } => "beyond-agreement",
            Self::AgreementRequired { .. } => "agreement-required",
            Self::RequesterNotAuthorised { .. } => "requester-not-authorised",
            Self::BeyondTolerance { .. } => "beyond-tolerance",
            Self::AlreadyReversed => "already-reversed",
            Self::NothingUncovered => "nothing-uncovered",
            Self::StatusNotPossible { .. } => "status-not-possible",
            Self::NothingMissed => "nothing-missed",
            Self::NotOffered => "not-offered",
            Self::StalledToday => "stalled-today",
            Self::Month(not_closed) => not_closed.name(),
            Self::KeyReused => "idempotency-key-reused",
        }
    }

    /// The field to mark, by its name in the API, where the refusal is about one.
    #[must_use]
    pub const fn field(&self) -> Option<&'static str> {
        match self {
            Self::Invalid { field, .. } => Some(field),
            Self::WorkedOnOutOfRange { .. } => Some("worked_on"),
            Self::AskedByMissing => Some("asked_by"),
            Self::GivesForTooLong { .. } => Some("valid_until"),
            Self::UnknownProduct { .. } | Self::BelowFirstPurchase { .. } => Some("product"),
            Self::InstallationExists { .. } => Some("name"),
            Self::CoverageChanged { .. } => Some("replaces"),
            Self::NoRate => Some("hourly_rate"),
            Self::Overpayment { .. } | Self::BeyondCredit { .. } | Self::BeyondPayment { .. } => Some("amount"),
            Self::CreditTooMuch { .. } => Some("net"),
            Self::ChannelNotAllowed { .. } => Some("channel"),
            Self::ContactExists { .. } => Some("email"),
            Self::MandateExists { .. } => Some("reference"),
            Self::NothingToAmend => Some("iban"),
            Self::SignedLater { .. } => Some("collect_on"),
            _ => None,
        }
    }
}
