//! Identities. Each is a UUID v7 with a type of its own, so that a card is never looked up among customers.
//!
//! A command carries one fresh id; everything its decision creates gets that id plus a small number
//! ([`Fresh`]). A retried command therefore makes the very same rows.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use uuid::Uuid;

macro_rules! id {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub Uuid);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.0)
            }
        }
        impl FromStr for $name {
            type Err = uuid::Error;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map($name)
            }
        }
        impl From<$name> for Uuid {
            fn from(id: $name) -> Self {
                id.0
            }
        }
        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                $name(id)
            }
        }
    )+ };
}

id! {
    /// A customer (*klant*).
    CustomerId,
    /// A person at one customer.
    ContactId,
    /// A prepaid block of hours (*strippenkaart*).
    CardId,
    /// A report of a customer (*melding*).
    TicketId,
    /// Something that happened to a ticket.
    TicketEventId,
    /// A decision about who pays for a ticket.
    CoverageId,
    /// An end of a contract, or its undoing.
    ContractEndId,
    /// A conversation about fair use.
    ConversationId,
    /// A term of the add-on for urgent tickets.
    AddOnId,
    /// Hours agreed beforehand for one ticket.
    EstimateId,
    /// Time an agent worked.
    TimeEntryId,
    /// An invoice (*factuur*).
    InvoiceId,
    /// One of a customer's installations, such as a website (CARD-8).
    InstallationId,
    /// A customer's consent to renewal (CARD-9).
    ConsentId,
    /// Something the customer is told.
    NoticeId,
    /// Money that came in, or that we gave back.
    PaymentId,
    /// An amount set against an invoice.
    AllocationId,
    /// A customer's leave to collect (*machtiging*).
    MandateId,
    /// One attempt to collect an invoice.
    CollectionId,
    /// A payment that came undone (*stornering*).
    ReversalId,
    /// Costs of a bank beside payments.
    BankCostId,
    /// Something that a line of the bank had booked and that was undone.
    UnmatchedId,
    /// A step in the arrears of a customer.
    ArrearsEventId,
    /// A file of the bank.
    BankFileId,
    /// One line of a file of the bank.
    BankLineId,
    /// One entry as a statement or notice told it; also what entries that are one have in common.
    BankEntryId,
    /// A statement or notice of the bank.
    StatementId,
    /// A file that was handed out, such as a journal.
    ExportId,
    /// A closing or reopening of a month.
    ClosingId,
    /// One ledger transaction.
    TransactionId,
    /// One business write; also the root of the ids it makes.
    CommandId,
    /// An incident or maintenance.
    IncidentId,
    /// A login.
    UserId,
}

/// Hands out the ids of the rows that one command makes: the command's own id, then the numbers after it.
#[derive(Debug, Clone)]
pub struct Fresh {
    next: u128,
}

impl Fresh {
    /// Starts at the id of `command`, which is the first one handed out.
    #[must_use]
    pub fn new(command: CommandId) -> Self {
        Self { next: command.0.as_u128() }
    }

    /// Goes on after an id that was handed out before: what the same command made next.
    #[must_use]
    pub fn after(id: impl Into<Uuid>) -> Self {
        Self { next: id.into().as_u128().wrapping_add(1) }
    }

    /// The next id, of whatever kind is asked for.
    pub fn id<T: From<Uuid>>(&mut self) -> T {
        let id = Uuid::from_u128(self.next);
        self.next = self.next.wrapping_add(1);
        T::from(id)
    }
}
