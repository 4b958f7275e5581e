//! THE decision: ledger + command + policy + now -> the rows to write, or a refusal.
//!
//! Shared by the writer, the previews on the pages and the tests. Phases of every decision: settle what became due
//! (lapses, conversions, expiries), check, book, follow up (what was used up is ordered again or told). A refusal leaves
//! nothing behind, not even the settlement.

mod arrears;
mod billing;
mod cards;
mod collections;
pub mod conversion;
mod corrections;
mod coverage;
mod customers;
mod days;
mod estimates;
mod fair_use;
mod installations;
mod payments;
mod renewal;
mod reversals;
mod settle;
mod tickets;
mod time;
mod unmatching;

use super::{
    Act, Actor, AddOnTerm, Allocation, ArrearsEvent, BankCost, Billing, Card, Collection, Consent, Contact,
    Conversation, Customer, CustomerId, Estimate, Installation, Invoice, Ledger, Mandate, Minutes, Note, Numbers,
    Payment, Policies, Policy, Post, Refusal, Repayment, Reversal, Ticket, TicketEvent, TicketId, TimeEntry,
    TimeEntryId, Transaction, TransactionId, TransactionKind,
    authority::{self, Standing},
    burn_down::Draw,
    chain,
    command::Command,
    customer::ContractEnd,
    ledger::{Changes, Draft, Line},
};
use chrono::{DateTime, NaiveDate, Utc};
pub use coverage::CoverageReceipt;
pub use payments::PaymentReceipt;
pub use reversals::{Meaning, fees_owed, meaning_of};
pub use settle::settled;
pub use unmatching::Unmatching;

/// What a decision leads to.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// Rows to add or replace; none when it was so already.
    pub changes: Changes,
    /// The next free numbers, where some were taken.
    pub numbers: Option<Numbers>,
    /// What to answer.
    pub receipt: Receipt,
}

/// What a command made: facts that later commands do not change, so that a repeated request gets the same answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Receipt {
    /// A customer.
    Customer(Customer),
    /// A contact.
    Contact(Contact),
    /// A contact is gone.
    Removed(Contact),
    /// An installation, added or removed.
    Installation(Installation),
    /// Consent to renewal, given or withdrawn.
    Consent(Consent),
    /// A card, and its invoice when it was bought.
    Card(Box<Card>, Option<Box<Invoice>>),
    /// A draft, an invoice or a credit note, as the command left it.
    Invoice(Box<Invoice>),
    /// A payment and what it settled.
    Payment(Box<PaymentReceipt>),
    /// What was paid too much, set against an invoice.
    Allocation(Allocation),
    /// … or given back.
    Repayment(Repayment),
    /// Costs beside payments.
    Costs(BankCost),
    /// A payment that was paid out.
    PaidOut(Box<Payment>),
    /// What a line had booked and was undone.
    Unmatched(Box<Unmatching>),
    /// A mandate.
    Mandate(Box<Mandate>),
    /// A collection.
    Collection(Box<Collection>),
    /// A reversal.
    Reversal(Box<Reversal>),
    /// A step in arrears.
    Arrears(Box<ArrearsEvent>),
    /// Where documents are addressed to.
    Billing(Box<Billing>),
    /// A ticket.
    Ticket(Ticket),
    /// Something done on a ticket.
    TicketEvent(TicketEvent),
    /// A new decision about who pays.
    Coverage(Box<CoverageReceipt>),
    /// A term of the add-on for urgent tickets.
    AddOn(AddOnTerm),
    /// A contract ends, or goes on.
    ContractEnd(ContractEnd),
    /// What was said about fair use.
    Conversation(Conversation),
    /// An estimate, as the command left it.
    Estimate(Estimate),
    /// A time entry.
    Time(TimeReceipt),
    /// A reversal, or minutes that found cover.
    Correction(Correction),
    /// What was due is booked.
    Settled,
}

/// What became of logged time.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeReceipt {
    /// The entry.
    pub entry: TimeEntry,
    /// What each card paid.
    pub draws: Vec<Draw>,
    /// What nothing covered.
    pub uncovered: Minutes,
    /// What the customer can still agree to, after it.
    pub available_after: Minutes,
}

/// What a reversal or a cover booked.
#[derive(Clone, Debug, PartialEq)]
pub struct Correction {
    /// Its transaction.
    pub id: TransactionId,
    /// The entry it is about.
    pub entry: TimeEntryId,
    /// Reversal, cover, goodwill or invoice.
    pub kind: TransactionKind,
    /// Per card: minutes given back by a reversal, or drawn by a cover.
    pub cards: Vec<Draw>,
    /// By how much the other work of that ticket and day is charged more, or less, since a reversal (TIME-2).
    pub repriced: Minutes,
    /// What the customer can still agree to, after it.
    pub available_after: Minutes,
}

/// What a decision may look at besides the ledger.
#[derive(Clone, Copy, Debug)]
pub struct Circumstances<'a> {
    /// The terms, by date.
    pub policies: &'a Policies,
    /// The moment of the decision.
    pub now: DateTime<Utc>,
    /// The next free numbers.
    pub numbers: &'a Numbers,
    /// The last day of the last closed month (TIME-6).
    pub closed_through: Option<NaiveDate>,
}

impl<'a> Circumstances<'a> {
    /// The local day of now.
    #[must_use]
    pub fn today(&self) -> NaiveDate {
        self.policies.day(self.now)
    }

    /// The day in the books for something of `day`: that day if its month is open, else the first open day (TIME-4).
    #[must_use]
    pub fn books(&self, day: NaiveDate) -> NaiveDate {
        let open = self.closed_through.and_then(|last| last.succ_opt());
        open.map_or(day, |open| day.max(open))
    }

    /// The terms under which a ticket came in: its clocks follow them, whatever is in force now (POL-1).
    #[must_use]
    pub fn terms_of(&self, received_at: DateTime<Utc>) -> &'a Policy {
        self.policies.at(self.policies.day(received_at)).1
    }

    /// The version in force today.
    #[must_use]
    pub fn policy(&self) -> &'a Policy {
        self.policies.at(self.today()).1
    }
}

/// Decides on one command for the customer `id`.
///
/// # Errors
/// A [`Refusal`] with the figures that explain it; nothing is to be written then.
pub fn decide(ledger: &Ledger, id: CustomerId, command: &Command, at: Circumstances) -> Result<Decision, Refusal> {
    let mut case = Case { draft: Draft::new(ledger, command.id), at, command, numbers: None };
    let exists = case.draft.customer().is_some();
    if exists == matches!(command.act, Act::CreateCustomer { .. }) {
        return Err(Refusal::NotFound("customer"));
    }
    if exists {
        case.settle();
    }
    case.check_authority()?;
    let receipt = case.act(id)?;
    if exists {
        case.issue_waiting();
        case.convert_cards();
        case.follow_up();
    }
    Ok(Decision { changes: case.draft.changes, numbers: case.numbers, receipt })
}

/// One command under decision.
struct Case<'a> {
    draft: Draft<'a>,
    at: Circumstances<'a>,
    command: &'a Command,
    numbers: Option<Numbers>,
}

impl Case<'_> {
    /// Whether this person may do that at this moment, whatever was so when the request came in (SPEND-1a, SPEND-6). Staff has
    /// been asked at the door.
    fn check_authority(&self) -> Result<(), Refusal> {
        let Actor::Contact(_, contact, _) = self.actor() else { return Ok(()) };
        let standing = self.draft.contact(contact).map_or(Standing::Stranger, Standing::Contact);
        Ok(authority::may(standing, self.command.act.doing(), self.at.today())?)
    }

    fn act(&mut self, id: CustomerId) -> Result<Receipt, Refusal> {
        match &self.command.act {
            Act::CreateCustomer { .. } => self.create_customer(id),
            Act::AddContact { .. } => self.add_contact(),
            Act::RemoveContact(contact) => self.remove_contact(*contact),
            Act::AddInstallation { name } => self.add_installation(name),
            Act::RemoveInstallation(installation) => self.remove_installation(*installation),
            Act::OrderCard { product, installation, renew, billing } => {
                self.order_card(product, *installation, *renew, billing.as_deref())
            }
            Act::GiveConsent => self.give_consent(),
            Act::WithdrawConsent => self.withdraw_consent(),
            Act::OpenTicket(report) => self.open_ticket(report),
            Act::HandleTicket { ticket, handling } => self.handle_ticket(*ticket, handling),
            Act::DecideCoverage { ticket, replaces, ruling } => self.decide_coverage(*ticket, *replaces, ruling),
            Act::EndContract { last_day } => self.end_contract(*last_day),
            Act::RecordConversation { .. } => self.record_conversation(),
            Act::RecordAddOn { since, until } => self.record_add_on(*since, *until),
            Act::InvoiceEntry { entry, contact, hourly_rate, reason } => {
                self.invoice_entry(*entry, *contact, *hourly_rate, reason)
            }
            Act::ProposeEstimate { .. } => self.propose_estimate(),
            Act::AcceptEstimate { estimate, answer } => self.accept_estimate(*estimate, answer),
            Act::DeclineEstimate { estimate, contact } => self.decline_estimate(*estimate, *contact),
            Act::CloseEstimate(estimate) => self.close_estimate(*estimate),
            Act::LogTime { .. } => self.log_time(),
            Act::ReverseEntry { entry, reason } => self.reverse_entry(*entry, reason),
            Act::CoverEntry { entry, by_card, reason } => self.cover_entry(*entry, *by_card, reason),
            Act::Settle => Ok(Receipt::Settled),
            money => self.act_on_money(money),
        }
    }

    fn act_on_money(&mut self, act: &Act) -> Result<Receipt, Refusal> {
        match act {
            Act::SetBilling(billing) => self.set_billing(billing),
            Act::WriteLine(line) => self.write_line(line),
            Act::EraseLine { invoice, line } => self.erase_line(*invoice, *line),
            Act::IssueInvoice(invoice) => self.issue_invoice(*invoice),
            Act::CreditInvoice { invoice, crediting, reason } => self.credit_invoice(*invoice, crediting, reason),
            Act::RefundCard { card, minutes, reason } => self.refund_card(*card, *minutes, reason),
            Act::RemindInvoice(invoice) => self.remind_invoice(*invoice),
            Act::RecordPayment(received) => self.record_payment(received),
            Act::SetOff(invoice) => self.set_off(*invoice),
            Act::Repay { amount, paid_on, note, bank_line: _ } => self.repay(*amount, *paid_on, note.clone()),
            Act::BookCosts { amount, valued_on } => self.book_costs(*amount, *valued_on),
            Act::PayOut { payment, paid_on } => self.pay_out(*payment, *paid_on),
            Act::UndoLine { line } => self.undo_line(*line),
            Act::RecordMandate { reference, scheme, signed_on, debtor_name, iban } => {
                self.record_mandate(reference.as_deref(), *scheme, *signed_on, (debtor_name, iban))
            }
            Act::EndMandate { mandate, reason } => self.end_mandate(*mandate, reason),
            Act::AmendMandate { mandate, debtor_name, iban } => {
                self.amend_mandate(*mandate, debtor_name.as_deref(), iban)
            }
            Act::PlanCollection { invoice, collect_on } => self.plan_collection(*invoice, *collect_on),
            Act::CancelCollection { collection, reason } => self.cancel_collection(*collection, reason),
            Act::SettleCollection { collection, settled_on, bank_line: _ } => {
                self.settle_collection(*collection, *settled_on)
            }
            Act::ReverseCollection { collection, undone } => self.reverse_collection(*collection, undone),
            Act::ReversePayment { payment, amount, undone } => self.reverse_payment(*payment, *amount, undone),
            Act::JudgeReversal { reversal, counted, reason } => self.judge_reversal(*reversal, *counted, reason),
            Act::WaiveFee { reversal, reason } => self.waive_fee(*reversal, reason),
            Act::PauseAccount { reason } => self.pause_account(reason),
            Act::ResumeAccount { reason } => self.resume_account(reason),
            Act::Arrange { until, asked_via, reason } => self.arrange(*until, *asked_via, reason),
            Act::EndArrangement { reason } => self.end_arrangement(reason),
            Act::ChargeReactivation { factor, reason } => self.charge_reactivation(*factor, reason),
            other => unreachable!("{} is no act on money", other.name()),
        }
    }

    /// The customer that is decided on.
    fn customer(&self) -> &Customer {
        self.draft.customer().expect("decide() has seen that the customer exists")
    }

    /// The moment to write down: now, but never before the customer's last booking.
    fn recorded_at(&self) -> DateTime<Utc> {
        self.draft.customer().map_or(self.at.now, |customer| self.at.now.max(customer.last_recorded_at))
    }

    fn actor(&self) -> Actor {
        self.command.actor
    }

    /// The next numbers, to take one from.
    fn numbers(&mut self) -> &mut Numbers {
        self.numbers.get_or_insert_with(|| self.at.numbers.clone())
    }

    /// A transaction of today by the command's actor; the caller fills in what it is about.
    fn transaction(&mut self, kind: TransactionKind) -> Transaction {
        let today = self.at.today();
        Transaction {
            customer_id: self.customer().id,
            seq: 0,
            id: self.draft.fresh.id(),
            kind,
            policy_version: self.at.policies.at(today).0,
            worked_on: None,
            booked_on: self.at.books(today),
            recorded_at: self.recorded_at(),
            actor_id: None,
            link_by: None,
            link_on: None,
            reverses: None,
            time_entry_id: None,
            ticket_id: None,
            worked: None,
            bank_line_id: self.command.line(),
            note_digest: None,
            prev_hash: String::new(),
            hash: String::new(),
        }
        .by(self.actor())
    }

    /// Books `transaction` with a free text.
    fn book_with_note(&mut self, transaction: Transaction, text: &str, lines: &[Line]) {
        self.book_money_with_note(transaction, text, lines, &[]);
    }

    /// Books a transaction that moves money with a free text.
    fn book_money_with_note(&mut self, mut transaction: Transaction, text: &str, lines: &[Line], posts: &[Post]) {
        let salt = self.command.salt.clone();
        transaction.note_digest = Some(chain::note_digest(&salt, text));
        let (transaction_id, customer_id) = (transaction.id, transaction.customer_id);
        self.draft.changes.notes.push(Note { transaction_id, customer_id, salt, text: text.to_owned() });
        self.draft.book_with(transaction, lines, posts);
    }

    fn ticket(&self, id: TicketId) -> Result<Ticket, Refusal> {
        self.draft.ticket(id).cloned().ok_or(Refusal::NotFound("ticket"))
    }
}
