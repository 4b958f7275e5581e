//! The rules, pure: no I/O, no async, no clock. State + command + policy + now -> rows or a refusal.
//!
//! Read in this order: [`policy`] (one provider's terms as data), [`ledger`] (what is known of one customer),
//! [`command`] (everything that can be asked), [`decide`] (THE decision), [`transaction`] and [`chain`] (what is
//! booked and how a later change shows).

pub mod arrears;
pub mod audit_file;
pub mod authority;
pub mod availability;
pub mod bank;
pub mod bank_statement;
pub mod burn_down;
pub mod card;
pub mod card_statement;
pub mod chain;
pub mod charge;
pub mod clocks;
pub mod closing;
pub mod collection;
pub mod collective;
pub mod command;
pub mod company_numbers;
pub mod contact;
pub mod coverage;
pub mod customer;
pub mod decide;
pub mod definite;
pub mod document;
pub mod duration;
pub mod estimate;
pub mod evaluate;
pub mod export;
pub mod fair_use;
pub mod hours;
pub mod iban;
pub mod ids;
pub mod installation;
pub mod intake;
pub mod invoice;
pub mod journal;
pub mod ledger;
pub mod matching;
pub mod meeting;
mod minutes;
pub mod money;
pub mod money_account;
pub mod notice;
pub mod policies;
pub mod policy;
pub mod posting;
pub mod printed;
pub mod reading;
pub mod reasons;
pub mod reconciliation;
pub mod references;
pub mod refusal;
pub mod renewal;
pub mod scope;
pub mod sepa_text;
pub mod sla;
pub mod target_days;
pub mod ticket;
pub mod time_entry;
pub mod timeline;
pub mod transaction;
pub mod typed;
pub mod unmatching;
pub mod words;

pub use arrears::{ArrearsEvent, ArrearsEventKind, Billing};
pub use authority::{Doing, StaffRole};
pub use card::{Card, CardStatus, Origin, Work};
pub use collection::{Collection, CollectionStatus, Mandate, Reversal};
pub use command::{Act, Actor, Command, Excess, HandedOver, Key, Target};
pub use contact::{AskedVia, Contact, Role};
pub use coverage::{AddOnTerm, Cover, Coverage, Urgency};
pub use customer::{Balance, Customer, Locale};
pub use decide::{Decision, Receipt, decide};
pub use definite::MissingField;
pub use estimate::{Estimate, EstimateStatus, Hold};
pub use fair_use::{Conversation, Counted, Weight};
pub use hours::OpeningHours;
pub use ids::{
    AddOnId, AllocationId, ArrearsEventId, BankCostId, BankEntryId, BankFileId, BankLineId, CardId, ClosingId,
    CollectionId, CommandId, ConsentId, ContactId, ContractEndId, ConversationId, CoverageId, CustomerId, EstimateId,
    ExportId, Fresh, IncidentId, InstallationId, InvoiceId, MandateId, NoticeId, PaymentId, ReversalId, StatementId,
    TicketEventId, TicketId, TimeEntryId, TransactionId, UnmatchedId, UserId,
};
pub use installation::Installation;
pub use invoice::{
    Allocation, AllocationKind, Invoice, InvoiceLine, InvoiceState, Issued, LineSource, Payment, PaymentMethod,
    Repayment, Series, Standing,
};
pub use ledger::{Changes, Ledger, Numbers};
pub use minutes::Minutes;
pub use money::{Cents, NotAnAmount};
pub use money_account::MoneyAccount;
pub use notice::{Notice, NoticeKind};
pub use policies::Policies;
pub use policy::{Measure, Policy};
pub use posting::{Post, Posting};
pub use refusal::Refusal;
pub use renewal::Consent;
pub use scope::WorkScope;
pub use ticket::{
    Channel, Due, Handling, Intake, Pauses, Question, Report, Ticket, TicketEvent, TicketEventKind, TicketKind,
    TicketStatus,
};
pub use time_entry::{CoveredBy, TimeEntry};
pub use transaction::{Account, Basis, Movement, Note, Transaction, TransactionKind};
pub use unmatching::{BankCost, Unmatched, UnmatchedKind};
