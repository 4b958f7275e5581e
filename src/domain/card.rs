//! A card: one prepaid block of hours (CARD-1 to CARD-6).

use super::{Balance, CardId, Cents, CustomerId, InvoiceId, Minutes, words::words};
use chrono::{DateTime, Days, NaiveDate, Utc};

words! {
    /// Where a card comes from.
    pub enum Origin {
        /// The free card of a new customer (CARD-2): no value, never refunded.
        Welcome = "welcome",
        /// Ordered and invoiced.
        Bought = "bought",
    }
}

words! {
    /// What can be done with a card on a given day; follows from its figures and dates, never stored.
    pub enum CardStatus {
        /// Ordered, waiting for its payment: nothing granted yet (CARD-3).
        Ordered = "ordered",
        /// Minutes can be spent.
        Active = "active",
        /// Nothing is left.
        UsedUp = "used_up",
        /// Its last valid day is over (CARD-5).
        Expired = "expired",
    }
}

/// A card (*strippenkaart*). Its six counters always add up to `granted` (CARD-6).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Card {
    /// Identity.
    pub id: CardId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// The product as ordered, for instance `10h`; `welcome` for the free card.
    pub product: String,
    /// Free or bought.
    pub origin: Origin,
    /// What it holds when it is active.
    pub minutes: Minutes,
    /// What was granted so far: 0 before activation.
    pub granted: Minutes,
    /// Price ex VAT, copied at sale (CARD-1).
    pub price: Cents,
    /// The day it was ordered, which picks its policy version (POL-1).
    pub ordered_on: NaiveDate,
    /// When it became active.
    pub activated_at: Option<DateTime<Utc>>,
    /// First valid day.
    pub activated_on: Option<NaiveDate>,
    /// Last valid day; none means it never expires.
    pub expires_on: Option<NaiveDate>,
    /// Days after the last valid one in which work done in time may still be logged (CARD-5).
    pub late_days: i64,
    /// Its invoice, for a bought card.
    pub invoice_id: Option<InvoiceId>,
    /// Can still be agreed to.
    pub available: Minutes,
    /// Set apart for accepted estimates.
    pub held: Minutes,
    /// Spent.
    pub used: Minutes,
    /// Lost to the expiry date.
    pub expired: Minutes,
    /// Waiting for a payment to come back.
    pub frozen: Minutes,
    /// Given back for money.
    pub refunded: Minutes,
}

impl Card {
    /// The counters as one value.
    #[must_use]
    pub fn balance(&self) -> Balance {
        Balance {
            available: self.available,
            held: self.held,
            used: self.used,
            expired: self.expired,
            frozen: self.frozen,
            refunded: self.refunded,
            uncovered: Minutes::ZERO,
        }
    }

    /// Takes over counters.
    pub fn set_balance(&mut self, balance: &Balance) {
        self.available = balance.available;
        self.held = balance.held;
        self.used = balance.used;
        self.expired = balance.expired;
        self.frozen = balance.frozen;
        self.refunded = balance.refunded;
    }

    /// Whether the card is valid on `day`: active, and not past its last day.
    #[must_use]
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.activated_on.is_some_and(|first| first <= day) && !self.is_past(day)
    }

    /// Whether its last valid day lies before `day`.
    #[must_use]
    pub fn is_past(&self, day: NaiveDate) -> bool {
        self.expires_on.is_some_and(|last| last < day)
    }

    /// Whether work of the day `worked` may be logged on expired minutes today (CARD-5).
    #[must_use]
    pub fn takes_late_work(&self, worked: NaiveDate, today: NaiveDate) -> bool {
        self.is_valid_on(worked)
            && self.is_past(today)
            && self.expires_on.is_some_and(|last| {
                let grace = Days::new(u64::try_from(self.late_days).unwrap_or(0));
                last.checked_add_days(grace).is_none_or(|until| today <= until)
            })
    }

    /// What can be done with it on `day`.
    #[must_use]
    pub fn status(&self, day: NaiveDate) -> CardStatus {
        if self.activated_on.is_none() {
            CardStatus::Ordered
        } else if self.available.is_zero() && self.held.is_zero() && self.frozen.is_zero() && self.expired.is_zero() {
            CardStatus::UsedUp
        } else if self.is_past(day) {
            CardStatus::Expired
        } else {
            CardStatus::Active
        }
    }
}
