//! How the words, ids and figures of the domain look in the OpenAPI document. Said here, so that the domain need not
//! know of it.

use crate::domain::availability::{Cause, Verdict};
use crate::domain::bank::{BankFileKind, Direction};
use crate::domain::bank_statement::StatementKind;
use crate::domain::closing::{About, ClosingKind, FindingKind};
use crate::domain::collective::CollectiveKind;
use crate::domain::coverage::Outcome;
use crate::domain::export::ExportKind;
use crate::domain::fair_use::{Level, NoVerdict};
use crate::domain::matching::{Hint, LineState, Proof};
use crate::domain::policy::Part;
use crate::domain::reasons::Action;
use crate::domain::{
    Account, AddOnId, ArrearsEventId, ArrearsEventKind, AskedVia, BankFileId, BankLineId, Basis, CardId, CardStatus,
    Channel, ClosingId, CollectionId, CollectionStatus, ConsentId, ContactId, ContractEndId, ConversationId, Cover,
    CoverageId, CoveredBy, CustomerId, EstimateId, EstimateStatus, IncidentId, InstallationId, InvoiceId, Locale,
    MandateId, Measure, Minutes, MissingField, MoneyAccount, NoticeKind, PaymentId, PaymentMethod, Question,
    ReversalId, Role, Standing, TicketEventId, TicketEventKind, TicketId, TicketKind, TicketStatus, TimeEntryId,
    TransactionId, TransactionKind, UserId,
    bank::{Scheme, Sequence},
    document::DocumentKind,
    estimate::AnswerVia,
};
use crate::exchange::{journal::JournalProfile, ubl::Profile};
use crate::service::accounting::MonthState;
use crate::service::exports::JournalFormat;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

macro_rules! schema {
    ($($name:ident: $object:expr),+ $(,)?) => { $(
        impl PartialSchema for $name {
            fn schema() -> RefOr<Schema> {
                $object.into()
            }
        }
        impl ToSchema for $name {}
    )+ };
}

macro_rules! ids {
    ($($name:ident: $text:literal),+ $(,)?) => { schema! { $($name: id($text)),+ } };
}

macro_rules! words {
    ($($name:ident: $text:literal),+ $(,)?) => {
        schema! { $($name: word($text, $name::ALL.iter().map(|word| word.as_str()))),+ }
    };
}

fn id(text: &str) -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Uuid);
    ObjectBuilder::new().schema_type(Type::String).format(Some(format)).description(Some(text))
}

fn word(text: &str, words: impl Iterator<Item = &'static str>) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(words)).description(Some(text))
}

fn minutes() -> ObjectBuilder {
    let format = SchemaFormat::KnownFormat(KnownFormat::Int64);
    let text = "A whole number of minutes.";
    ObjectBuilder::new().schema_type(Type::Integer).format(Some(format)).description(Some(text))
}

schema! { Minutes: minutes() }

ids! {
    IncidentId: "Identity of a record of an incident or maintenance.",
    ClosingId: "Identity of a closing of a month.",
    MandateId: "Identity of a mandate.",
    CustomerId: "Identity of a customer.",
    ContactId: "Identity of a person at one customer.",
    CardId: "Identity of a card.",
    TicketId: "Identity of a ticket.",
    TicketEventId: "Identity of something that happened to a ticket.",
    CoverageId: "Identity of a decision about who pays.",
    ContractEndId: "Identity of an end of a contract.",
    ConversationId: "Identity of a conversation about fair use.",
    AddOnId: "Identity of a term of the add-on for urgent tickets.",
    UserId: "Identity of a login.",
    EstimateId: "Identity of an estimate.",
    TimeEntryId: "Identity of a time entry.",
    InvoiceId: "Identity of an invoice.",
    InstallationId: "Identity of an installation of a customer.",
    ConsentId: "Identity of a consent to renewal.",
    PaymentId: "Identity of a payment.",
    ReversalId: "Identity of a reversal.",
    ArrearsEventId: "Identity of a step in arrears.",
    TransactionId: "Identity of a transaction of the ledger.",
}

words! {
    MissingField: "What a document misses before it can be issued (PAY-1a): of the seller, in the policy's `[provider]`; of the buyer, in its billing details.",
    About: "What an example of something open is.",
    ClosingKind: "What was done to a month.",
    FindingKind: "What may still be open in a month (TIME-6).",
    MonthState: "Where a month of the books stands: it goes on, is over, or takes no more bookings (TIME-6).",
    MoneyAccount: "What an account of the money ledger is for.",
    Scheme: "Scheme of direct debits.",
    Sequence: "The place of a collection among those of its mandate.",
    CollectionStatus: "Where a collection stands.",
    Cause: "Why a product could not be used; a `mistake` was none. Maintenance is left out inside its window when it was \
        announced; outages are down; the other causes are left out (SLA-8).",
    Verdict: "What a part of an incident does: the first three make it down, the others leave it out of both sides.",
    Part: "A part that a provider may do without (POL-3).",
    Level: "Where a customer stands: near from the policy's per cent up to exactly the allowance, over beyond it (FAIR-4).",
    NoVerdict: "Why there is no verdict (FAIR-5).",
    Outcome: "What a conversation about fair use came to (FAIR-6): questions come off the card, a proposal to measure, or it \
        stays as it is.",
    Locale: "Language of mails and invoices.",
    Role: "What a contact may do: an owner manages contacts and buys, a spender agrees to estimates, a viewer looks.",
    AskedVia: "How a request of the customer reached the agent (SPEND-2).",
    CardStatus: "What can be done with a card.",
    NoticeKind: "What an owner is told about cards: little is left (`low`), a used-up card was ordered again (`renewed`) or \
        is no longer for sale (`not_renewed`), what was left went on at a new rate (`converted`) or is given back \
        (`credited`).",
    PaymentMethod: "How money came in.",
    Action: "What to do about a collection that came back (PAY-2).",
    ArrearsEventKind: "What happened about arrears (PAY-4).",
    DocumentKind: "Whether a document asks for money or gives it back.",
    Standing: "How far a document is settled; `reversed` when what was paid came undone.",
    TicketKind: "What a ticket is about; work on a defect is free (COVER-2).",
    TicketStatus: "Where a ticket stands.",
    TicketEventKind: "What happened to a ticket.",
    Channel: "How a report reached the provider.",
    Question: "What a report may be asked to say.",
    Measure: "One of the two clocks of a ticket.",
    EstimateStatus: "Where an estimate stands.",
    AnswerVia: "How an answer reached the provider.",
    Cover: "Who pays for a ticket, in the order in which it is tried (COVER-1).",
    CoveredBy: "What covered the time when it was logged: what was decided for its ticket, `free` for a trifle, \
        `uncovered` when nothing did yet.",
    TransactionKind: "Why minutes moved.",
    Account: "Where minutes come from or go to; `issued` is the outside world.",
    ExportKind: "What an export holds: journal entries, an audit file (XAF 4.0), documents as UBL or PDF, collections \
        (pain.008), or everything of a month.",
    JournalFormat: "As what a journal is written; `zip` is both.",
    JournalProfile: "Whose columns a journal has.",
    Profile: "The rules of electronic invoices: Peppol BIS Billing 3.0 or NLCIUS.",
    Basis: "By which rule the card was chosen (TIME-4).",
}

// Files of the bank.
ids! {
    BankFileId: "Identity of a file of the bank.",
    BankLineId: "Identity of a line that the bank told.",
    CollectionId: "Identity of an attempt to collect an invoice.",
}

words! {
    BankFileKind: "What a file of the bank is.",
    Direction: "Which way money went, seen from our account.",
    LineState: "What became of a line: `new` while it is being booked, `open` while it waits for a \
        person, `outside` when it is not for these books.",
    Hint: "Why something is proposed, the best reason first.",
    Proof: "What proved that a line is what it was booked as (BANK-5).",
    CollectiveKind: "Whose an account is by which many pay (BANK-5).",
    StatementKind: "What tells entries of an account: a statement proves, a notice announces.",
}
