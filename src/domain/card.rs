//! A card: one prepaid block of hours (CARD-1 to CARD-10).

use super::{
    Balance, CardId, Cents, CustomerId, InstallationId, InvoiceId, Minutes, TicketKind, WorkScope, words::words,
};
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
        /// The order was taken back (CARD-3).
        Cancelled = "cancelled",
        /// Its payment came undone: its minutes wait (PAY-3).
        Frozen = "frozen",
        /// Minutes can be spent.
        Active = "active",
        /// Nothing is left.
        UsedUp = "used_up",
        /// Its last valid day is over (CARD-5).
        Expired = "expired",
        /// What was left went on as another card at a new rate (CARD-10).
        Converted = "converted",
        /// What was left is to be given back as money (CARD-10).
        Credited = "credited",
    }
}

/// A card (*strippenkaart*). Its seven counters always add up to `granted` (CARD-6).
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
    /// VAT on the price, as invoiced.
    pub vat: Cents,
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
    /// The invoice that it was paid by; the card that goes on after a conversion has the same one.
    pub invoice_id: Option<InvoiceId>,
    /// The day on which its invoice was issued; none while that waits as a draft (PAY-1a), and for a card without one.
    pub invoiced_on: Option<NaiveDate>,
    /// The installation that it was bought for; none pays for all of them (CARD-8).
    pub installation_id: Option<InstallationId>,
    /// The kinds of work that it pays for, copied at sale (CARD-8).
    pub work: WorkScope,
    /// From this day on, available minutes are converted; none where they never are (CARD-10).
    pub converts_on: Option<NaiveDate>,
    /// The card whose money it took over (CARD-10).
    pub converted_from: Option<CardId>,
    /// Money of unspent minutes that was given back at a conversion, ex VAT (CARD-10).
    pub credit: Cents,
    /// Since when its minutes are frozen, because its payment came undone (PAY-3).
    pub frozen_on: Option<NaiveDate>,
    /// From this day on, what is still frozen is credited (PAY-3).
    pub credited_from: Option<NaiveDate>,
    /// The order was taken back before anything was granted (CARD-3).
    pub cancelled_on: Option<NaiveDate>,
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
    /// Taken over by another card at a new rate.
    pub converted: Minutes,
}

/// What is to be paid for: the kind of work, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Work<'a> {
    /// The kind of ticket.
    pub kind: TicketKind,
    /// Its topic, by the id in the policy.
    pub topic: Option<&'a str>,
    /// Which of the customer's installations it is about.
    pub installation: Option<InstallationId>,
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
            converted: self.converted,
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
        self.converted = balance.converted;
    }

    /// Whether it pays for `work` (CARD-8).
    #[must_use]
    pub fn pays_for(&self, work: Work<'_>) -> bool {
        self.pays_at(work.installation) && self.work.pays(work.kind, work.topic)
    }

    /// Whether it pays for work on this installation; a card for all of them does, whichever it is (CARD-8).
    #[must_use]
    pub fn pays_at(&self, installation: Option<InstallationId>) -> bool {
        self.installation_id.is_none() || self.installation_id == installation
    }

    /// Whether it was bought for something in particular, so that it pays before a card that is not (CARD-4). Work that
    /// is merely excluded does not count.
    #[must_use]
    pub fn is_scoped(&self) -> bool {
        self.installation_id.is_some() || !self.work.only.is_empty()
    }

    /// What it can still be spent on: available and held.
    #[must_use]
    pub fn left(&self) -> Minutes {
        self.available + self.held
    }

    /// The part of the price that is not earned once `gone` minutes are used, expired, refunded or converted:
    /// `price − half_up(price × gone ÷ granted)` (CARD-7).
    ///
    /// # Panics
    /// When more is gone than was granted.
    #[must_use]
    pub fn deferred(&self, gone: Minutes) -> Cents {
        self.rest_of(self.price, gone)
    }

    /// The same of the VAT, which only a refund moves (CARD-7).
    ///
    /// # Panics
    /// When more is gone than was granted.
    #[must_use]
    pub fn deferred_vat(&self, gone: Minutes) -> Cents {
        self.rest_of(self.vat, gone)
    }

    fn rest_of(&self, whole: Cents, gone: Minutes) -> Cents {
        assert!(gone <= self.granted, "no more can be gone than was granted");
        if self.cancelled_on.is_some() {
            return Cents::ZERO;
        }
        if self.granted.is_zero() {
            return whole;
        }
        let (money, gone, granted) = (i128::from(whole.0), i128::from(gone.0), i128::from(self.granted.0));
        let earned = (2 * money * gone + granted) / (2 * granted);
        whole - Cents(i64::try_from(earned).expect("no more is earned than was paid"))
    }

    /// What was invoiced of it and is not earned (PAY-7). Below zero for what a card has earned whose invoice waits (PAY-1a):
    /// that is still to be invoiced.
    #[must_use]
    pub fn deferred_now(&self) -> Cents {
        let rest = self.deferred(self.gone());
        if self.waits_for_invoice() { rest - self.price } else { rest }
    }

    /// Whether it was sold and its invoice waits as a draft (PAY-1a).
    #[must_use]
    pub fn waits_for_invoice(&self) -> bool {
        self.invoice_id.is_some() && self.invoiced_on.is_none() && self.cancelled_on.is_none()
    }

    /// Minutes that are used, expired, refunded or converted.
    #[must_use]
    pub fn gone(&self) -> Minutes {
        self.used + self.expired + self.refunded + self.converted
    }

    /// Whether the card is valid on `day`: active, and not past its last day. A frozen card has nothing available.
    #[must_use]
    pub fn is_valid_on(&self, day: NaiveDate) -> bool {
        self.activated_on.is_some_and(|first| first <= day) && !self.is_past(day)
    }

    /// Whether it was given back: minutes that return to it are given back as well (TIME-5, CARD-7).
    #[must_use]
    pub fn is_refunded(&self) -> bool {
        self.refunded.is_positive() && self.left().is_zero() && self.frozen.is_zero()
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
        let closed = self.left().is_zero() && self.frozen.is_zero();
        if self.cancelled_on.is_some() {
            CardStatus::Cancelled
        } else if self.activated_on.is_none() {
            CardStatus::Ordered
        } else if self.frozen.is_positive() {
            CardStatus::Frozen
        } else if closed && self.converted.is_positive() {
            CardStatus::Converted
        } else if closed && self.credit > Cents::ZERO {
            CardStatus::Credited
        } else if closed && self.expired.is_zero() {
            CardStatus::UsedUp
        } else if self.is_past(day) {
            CardStatus::Expired
        } else {
            CardStatus::Active
        }
    }
}
