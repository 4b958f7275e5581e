//! What a line of the bank books beside payments, and what comes undone of it when the match was wrong (BANK-6, BANK-9).

use super::{BankCostId, BankLineId, Cents, CommandId, CustomerId, TransactionId, UnmatchedId, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};
use uuid::Uuid;

/// Costs of a bank or of a provider of payments, beside payments. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BankCost {
    /// Identity.
    pub id: BankCostId,
    /// In whose ledger they are.
    pub customer_id: CustomerId,
    /// How much; positive is a cost to us, negative was given back; never zero.
    pub amount: Cents,
    /// Value date.
    pub valued_on: NaiveDate,
    /// The line of the bank's file that told it.
    pub bank_line_id: Option<BankLineId>,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
    /// The transaction that booked it.
    pub transaction_id: TransactionId,
}

words! {
    /// What was undone.
    pub enum UnmatchedKind {
        /// A payment, also one of a collection.
        Payment = "payment",
        /// That money went back.
        Reversal = "reversal",
        /// That a collection was refused.
        Refusal = "refusal",
        /// Money that we gave back.
        Repayment = "repayment",
        /// Costs.
        Costs = "costs",
        /// A payment that had come in elsewhere was paid out.
        Payout = "payout",
    }
}

/// One thing that a line had booked and that was undone. Never changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmatched {
    /// Identity.
    pub id: UnmatchedId,
    /// Whose ledger.
    pub customer_id: CustomerId,
    /// The command that undid it.
    pub command_id: CommandId,
    /// The line.
    pub bank_line_id: BankLineId,
    /// What it was.
    pub kind: UnmatchedKind,
    /// Identity of what it was.
    pub subject: Uuid,
    /// What that changed on the account of the bank: negative where money had come in.
    pub amount: Cents,
    /// The transaction that undid it; none where no money was booked.
    pub transaction_id: Option<TransactionId>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
}
