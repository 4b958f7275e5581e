//! Direct debits: mandates, collections under them, and what came undone (PAY-2).
//!
//! A collection is one attempt at one invoice, with an id of its own that is never used again; every message of the bank
//! about it comes back under that id. Two things can be told about it, in any order and any number of times: that the
//! money came (`settled_on`) and that it did not stay (`reversal_id`). The end is the same whatever the order.

use super::{
    BankLineId, Cents, CollectionId, CustomerId, InvoiceId, MandateId, PaymentId, ReversalId, UserId,
    bank::{Scheme, Sequence},
    target_days::next_bank_day,
    words::words,
};
use chrono::{DateTime, NaiveDate, Utc};

/// A customer's leave to collect from an account (*machtiging*).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mandate {
    /// Identity.
    pub id: MandateId,
    /// Whose.
    pub customer_id: CustomerId,
    /// Its reference, at most 35 characters, the same in no other mandate; an amended one keeps it.
    pub reference: String,
    /// Under which scheme.
    pub scheme: Scheme,
    /// Day on which it was signed.
    pub signed_on: NaiveDate,
    /// In whose name the account is.
    pub debtor_name: String,
    /// The account.
    pub iban: String,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
    /// The day of the last collection under it.
    pub last_used_on: Option<NaiveDate>,
    /// When it ended: revoked, replaced, or blocked after a reversal.
    pub ended_at: Option<DateTime<Utc>>,
    /// Why it ended.
    pub ended_because: Option<String>,
    /// The mandate of this reference that it takes the place of, since the account or its holder changed.
    pub amends: Option<MandateId>,
}

impl Mandate {
    /// Why a mandate ended that goes on under the same reference with another account.
    pub const AMENDED: &'static str = "amended";

    /// Months without a collection after which a mandate lapses.
    pub const LAPSES_AFTER_MONTHS: u32 = 36;

    /// As it was recorded, whatever became of it since.
    #[must_use]
    pub fn as_recorded(self) -> Self {
        Self { last_used_on: None, ended_at: None, ended_because: None, ..self }
    }

    /// Whether two references are one to a bank, which does not tell capitals from small letters.
    #[must_use]
    pub fn folded(reference: &str) -> String {
        reference.to_ascii_uppercase()
    }

    /// Whether it can be collected under on `day`: not ended, and not lapsed.
    #[must_use]
    pub fn holds_on(&self, day: NaiveDate) -> bool {
        let last = self.last_used_on.unwrap_or(self.signed_on);
        let lapses = last.checked_add_months(chrono::Months::new(Self::LAPSES_AFTER_MONTHS));
        self.ended_at.is_none() && lapses.is_none_or(|lapses| day < lapses)
    }
}

words! {
    /// Where a collection stands; follows from what was told about it.
    pub enum CollectionStatus {
        /// Not sent to the bank yet.
        Planned = "planned",
        /// Sent.
        Sent = "sent",
        /// The money came.
        Settled = "settled",
        /// It did not come, or did not stay.
        Reversed = "reversed",
        /// Called off before it was sent.
        Cancelled = "cancelled",
    }
}

/// One attempt to collect one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collection {
    /// Identity.
    pub id: CollectionId,
    /// From whom.
    pub customer_id: CustomerId,
    /// For which invoice.
    pub invoice_id: InvoiceId,
    /// Under which mandate.
    pub mandate_id: MandateId,
    /// Which attempt at this invoice, from 1.
    pub attempt: i64,
    /// The id by which the bank answers, such as `2026-0042-1`; never used again.
    pub end_to_end_id: String,
    /// How much.
    pub amount: Cents,
    /// The day that was asked for.
    pub asked_on: NaiveDate,
    /// On which day: the first bank day from then on, or a later one where it was sent later.
    pub collect_on: NaiveDate,
    /// First or later.
    pub sequence: Sequence,
    /// When it was planned.
    pub created_at: DateTime<Utc>,
    /// By whom.
    pub created_by: Option<UserId>,
    /// The export that it was sent in.
    pub batch: Option<i64>,
    /// The day on which the money came, once told.
    pub settled_on: Option<NaiveDate>,
    /// The payment that it became.
    pub payment_id: Option<PaymentId>,
    /// What came undone, once told.
    pub reversal_id: Option<ReversalId>,
    /// When it was called off, where it was: it is never sent then.
    pub cancelled_at: Option<DateTime<Utc>>,
    /// By whom.
    pub cancelled_by: Option<UserId>,
    /// Why.
    pub cancelled_because: Option<String>,
}

impl Collection {
    /// As it was planned, whatever became of it since.
    #[must_use]
    pub fn as_planned(self) -> Self {
        Self {
            collect_on: next_bank_day(self.asked_on),
            batch: None,
            settled_on: None,
            payment_id: None,
            reversal_id: None,
            cancelled_at: None,
            cancelled_by: None,
            cancelled_because: None,
            ..self
        }
    }

    /// Where it stands.
    #[must_use]
    pub const fn status(&self) -> CollectionStatus {
        match self {
            Self { reversal_id: Some(_), .. } => CollectionStatus::Reversed,
            Self { settled_on: Some(_), .. } => CollectionStatus::Settled,
            Self { batch: Some(_), .. } => CollectionStatus::Sent,
            Self { cancelled_at: Some(_), .. } => CollectionStatus::Cancelled,
            _ => CollectionStatus::Planned,
        }
    }

    /// Whether an answer is still to come.
    #[must_use]
    pub const fn is_pending(&self) -> bool {
        self.settled_on.is_none() && self.reversal_id.is_none() && self.cancelled_at.is_none()
    }
}

/// A payment that came undone, or a collection that was refused before it settled (*stornering*, PAY-2).
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "what was told by whom is independent of each other, and a column each"
)]
pub struct Reversal {
    /// Identity.
    pub id: ReversalId,
    /// Whose.
    pub customer_id: CustomerId,
    /// The payment that came undone; none where no money had come.
    pub payment_id: Option<PaymentId>,
    /// The collection, where it was one.
    pub collection_id: Option<CollectionId>,
    /// How much.
    pub amount: Cents,
    /// The bank's reason.
    pub code: String,
    /// Value date.
    pub valued_on: NaiveDate,
    /// Told as refused before settlement; see [`Reversal::is_refused`].
    pub rejected: bool,
    /// What the bank charged us for it.
    pub charge: Cents,
    /// Whether it counts for fees; none waits for a person (PAY-2).
    pub counted: Option<bool>,
    /// Why a person decided so.
    pub counted_because: Option<String>,
    /// The document of its fee, where one was charged and stands.
    pub fee_invoice_id: Option<InvoiceId>,
    /// What had been set against fees of it that were taken back since: the customer's credit, until a fee is charged again.
    pub fee_freed: Cents,
    /// Why its fee was waived; it still counts.
    pub waived_because: Option<String>,
    /// The line of the bank that told the debit of our account.
    pub bank_line_id: Option<BankLineId>,
    /// Whether our account was debited for it, as far as it was told; once per reversal.
    pub money_back: bool,
    /// That it was debited was recorded by hand; a line that tells it as well takes the place of that.
    pub by_hand: bool,
    /// Charges recorded by hand, likewise.
    pub hand_charge: Cents,
    /// The line that told the refusal.
    pub refused_line: Option<BankLineId>,
    /// The reason of the refusal, where one was told.
    pub refused_code: Option<String>,
    /// Its day.
    pub refused_on: Option<NaiveDate>,
    /// The mandate that ended because of it.
    pub ended_mandate: Option<MandateId>,
    /// The match with the line that told it was wrong: it counts nowhere (BANK-9).
    pub undone: bool,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom; nobody when the bank told.
    pub recorded_by: Option<UserId>,
}

impl Reversal {
    /// Whether it was refused and no money had moved: a refusal of what was settled all the same is a return.
    #[must_use]
    pub const fn is_refused(&self) -> bool {
        self.rejected && self.payment_id.is_none()
    }
}
