//! Arrears: pause, arrangement, reactivation (PAY-4). What happened is a list of events, never changed; what holds now
//! stands on the customer.

use super::{ArrearsEventId, Cents, CustomerId, InvoiceId, UserId, words::words};
use chrono::{DateTime, NaiveDate, Utc};
use rust_decimal::Decimal;

words! {
    /// What happened.
    pub enum ArrearsEventKind {
        /// The account was paused.
        Paused = "paused",
        /// It goes on: the arrears are paid, or finance decided so.
        Resumed = "resumed",
        /// Payment was arranged, as asked in writing: no pause while it holds.
        Arranged = "arranged",
        /// The arrangement ended before its day.
        ArrangementEnded = "arrangement_ended",
        /// A reactivation fee was charged, or decided to be nothing.
        Reactivated = "reactivated",
    }
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArrearsEvent {
    /// Identity.
    pub id: ArrearsEventId,
    /// Whose.
    pub customer_id: CustomerId,
    /// What.
    pub kind: ArrearsEventKind,
    /// Why, in words.
    pub reason: String,
    /// What was overdue then.
    pub overdue: Cents,
    /// The last day of an arrangement.
    pub until: Option<NaiveDate>,
    /// How an arrangement was asked: by mail or in the account.
    pub asked_via: Option<super::AskedVia>,
    /// The factor of a reactivation fee, 0 to 6.
    pub factor: Option<Decimal>,
    /// The document of that fee.
    pub invoice_id: Option<InvoiceId>,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom; nobody when a payment ended it.
    pub recorded_by: Option<UserId>,
}

/// Where documents of a customer are addressed to, and what e-invoices need of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Billing {
    /// Name in the trade register, where it differs.
    pub name: Option<String>,
    /// Street and house number.
    pub street: Option<String>,
    /// Post code.
    pub postcode: Option<String>,
    /// Town.
    pub city: Option<String>,
    /// Country, two capital letters; none means NL.
    pub country: Option<String>,
    /// Number in the trade register.
    pub registration: Option<String>,
    /// VAT number.
    pub vat_number: Option<String>,
    /// What it wants to read on its invoices.
    pub reference: Option<String>,
    /// Where invoices are mailed to, where it differs.
    pub email: Option<String>,
    /// What it pays per month, ex VAT, where that changed since it became a customer.
    pub monthly_amount: Option<Cents>,
}

impl Billing {
    /// What an order tells goes over what was known, field by field; what a customer pays per month stays (PAY-1a).
    #[must_use]
    pub fn completed(&self, told: &Self) -> Self {
        let over = |told: &Option<String>, known: &Option<String>| told.clone().or_else(|| known.clone());
        Self {
            name: over(&told.name, &self.name),
            street: over(&told.street, &self.street),
            postcode: over(&told.postcode, &self.postcode),
            city: over(&told.city, &self.city),
            country: over(&told.country, &self.country),
            registration: over(&told.registration, &self.registration),
            vat_number: over(&told.vat_number, &self.vat_number),
            reference: over(&told.reference, &self.reference),
            email: over(&told.email, &self.email),
            monthly_amount: self.monthly_amount,
        }
    }
}
