//! Everything that can be asked of the ledger. Shapes are checked before a command is made; rules are checked by
//! [`super::decide()`].

use super::{
    BankLineId, Billing, CardId, Cents, CollectionId, CommandId, ContactId, Cover, CoverageId, CustomerId, Doing,
    EstimateId, Handling, InstallationId, InvoiceId, Locale, MandateId, Minutes, PaymentId, PaymentMethod, Report,
    ReversalId, Role, TicketId, TicketKind, TimeEntryId, Urgency, UserId, bank::Scheme, contact::AskedVia,
    coverage::Outcome, document::Quantity, estimate::AnswerVia,
};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

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
    /// The line of the bank that told it: every transaction of the command names it, and together they move exactly the
    /// line's money on the account of the bank (BANK-4).
    pub bank_line: Option<BankLineId>,
}

impl Command {
    /// The same, told by a line of the bank.
    #[must_use]
    pub fn from_line(self, line: BankLineId) -> Self {
        Self { bank_line: Some(line), ..self }
    }

    /// The line of the bank that its transactions name: the one that told it, or the one that it undoes.
    #[must_use]
    pub const fn line(&self) -> Option<BankLineId> {
        match (self.bank_line, &self.act) {
            (Some(line), _) => Some(line),
            (None, Act::RecordPayment(received)) => received.bank_line,
            (None, Act::UndoLine { line }) => Some(*line),
            (None, Act::SettleCollection { bank_line, .. } | Act::Repay { bank_line, .. }) => *bank_line,
            (None, _) => None,
        }
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Actor {
    /// The service itself: lapses and expiries.
    Service,
    /// Somebody of the provider.
    Staff(UserId),
    /// A contact of the customer, logged in; with whose link, where that did not go to the contact's own address.
    Contact(UserId, ContactId, Option<HandedOver>),
}

/// A link by which somebody got into a login was handed over, and did not go by mail to the address of that login. Until the
/// address is proved, what that login says is marked with it (SPEND-3a).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct HandedOver {
    /// Who made the link.
    pub by: UserId,
    /// The day on which it was made.
    pub on: NaiveDate,
}

impl Actor {
    /// The login, for the books.
    #[must_use]
    pub const fn user(self) -> Option<UserId> {
        match self {
            Self::Service => None,
            Self::Staff(user) | Self::Contact(user, _, _) => Some(user),
        }
    }

    /// The link that was handed over, where it is such a login (SPEND-3a).
    #[must_use]
    pub const fn handed_over(self) -> Option<HandedOver> {
        match self {
            Self::Service | Self::Staff(_) => None,
            Self::Contact(_, _, handed_over) => handed_over,
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
    /// An invoice or credit note.
    Invoice(InvoiceId),
    /// A card.
    Card(CardId),
    /// A payment.
    Payment(PaymentId),
    /// A mandate.
    Mandate(MandateId),
    /// A collection.
    Collection(CollectionId),
    /// A reversal.
    Reversal(ReversalId),
}

/// Money that came in, and what it is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receiving {
    /// How much is set against what is owed: what came in and what was kept of it on the way.
    pub amount: Cents,
    /// What banks kept of it, which is ours (BANK-7): from 0 to the amount.
    pub costs: Cents,
    /// Value date.
    pub paid_on: NaiveDate,
    /// How.
    pub method: PaymentMethod,
    /// What the payer wrote, or how it is found back.
    pub note: Option<String>,
    /// The line of the bank's file that told it.
    pub bank_line: Option<BankLineId>,
    /// For which invoices, in this order, each as far as it is open and the money reaches.
    pub invoices: Vec<InvoiceId>,
    /// What is left over stays with us as the customer's; else more than what is open is refused.
    pub keep_surplus: bool,
}

impl Receiving {
    /// A payment for one invoice, no more than what is open of it.
    #[must_use]
    pub fn of(invoice: InvoiceId, amount: Cents, paid_on: NaiveDate, method: PaymentMethod) -> Self {
        let costs = Cents::ZERO;
        Self {
            amount,
            costs,
            paid_on,
            method,
            note: None,
            bank_line: None,
            invoices: vec![invoice],
            keep_surplus: false,
        }
    }
}

/// What a credit note takes off an invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Crediting {
    /// Everything that can be: an order that was not granted as a whole, of a granted card what is unspent, of other lines
    /// what was not credited yet.
    Whole,
    /// So much of one line, ex VAT; for lines other than cards.
    Part {
        /// Which line, from 0.
        line: usize,
        /// How much, ex VAT.
        net: Cents,
    },
}

/// What came undone, as it was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undone {
    /// The bank's reason.
    pub code: String,
    /// Value date.
    pub valued_on: NaiveDate,
    /// Refused before settlement: no money had moved.
    pub rejected: bool,
    /// What the bank charged us for it.
    pub charge: Cents,
}

/// A line that finance writes on a draft.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLine {
    /// What for.
    pub description: String,
    /// How much of it.
    pub quantity: Quantity,
    /// Price of a piece or an hour, ex VAT.
    pub unit_price: Cents,
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
        /// Where its invoice goes, as far as the order tells: it is taken over into the billing details (PAY-1a).
        billing: Option<Box<Billing>>,
    },
    /// An owner consents to renewal (CARD-9).
    GiveConsent,
    /// … and no longer does.
    WithdrawConsent,
    /// Where documents are addressed to.
    SetBilling(Billing),
    /// A line on the customer's draft, which is made where there is none.
    WriteLine(NewLine),
    /// A line that finance wrote is taken off a draft.
    EraseLine {
        /// Which draft.
        invoice: InvoiceId,
        /// Which line, from 0.
        line: usize,
    },
    /// A draft becomes an invoice (PAY-1).
    IssueInvoice(InvoiceId),
    /// A credit note (PAY-1, CARD-3, CARD-7).
    CreditInvoice {
        /// Which invoice.
        invoice: InvoiceId,
        /// What of it.
        crediting: Crediting,
        /// Why.
        reason: String,
    },
    /// Unspent minutes of a card are given back for money (CARD-7).
    RefundCard {
        /// Which card.
        card: CardId,
        /// How many; all that are available when not told.
        minutes: Option<Minutes>,
        /// Why.
        reason: String,
    },
    /// A reminder of an invoice was sent.
    RemindInvoice(InvoiceId),
    /// Money came in.
    RecordPayment(Receiving),
    /// What was paid too much is set against an invoice.
    SetOff(InvoiceId),
    /// What was paid too much is given back (PAY-5).
    Repay {
        /// How much.
        amount: Cents,
        /// Value date.
        paid_on: NaiveDate,
        /// Why, or how it is found back.
        note: Option<String>,
        /// The line of the bank's file that told it.
        bank_line: Option<BankLineId>,
    },
    /// Costs of a bank or of a provider of payments, beside payments (BANK-6).
    BookCosts {
        /// How much; positive is a cost to us, negative was given back.
        amount: Cents,
        /// Value date.
        valued_on: NaiveDate,
    },
    /// A payment that came in elsewhere, such as at a provider of payments, is paid out to the bank (BANK-6).
    PayOut {
        /// Which payment.
        payment: PaymentId,
        /// Value date.
        paid_on: NaiveDate,
    },
    /// What transactions that name this line booked for this customer is undone: the match was wrong (BANK-9). Undone
    /// twice, it changes nothing.
    UndoLine {
        /// Which line.
        line: BankLineId,
    },
    /// A customer's leave to collect.
    RecordMandate {
        /// Its reference; made from the customer's number when not told.
        reference: Option<String>,
        /// Under which scheme; the policy's when not told.
        scheme: Option<Scheme>,
        /// Day on which it was signed.
        signed_on: NaiveDate,
        /// In whose name the account is.
        debtor_name: String,
        /// The account.
        iban: String,
    },
    /// … that ends.
    EndMandate {
        /// Which one.
        mandate: MandateId,
        /// Why.
        reason: String,
    },
    /// The account of a mandate, or its holder, is another; the reference stays.
    AmendMandate {
        /// Which one.
        mandate: MandateId,
        /// In whose name the account is; as before when not told.
        debtor_name: Option<String>,
        /// The new account.
        iban: String,
    },
    /// An invoice is to be collected on a day.
    PlanCollection {
        /// Which invoice.
        invoice: InvoiceId,
        /// On which day.
        collect_on: NaiveDate,
    },
    /// A collection that was planned and not sent yet is called off. Told twice, it changes nothing.
    CancelCollection {
        /// Which collection.
        collection: CollectionId,
        /// Why.
        reason: String,
    },
    /// The money of a collection came. Told twice, it changes nothing.
    SettleCollection {
        /// Which collection.
        collection: CollectionId,
        /// Value date.
        settled_on: NaiveDate,
        /// The line of the bank's file that told it.
        bank_line: Option<BankLineId>,
    },
    /// A collection was refused or came undone. Told twice, it changes nothing (PAY-2).
    ReverseCollection {
        /// Which collection.
        collection: CollectionId,
        /// What was told.
        undone: Undone,
    },
    /// A payment came undone, wholly or in part (PAY-2).
    ReversePayment {
        /// Which payment.
        payment: PaymentId,
        /// How much of it; all that stands when not told.
        amount: Option<Cents>,
        /// What was told.
        undone: Undone,
    },
    /// A person says whether a reversal counts (PAY-2).
    JudgeReversal {
        /// Which reversal.
        reversal: ReversalId,
        /// Whether it counts.
        counted: bool,
        /// Why.
        reason: String,
    },
    /// The fee of a reversal is waived; it still counts (PAY-2).
    WaiveFee {
        /// Which reversal.
        reversal: ReversalId,
        /// Why.
        reason: String,
    },
    /// The account of a customer in arrears is paused (PAY-4).
    PauseAccount {
        /// Why.
        reason: String,
    },
    /// … and goes on, although something may still be overdue.
    ResumeAccount {
        /// Why.
        reason: String,
    },
    /// Payment in parts was asked in writing, and approved (PAY-4).
    Arrange {
        /// The last day of the arrangement.
        until: NaiveDate,
        /// How it was asked.
        asked_via: AskedVia,
        /// What was arranged.
        reason: String,
    },
    /// … and ends before its day.
    EndArrangement {
        /// Why.
        reason: String,
    },
    /// A reactivation fee of 0 to 6 monthly amounts (PAY-4).
    ChargeReactivation {
        /// How many monthly amounts.
        factor: Decimal,
        /// Why so many.
        reason: String,
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
    /// What it takes to do it (SPEND-1, SPEND-1a).
    #[must_use]
    pub const fn doing(&self) -> Doing {
        match self {
            Self::AddContact { .. } | Self::RemoveContact(_) => Doing::ManagePeople,
            Self::AddInstallation { .. } | Self::RemoveInstallation(_) => Doing::ManageInstallations,
            Self::OrderCard { .. } => Doing::Order,
            Self::GiveConsent => Doing::GiveConsent,
            Self::WithdrawConsent => Doing::WithdrawConsent,
            Self::SetBilling(_) => Doing::ChangeBilling,
            Self::OpenTicket(_) => Doing::Report,
            Self::HandleTicket { handling, .. } => handling.doing(),
            Self::AcceptEstimate { .. }
            | Self::DeclineEstimate { .. }
            | Self::InvoiceEntry { .. }
            | Self::CoverEntry { by_card: Some(_), .. } => Doing::Agree,
            Self::CreateCustomer { .. }
            | Self::DecideCoverage { .. }
            | Self::RecordAddOn { .. }
            | Self::EndContract { .. }
            | Self::RecordConversation { .. }
            | Self::ProposeEstimate { .. }
            | Self::CloseEstimate(_)
            | Self::LogTime { .. }
            | Self::ReverseEntry { .. }
            | Self::CoverEntry { by_card: None, .. } => Doing::Serve,
            Self::WriteLine(_)
            | Self::EraseLine { .. }
            | Self::IssueInvoice(_)
            | Self::CreditInvoice { .. }
            | Self::RefundCard { .. }
            | Self::RemindInvoice(_)
            | Self::RecordPayment(_)
            | Self::SetOff(_)
            | Self::Repay { .. }
            | Self::BookCosts { .. }
            | Self::PayOut { .. }
            | Self::UndoLine { .. }
            | Self::RecordMandate { .. }
            | Self::EndMandate { .. }
            | Self::AmendMandate { .. }
            | Self::PlanCollection { .. }
            | Self::CancelCollection { .. }
            | Self::SettleCollection { .. }
            | Self::ReverseCollection { .. }
            | Self::ReversePayment { .. }
            | Self::JudgeReversal { .. }
            | Self::WaiveFee { .. }
            | Self::PauseAccount { .. }
            | Self::ResumeAccount { .. }
            | Self::Arrange { .. }
            | Self::EndArrangement { .. }
            | Self::ChargeReactivation { .. } => Doing::KeepBooks,
            Self::Settle => Doing::SeeAll,
        }
    }

    /// An order of a product for all installations, without consent to anything.
    #[must_use]
    pub fn order(product: impl Into<String>) -> Self {
        Self::OrderCard { product: product.into(), installation: None, renew: false, billing: None }
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
            Self::SetBilling(_) => "set_billing",
            Self::WriteLine(_) => "write_line",
            Self::EraseLine { .. } => "erase_line",
            Self::IssueInvoice(_) => "issue_invoice",
            Self::CreditInvoice { .. } => "credit_invoice",
            Self::RefundCard { .. } => "refund_card",
            Self::RemindInvoice(_) => "remind_invoice",
            Self::RecordPayment(_) => "record_payment",
            Self::SetOff(_) => "set_off",
            Self::Repay { .. } => "repay",
            Self::BookCosts { .. } => "book_costs",
            Self::PayOut { .. } => "pay_out",
            Self::UndoLine { .. } => "undo_line",
            Self::RecordMandate { .. } => "record_mandate",
            Self::EndMandate { .. } => "end_mandate",
            Self::AmendMandate { .. } => "amend_mandate",
            Self::PlanCollection { .. } => "plan_collection",
            Self::CancelCollection { .. } => "cancel_collection",
            Self::SettleCollection { .. } => "settle_collection",
            Self::ReverseCollection { .. } => "reverse_collection",
            Self::ReversePayment { .. } => "reverse_payment",
            Self::JudgeReversal { .. } => "judge_reversal",
            Self::WaiveFee { .. } => "waive_fee",
            Self::PauseAccount { .. } => "pause_account",
            Self::ResumeAccount { .. } => "resume_account",
            Self::Arrange { .. } => "arrange",
            Self::EndArrangement { .. } => "end_arrangement",
            Self::ChargeReactivation { .. } => "charge_reactivation",
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
