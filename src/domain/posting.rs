//! The money side of a transaction: postings, which sum to zero within it. Debit is positive, credit negative.
//!
//! Prepaid money follows the minutes (PAY-7): every movement of a card's minutes into or out of an account where they are
//! gone books the difference of [`Card::deferred`](super::Card::deferred), so a card closes on its price to the cent.

use super::{CardId, Cents, CustomerId, InvoiceId, MoneyAccount};
use chrono::NaiveDate;

/// One posting of a transaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Whose ledger.
    pub customer_id: CustomerId,
    /// The transaction's number.
    pub seq: i64,
    /// Number of the posting within its transaction, from 1.
    pub line: i64,
    /// On which account.
    pub account: MoneyAccount,
    /// How much; debit is positive; never zero.
    pub amount: Cents,
    /// The transaction's day in the books, here as well so that a report of a day needs no join (TIME-4).
    pub booked_on: NaiveDate,
    /// The card whose money it is.
    pub card_id: Option<CardId>,
    /// The document it is about.
    pub invoice_id: Option<InvoiceId>,
}

/// A posting to be booked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Post {
    /// On which account.
    pub account: MoneyAccount,
    /// How much; posts of zero are left out.
    pub amount: Cents,
    /// The card whose money it is.
    pub card: Option<CardId>,
    /// The document it is about.
    pub invoice: Option<InvoiceId>,
}

impl Post {
    /// A debit.
    #[must_use]
    pub const fn debit(account: MoneyAccount, amount: Cents) -> Self {
        Self { account, amount, card: None, invoice: None }
    }

    /// A credit.
    #[must_use]
    pub const fn credit(account: MoneyAccount, amount: Cents) -> Self {
        Self { account, amount: Cents(-amount.0), card: None, invoice: None }
    }

    /// About a document.
    #[must_use]
    pub const fn of(self, invoice: Option<InvoiceId>) -> Self {
        Self { invoice, ..self }
    }

    /// Of a card.
    #[must_use]
    pub const fn card(self, card: Option<CardId>) -> Self {
        Self { card, ..self }
    }
}
