//! What is booked: a transaction of movements. A movement is one row from one account to another, so it balances by
//! construction. Nothing here is ever changed; a mistake is answered by a transaction that reverses (TIME-5).

use super::{
    Actor, Balance, BankLineId, CardId, CustomerId, EstimateId, Minutes, MoneyAccount, TicketId, TimeEntryId,
    TransactionId, UserId, words::words,
};
use chrono::{DateTime, NaiveDate, Utc};

words! {
    /// The accounts between which minutes move.
    pub enum Account {
        /// The outside world: where granted minutes come from.
        Issued = "issued",
        /// Can still be agreed to.
        Available = "available",
        /// Set apart for an accepted estimate.
        Held = "held",
        /// Spent.
        Used = "used",
        /// Lost to an expiry date.
        Expired = "expired",
        /// Waiting for a payment to come back.
        Frozen = "frozen",
        /// Given back for money.
        Refunded = "refunded",
        /// Taken over by another card at a new rate (CARD-10).
        Converted = "converted",
        /// Worked, covered by nothing yet; belongs to no card.
        Uncovered = "uncovered",
    }
}

impl Account {
    /// Whether minutes here are no longer prepaid: used, expired, refunded or converted (CARD-7).
    #[must_use]
    pub const fn is_gone(self) -> bool {
        matches!(self, Self::Used | Self::Expired | Self::Refunded | Self::Converted)
    }

    /// What minutes here have earned, where they have (PAY-7).
    #[must_use]
    pub const fn revenue(self) -> Option<MoneyAccount> {
        match self {
            Self::Used => Some(MoneyAccount::CardRevenue),
            Self::Expired => Some(MoneyAccount::Breakage),
            _ => None,
        }
    }
}

words! {
    /// Why a transaction was booked.
    pub enum TransactionKind {
        /// The welcome card (CARD-2).
        Welcome = "welcome",
        /// A bought card became active (CARD-3).
        Activation = "activation",
        /// An estimate was accepted: minutes are held (SPEND-4).
        Acceptance = "acceptance",
        /// An estimate ended: what was left of its hold is released (SPEND-5).
        Release = "release",
        /// Time was logged.
        Time = "time",
        /// A time entry was reversed (TIME-5).
        Reversal = "reversal",
        /// Uncovered minutes found cover (TIME-7).
        Cover = "cover",
        /// Uncovered minutes were given away (TIME-7).
        Goodwill = "goodwill",
        /// Uncovered minutes go on an invoice, as agreed (TIME-7).
        Invoiced = "invoiced",
        /// An entry is charged more or less, because other work of its ticket and day was reversed (TIME-2).
        Repricing = "repricing",
        /// A card passed its last valid day (CARD-5).
        Expiry = "expiry",
        /// Unspent minutes became minutes at a new rate, or money to give back (CARD-10).
        Conversion = "conversion",
        /// An invoice was issued (PAY-1).
        Invoice = "invoice",
        /// A credit note was issued; minutes that it gives back move with it (CARD-7).
        CreditNote = "credit_note",
        /// Money came in.
        Payment = "payment",
        /// Money that had come in came undone (PAY-2).
        PaymentReversal = "payment_reversal",
        /// What was paid too much was set against an invoice.
        SetOff = "set_off",
        /// What was paid too much was given back (PAY-5).
        Repayment = "repayment",
        /// Costs of a bank or of a provider of payments, or costs that it gave back (BANK-6).
        Costs = "costs",
        /// Money that came in elsewhere was paid out to the bank (BANK-6).
        Payout = "payout",
        /// What a line of the bank had booked was undone: the match was wrong (BANK-9).
        Unmatch = "unmatch",
        /// The payment of a card came undone: its minutes wait (PAY-3).
        Freeze = "freeze",
        /// It was paid again: its minutes are back (PAY-3).
        Thaw = "thaw",
    }
}

words! {
    /// By which rule a card was chosen (TIME-4): said on every line that draws.
    pub enum Basis {
        /// Held for the estimate.
        Hold = "hold",
        /// Active on the day of the work.
        WorkedDay = "worked_day",
        /// Not yet active on the day of the work, active now.
        Now = "now",
        /// Expired since, but the work was done in time (CARD-5).
        Late = "late",
    }
}

/// One booking for one customer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transaction {
    /// Whose ledger.
    pub customer_id: CustomerId,
    /// Gapless number within the customer, from 1.
    pub seq: i64,
    /// Identity.
    pub id: TransactionId,
    /// Why.
    pub kind: TransactionKind,
    /// The policy version it was decided under (POL-1).
    pub policy_version: i64,
    /// The day of the work, for time.
    pub worked_on: Option<NaiveDate>,
    /// The day it counts on in the books (TIME-4).
    pub booked_on: NaiveDate,
    /// When it was written down; never earlier than the one before.
    pub recorded_at: DateTime<Utc>,
    /// Who did it; nobody means the service itself.
    pub actor_id: Option<UserId>,
    /// Who had made the link by which that login was opened, where it was handed over (SPEND-3a).
    pub link_by: Option<UserId>,
    /// The day of that link.
    pub link_on: Option<NaiveDate>,
    /// The transaction it reverses.
    pub reverses: Option<TransactionId>,
    /// The time entry it is about.
    pub time_entry_id: Option<TimeEntryId>,
    /// The ticket it is about.
    pub ticket_id: Option<TicketId>,
    /// Minutes worked, for time.
    pub worked: Option<Minutes>,
    /// The line of the bank that told it; what such transactions post on the bank is that line's money (BANK-4).
    pub bank_line_id: Option<BankLineId>,
    /// Salted digest of its free text, so that the text can be erased and the chain still holds.
    pub note_digest: Option<String>,
    /// Hash of the transaction before it; 64 zeros for the first.
    pub prev_hash: String,
    /// Hash of this one.
    pub hash: String,
}

impl Transaction {
    /// The same, done by `actor`.
    #[must_use]
    pub fn by(self, actor: Actor) -> Self {
        let link = actor.handed_over();
        Self { actor_id: actor.user(), link_by: link.map(|link| link.by), link_on: link.map(|link| link.on), ..self }
    }
}

/// One row: minutes of one card (or of none, for uncovered work) from one account to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Movement {
    /// Whose ledger.
    pub customer_id: CustomerId,
    /// The transaction's number.
    pub seq: i64,
    /// Number of the row within its transaction, from 1.
    pub line: i64,
    /// The transaction's instant, here as well so that a balance as of a moment is one look-up.
    pub recorded_at: DateTime<Utc>,
    /// The card; none for uncovered minutes.
    pub card_id: Option<CardId>,
    /// The estimate whose agreement it follows.
    pub estimate_id: Option<EstimateId>,
    /// Where the minutes came from.
    pub from_account: Account,
    /// Where they went.
    pub to_account: Account,
    /// How many; more than zero.
    pub minutes: Minutes,
    /// By which rule the card was chosen.
    pub basis: Option<Basis>,
    /// The customer's totals after this row.
    pub after: Balance,
    /// The card's counters after this row; zeros where there is no card.
    pub card_after: Balance,
}

/// The free text of a transaction; may be erased, its digest stays in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// Of which transaction.
    pub transaction_id: TransactionId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Random, so that a short text cannot be guessed from its digest once erased.
    pub salt: String,
    /// The text.
    pub text: String,
}
