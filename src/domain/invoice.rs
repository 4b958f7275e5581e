//! The invoice of a card and the payments for it (CARD-3, PAY-1, PAY-6).

use super::{CardId, Cents, CustomerId, InvoiceId, PaymentId, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

words! {
    /// How money came in.
    pub enum PaymentMethod {
        /// Transfer.
        Bank = "bank",
        /// Collected by direct debit.
        DirectDebit = "direct_debit",
        /// Anything else.
        Other = "other",
    }
}

/// A numbered invoice for one card.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invoice {
    /// Identity.
    pub id: InvoiceId,
    /// Who owes.
    pub customer_id: CustomerId,
    /// What was sold.
    pub card_id: CardId,
    /// Gapless number within its year, `2026-0001` (PAY-1).
    pub number: String,
    /// Day of issue.
    pub issued_on: NaiveDate,
    /// Last day to pay.
    pub due_on: NaiveDate,
    /// Sum ex VAT.
    pub net: Cents,
    /// VAT rate, per cent.
    pub vat_rate: Decimal,
    /// VAT: once per document, half up (PAY-6).
    pub vat: Cents,
    /// What must be paid.
    pub gross: Cents,
    /// What was paid so far.
    pub paid: Cents,
}

impl Invoice {
    /// What is still to be paid.
    #[must_use]
    pub fn open(&self) -> Cents {
        self.gross - self.paid
    }

    /// Whether nothing is still to be paid.
    #[must_use]
    pub fn is_paid(&self) -> bool {
        self.open() <= Cents::ZERO
    }

    /// The number of an invoice: year and a counter of at least four digits.
    #[must_use]
    pub fn format_number(year: i32, counter: i64) -> String {
        format!("{year}-{counter:04}")
    }
}

/// Money received for one invoice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Payment {
    /// Identity.
    pub id: PaymentId,
    /// For which invoice.
    pub invoice_id: InvoiceId,
    /// Who paid.
    pub customer_id: CustomerId,
    /// How much.
    pub amount: Cents,
    /// Value date.
    pub paid_on: NaiveDate,
    /// How.
    pub method: PaymentMethod,
    /// When it was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: Option<UserId>,
    /// What was still open on the invoice after it.
    pub open_after: Cents,
}
